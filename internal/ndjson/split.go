package ndjson

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// group is lines that become durable together.
type group struct {
	data  []byte
	lines []span
}

// span is one line of a group.
type span struct {
	number   int64 // from 1, in the body
	from, to int   // in the data of the group
	long     bool  // only its first maxLine bytes are there
}

// errBody says that the body could not be read to its end.
var errBody = errors.New("the body cannot be read to its end")

// split cuts a body into groups. A group goes out when it is full, or when
// nothing more is there to read at once: what comes slowly is not held back.
func split(ctx context.Context, src io.Reader, groups chan<- *group) error {
	in := bufio.NewReaderSize(src, 64<<10)
	g := &group{}
	send := func() bool {
		if len(g.lines) == 0 {
			return true
		}
		select {
		case groups <- g:
			g = &group{data: make([]byte, 0, len(g.data)+len(g.data)/8), lines: make([]span, 0, len(g.lines))}
			return true
		case <-ctx.Done():
			return false
		}
	}
	for number := int64(1); ; number++ {
		from := len(g.data)
		long, err := g.line(in)
		if text := bytes.TrimSpace(g.data[from:]); len(text) > 0 {
			g.lines = append(g.lines, span{number, from, len(g.data), long})
		} else {
			g.data = g.data[:from]
		}
		ended := err != nil
		if ended || len(g.lines) >= groupLines || len(g.data) >= groupBytes || in.Buffered() == 0 {
			if !send() {
				return ctx.Err()
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", errBody, err)
		}
	}
}

// line appends the next line without its end, or the start of one that is too
// long. A last line that an error cuts is left out.
func (g *group) line(in *bufio.Reader) (long bool, err error) {
	from := len(g.data)
	for {
		part, err := in.ReadSlice('\n')
		if err == nil {
			part = part[:len(part)-1]
		}
		if room := maxLine - (len(g.data) - from); len(part) > room {
			part, long = part[:room], true
		}
		g.data = append(g.data, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			g.data = g.data[:from]
		}
		return long, err
	}
}
