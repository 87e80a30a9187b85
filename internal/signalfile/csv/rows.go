package csv

import (
	"bytes"
	"context"
	"fmt"

	"pleth"
	"pleth/internal/device"
)

// rows reads the rows of a file in order.
type rows struct {
	*layout
	out      *hold
	interval int64 // between rows without a time column
	n        int64 // rows so far
	split    *device.Splitter
	whole    bool // the row before had all its fields
	badTime  tally
	badValue tally
	short    tally  // rows with fewer fields than the header
	cut      string // why the file ends early, empty if it does not
}

// tally counts lines of a kind and knows the first.
type tally struct{ n, first int }

func (t *tally) add(line int) {
	if t.n++; t.n == 1 {
		t.first = line
	}
}

// warn tells the user of the lines once, if there are any.
func (t *tally) warn(w *device.Writer, code, one, many string) {
	if t.n > 0 {
		w.Warn(device.Line(t.first), code, device.Count(t.n, one, many+"; this is the first"))
	}
}

// every says how many lines pass between looks at the context.
const every = 4096

// Advice for errors of rows.
const (
	exportAgain = "export the recording again, or mend this line"
	doNotGuess  = "nothing after this line is read, since a value might be taken for another; mend the line"
)

func (r *rows) read(ctx context.Context, lines *device.Lines) error {
	for lines.Next() {
		if lines.N() <= r.skip {
			continue
		}
		if lines.N()%every == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line := lines.Bytes()
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if line[0] == 0 && len(bytes.Trim(line, "\x00")) == 0 {
			r.cut = "from here on the file holds zero bytes only"
			return nil
		}
		f, err := r.fields(lines)
		if err != nil {
			return err
		}
		if f == nil {
			continue
		}
		if len(f) < r.need || !lines.Ended() && len(f) < r.width {
			r.cut = "the file ends inside this row"
			return nil
		}
		if err := r.row(f, lines.N()); err != nil {
			return err
		}
		if r.out.w.Err() != nil {
			return nil
		}
	}
	return nil
}

// end tells the user what was left out and what is missing at the end, and
// returns the error that read ends with: err is the one of a row.
func (r *rows) end(ctx context.Context, w *device.Writer, lines *device.Lines, err error) error {
	r.badTime.warn(w, "damaged-rows", "row has a time that cannot be read and is left out", "rows have times that cannot be read and are left out")
	r.badValue.warn(w, "bad-value", "value is no number and is taken as missing", "values are no numbers and are taken as missing")
	r.short.warn(w, "short-rows", "row has fewer fields than the header; what is read of it is there",
		"rows have fewer fields than the header; what is read of them is there")
	at, before := device.Line(lines.N()), "; before it "+device.Count(w.RowCount(), "row is read", "rows are read")
	switch {
	case err != nil:
		return err
	case lines.Err() != nil:
		return device.CutOff(ctx, w, at, "the file cannot be read beyond this row"+before, lines.Err())
	case r.cut != "":
		return device.CutOff(ctx, w, at, r.cut+before, nil)
	}
	return nil
}

// fields splits the line and checks that it has the fields of a row. It
// returns nil for a row that is all empty. Fewer fields than are needed are
// returned for the last line of a file that was cut off only.
func (r *rows) fields(lines *device.Lines) ([][]byte, error) {
	line := lines.Bytes()
	f, alike := r.split.Split(line)
	if alike && r.whole {
		return f[:r.width], nil
	}
	r.whole = false
	if bytes.IndexByte(line, '"') >= 0 && bytes.Count(line, []byte{'"'})%2 != 0 && lines.Ended() {
		return nil, &device.Error{At: device.Line(lines.N()), What: "a quote mark opens a field and none closes it on this line", Do: doNotGuess}
	}
	for len(f) > r.width && len(f[len(f)-1]) == 0 {
		f = f[:len(f)-1]
	}
	switch {
	case len(f) == r.width:
		if len(f[0]) == 0 && empty(f) {
			return nil, nil
		}
		r.whole = true
	case empty(f):
		return nil, nil
	case len(f) > r.width:
		return nil, &device.Error{At: device.Line(lines.N()), What: fmt.Sprintf("a row has %d fields where there should be %d", len(f), r.width), Do: doNotGuess}
	case lines.Ended() && len(f) < r.need:
		return nil, &device.Error{At: device.Line(lines.N()), What: fmt.Sprintf("a row has %d fields where there should be %d", len(f), r.width), Do: exportAgain}
	case lines.Ended():
		r.short.add(lines.N())
	}
	return f, nil
}

func empty(f [][]byte) bool {
	for _, b := range f {
		if len(b) > 0 {
			return false
		}
	}
	return true
}

// row passes on one row.
func (r *rows) row(f [][]byte, line int) error {
	t := r.n * r.interval
	if r.time >= 0 {
		date, clock := r.stamp(f)
		var ok bool
		if t, ok = r.stamps.parse(date, clock); !ok {
			r.badTime.add(line)
			return nil
		}
	}
	r.n++
	if err := r.out.row(t, line); err != nil {
		return err
	}
	for _, c := range r.metrics {
		b := f[c.index]
		v, ok := number(b)
		if !ok {
			v = pleth.Missing()
			if !isMissing(b) {
				r.badValue.add(line)
			}
		}
		if err := r.out.set(c.metric, v, line); err != nil {
			return err
		}
	}
	return nil
}
