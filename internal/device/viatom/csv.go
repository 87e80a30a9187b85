package viatom

import (
	"bytes"
	"context"
	"fmt"

	"pleth"
	"pleth/internal/device"
)

var mobileCSV = device.Format{
	Name:       "viatom-csv",
	Maker:      "Viatom / Wellue",
	Models:     "O2Ring, Checkme O2, Checkme O2 Max, SleepU, OxyLink, WearO2",
	Extensions: ".csv",
	Reads:      "SpO2, pulse rate, motion; app export (ViHealth) with 4 or 6 columns",
	Sniff: func(h device.Head) device.Match {
		if bytes.HasPrefix(h.Bytes, []byte("Time,Oxygen Level,Pulse Rate,Motion")) {
			return device.Certain
		}
		return device.No
	},
	Read: readMobileCSV,
}

// appDates are the forms of the stamp in exports of the app.
type stampParser struct {
	lastDate []byte // the date part of the last row, to parse it once a day
	midnight int64
}

// parse reads "HH:MM:SS Mon DD YYYY", "HH:MM:SS DD/MM/YYYY" and
// "hh:mm:ss AM Mon D YYYY".
func (p *stampParser) parse(b []byte) (int64, bool) {
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		return 0, false
	}
	t, ok := device.HMS(b[:i])
	if !ok {
		return 0, false
	}
	date := b[i+1:]
	if len(date) > 3 && (date[1]|0x20) == 'm' && date[2] == ' ' {
		if t, ok = device.HalfDay(t, date[0]); !ok {
			return 0, false
		}
		date = date[3:]
	}
	if !bytes.Equal(date, p.lastDate) {
		d, ok := parseDate(date)
		if !ok {
			return 0, false
		}
		p.lastDate = append(p.lastDate[:0], date...)
		p.midnight = d
	}
	return p.midnight + t, true
}

// parseDate reads "Mon DD YYYY", "Mon D YYYY" or "DD/MM/YYYY".
func parseDate(b []byte) (int64, bool) {
	if len(b) == 10 && b[2] == '/' && b[5] == '/' {
		d, ok1 := device.Int(b[:2])
		m, ok2 := device.Int(b[3:5])
		y, ok3 := device.Int(b[6:])
		if !ok1 || !ok2 || !ok3 {
			return 0, false
		}
		return device.Date(y, m, d)
	}
	if len(b) < 10 || b[3] != ' ' {
		return 0, false
	}
	m, ok1 := device.Month(b[:3])
	sp := bytes.LastIndexByte(b, ' ')
	if sp < 5 {
		return 0, false
	}
	d, ok2 := device.Int(b[4:sp])
	y, ok3 := device.Int(b[sp+1:])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return device.Date(y, m, d)
}

func readMobileCSV(ctx context.Context, src *device.Source, w *device.Writer) error {
	w.Header = pleth.Header{Device: pleth.Device{Maker: maker}, Clock: pleth.LocalClock}
	lines := device.NewLines(src.R)
	lines.Next() // the header, known from Sniff
	var stamps stampParser
	var fields [8][]byte
	for lines.Next() {
		line := lines.Bytes()
		if len(line) == 0 {
			continue
		}
		f := device.Fields(fields[:0], line, ',')
		if len(f) < 3 || !lines.Ended() && len(f) < 4 {
			if !lines.Ended() {
				w.Warn(device.Line(lines.N()), "truncated", "the file ends inside this row; the rows before it are read")
				break
			}
			return &device.Error{At: device.Line(lines.N()), What: fmt.Sprintf("a row has %d fields where the header has at least 4", len(f)),
				Do: "export the recording again from the app"}
		}
		t, ok := stamps.parse(f[0])
		if !ok {
			w.Warn(device.Line(lines.N()), "bad-time", "the time of this row cannot be read; the row is left out")
			continue
		}
		if !w.Row(t) {
			break
		}
		setNumber(w, pleth.SpO2, f[1])
		setNumber(w, pleth.PulseRate, f[2])
		if len(f) > 3 {
			setNumber(w, pleth.Motion, f[3])
		}
	}
	return lines.Err()
}

// setNumber gives the row a number, or a missing value where the field is "--" or empty.
func setNumber(w *device.Writer, m pleth.Metric, b []byte) {
	if n, ok := device.Int(b); ok {
		w.SetInt(m, int64(n))
		return
	}
	if v, ok := pleth.ParseValue(b); ok {
		w.Set(m, v)
		return
	}
	w.SetMissing(m)
}
