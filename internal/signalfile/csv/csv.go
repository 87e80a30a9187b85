// Package csv reads text of separated values from any source: what its columns
// hold the user says with --columns, or a header says that explains itself.
// Layout and rules: docs/formats/csv.md.
package csv

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"pleth"
	"pleth/internal/device"
)

// Formats lists the reader of this package. It knows a file by less than the
// readers of devices do and stands behind them all.
func Formats() []device.Format {
	return []device.Format{{
		Name:       "csv",
		Maker:      "any",
		Models:     "any, PhysioZoo among them",
		Extensions: ".csv, .tsv, .txt",
		Reads:      "SpO2, pulse rate, motion, perfusion index, temperature; columns by --columns or by a header that explains itself",
		Sniff:      sniff,
		Read:       read,
	}}
}

// sniff returns Told where the columns that the user named are there and the
// times can be read, and Likely where the header explains itself. Possible
// means that Read will say what is missing.
func sniff(head device.Head) device.Match {
	l, err := findLayout(head)
	told := head.Given.Columns != ""
	switch {
	case err == nil && told && (l.found || l.time < 0):
		return device.Told
	case err == nil && (l.found || l.time < 0):
		return device.Likely
	case err == nil || l != nil:
		return device.Possible
	case told && isText(head.Bytes):
		return device.Possible
	}
	return device.No
}

func read(ctx context.Context, src *device.Source, w *device.Writer) error {
	head := bufio.NewReaderSize(src.R, device.HeadBytes)
	first, err := head.Peek(device.HeadBytes)
	if err != nil && !errors.Is(err, io.EOF) && len(first) == 0 {
		return err
	}
	l, err := findLayout(device.Head{Bytes: first, Whole: errors.Is(err, io.EOF), Name: src.Name, Size: src.Size, Given: src.Given})
	if err != nil {
		return err
	}
	interval := max(src.Given.Interval, 0)
	w.Header = pleth.Header{Clock: l.stamps.clock(), Interval: interval}
	if l.stamps.form == dayTime {
		w.Warn("", "no-date", "the times have no date; they count from the first row")
	}
	r := &rows{layout: l, split: device.NewSplitter(l.sep), out: newHold(l, w), interval: int64(interval)}
	lines := device.NewLines(head)
	err = r.read(ctx, lines)
	r.out.close() // the rows before an error are kept
	return r.end(ctx, w, lines, err)
}

// number reads a decimal number with a point or a comma; a percent sign may
// stand behind it.
func number(b []byte) (pleth.Value, bool) {
	if n := len(b); n > 0 && b[n-1] == '%' {
		b = bytes.TrimRight(b[:n-1], " ")
	}
	if n, ok := device.Int(b); ok {
		return pleth.Num(int64(n), 0), true
	}
	v, ok := pleth.ParseValue(b)
	if ok {
		return v, true
	}
	i := bytes.IndexByte(b, ',')
	if i < 0 || len(b) > 40 {
		return v, false
	}
	var point [40]byte
	copy(point[:], b)
	point[i] = '.'
	return pleth.ParseValue(point[:len(b)])
}

// isMissing reports whether b is one of the ways to write that there is no value.
func isMissing(b []byte) bool {
	switch len(b) {
	case 0:
		return true
	case 1, 2, 3, 4:
	default:
		return false
	}
	if len(bytes.Trim(b, "-")) == 0 {
		return true
	}
	for _, word := range [...]string{"nan", "null", "na", "n/a", "none"} {
		if len(b) == len(word) && bytes.EqualFold(b, []byte(word)) {
			return true
		}
	}
	return false
}
