package reconcile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// MostCell bounds one cell in bytes: what is longer is not held, and its row is
// rejected where somebody looks at it.
const MostCell = 16 << 20

// mostQuick is how long a row of a file may be to be read as a whole; longer ones
// are read cell by cell.
var mostQuick = 1 << 20

// errLong says that a row is to be read cell by cell.
var errLong = errors.New("a long row")

// tooLong says that a cell is.
func tooLong(column string) string {
	return fmt.Sprintf("column %q: a cell of more than %d MB is not compared; was a quote never closed?", column, MostCell>>20)
}

// longRow reads a row cell by cell from what was read of it on, so that no more
// of it is held than its cells may have. It says why the row cannot be read.
// Rows end as for record: at the end of a line, where quotes are even.
type longRow struct {
	r     *csvReader
	begun []byte // read already

	cell    []byte
	long    bool // more of the cell came than is held
	state   byte // of the cell: see the constants
	odd     bool // number of quotes
	returns int  // carriage returns that may be part of a line end
	why     string
}

// Where in a cell the reader is.
const (
	atStart = iota
	inPlain
	inQuotes
	behindQuote
)

// next returns the next byte.
func (l *longRow) next() (byte, error) {
	if len(l.begun) > 0 {
		c := l.begun[0]
		l.begun = l.begun[1:]
		return c, nil
	}
	return l.r.in.ReadByte()
}

// read fills r.cells.
func (l *longRow) read() (string, error) {
	l.r.cells, l.r.line = l.r.cells[:0], l.r.start-1
	for {
		c, err := l.next()
		if errors.Is(err, io.EOF) {
			l.r.line++
			if l.odd {
				l.bad(csv.ErrQuote)
			}
			l.end()
			return l.why, nil
		}
		if err != nil {
			return "", err
		}
		if c == '\r' {
			l.returns++
			continue
		}
		if c == '\n' {
			l.returns = 0
			if l.r.line++; !l.odd {
				l.end()
				return l.why, nil
			}
		}
		for ; l.returns > 0; l.returns-- {
			l.take('\r')
		}
		l.take(c)
	}
}

// take takes one byte into the cell that it belongs to.
func (l *longRow) take(c byte) {
	switch {
	case c == '"':
		l.odd = !l.odd
		switch l.state {
		case atStart:
			l.state = inQuotes
		case inQuotes:
			l.state = behindQuote
		case behindQuote:
			l.state = inQuotes
			l.put(c)
		default:
			l.bad(csv.ErrBareQuote)
		}
	case c == l.r.comma && !l.odd:
		l.end()
	default:
		if l.state == atStart {
			l.state = inPlain
		}
		if l.state == behindQuote {
			l.bad(csv.ErrQuote)
		}
		l.put(c)
	}
}

func (l *longRow) bad(err error) {
	if l.why == "" {
		l.why = whyNot(err)
	}
}

func (l *longRow) put(c byte) {
	switch {
	case l.long:
	case len(l.cell) == MostCell:
		l.long, l.cell = true, bytes.Clone(l.cell[:mostShown])
	default:
		l.cell = append(l.cell, c)
	}
}

// end ends a cell.
func (l *longRow) end() {
	if l.r.wide && bytes.Contains(l.cell, []byte("\uFFFD")) && l.why == "" {
		l.why = notWide
	}
	l.r.cells = append(l.r.cells, Cell{Text: l.cell, Long: l.long})
	l.cell, l.long, l.state = nil, false, atStart
}
