// Package choicemmed reads the files of ChoiceMMed's program MedView. Layout:
// docs/formats/choicemmed-dat.md.
package choicemmed

import (
	"context"
	"encoding/binary"
	"fmt"

	"pleth"
	"pleth/internal/device"
)

const (
	headerBytes = 3
	recordBytes = 11
	// maxFile holds the 65535 records that the header can count, and as much
	// again for what may follow them.
	maxFile = 2 << 20
	// sniffed is how many records the format is recognised by at most.
	sniffed = 64
)

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{{
		Name:       "choicemmed-dat",
		Maker:      "ChoiceMMed",
		Models:     "MD300W1 and others (MedView)",
		Extensions: ".dat",
		Reads:      "SpO2, pulse rate",
		Sniff:      sniff,
		Read:       read,
	}}
}

// sniff goes by the dates in the first records; there is no signature. A date
// that stands still is none: rows come once a second.
func sniff(h device.Head) device.Match {
	if len(h.Bytes) < headerBytes+recordBytes {
		return device.No
	}
	stated := int(binary.LittleEndian.Uint16(h.Bytes[1:]))
	n, dated, last := min(stated, sniffed, (len(h.Bytes)-headerBytes)/recordBytes), 0, int64(0)
	for i := range n {
		if t, ok := stamp(h.Bytes[headerBytes+i*recordBytes:]); ok && t != last {
			dated++
			last = t
		}
	}
	switch {
	case n == 0 || 4*dated < 3*n:
		return device.No
	case dated >= 3 || h.Size == int64(headerBytes+stated*recordBytes):
		return device.Likely
	}
	return device.Possible
}

// stamp returns the time of a record in nanoseconds of the wall clock.
func stamp(record []byte) (int64, bool) {
	if record[3] > 99 {
		return 0, false
	}
	day, ok1 := device.Date(2000+int(record[3]), int(record[4]), int(record[5]))
	t, ok2 := device.ClockTime(int(record[6]), int(record[7]), int(record[8]))
	return day + t, ok1 && ok2
}

func read(ctx context.Context, src *device.Source, w *device.Writer) error {
	b, readErr := src.All(maxFile)
	if len(b) == 0 && readErr != nil {
		return readErr
	}
	if len(b) < headerBytes {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), "the file ends inside its header", readErr)
	}
	w.Header = pleth.Header{Device: pleth.Device{Maker: "ChoiceMMed"}, Clock: pleth.LocalClock}
	stated := int(binary.LittleEndian.Uint16(b[1:]))
	n := min(stated, (len(b)-headerBytes)/recordBytes)
	damaged, first := 0, 0
	for i := range n {
		offset := headerBytes + i*recordBytes
		record := b[offset : offset+recordBytes]
		at, ok := stamp(record)
		if !ok {
			if damaged++; damaged == 1 {
				first = offset
			}
			continue
		}
		if !w.Row(at) {
			break
		}
		w.Set(pleth.SpO2, spo2(record[9]))
		w.Set(pleth.PulseRate, device.VitalInt(int(record[10]), 255))
	}
	if damaged > 0 {
		w.Warn(device.Byte(int64(first)), "damaged-records",
			device.Count(damaged, "record has no date and time and is left out", "records have no date and time and are left out; this is the first"))
	}
	if n < stated || readErr != nil {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), fmt.Sprintf("the header states %s; the file holds %d, the rest is missing", device.Count(stated, "record", "records"), n), readErr)
	}
	return nil
}

// spo2 returns the value of the byte; what no oximeter can mean is missing.
func spo2(b byte) pleth.Value {
	if b == 127 {
		return pleth.Missing()
	}
	return device.VitalInt(int(b), 255)
}
