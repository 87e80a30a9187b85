package device

import (
	"bytes"
	"fmt"
	"io"
)

// MaxLine is the longest line a text reader takes, line end not counted.
const MaxLine = 1 << 20

// Lines splits text into lines ended by LF, CRLF or any number of CR and a LF.
// A lone CR ends a line only where the text has no LF at all in its first
// MaxLine bytes. It holds one buffer of little more than MaxLine bytes at most
// and makes no garbage.
type Lines struct {
	r          io.Reader
	buf        []byte
	start, end int // unread part of buf
	scanned    int // bytes of the unread part known to hold no line end
	eof        bool
	err        error
	from, to   int // of the current line in buf
	n          int
	offset     int64 // of line
	next       int64 // of the byte after line and its end
	ended      bool
	cr         bool
}

// NewLines returns the lines of r.
func NewLines(r io.Reader) *Lines {
	// More than a bufio.Reader holds: it reads straight into the rest then.
	return &Lines{r: r, buf: make([]byte, HeadBytes+16<<10)}
}

// LinesOf returns the lines of a text that is in memory; they are parts of it
// and stay valid.
func LinesOf(text []byte) *Lines {
	return &Lines{buf: text, end: len(text), eof: true}
}

// Next moves to the next line. It returns false at the end of the text or at
// the first error.
func (l *Lines) Next() bool {
	for {
		sep := byte('\n')
		if l.cr {
			sep = '\r'
		}
		if i := bytes.IndexByte(l.buf[l.start+l.scanned:l.end], sep); i >= 0 {
			i += l.scanned
			l.take(i, i+1, true)
			return true
		}
		l.scanned = l.end - l.start
		if l.eof {
			return l.last()
		}
		if !l.fill() {
			return false
		}
	}
}

// last hands out what stands after the last line end. What stands before an
// error is no line: nobody knows where it would have ended.
func (l *Lines) last() bool {
	rest := l.buf[l.start:l.end]
	if !l.cr && l.n == 0 && bytes.IndexByte(bytes.TrimRight(rest, "\r"), '\r') >= 0 {
		l.cr, l.scanned = true, 0
		return l.Next()
	}
	if l.err != nil || len(rest) == 0 {
		return false
	}
	l.take(len(rest), len(rest), false)
	return true
}

func (l *Lines) take(length, consumed int, ended bool) {
	for length > 0 && l.buf[l.start+length-1] == '\r' {
		length--
	}
	l.from, l.to = l.start, l.start+length
	l.n++
	l.offset = l.next
	l.next += int64(consumed)
	l.start += consumed
	l.scanned = 0
	l.ended = ended
}

// fill reads more bytes; it returns false where the line is too long or the
// text cannot be read, with err set.
func (l *Lines) fill() bool {
	if l.start > 0 {
		copy(l.buf, l.buf[l.start:l.end])
		l.end -= l.start
		l.start = 0
	}
	if l.end == len(l.buf) {
		if len(l.buf) > MaxLine {
			if !l.cr && l.n == 0 && bytes.IndexByte(l.buf, '\r') >= 0 {
				l.cr, l.scanned = true, 0
				return true
			}
			l.err = &Error{
				At:   Line(l.n + 1),
				What: fmt.Sprintf("the line that begins at byte %d is longer than %d bytes", l.next, MaxLine),
				Do:   "this is not a text export of an oximeter, or its line ends were lost",
			}
			return false
		}
		grown := make([]byte, min(2*len(l.buf), MaxLine+2))
		copy(grown, l.buf[:l.end])
		l.buf = grown
	}
	for range 100 {
		n, err := l.r.Read(l.buf[l.end:])
		l.end += n
		if err == io.EOF {
			l.eof = true
			return true
		}
		if err != nil {
			// What came before the error is still handed out.
			l.eof, l.err = true, err
			return l.end > l.start
		}
		if n > 0 {
			return true
		}
	}
	l.err = readError(io.ErrNoProgress)
	return false
}

// Bytes returns the current line without its end. It is valid until Next.
func (l *Lines) Bytes() []byte { return l.buf[l.from:l.to] }

// N returns the number of the current line, from 1; 0 before the first.
func (l *Lines) N() int { return l.n }

// Offset returns the offset of the first byte of the current line.
func (l *Lines) Offset() int64 { return l.offset }

// Ended reports whether the current line has a line end. The last line of a
// text that was cut off has none.
func (l *Lines) Ended() bool { return l.ended }

// Err returns what stopped the lines early, nil at the end of the text.
func (l *Lines) Err() error { return l.err }

// Fields splits a line of separated values into dst and returns it. A field
// may stand in double quotes, inside which the separator does not count and ""
// is one quote mark (left doubled here). Blanks around a field are cut off.
// The fields are parts of line.
func Fields(dst [][]byte, line []byte, sep byte) [][]byte {
	for {
		for len(line) > 0 && (line[0] == ' ' || line[0] == '\t' && sep != '\t') {
			line = line[1:]
		}
		if len(line) > 0 && line[0] == '"' {
			end := quoteEnd(line)
			dst = append(dst, line[1:end])
			line = line[min(end+1, len(line)):]
			i := bytes.IndexByte(line, sep)
			if i < 0 {
				return dst
			}
			line = line[i+1:]
			continue
		}
		// Fields are short: a scan is quicker than a search.
		i := 0
		for i < len(line) && line[i] != sep {
			i++
		}
		dst = append(dst, trimBlanks(line[:i]))
		if i == len(line) {
			return dst
		}
		line = line[i+1:]
	}
}

// trimBlanks cuts blanks and tabs off the end of b. It is bytes.TrimRight
// without the set, which took half the time of reading a narrow table.
func trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// quoteEnd returns the index of the quote mark that ends the field line begins with.
func quoteEnd(line []byte) int {
	for i := 1; i < len(line); i++ {
		if line[i] != '"' {
			continue
		}
		if i+1 < len(line) && line[i+1] == '"' {
			i++
			continue
		}
		return i
	}
	return len(line)
}
