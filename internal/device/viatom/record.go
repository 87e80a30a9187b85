package viatom

import (
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"pleth"
	"pleth/internal/device"
)

// Layout: docs/formats/viatom-record.md.
const (
	recordHeader = 40
	recordBytes  = 5
)

var record = device.Format{
	Name:       "viatom-record",
	Maker:      "Viatom / Wellue",
	Models:     "O2Ring and others (version 3), Checkme O2 Max (version 5)",
	Extensions: "none, .vld, .dat",
	Reads:      "SpO2, pulse rate, motion and the vendor's figures; raw record of the ring",
	Sniff:      sniffRecord,
	Read:       readRecord,
}

// sniffRecord wants the version, a date, and best the size of the recording.
func sniffRecord(h device.Head) device.Match {
	b := h.Bytes
	if len(b) < 13 || b[0] != 3 && b[0] != 5 {
		return device.No
	}
	if year := binary.LittleEndian.Uint16(b[2:]); year < 2010 || year > 2099 {
		return device.No
	}
	if _, ok := recordStart(b); !ok {
		return device.No
	}
	if size := int64(binary.LittleEndian.Uint32(b[9:])); size == h.Size || h.Whole && size == int64(len(b)) {
		return device.Certain
	}
	return device.Likely
}

// recordStart returns the start of a record in nanoseconds of the wall clock.
func recordStart(b []byte) (int64, bool) {
	day, ok1 := device.Date(int(binary.LittleEndian.Uint16(b[2:])), int(b[4]), int(b[5]))
	t, ok2 := device.ClockTime(int(b[6]), int(b[7]), int(b[8]))
	return day + t, ok1 && ok2
}

func readRecord(ctx context.Context, src *device.Source, w *device.Writer) error {
	b, readErr := src.All(maxRecord)
	if len(b) == 0 && readErr != nil {
		return readErr
	}
	if len(b) < recordHeader {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), fmt.Sprintf("the file ends inside its header of %d bytes", recordHeader), readErr)
	}
	w.Header = pleth.Header{Device: viatom, Clock: pleth.LocalClock, Reported: figures(b[17:])}
	start, ok := recordStart(b)
	if !ok {
		w.Header.Clock, start = pleth.NoClock, 0
		w.Warn(device.Byte(2), "bad-time", "the header holds no date; the recording is read without a clock")
	}
	n := (len(b) - recordHeader) / recordBytes
	stated := n
	if size := int(binary.LittleEndian.Uint32(b[9:])); size >= recordHeader {
		stated = (size - recordHeader) / recordBytes
	}
	if n > stated {
		w.Warn(device.Byte(9), "size-mismatch", fmt.Sprintf("the header states %s and the file holds %d; all are read", device.Count(stated, "record", "records"), n))
		stated = n
	}
	interval := recordInterval(b, stated, src.Given, w)
	step := 1
	if b[0] == 3 && interval == 2*time.Second {
		if doubled(b[recordHeader:]) {
			step, interval = 2, 4*time.Second
		} else {
			w.Warn("", "not-doubled", "version 3 at 2 s stores every sample twice, but here pairs differ; the samples are read as they stand, every 2 s")
		}
	}
	w.Header.Interval = interval
	for i := 0; i < n; i += step {
		r := b[recordHeader+i*recordBytes:]
		s := sample{spo2: r[0], pulse: binary.LittleEndian.Uint16(r[1:]), motion: r[3], moves: true}
		if !s.write(w, start+int64(i/step)*int64(interval)) {
			break
		}
	}
	if n < stated || readErr != nil {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), fmt.Sprintf("the header states %s; the file holds %d, the rest is missing", device.Count(stated, "record", "records"), n), readErr)
	}
	return nil
}

// recordInterval returns the time from record to record, of which there are n
// by the header.
func recordInterval(b []byte, n int, given device.Given, w *device.Writer) time.Duration {
	duration := int(binary.LittleEndian.Uint16(b[13:]))
	if n > 0 {
		if s := (duration + n/2) / n; s > 0 {
			return time.Duration(s) * time.Second
		}
	}
	interval := 4 * time.Second
	if b[0] == 5 {
		interval = 2 * time.Second
	}
	return device.AssumedInterval(w, given, interval)
}

// doubled reports whether the two records of every pair hold the same
// readings; the reminders do not count. A last one alone is a pair cut off.
func doubled(records []byte) bool {
	for ; len(records) >= 2*recordBytes; records = records[2*recordBytes:] {
		if string(records[:4]) != string(records[recordBytes:recordBytes+4]) {
			return false
		}
	}
	return true
}
