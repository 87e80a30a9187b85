package reconcile

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// notWide says why a row of a file in UTF-16 cannot be read.
const notWide = "what stands here is no UTF-16"

// CSVFile is a file of comma-separated values with a header row, in UTF-8 or in
// UTF-16 with its mark, packed with gzip, zstd or not. The separator is found from the header: comma, semicolon,
// tab or bar.
type CSVFile struct {
	Path  string
	Label string // what it is called; empty: its path
}

// Name returns the label or the path.
func (f CSVFile) Name() string {
	if f.Label != "" {
		return f.Label
	}
	return f.Path
}

// Columns returns the names in the header.
func (f CSVFile) Columns(context.Context) ([]string, error) {
	r, err := f.open()
	if err != nil {
		return nil, err
	}
	defer r.close()
	return r.header, nil
}

// Scan reads the file from its begin.
func (f CSVFile) Scan(ctx context.Context, row func(int64, []Cell) error, bad func(int64, string) error) error {
	r, err := f.open()
	if err != nil {
		return err
	}
	defer r.close()
	for n := 0; ; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, err := r.record()
		if errors.Is(err, io.EOF) {
			return nil
		}
		why := ""
		switch {
		case errors.Is(err, errLong):
			why, err = (&longRow{r: r, begun: bytes.Clone(r.joined)}).read()
		case err == nil && len(line) == 0:
			continue
		case err == nil:
			if why = r.split(line); r.wide && bytes.Contains(line, []byte("\uFFFD")) {
				why = notWide
			}
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", f.Name(), r.start, err)
		}
		place := r.start
		switch {
		case why != "":
			err = bad(place, why)
		case len(r.cells) != len(r.header):
			err = bad(place, fmt.Sprintf("%d cells under a header of %d", len(r.cells), len(r.header)))
		default:
			err = row(place, r.cells)
		}
		if err != nil {
			return err
		}
	}
}

// csvReader reads rows; quick where a row has no quotes.
type csvReader struct {
	file   *os.File
	in     *bufio.Reader
	done   func() // frees what unpacks it
	wide   bool   // it was UTF-16
	comma  byte
	header []string
	cells  []Cell
	joined []byte // a row of several lines, or the begin of a long one
	line   int64  // of the file, the last one read
	start  int64  // the first one of the row
}

func (f CSVFile) open() (*csvReader, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, err
	}
	r := &csvReader{file: file, done: func() {}}
	in := bufio.NewReaderSize(file, mostQuick)
	if _, err = in.Peek(1); err == nil || errors.Is(err, io.EOF) {
		r.in, r.done, err = unpack(in)
	}
	if err == nil {
		r.in, r.wide = decode(r.in)
		err = r.readHeader()
	}
	if err != nil {
		r.close()
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return r, nil
}

// close closes the file, which was only read.
func (r *csvReader) close() {
	r.done()
	_ = r.file.Close()
}

func (r *csvReader) readHeader() error {
	line, err := r.record()
	for err == nil && (len(line) == 0 || bytes.HasPrefix(line, []byte("sep="))) {
		line, err = r.record()
	}
	switch {
	case errors.Is(err, errLong):
		return fmt.Errorf("line 1: the names of the columns have more than %d MB; is this a file of records with a header?", mostQuick>>20)
	case errors.Is(err, io.EOF):
		return errors.New("the file is empty; a header with the names of the columns is needed")
	case err != nil:
		return err
	case bytes.HasPrefix(line, []byte("PAR1")):
		return errors.New("this is Parquet; give the file the ending .parquet")
	case !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0:
		return errors.New("line 1: no text in UTF-8; save the file as CSV UTF-8")
	case bytes.IndexByte(line, '\r') >= 0 && bytes.IndexByte(line, '"') < 0:
		return errors.New("line 1: lines end with a carriage return alone, as on old machines; save the file with line feeds")
	case markup(line):
		return errors.New("line 1: this is no CSV (HTML or JSON?); was it a page of an error that was saved?")
	}
	best := 0
	bare := unquoted(line)
	for _, c := range []byte(",;\t|") {
		if n := bytes.Count(bare, []byte{c}); n > best {
			best, r.comma = n, c
		}
	}
	if best == 0 {
		r.comma = ','
	}
	if why := r.split(line); why != "" {
		return fmt.Errorf("line 1: %s", why)
	}
	seen := map[string]bool{}
	for _, c := range r.cells {
		name := strings.TrimSpace(string(c.Text))
		if seen[name] && name != "" { // tables end with empty columns
			return fmt.Errorf("line 1: the column %q stands twice", name)
		}
		seen[name] = true
		r.header = append(r.header, name)
	}
	return nil
}

