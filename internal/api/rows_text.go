package api

import (
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"pleth"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// encoder returns what writes rows as JSON under the names of the POST.
func (a *API) encoder() readings.Encoder {
	return readings.Encoder{Open: a.cfg.People.Open, Clock: a.clockOf}
}

// jsonRows writes rows as a JSON document, or as lines.
type jsonRows struct {
	out    io.Writer
	encode readings.Encoder
	lines  bool
	buf    []byte
	rows   int
}

func (j *jsonRows) row(t *reading.Table, _ pleth.Clock, i int) error {
	b := j.buf[:0]
	switch {
	case j.lines:
	case j.rows == 0:
		b = append(b, `{"readings":[`...)
	default:
		b = append(b, ',')
	}
	b, err := j.encode.Append(b, t, i)
	if err != nil {
		return err
	}
	if j.lines {
		b = append(b, '\n')
	}
	j.rows++
	j.buf = b
	_, err = j.out.Write(b)
	return err
}

func (j *jsonRows) end(next string) error {
	if j.lines {
		return nil
	}
	tail := `],"next_cursor":"` + next + "\"}\n"
	if j.rows == 0 {
		tail = `{"readings":[` + tail
	}
	_, err := io.WriteString(j.out, tail)
	return err
}

// csvRows writes rows as CSV, RFC 4180.
type csvRows struct {
	out  io.Writer
	cols []column
	buf  []byte
	head bool
}

func newCSV(out io.Writer, cols []column) *csvRows { return &csvRows{out: out, cols: cols} }

func (c *csvRows) begin() {
	if c.head {
		return
	}
	c.head = true
	for i, col := range c.cols {
		if i > 0 {
			c.buf = append(c.buf, ',')
		}
		c.buf = append(c.buf, col.name...)
	}
	c.buf = append(c.buf, '\n')
}

func (c *csvRows) row(t *reading.Table, clock pleth.Clock, i int) error {
	c.begin()
	for n := range c.cols {
		if n > 0 {
			c.buf = append(c.buf, ',')
		}
		v := c.cols[n].of(t, clock, i)
		if v.none {
			continue
		}
		switch c.cols[n].kind {
		case isText:
			c.buf = appendField(c.buf, v.text)
		case isStamp:
			c.buf = appendClock(c.buf, clock, v.whole)
		case isWhole:
			c.buf = strconv.AppendInt(c.buf, v.whole, 10)
		case isDecimal:
			c.buf = v.value.Append(c.buf)
		}
	}
	c.buf = append(c.buf, '\n')
	return c.flush()
}

func (c *csvRows) flush() error {
	_, err := c.out.Write(c.buf)
	c.buf = c.buf[:0]
	return err
}

func (c *csvRows) end(string) error {
	c.begin()
	return c.flush()
}

// appendField appends text as a field of CSV. A leading sign of a formula is
// kept from spreadsheets by a quote mark before it.
func appendField(dst []byte, s string) []byte {
	if strings.ContainsAny(s[:min(1, len(s))], "=+-@\t\r") {
		s = "'" + s
	}
	if !strings.ContainsAny(s, ",\"\n\r") {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(s, `"`, `""`)...)
	return append(dst, '"')
}

// appendJSON appends v, which is one of our own types, as JSON.
func appendJSON(dst []byte, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types hold nothing that JSON cannot
	}
	return append(dst, b...)
}
