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

// Layout: docs/formats/contec-spo2.md.
const (
	spo2Second  = 0x358
	spo2Model   = 0x360
	spo2User    = 0x3A0 // where the model ends
	spo2Maker   = 0x3E0
	spo2Start   = 0x420 // where the maker ends
	spo2Count   = 0x438
	spo2Samples = 0x43C
)

var spo2File = device.Format{
	Name:       "contec-spo2",
	Maker:      maker,
	Models:     "CMS50D+, CMS50E, CMS50F, CMS50H, CMS60C; Beurer PO 80, Pulox PO-400",
	Extensions: ".SpO2",
	Reads:      "SpO2, pulse rate, perfusion index where the device has it",
	Sniff:      sniffSpO2,
	Read:       readSpO2,
}

func sniffSpO2(h device.Head) device.Match {
	b := h.Bytes
	if len(b) < 8 || binary.LittleEndian.Uint32(b) != spo2Second || binary.LittleEndian.Uint32(b[4:]) != 1 {
		return device.No
	}
	if len(b) < spo2Second+4 {
		return device.Likely
	}
	if binary.LittleEndian.Uint32(b[spo2Second:]) != 1 {
		return device.Possible
	}
	return device.Certain
}

func readSpO2(ctx context.Context, src *device.Source, w *device.Writer) error {
	b, readErr := src.All(maxFile)
	if len(b) == 0 && readErr != nil {
		return readErr
	}
	if len(b) < spo2Samples {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), fmt.Sprintf("the file ends inside its header of %d bytes", spo2Samples), readErr)
	}
	w.Header = pleth.Header{Interval: time.Second, Device: pleth.Device{
		Maker: text(b[spo2Maker:spo2Start]),
		Model: text(b[spo2Model:spo2User]),
	}}
	if w.Header.Device.Maker == "" {
		w.Header.Device.Maker = maker
	}
	at := spo2StartTime(b, w)
	count, body := binary.LittleEndian.Uint32(b[spo2Count:]), b[spo2Samples:]
	width := sampleWidth(body, count)
	if width == 0 {
		return &device.Error{At: device.Byte(spo2Count), What: "neither samples of 2 bytes nor of 4 fit the data and the stated number",
			Do: "save the recording again in the maker's program"}
	}
	n := len(body) / width
	if n > int(count) {
		w.Warn(device.Byte(spo2Count), "size-mismatch", fmt.Sprintf("the header states %s and the file holds %d; all are read", device.Count(int(count), "sample", "samples"), n))
	}
	for ; len(body) >= width && w.Row(at); body = body[width:] {
		spo2, pulse := body[width-2], body[width-1]
		setReadings(w, spo2, pulse)
		if width == 4 {
			setPerfusion(w, binary.LittleEndian.Uint16(body), spo2 == noSpO2 && pulse == noPulse)
		}
		at += device.Second
	}
	if n < int(count) || readErr != nil {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), fmt.Sprintf("the header states %s; the file holds %d, the rest is missing", device.Count(int(count), "sample", "samples"), n), readErr)
	}
	return nil
}

// setPerfusion gives the current row its perfusion index in units of 0.01 %.
// Without a finger, or without any pulsatile signal, there is none.
func setPerfusion(w *device.Writer, index uint16, off bool) {
	if off || index == 0 {
		w.SetMissing(pleth.PerfusionIndex)
		return
	}
	w.Set(pleth.PerfusionIndex, pleth.Num(int64(index), 2))
}

// spo2StartTime sets the clock of the header and returns the time of the first
// sample in it.
func spo2StartTime(b []byte, w *device.Writer) int64 {
	var f [6]int
	for i := range f {
		f[i] = int(int32(binary.LittleEndian.Uint32(b[spo2Start+4*i:])))
	}
	w.Header.Clock = pleth.NoClock
	if f[0] == 0 {
		w.Warn(device.Byte(spo2Start), "no-date", "the device had no date, only a time of day; the recording is read without a clock")
		return 0
	}
	day, ok1 := device.Date(f[0], f[1], f[2])
	t, ok2 := device.ClockTime(f[3], f[4], f[5])
	if !ok1 || !ok2 {
		w.Warn(device.Byte(spo2Start), "bad-time", "the start of the recording is no date and time; the recording is read without a clock")
		return 0
	}
	w.Header.Clock = pleth.LocalClock
	return day + t
}

// text returns the UTF-16LE text that b begins with, empty if it holds
// anything but printable ASCII.
func text(b []byte) string {
	var s []byte
	for ; len(b) >= 2; b = b[2:] {
		c := binary.LittleEndian.Uint16(b)
		if c == 0 {
			break
		}
		if c < ' ' || c > '~' {
			return ""
		}
		s = append(s, byte(c))
	}
	return string(bytes.TrimSpace(s))
}

// sampleWidth returns the bytes per sample, 2 or 4: the size in which more of
// the data look like samples, if they are a quarter of it at least, else the
// one that the stated number gives exactly; 0 if neither tells.
func sampleWidth(body []byte, count uint32) int {
	two, four := 2*plausible(body, 2), 4*plausible(body, 4)
	size := len(body)
	switch {
	case two > four && 4*two >= size:
		return 2
	case four > two && 4*four >= size:
		return 4
	case uint64(size) == 2*uint64(count):
		return 2
	case uint64(size) == 4*uint64(count), size < 4:
		return 4
	}
	return 0
}

// plausible returns how many samples of width bytes can be readings or their
// sentinels. Of data of the other size hardly any can.
func plausible(body []byte, width int) int {
	n := 0
	for ; len(body) >= width; body = body[width:] {
		spo2, pulse := body[width-2], body[width-1]
		ok := (spo2 >= 50 && spo2 <= 100 || spo2 == noSpO2) && pulse >= 20
		if ok && (width == 2 || binary.LittleEndian.Uint16(body) <= 3000) {
			n++
		}
	}
	return n
}
