package device

import (
	"bytes"
	"context"
	"fmt"

	"pleth"
)

// FirstLine returns the first line of the head without its end: all of the
// head if no line ends in it.
func (h Head) FirstLine() []byte {
	if i := bytes.IndexAny(h.Bytes, "\r\n"); i >= 0 {
		return h.Bytes[:i]
	}
	return h.Bytes
}

// Table reads a text export line by line. The reader says which lines it
// cannot read; the Table counts them and tells the user once, at the end, how
// many there were, where the first is, and whether the end is cut off. Blank
// lines do not count as anything.
type Table struct {
	lines   *Lines
	split   *Splitter
	columns int // fields of a row by the header; 0: any number
	damaged int
	first   int  // number of the first damaged line
	cut     bool // the last line has no end and cannot be read
	err     error
}

// NewTable returns the rows of src, whose fields sep separates.
func NewTable(src *Source, sep byte) *Table {
	return &Table{lines: NewLines(src.R), split: NewSplitter(sep)}
}

// Header takes the first line, which names the columns, and returns how many
// there are. An empty last one, made by a separator at the end, is not one.
func (t *Table) Header() int {
	if !t.lines.Next() {
		return 0
	}
	fields, _ := t.split.Split(t.lines.Bytes())
	t.columns = len(fields)
	if len(fields[t.columns-1]) == 0 {
		t.columns--
	}
	return t.columns
}

// Next moves to the next line that is not blank. It returns false at the end
// of the text, at the first error, and soon after ctx ends.
func (t *Table) Next(ctx context.Context) bool {
	for t.lines.Next() {
		if t.lines.N()&4095 == 0 && ctx.Err() != nil {
			t.err = ctx.Err()
			return false
		}
		line := t.lines.Bytes()
		if len(line) > 0 && (line[0] > ' ' || len(bytes.TrimSpace(line)) > 0) {
			return true
		}
	}
	t.err = t.lines.Err()
	return false
}

// Bytes returns the line. It is valid until Next.
func (t *Table) Bytes() []byte { return t.lines.Bytes() }

// N returns the number of the line, from 1.
func (t *Table) N() int { return t.lines.N() }

// Ended reports whether the line has a line end; the last line of a text that
// was cut off has none.
func (t *Table) Ended() bool { return t.lines.Ended() }

// Fields returns the fields of the line, and whether they are as many as the
// header names; one more is taken if it is empty. They are valid until Next.
func (t *Table) Fields() ([][]byte, bool) {
	fields, _ := t.split.Split(t.lines.Bytes())
	n := len(fields)
	return fields, t.columns == 0 || n == t.columns || n == t.columns+1 && len(fields[n-1]) == 0
}

// Damaged says that the line cannot be read and is left out.
func (t *Table) Damaged() {
	if !t.lines.Ended() {
		t.cut = true
		return
	}
	if t.damaged++; t.damaged == 1 {
		t.first = t.lines.N()
	}
}

// End tells w what was left out and what is missing at the end. It is an Error
// where there are lines but none can be read; a text that ends early is one
// only if no row was read before.
func (t *Table) End(ctx context.Context, w *Writer) error {
	rows := w.RowCount()
	if t.damaged > 0 && rows == 0 && t.err == nil {
		return &Error{At: Line(t.first), What: "this row cannot be read, nor can any other",
			Do: "check that the file is as the program of the oximeter wrote it"}
	}
	if t.damaged > 0 {
		w.Warn(Line(t.first), "damaged-rows", Count(t.damaged, "row cannot be read and is left out", "rows cannot be read and are left out; this is the first"))
	}
	read := Count(rows, "row is read", "rows are read")
	at := Line(t.lines.N())
	switch {
	case t.err != nil:
		return CutOff(ctx, w, at, "the file cannot be read beyond this row; "+read, t.err)
	case t.cut:
		return CutOff(ctx, w, at, "the file ends inside this row; before it "+read, nil)
	case rows > 0 && !t.lines.Ended():
		w.Warn(at, "truncated", "the last row has no line end, so the file may be cut off in it; "+read)
	}
	return nil
}

// Count returns n with the words for one or for many.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Number reads a field that holds a number, or nothing measured: an empty
// field or dashes. It returns false if the field is anything else.
func Number(b []byte) (pleth.Value, bool) {
	if n, ok := Int(b); ok {
		return pleth.Num(int64(n), 0), true
	}
	if len(bytes.Trim(b, "-")) == 0 {
		return pleth.Missing(), true
	}
	return pleth.ParseValue(b)
}

// Vital is Number for a vital sign that the device writes as sentinel where
// it measured nothing. Zero is no vital sign either, but missing.
func Vital(b []byte, sentinel int) (pleth.Value, bool) {
	if n, ok := Int(b); ok {
		return VitalInt(n, sentinel), true
	}
	return Number(b)
}

// VitalInt returns n, or Missing if it is the sentinel or zero.
func VitalInt(n, sentinel int) pleth.Value {
	if n == sentinel || n == 0 {
		return pleth.Missing()
	}
	return pleth.Num(int64(n), 0)
}
