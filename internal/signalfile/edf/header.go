package edf

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/signalfile"
)

// Lengths of the header: 256 bytes, and 256 for each signal.
const (
	fixedBytes  = 256
	signalBytes = 256
	maxSignals  = 9999 // the field has four digits
)

// annotations is the label of a signal that holds text.
const annotations = "EDF Annotations"

// fixed are the fields of the first 256 bytes as text. The patient field is
// not among them: it is never read.
type fixed struct {
	recording, date, time, headerBytes, reserved, records, duration, signals string
}

func fields(b []byte) fixed {
	text := func(from, to int) string { return signalfile.Text(b[from:to]) }
	return fixed{
		recording: text(88, 168), date: text(168, 176), time: text(176, 184), headerBytes: text(184, 192),
		reserved: text(192, 236), records: text(236, 244), duration: text(244, 252), signals: text(252, 256),
	}
}

// number reads a whole number of a header.
func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// signal is the header of one signal.
type signal struct {
	label, unit      string
	physMin, physMax string
	digMin, digMax   string
	samples          int // per record
}

// header is the header of a file.
type header struct {
	start         start
	serial        string // of a ResMed machine
	discontinuous bool
	records       int // declared; -1 if unknown
	duration      int64
	signals       []signal
}

// bytes returns the length of the header.
func (h *header) bytes() int64 { return fixedBytes + signalBytes*int64(len(h.signals)) }

// recordBytes returns the length of a record.
func (h *header) recordBytes() int64 {
	n := int64(0)
	for i := range h.signals {
		n += 2 * int64(h.signals[i].samples)
	}
	return n
}

// readHeader reads the header from r. Warnings go to w.
func readHeader(ctx context.Context, r io.Reader, w *device.Writer) (*header, error) {
	b, err := io.ReadAll(io.LimitReader(r, fixedBytes))
	if len(b) < fixedBytes {
		return nil, device.CutOff(ctx, w, device.Byte(int64(len(b))), fmt.Sprintf("the file ends after %d bytes, inside the 256 bytes of an EDF header", len(b)), err)
	}
	f := fields(b)
	n, ok := number(f.signals)
	if !ok || n < 1 || n > maxSignals {
		return nil, damaged(252, "the number of signals is not between 1 and 9999")
	}
	h := &header{
		start:         startOf(f, w),
		serial:        resmedSerial(f.recording),
		discontinuous: strings.HasPrefix(f.reserved, "EDF+D"),
	}
	if h.records, ok = number(f.records); !ok {
		w.Warn(device.Byte(236), "bad-record-count", "the number of records cannot be read; the file is read to its end")
	}
	if h.records <= 0 {
		h.records = -1
	}
	if h.duration, ok = nanoseconds(f.duration); !ok || h.duration < 0 {
		return nil, damaged(244, "the duration of a record is not a number of seconds from 0 to 20 years")
	}
	if length, ok := number(f.headerBytes); !ok || length != (n+1)*256 {
		w.Warn(device.Byte(184), "bad-header-length", "the header states another length than its signals have; that of the signals is taken")
	}
	want := n * signalBytes
	if b, err = io.ReadAll(io.LimitReader(r, int64(want))); len(b) < want {
		return nil, device.CutOff(ctx, w, device.Byte(int64(fixedBytes+len(b))),
			fmt.Sprintf("the file ends inside its header: %d of %d bytes are there", fixedBytes+len(b), fixedBytes+want), err)
	}
	return h, h.readSignals(b, n)
}

// readSignals reads the fields of n signals from b.
func (h *header) readSignals(b []byte, n int) error {
	h.signals = make([]signal, n)
	at := 0
	column := func(width int, set func(s *signal, text string)) {
		for i := range h.signals {
			set(&h.signals[i], signalfile.Text(b[at:at+width]))
			at += width
		}
	}
	skip := func(*signal, string) {}
	column(16, func(s *signal, text string) { s.label = text })
	column(80, skip) // transducer
	column(8, func(s *signal, text string) { s.unit = text })
	column(8, func(s *signal, text string) { s.physMin = text })
	column(8, func(s *signal, text string) { s.physMax = text })
	column(8, func(s *signal, text string) { s.digMin = text })
	column(8, func(s *signal, text string) { s.digMax = text })
	column(80, skip) // prefilter
	place := fixedBytes + at
	bad := -1
	column(8, func(s *signal, text string) {
		var ok bool
		if s.samples, ok = number(text); (!ok || s.samples < 0 || s.samples > signalfile.MaxPerBlock) && bad < 0 {
			bad = place
		}
		place += 8
	})
	if bad >= 0 {
		return damaged(int64(bad), "the number of samples of a signal in a record cannot be read")
	}
	return nil
}

// damaged returns the error of a header that cannot be read.
func damaged(at int64, what string) error {
	return &device.Error{At: device.Byte(at), What: "the EDF header is damaged: " + what, Do: "copy the file again from the card or the program that wrote it"}
}

// maxSeconds bounds durations and onsets: twenty years.
const maxSeconds = 20 * 366 * 86400

// nanoseconds reads a number of seconds, cut to whole ns.
func nanoseconds(text string) (int64, bool) {
	r, ok := signalfile.Decimal(text)
	if !ok || r.Cmp(big.NewRat(maxSeconds, 1)) > 0 || r.Cmp(big.NewRat(-maxSeconds, 1)) < 0 {
		return 0, false
	}
	r.Mul(r, big.NewRat(device.Second, 1))
	return new(big.Int).Quo(r.Num(), r.Denom()).Int64(), true
}

// scale returns the scale of the signal for metric m, and whether its header states one.
func (s *signal) scale(m pleth.Metric) (*signalfile.Scale, bool) {
	decimal := func(text string) *big.Rat {
		r, ok := signalfile.Decimal(strings.Replace(text, ",", ".", 1))
		if !ok {
			return nil
		}
		return r
	}
	physMin, physMax, digMin, digMax := decimal(s.physMin), decimal(s.physMax), decimal(s.digMin), decimal(s.digMax)
	if physMin == nil || physMax == nil || digMin == nil || digMax == nil || digMin.Cmp(digMax) >= 0 ||
		!digMin.IsInt() || !digMax.IsInt() || !digMin.Num().IsInt64() || !digMax.Num().IsInt64() {
		return nil, false
	}
	gain := new(big.Rat).Sub(physMax, physMin)
	gain.Quo(gain, new(big.Rat).Sub(digMax, digMin))
	offset := new(big.Rat).Sub(physMin, new(big.Rat).Mul(gain, digMin))
	return signalfile.NewScale(m, gain, offset, int(digMin.Num().Int64()), int(digMax.Num().Int64())), true
}

// resmedSerial returns the serial number in the recording field of a ResMed
// machine, "Startdate 27-NOV-2025 X X X SRN=<serial> MID=36 VID=39", or nothing.
func resmedSerial(recording string) string {
	_, rest, ok := strings.Cut(recording, "SRN=")
	if !ok {
		return ""
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	return rest[:end]
}
