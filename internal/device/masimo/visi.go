package masimo

import (
	"bytes"
	"context"
	"math"
	"time"

	"pleth"
	"pleth/internal/device"
)

var visiText = device.Format{
	Name:       "masimo-visi",
	Maker:      maker,
	Models:     "Radical-7 (Visi-Download)",
	Extensions: ".txt, .csv",
	Reads:      "SpO2, pulse rate; no time column, 2 s from row to row assumed",
	Sniff: func(h device.Head) device.Match {
		f := device.Fields(nil, bytes.ToLower(h.FirstLine()), ',')
		if len(f) == 2 && string(f[0]) == "sats" && string(f[1]) == "rate" {
			return device.Likely
		}
		return device.No
	},
	Read: readVisi,
}

// visiInterval is that of the recording the format is known from.
const visiInterval = 2 * time.Second

// readVisi reads the table of docs/formats/masimo-visi.md. A row that cannot
// be read takes its time all the same.
func readVisi(ctx context.Context, src *device.Source, w *device.Writer) error {
	interval := device.AssumedInterval(w, src.Given, visiInterval)
	w.Header = pleth.Header{Device: pleth.Device{Maker: maker}, Clock: pleth.NoClock, Interval: interval}
	t := device.NewTable(src, ',')
	t.Header()
	for at := int64(0); at <= math.MaxInt64-int64(interval) && t.Next(ctx); at += int64(interval) {
		f, ok := t.Fields()
		if !ok || len(f) < 2 {
			t.Damaged()
			continue
		}
		spo2, ok1 := device.Vital(f[0], noSentinel)
		pulse, ok2 := device.Vital(f[1], noSentinel)
		if !ok1 || !ok2 {
			t.Damaged()
			continue
		}
		if !w.Row(at) {
			break
		}
		w.Set(pleth.SpO2, spo2)
		w.Set(pleth.PulseRate, pulse)
	}
	return t.End(ctx, w)
}
