package contec

import (
	"bytes"
	"context"

	"pleth"
	"pleth/internal/device"
)

var csvFile = device.Format{
	Name:       "contec-csv",
	Maker:      maker,
	Models:     "CMS50D+, CMS50E, CMS50F, CMS50H, CMS60C; Beurer PO 80, Pulox PO-400",
	Extensions: ".csv",
	Reads:      "SpO2, pulse rate; export of the maker's program",
	Sniff: func(h device.Head) device.Match {
		f := device.Fields(nil, bytes.ToUpper(h.FirstLine()), ',')
		if len(f) == 4 && string(f[0]) == "DATE" && string(f[1]) == "TIME" && string(f[2]) == "SPO2" && string(f[3]) == "PULSE" {
			return device.Certain
		}
		return device.No
	},
	Read: readCSV,
}

// readCSV reads the table of docs/formats/contec-csv.md.
func readCSV(ctx context.Context, src *device.Source, w *device.Writer) error {
	w.Header = pleth.Header{Device: pleth.Device{Maker: maker}, Clock: pleth.LocalClock}
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
		clock, ok2 := device.HMS(f[1])
		spo2, ok3 := device.Vital(f[2], noSpO2)
		pulse, ok4 := device.Vital(f[3], noPulse)
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

// parseDate returns midnight of "2021-05-15".
func parseDate(b []byte) (int64, bool) {
	year, month, day, ok := device.DateParts(b, '-')
	if !ok {
		return 0, false
	}
	return device.Date(year, month, day)
}
