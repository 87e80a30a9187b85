package viatom

import (
	"bufio"
	"bytes"
	"context"

	"pleth"
	"pleth/internal/device"
)

var mobileCSV = device.Format{
	Name:       "viatom-csv",
	Maker:      "Viatom / Wellue",
	Models:     "O2Ring, Checkme O2, Checkme O2 Max, SleepU, OxyLink, WearO2",
	Extensions: ".csv",
	Reads:      "SpO2, pulse rate, motion; export of the mobile app (ViHealth), 4 or 6 columns",
	Sniff: func(h device.Head) device.Match {
		return sniffCSV(h, "pulse rate", "oxygen level")
	},
	Read: readCSV,
}

var desktopCSV = device.Format{
	Name:       "viatom-desktop-csv",
	Maker:      "Viatom / Wellue",
	Models:     "O2Ring, O2Ring S, Checkme O2, Checkme O2 Max, SleepU, OxyLink, WearO2",
	Extensions: ".csv",
	Reads:      "SpO2, pulse rate, motion; export of the desktop program (O2 Insight Pro)",
	Sniff: func(h device.Head) device.Match {
		return sniffCSV(h, "pulse rate(bpm)", "spo2(%)", "oxygen level(%)")
	},
	Read: readCSV,
}

// sniffCSV compares the first four columns, in any case.
func sniffCSV(h device.Head, pulse string, spo2 ...string) device.Match {
	line := bytes.ToLower(h.FirstLine())
	f := device.Fields(nil, line, separator(line))
	if len(f) < 4 || string(f[0]) != "time" || string(f[2]) != pulse || string(f[3]) != "motion" {
		return device.No
	}
	for _, name := range spo2 {
		if string(f[1]) == name {
			return device.Certain
		}
	}
	return device.No
}

// separator returns what stands between the columns of a header: a comma as the
// programs of the maker write it, or what a spreadsheet makes of it.
func separator(header []byte) byte {
	for _, c := range header {
		if c == ',' || c == ';' || c == '\t' {
			return c
		}
	}
	return ','
}

func readCSV(ctx context.Context, src *device.Source, w *device.Writer) error {
	w.Header = pleth.Header{Device: viatom, Clock: pleth.LocalClock}
	head := bufio.NewReaderSize(src.R, device.HeadBytes)
	first, _ := head.Peek(device.HeadBytes)
	src.R = head
	t := device.NewTable(src, separator(device.Head{Bytes: first}.FirstLine()))
	if t.Header() < 4 {
		return &device.Error{At: device.Line(1), What: "the header names fewer than 4 columns", Do: "export the recording again from the app"}
	}
	day := stamps{order: dateOrder{name: src.Name}}
	for t.Next(ctx) {
		f, ok := t.Fields()
		if !ok {
			t.Damaged()
			continue
		}
		at, ok1 := day.parse(f[0])
		spo2, ok2 := device.Vital(f[1], missing8)
		pulse, ok3 := device.Vital(f[2], missing16)
		motion, ok4 := device.Number(f[3])
		if !ok1 || !ok2 || !ok3 || !ok4 {
			t.Damaged()
			continue
		}
		r := row{at, spo2, pulse, motion}
		if !day.order.take(r, day.swap, w) {
			break
		}
	}
	day.order.end(w)
	return t.End(ctx, w)
}

// stamps reads the time column. What follows the time of day changes once a
// day, or twice, and is read only then.
type stamps struct {
	date     []byte // what followed the time of day in the last row
	half     byte   // 'a' or 'p' on the 12-hour clock, 0 on the 24-hour clock
	midnight int64
	swap     int64 // to midnight of the date read month first, while that is open
	order    dateOrder
}

// parse returns the nanoseconds of one of the forms in docs/formats/viatom-csv.md.
func (s *stamps) parse(b []byte) (int64, bool) {
	n := len("22:20:56")
	if len(b) > 1 && b[1] == ':' {
		n--
	}
	if len(b) < n {
		return 0, false
	}
	t, ok := device.HMS(b[:n])
	if !ok || !bytes.Equal(b[n:], s.date) && !s.newDate(b[n:]) {
		return 0, false
	}
	if s.half != 0 {
		if t, ok = device.HalfDay(t, s.half); !ok {
			return 0, false
		}
	}
	return s.midnight + t, true
}

// newDate reads " Mar 06 2025", " 06/03/2025", " PM Mar 6 2025" or "PM Mar 6, 2025".
func (s *stamps) newDate(b []byte) bool {
	text := bytes.TrimLeft(b, " ")
	half := byte(0)
	if len(text) > 3 && text[1]|0x20 == 'm' && text[2] == ' ' {
		half = text[0] | 0x20
		if half != 'a' && half != 'p' {
			return false
		}
		text = bytes.TrimLeft(text[3:], " ")
	}
	var midnight, swap int64
	var ok bool
	if first, second, year, slashes := device.DateParts(text, '/'); slashes {
		midnight, swap, ok = s.order.midnight(first, second, year)
	} else {
		midnight, ok = parseDate(text)
	}
	if !ok {
		return false
	}
	s.date = append(s.date[:0], b...)
	s.half, s.midnight, s.swap = half, midnight, swap
	return true
}

// parseDate reads "Mar 06 2025" or "Mar 6, 2025".
func parseDate(b []byte) (int64, bool) {
	f := bytes.Fields(b)
	if len(f) != 3 {
		return 0, false
	}
	m, ok1 := device.Month(f[0])
	d, ok2 := device.Int(bytes.TrimSuffix(f[1], []byte(",")))
	y, ok3 := device.Int(f[2])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return device.Date(y, m, d)
}
