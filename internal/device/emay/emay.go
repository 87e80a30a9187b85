// Package emay reads the CSV export of EMAY oximeters. Layout:
// docs/formats/emay-csv.md.
package emay

import (
	"bytes"
	"context"

	"pleth"
	"pleth/internal/device"
)

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{{
		Name:       "emay-csv",
		Maker:      "EMAY",
		Models:     "SleepO2",
		Extensions: ".csv",
		Reads:      "SpO2, pulse rate",
		Sniff: func(h device.Head) device.Match {
			f := device.Fields(nil, bytes.ToLower(h.FirstLine()), ',')
			if len(f) == 4 && string(f[0]) == "date" && string(f[1]) == "time" && string(f[2]) == "spo2(%)" && string(f[3]) == "pr(bpm)" {
				return device.Certain
			}
			return device.No
		},
		Read: read,
	}}
}

// noSentinel says that nothing measured is an empty field, not a number.
const noSentinel = -1

func read(ctx context.Context, src *device.Source, w *device.Writer) error {
	w.Header = pleth.Header{Device: pleth.Device{Maker: "EMAY"}, Clock: pleth.LocalClock}
	t := device.NewTable(src, ',')
	t.Header()
	var day device.Day
	for t.Next(ctx) {
		f, ok := t.Fields()
		if !ok || len(f) < 4 {
			t.Damaged()
			continue
		}
		midnight, ok1 := day.Midnight(f[0], parseDate)
		clock, ok2 := parseTime(f[1])
		spo2, ok3 := device.Vital(f[2], noSentinel)
		pulse, ok4 := device.Vital(f[3], noSentinel)
		if !ok1 || !ok2 || !ok3 || !ok4 {
			t.Damaged()
			continue
		}
		if !w.Row(midnight + clock) {
			break
		}
		w.Set(pleth.SpO2, spo2)
		w.Set(pleth.PulseRate, pulse)
	}
	return t.End(ctx, w)
}

// parseTime returns the nanoseconds since midnight of "4:46:58 PM".
func parseTime(b []byte) (int64, bool) {
	i := bytes.IndexByte(b, ' ')
	if i < 0 || len(b) != i+len(" PM") || b[i+2]|0x20 != 'm' {
		return 0, false
	}
	t, ok := device.HMS(b[:i])
	if !ok {
		return 0, false
	}
	return device.HalfDay(t, b[i+1])
}

// parseDate returns midnight of "5/8/2026", the 8th of May.
func parseDate(b []byte) (int64, bool) {
	month, day, year, ok := device.DateParts(b, '/')
	if !ok {
		return 0, false
	}
	return device.Date(year, month, day)
}
