package device

import "encoding/binary"

// Splitter splits the lines of a table into fields, as Fields does. A line that
// differs from the one before in its digits alone has its fields in the same
// places. Most rows of a recording do; they are compared, eight bytes at a
// time, and not searched. Use NewSplitter.
type Splitter struct {
	sep    byte
	line   []byte // the last one
	at     []span // of its fields
	fields [][]byte
}

// span is the bytes from..to-1 of a line.
type span struct{ from, to int }

// NewSplitter returns a Splitter of fields that sep separates.
func NewSplitter(sep byte) *Splitter { return &Splitter{sep: sep} }

// Split returns the fields of line, which are parts of it and valid until the
// next call. It reports whether line is like the one before: of the same length,
// with the same bytes but for digits in the place of digits.
func (s *Splitter) Split(line []byte) (fields [][]byte, alike bool) {
	alike = len(s.fields) > 0 && sameButDigits(s.line, line) && !isDigit(s.sep)
	s.line = append(s.line[:0], line...)
	if alike {
		for i, at := range s.at {
			s.fields[i] = line[at.from:at.to]
		}
		return s.fields, true
	}
	s.fields, s.at = Fields(s.fields[:0], line, s.sep), s.at[:0]
	for _, f := range s.fields {
		from := cap(line) - cap(f) // both reach to the end of one piece of memory
		s.at = append(s.at, span{from, from + len(f)})
	}
	return s.fields, false
}

// sameButDigits reports whether a and b are equal but for bytes that are digits
// in both.
func sameButDigits(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	same := func(a, b []byte) bool {
		return sameWord(binary.LittleEndian.Uint64(a), binary.LittleEndian.Uint64(b))
	}
	n := len(a)
	i := 0
	for ; i+8 <= n; i += 8 {
		if !same(a[i:i+8], b[i:i+8]) {
			return false
		}
	}
	if n >= 8 {
		return same(a[n-8:], b[n-8:]) // what is left, with some bytes twice
	}
	for ; i < n; i++ {
		if a[i] != b[i] && !(isDigit(a[i]) && isDigit(b[i])) {
			return false
		}
	}
	return true
}

func isDigit(b byte) bool { return b-'0' <= 9 }

// sameWord is sameButDigits of eight bytes.
func sameWord(x, y uint64) bool {
	return x == y || marked(x^y, 0x7f)&(marked(x^digits, 0x76)|marked(y^digits, 0x76)) == 0
}

const (
	digits = 0x30 * eachByte // eight '0': what is left of a digit without it is below ten
	high   = 0x80 * eachByte

	eachByte = 0x0101010101010101
)

// marked returns the highest bit of each byte of x that is 0x80-add or more.
func marked(x, add uint64) uint64 { return ((x&^high + add*eachByte) | x) & high }
