package viatom

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"time"

	"pleth"
	"pleth/internal/device"
)

// Layout: docs/formats/viatom-o2ring-s.md.
const (
	ringHeader  = 10
	ringTrailer = 48
)

var (
	ringMagic   = []byte{0x48, 0x12, 0x5a, 0xda} // 0xDA5A1248
	ringVersion = []byte{1, 3, 0, 0, 0, 0, 0, 0}
)

var o2RingS = device.Format{
	Name:       "viatom-o2ring-s",
	Maker:      "Viatom / Wellue",
	Models:     "O2Ring S",
	Extensions: "none, .dat",
	Reads:      "SpO2, pulse rate, motion and the vendor's figures; raw record of the ring",
	Sniff:      sniffRing,
	Read:       readRing,
}

func sniffRing(h device.Head) device.Match {
	b := h.Bytes
	if len(b) < ringHeader || !bytes.HasPrefix(b, ringVersion) {
		return device.No
	}
	if h.Whole && len(b) >= ringHeader+ringTrailer && bytes.Equal(b[len(b)-ringTrailer+4:][:4], ringMagic) {
		return device.Certain
	}
	if binary.LittleEndian.Uint16(b[8:]) == 4 {
		return device.Likely
	}
	return device.Possible
}

func readRing(ctx context.Context, src *device.Source, w *device.Writer) error {
	b, readErr := src.All(maxRecord)
	if len(b) == 0 && readErr != nil {
		return readErr
	}
	if len(b) < ringHeader {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), fmt.Sprintf("the file ends inside its header of %d bytes", ringHeader), readErr)
	}
	w.Header = pleth.Header{Device: viatom, Clock: pleth.NoClock}
	end := trailerAt(b)
	start, width := int64(0), 3
	if trailer := b[end:]; len(trailer) == ringTrailer {
		start, width = readTrailer(b, end, src.Given, w)
	} else {
		w.Warn("", "no-trailer", "the record was fetched before the ring had written its end, so the date and the figures of the vendor are not known")
		w.Header.Interval = device.AssumedInterval(w, src.Given, time.Second)
	}
	n := (end - ringHeader) / width
	for i := range n {
		r := b[ringHeader+i*width:]
		s := sample{spo2: r[0], pulse: uint16(r[1])}
		if s.pulse == missing8 {
			s.pulse = missing16
		}
		if width == 3 {
			s.motion, s.moves = r[2]&0x3f, true
		}
		if !s.write(w, start+int64(i)*int64(w.Header.Interval)) {
			break
		}
	}
	if cut := len(b) - end; readErr != nil || cut > 0 && cut < ringTrailer {
		return device.CutOff(ctx, w, device.Byte(int64(len(b))), "the file ends before its trailer does; "+device.Count(n, "sample is read", "samples are read"), readErr)
	}
	return nil
}

// trailerAt returns the offset of the trailer: len(b) if there is none. A
// trailer that is cut off is found by as much as there is of the sum and the
// mark it begins with; fewer than three bytes of it are no sample anyway.
func trailerAt(b []byte) int {
	if at := len(b) - ringTrailer; at >= ringHeader && bytes.Equal(b[at+4:at+8], ringMagic) {
		return at
	}
	sum := byteSum(b)
	for at := len(b) - 1; at >= ringHeader && len(b)-at < ringTrailer; at-- {
		sum -= uint32(b[at])
		begin := append(binary.LittleEndian.AppendUint32(nil, sum), ringMagic...)
		if n := min(len(begin), len(b)-at); n >= 3 && bytes.HasPrefix(begin, b[at:at+n]) {
			return at
		}
	}
	return len(b)
}

// readTrailer puts what the trailer at end says into the header and returns
// the start and the bytes per sample.
func readTrailer(b []byte, end int, given device.Given, w *device.Writer) (start int64, width int) {
	trailer, body := b[end:], end-ringHeader
	at := device.Byte(int64(end))
	w.Header.Reported = figures(trailer[34:])
	if mean := trailer[47]; mean != 0 && mean != missing8 {
		w.Header.Reported["pulse.mean"] = float64(mean)
	}
	if binary.LittleEndian.Uint32(trailer) != byteSum(b[:end]) {
		w.Warn(at, "checksum", "the sum of the bytes is not the one the ring wrote; some samples may be damaged")
	}
	if seconds := binary.LittleEndian.Uint32(trailer[8:]); seconds != 0 {
		w.Header.Clock, start = pleth.LocalClock, int64(seconds)*device.Second
	} else {
		w.Warn(at, "bad-time", "the trailer holds no date; the recording is read without a clock")
	}
	w.Header.Interval = time.Duration(trailer[16]) * time.Second
	if w.Header.Interval == 0 {
		w.Header.Interval = device.AssumedInterval(w, given, time.Second)
	}
	count := int64(binary.LittleEndian.Uint32(trailer[12:]))
	width, other := 3, 2
	if trailer[17] == 0 {
		width, other = 2, 3
	}
	if count*int64(width) != int64(body) && count*int64(other) == int64(body) {
		width = other
	}
	switch n := int64(body / width); {
	case n < count:
		w.Warn(at, "truncated", fmt.Sprintf("the trailer states %s; the file holds %d, the rest is missing", device.Count(int(count), "sample", "samples"), n))
	case n > count:
		w.Warn(at, "size-mismatch", fmt.Sprintf("the trailer states %s and the file holds %d; all are read", device.Count(int(count), "sample", "samples"), n))
	}
	return start, width
}

func byteSum(b []byte) uint32 {
	sum := uint32(0)
	for _, c := range b {
		sum += uint32(c)
	}
	return sum
}
