package device

import (
	"sync"

	"pleth"
)

// Rows takes what a reader reads, in order. Start is called before the first
// row of each recording; the batch given to Rows is valid during the call
// only. An error stops the reader.
type Rows interface {
	Start(h pleth.Header) error
	Rows(b *pleth.Batch) error
}

// batchRows is how many rows are passed on at a time: a night of 9 h at 1 Hz is
// collected in one piece.
const batchRows = 1 << 15

// maxWarnings bounds what one input may say; the rest is counted.
const maxWarnings = 100

// Writer is where a reader puts its rows. After the first error everything is
// ignored, so that a reader may check Err once per row or once per block. To
// set a value before the first row is a mistake of the reader and panics.
type Writer struct {
	// Header may be set until the first row is written.
	Header pleth.Header

	to       Rows
	b        *pleth.Batch // from batches; nil when closed
	started  bool
	rows     int
	err      error
	warnings []Warning
	more     int
}

// batches holds the memory of batches between files.
var batches = sync.Pool{New: func() any { return new(pleth.Batch) }}

// NewWriter returns a Writer that passes batches on to rows. It must be closed.
func NewWriter(rows Rows) *Writer {
	return &Writer{to: rows, b: batches.Get().(*pleth.Batch)}
}

// Begin begins another recording in the same file, as where several beds share
// one export. Rows of one recording are written together.
func (w *Writer) Begin(h pleth.Header) {
	if w.b.Len() > 0 || w.started {
		w.flush()
	}
	w.Header, w.started = h, false
}

// Row begins a row at time t, nanoseconds of Header.Clock, and reports whether
// to go on.
func (w *Writer) Row(t int64) bool {
	if w.b.Len() >= batchRows {
		w.flush()
	}
	if w.err != nil {
		return false
	}
	w.rows++
	w.b.AddRow(t)
	return true
}

// Set gives the current row a value.
func (w *Writer) Set(m pleth.Metric, v pleth.Value) {
	if w.err == nil {
		w.b.Set(m, v)
	}
}

// SetInt gives the current row a whole number.
func (w *Writer) SetInt(m pleth.Metric, v int64) { w.Set(m, pleth.Num(v, 0)) }

// SetMissing records that the current row reports m without a value.
func (w *Writer) SetMissing(m pleth.Metric) { w.Set(m, pleth.Missing()) }

// Mark records what the device says against the current row.
func (w *Writer) Mark(r pleth.Reasons) {
	if w.err == nil {
		w.b.Mark(r)
	}
}

// Warn tells the user about the input. After a hundred, warnings are counted only.
func (w *Writer) Warn(at, code, text string) {
	if len(w.warnings) >= maxWarnings {
		w.more++
		return
	}
	w.warnings = append(w.warnings, Warning{at, code, text})
}

// Err returns the error of the other side, nil while all is well.
func (w *Writer) Err() error { return w.err }

// RowCount returns the number of rows written so far.
func (w *Writer) RowCount() int { return w.rows }

// Close passes on the rest and returns the error of the other side. Nothing may
// be written after it.
func (w *Writer) Close() error {
	if w.b != nil {
		w.flush()
		batches.Put(w.b)
		w.b = nil
	}
	return w.err
}

// Warnings returns what the reader had to say, and how much more it had.
func (w *Writer) Warnings() ([]Warning, int) { return w.warnings, w.more }

func (w *Writer) flush() {
	if w.err == nil && !w.started {
		w.started = true
		w.err = w.to.Start(w.Header)
	}
	if w.err == nil && w.b.Len() > 0 {
		w.err = w.to.Rows(w.b)
	}
	w.b.Reset()
}
