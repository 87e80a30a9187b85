package applehealth

import (
	"bytes"
	"io"
	"unicode/utf8"

	"pleth/internal/device"
)

const (
	bufferBytes = 64 << 10
	// maxTag is the longest tag that is read. Apple's are below 1 kB.
	maxTag = 16 << 10
)

// tags finds the few tags of an export that matter and passes over all others
// at the speed of a search for "<". It holds one buffer. It checks no grammar:
// exports whose document type or other elements are malformed are common.
type tags struct {
	r          io.Reader
	buf        []byte
	start, end int   // unread part of buf
	base       int64 // offset of buf[0]
	eof        bool
	err        error
}

func newTags(r io.Reader) *tags { return &tags{r: r, buf: make([]byte, bufferBytes)} }

// offset returns the offset of the next unread byte.
func (t *tags) offset() int64 { return t.base + int64(t.start) }

// fill reads more behind the unread part, which it may move, and reports
// whether there is more. After an error or the end there is not.
func (t *tags) fill() bool {
	if t.eof || t.err != nil {
		return false
	}
	t.base += int64(t.start)
	t.end = copy(t.buf, t.buf[t.start:t.end])
	t.start = 0
	for range 100 {
		n, err := t.r.Read(t.buf[t.end:])
		t.end += n
		if err == io.EOF {
			t.eof = true
		} else if err != nil {
			t.err = err
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	t.err = &device.Error{At: device.Byte(t.base + int64(t.end)), What: "reading stopped: the input gives nothing more and does not end", Do: "copy the file again"}
	return false
}

// have makes n unread bytes available if the text has them.
func (t *tags) have(n int) bool {
	for t.end-t.start < n {
		if !t.fill() {
			return false
		}
	}
	return true
}

// next moves to the next "<" that begins markup of the content, comments,
// CDATA sections and instructions passed over, and past it. What follows is
// then unread. It returns false at the end.
func (t *tags) next() bool {
	for {
		i := bytes.IndexByte(t.buf[t.start:t.end], '<')
		if i < 0 {
			t.start = t.end
			if !t.fill() {
				return false
			}
			continue
		}
		t.start += i + 1
		if !t.have(1) {
			return false
		}
		switch t.buf[t.start] {
		case '!':
			switch {
			case t.begins("!--"):
				t.skipTo("-->")
			case t.begins("![CDATA["):
				t.skipTo("]]>")
			}
		case '?':
			t.skipTo("?>")
		default:
			return true
		}
	}
}

// begins reports whether the unread part begins with s, which must be shorter
// than the buffer.
func (t *tags) begins(s string) bool {
	return t.have(len(s)) && string(t.buf[t.start:t.start+len(s)]) == s
}

// skipTo moves past the next s, or to the end if there is none.
func (t *tags) skipTo(s string) {
	for {
		if i := bytes.Index(t.buf[t.start:t.end], []byte(s)); i >= 0 {
			t.start += i + len(s)
			return
		}
		t.start = max(t.start, t.end-len(s)+1)
		if !t.fill() {
			t.start = t.end
			return
		}
	}
}

// tagEnd is how a tag ends.
type tagEnd uint8

const (
	closed tagEnd = iota // with ">"
	broken               // a "<" stands where none may, or the tag is too long
	cutOff               // the text ends inside it
)

// rest returns the rest of the tag that next stands in, without ">", and moves
// past it. A tag that is not closed is nil, and rest does not move.
func (t *tags) rest() ([]byte, tagEnd) {
	quote := byte(0)
	for i := 0; i < maxTag; i++ {
		if t.start+i == t.end && !t.fill() {
			if bytes.IndexByte(t.buf[t.start:t.end], '<') >= 0 {
				return nil, broken // a quote mark is missing, and other tags follow
			}
			return nil, cutOff
		}
		switch c := t.buf[t.start+i]; {
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return nil, broken
		case c == '>':
			tag := t.buf[t.start : t.start+i]
			t.start += i + 1
			return tag, closed
		}
	}
	return nil, broken
}

// attribute returns the first attribute of a tag behind its name, what follows
// it, and whether there is one that can be read. At the end of the tag, where
// a slash may stand, it returns false and no rest.
func attribute(tag []byte) (name, value, rest []byte, ok bool) {
	tag = bytes.TrimLeft(tag, " \t\r\n/")
	if len(tag) == 0 {
		return nil, nil, nil, false
	}
	i := bytes.IndexByte(tag, '=')
	if i < 1 {
		return nil, nil, tag, false
	}
	name = bytes.TrimRight(tag[:i], " \t\r\n")
	rest = bytes.TrimLeft(tag[i+1:], " \t\r\n")
	if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' || bytes.ContainsAny(name, " \t\r\n\"'") {
		return nil, nil, tag, false
	}
	end := bytes.IndexByte(rest[1:], rest[0])
	if end < 0 {
		return nil, nil, tag, false
	}
	return name, rest[1 : end+1], rest[end+2:], true
}

// unescape returns an attribute value with its references resolved: b itself
// where it has none, else in dst. References that XML does not define, as a
// document type may, stay as they are.
func unescape(dst, b []byte) []byte {
	if bytes.IndexByte(b, '&') < 0 {
		return b
	}
	for {
		i := bytes.IndexByte(b, '&')
		if i < 0 {
			return append(dst, b...)
		}
		dst = append(dst, b[:i]...)
		b = b[i:]
		end := bytes.IndexByte(b[:min(len(b), 12)], ';')
		r, ok := rune(0), false
		if end > 0 {
			r, ok = reference(b[1:end])
		}
		if !ok {
			dst, b = append(dst, '&'), b[1:]
			continue
		}
		dst, b = utf8.AppendRune(dst, r), b[end+1:]
	}
}

func reference(name []byte) (rune, bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	if name[1] != 'x' {
		n, ok := device.Int(name[1:])
		return rune(n), ok
	}
	n := rune(0)
	for _, c := range name[2:] {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return n, len(name) > 2 && len(name) <= 8
}
