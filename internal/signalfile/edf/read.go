package edf

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/signalfile"
)

func read(ctx context.Context, src *device.Source, w *device.Writer) error {
	in := bufio.NewReaderSize(src.R, 256<<10)
	h, err := readHeader(ctx, in, w)
	if err != nil {
		return err
	}
	channels, from, err := h.choose(w)
	if err != nil {
		return err
	}
	r := &reader{header: h, in: in, w: w, at: h.bytes(), channels: channels}
	r.parts, r.rest = h.plan(from)
	if h.discontinuous && !slices.ContainsFunc(r.parts, func(p part) bool { return p.channel == list }) {
		h.discontinuous = false
		w.Warn(device.Byte(192), "no-onsets", "the file calls itself discontinuous but has no onsets of its records; they are read as following each other")
	}
	w.Header = pleth.Header{Clock: h.start.clock, Interval: time.Duration(h.duration / int64(channels[0].PerBlock))}
	if m := channels[0].Metric; m != pleth.SpO2 {
		w.Header.Metric = m
	}
	if h.serial != "" {
		w.Header.Device = pleth.Device{Maker: "ResMed", Serial: h.serial}
	}
	if err := r.records(ctx); err != nil {
		return err
	}
	r.judge()
	return nil
}

// reader reads the records of one file.
type reader struct {
	*header
	in *bufio.Reader
	w  *device.Writer
	at int64 // offset of the next byte of the file

	channels []signalfile.Channel // wanted; the first makes the timeline
	parts    []part
	rest     int64  // bytes after the last part of a record
	list     []byte // the beginning of the annotations of the record
	next     int64  // start of the next record in ns after the start of the file, if it follows

	measured bool // there was a number on the timeline
	other    bool // there was a sample other than -1 on the timeline
}

// latest bounds the times of rows, so that none overflows.
const latest = int64(1) << 62

// records reads all records.
func (r *reader) records(ctx context.Context) error {
	for k := 0; r.header.records < 0 || k < r.header.records; k++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		from := r.at
		err := r.record()
		if err != nil && r.at == from && errors.Is(err, io.EOF) && r.header.records < 0 {
			return nil // as many records as the file holds
		}
		if r.start.at+r.next > latest {
			return damaged(244, "the records last longer than any recording")
		}
		if !r.write(k, err != nil) {
			return nil
		}
		if err != nil {
			return device.CutOff(ctx, r.w, device.Byte(r.at), r.missing(k, r.at-from), err)
		}
	}
	if _, err := r.in.Peek(1); err == nil {
		r.w.Warn(device.Byte(r.at), "more-data", fmt.Sprintf("the file goes on after the number of records that its header declares (%d); the rest is not read", r.header.records))
	}
	return nil
}

// missing says how much of the file is there where it ends n bytes into record k.
func (r *reader) missing(k int, n int64) string {
	s := fmt.Sprintf("records of %s read: %d", time.Duration(r.duration), k)
	if r.header.records > 0 {
		s += fmt.Sprintf(" of %d declared", r.header.records)
	}
	if n > 0 {
		s += fmt.Sprintf("; of the next, %d of %d bytes are there", n, r.recordBytes())
	}
	return "the file is cut off; " + s
}

// record reads the wanted parts of one record. Where the record is cut, the
// channels have the samples that are there.
func (r *reader) record() error {
	for i := range r.channels {
		r.channels[i].Samples = r.channels[i].Samples[:0]
	}
	r.list = r.list[:0]
	for _, p := range r.parts {
		if err := r.skip(p.skip); err != nil {
			return err
		}
		if err := r.part(p); err != nil {
			return err
		}
	}
	return r.skip(r.rest)
}

func (r *reader) skip(n int64) error {
	for n > 0 {
		done, err := r.in.Discard(int(min(n, 1<<30)))
		r.at += int64(done)
		n -= int64(done)
		if err != nil {
			return err
		}
	}
	return nil
}

// maxList is how much of the annotations of a record is kept: the onset is the
// first thing in them.
const maxList = 64

// part reads one part of a record.
func (r *reader) part(p part) error {
	for left := p.bytes; left > 0; {
		b, err := r.in.Peek(int(min(left, int64(r.in.Size()))))
		b = b[:len(b)&^1]
		if p.channel == list {
			r.list = append(r.list, b[:min(len(b), maxList-len(r.list))]...)
		} else {
			r.channels[p.channel].Samples = decode(r.channels[p.channel].Samples, b)
		}
		_, _ = r.in.Discard(len(b)) // peeked, so it is there
		r.at += int64(len(b))
		left -= int64(len(b))
		if err != nil && left > 0 {
			return err
		}
	}
	return nil
}

// decode appends the samples in b, an even number of bytes, to dst.
func decode(dst []int16, b []byte) []int16 {
	dst = slices.Grow(dst, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		dst = append(dst, int16(binary.LittleEndian.Uint16(b)))
	}
	return dst
}

// write writes record k. It returns false when the Writer wants no more.
func (r *reader) write(k int, cut bool) bool {
	at, ok := onset(r.list)
	switch {
	case r.discontinuous && ok, k == 0 && ok:
		r.next = at
	case r.discontinuous && cut:
		return true // where it belongs stood in what is missing
	case r.discontinuous:
		r.w.Warn(device.Byte(r.at), "bad-onset", fmt.Sprintf("the onset of record %d cannot be read; it is taken to follow the one before", k+1))
	}
	r.look(r.channels[0].Samples)
	start := r.start.at + r.next
	r.next += r.duration
	return signalfile.WriteBlock(r.w, start, r.duration, r.channels)
}

// look notes what kind of samples the timeline has.
func (r *reader) look(samples []int16) {
	for _, d := range samples {
		if r.measured {
			return
		}
		r.other = r.other || d != -1
		r.measured = r.channels[0].Scale.Value(d).Ok()
	}
}

// judge warns where the file holds no oximetry.
func (r *reader) judge() {
	switch {
	case r.measured:
	case r.w.RowCount() == 0:
		r.w.Warn("", "no-oximetry", "the file holds a header and no records: nothing was recorded")
	case r.serial != "" && !r.other:
		r.w.Warn("", "no-oximetry", "the machine wrote this file without an oximeter attached: every sample is -1")
	default:
		r.w.Warn("", "no-oximetry", "the SpO2 channel holds no value: every sample is a mark for a missing one")
	}
}