// markup reports whether a line begins HTML or JSON.
func markup(line []byte) bool {
	line = bytes.TrimSpace(line)
	return len(line) > 0 && (line[0] == '<' || line[0] == '{' || line[0] == '[')
}

// unquoted returns a line without what stands in quotes.
func unquoted(line []byte) []byte {
	var out []byte
	quoted := false
	for _, c := range line {
		if c == '"' {
			quoted = !quoted
		} else if !quoted {
			out = append(out, c)
		}
	}
	return out
}

// record returns the next row without its line end: a line, or several where
// quotes are open at the end of one. The slice is valid until the next call. Of a
// row that is errLong the begin stands in joined.
func (r *csvReader) record() ([]byte, error) {
	r.start, r.joined = r.line+1, r.joined[:0]
	line, err := r.readLine()
	if err != nil || bytes.Count(line, []byte{'"'})%2 == 0 {
		return line, err
	}
	r.joined = append(r.joined, line...)
	for {
		r.joined = append(r.joined, '\n')
		line, err := r.readLine()
		if errors.Is(err, io.EOF) {
			return r.joined[:len(r.joined)-1], nil // split says that a quote is open
		}
		if err != nil {
			return nil, err
		}
		if r.joined = append(r.joined, line...); len(r.joined) > mostQuick {
			odd := bytes.Count(line, []byte{'"'})%2 == 1
			if r.joined = append(r.joined, '\n'); odd {
				return r.joined[:len(r.joined)-1], nil
			}
			return nil, errLong
		}
		if bytes.Count(line, []byte{'"'})%2 == 1 {
			return r.joined, nil
		}
	}
}

// readLine returns the next line without its end. One that is longer than the
// buffer, mostQuick, is errLong, and its begin goes to joined.
func (r *csvReader) readLine() ([]byte, error) {
	line, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.joined = append(r.joined, line...)
		return nil, errLong
	}
	if len(line) == 0 && err != nil {
		return nil, err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	r.line++
	return bytes.TrimRight(line, "\r\n"), nil
}

// whyNot says why quotes cannot be read.
func whyNot(err error) string {
	switch {
	case errors.Is(err, csv.ErrQuote):
		return "a quote that is not closed, or has something behind it"
	case errors.Is(err, csv.ErrBareQuote):
		return "a quote in the middle of a cell that has none around it"
	}
	return err.Error()
}

// split cuts a row into r.cells, or says why it cannot.
func (r *csvReader) split(line []byte) string {
	r.cells = r.cells[:0]
	if bytes.IndexByte(line, '"') < 0 {
		for {
			i := bytes.IndexByte(line, r.comma)
			if i < 0 {
				r.cells = append(r.cells, Cell{Text: line})
				return ""
			}
			r.cells = append(r.cells, Cell{Text: line[:i]})
			line = line[i+1:]
		}
	}
	c := csv.NewReader(bytes.NewReader(line))
	c.Comma = rune(r.comma)
	fields, err := c.Read()
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse):
		return whyNot(parse.Err)
	case err != nil:
		return err.Error()
	}
	for _, f := range fields {
		r.cells = append(r.cells, Cell{Text: []byte(f)})
	}
	return ""
}
