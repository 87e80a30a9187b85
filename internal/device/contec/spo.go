package contec

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"pleth"
	"pleth/internal/device"
)

// Layout: docs/formats/contec-spo.md.
const (
	spoStart  = 8
	spoHeader = 44 // where the start ends and samples may begin
)

var spoFile = device.Format{
	Name:       "contec-spo",
	Maker:      maker,
	Models:     "CMS50D+, CMS50E, CMS50F (older programs)",
	Extensions: ".spo, .SpoR",
	Reads:      "SpO2, pulse rate",
	Sniff:      sniffSpo,
	Read:       readSpo,
}

func sniffSpo(h device.Head) device.Match {
	b := h.Bytes
	if len(b) < spoHeader || binary.LittleEndian.Uint16(b[2:]) != 2 {
		return device.No
	}
	if offset := binary.LittleEndian.Uint16(b); offset < spoHeader || offset > 4096 {
		return device.No
	}
	start := b[spoStart:spoHeader]
	if _, ok := spoTime(start); ok {
		return device.Likely
	}
	if len(bytes.Trim(start, "\x00")) == 0 {
		return device.Possible
	}
	return device.No
}

func readSpo(ctx context.Context, src *device.Source, w *device.Writer) error {
	b, readErr := src.All(maxFile)
	if len(b) == 0 && readErr != nil {
		return readErr
	}
	if len(b) < spoHeader || len(b) < int(binary.LittleEndian.Uint16(b)) {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), "the file ends before its first sample", readErr)
	}
	w.Header = pleth.Header{Interval: time.Second, Device: pleth.Device{Maker: maker}}
	start := b[spoStart:spoHeader]
	at, ok := spoTime(start)
	switch {
	case ok:
		w.Header.Clock = pleth.LocalClock
	case len(bytes.Trim(start, "\x00")) == 0:
		w.Warn(device.Byte(spoStart), "no-date", "the device had no date; the recording is read without a clock")
	default:
		w.Warn(device.Byte(spoStart), "bad-time", "the start of the recording is no date and time; the recording is read without a clock")
	}
	body := b[binary.LittleEndian.Uint16(b):]
	n, stated := len(body)/2, int(binary.LittleEndian.Uint16(b[4:]))
	for ; len(body) >= 2 && w.Row(at); body = body[2:] {
		setReadings(w, body[1], body[0])
		at += device.Second
	}
	if n < stated || readErr != nil {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), fmt.Sprintf("the header states %s; the file holds %d, the rest is missing", device.Count(stated, "sample", "samples"), n), readErr)
	}
	return nil
}

// spoTime reads the start "MM/dd/yy?HH:mm:ss" in UTF-16LE; 0, false if b holds
// anything else.
func spoTime(b []byte) (int64, bool) {
	var s [17]byte
	for i := range s {
		if s[i] = b[2*i]; b[2*i+1] != 0 && i != 8 {
			return 0, false
		}
	}
	if s[2] != '/' || s[5] != '/' {
		return 0, false
	}
	month, ok1 := device.Int(s[:2])
	day, ok2 := device.Int(s[3:5])
	year, ok3 := device.Int(s[6:8])
	t, ok4 := device.HMS(s[9:])
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return 0, false
	}
	date, ok := device.Date(2000+year, month, day)
	if !ok {
		return 0, false
	}
	return date + t, true
}
