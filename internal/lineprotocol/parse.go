package lineprotocol

import "bytes"

// kind is the type of a field's value.
type kind uint8

const (
	number  kind = iota // 97.1, -3e2
	integer             // 97i
	natural             // 97u
	boolean             // t, True, FALSE
	text                // "1.2.3"
)

// field is one field of a line, as it stands there.
type field struct {
	key   []byte // still escaped
	value []byte // without quotes and type letter; still escaped where it is a text
	kind  kind
}

// line is one point. Its parts are parts of the body.
type line struct {
	number   int    // from 1
	from, to int    // where it stands in the body, without its end
	key      []byte // measurement and tags, still escaped
	fields   []field
	stamp    []byte // digits; empty: none
	fault    string // why it is no point; empty: it is one
}

// scanner reads a body line by line. Set body, call next.
type scanner struct {
	body     []byte
	at       int
	lines    int
	line     line
	unclosed bool // no text that begins after at is closed
}

// next reads the next point into s.line, leaving out blank lines and comments.
// It returns false at the end of the body.
func (s *scanner) next() bool {
	for s.at < len(s.body) {
		s.lines++
		switch s.body[s.at] {
		case '\n':
			s.at++
			continue
		case ' ', '\t', '\r':
			for s.at < len(s.body) && (s.body[s.at] == ' ' || s.body[s.at] == '\t' || s.body[s.at] == '\r') {
				s.at++
			}
			s.lines--
			continue
		case '#':
			s.at = s.lineEnd(s.at) + 1
			continue
		}
		s.point()
		return true
	}
	return false
}

// lineEnd returns where the line with position i ends: its line feed or the
// end of the body.
func (s *scanner) lineEnd(i int) int {
	if n := bytes.IndexByte(s.body[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(s.body)
}

// point reads the point that begins at s.at.
func (s *scanner) point() {
	start := s.at
	s.line = line{number: s.lines, fields: s.line.fields[:0]}
	end, fault := s.parts(start)
	if fault != "" {
		end = s.lineEnd(end)
	}
	s.line.fault = fault
	s.line.from, s.line.to = start, end
	for b := s.body; b[s.line.to-1] == ' ' || b[s.line.to-1] == '\r'; {
		s.line.to--
	}
	s.lines += bytes.Count(s.raw(), []byte{'\n'})
	s.at = end + 1
}

// raw returns the bytes of the line.
func (s *scanner) raw() []byte { return s.body[s.line.from:s.line.to] }

// parts reads the parts of the point at i. It returns where the point ends, or
// where it is at fault, and the fault.
func (s *scanner) parts(i int) (end int, fault string) {
	b := s.body
	start := i
	for ; i < len(b) && b[i] != ' '; i++ {
		switch b[i] {
		case '\n':
			return i, "there are no fields"
		case '\\':
			if escapes(b, i) {
				i++
			}
		}
	}
	s.line.key = b[start:min(i, len(b))]
	for i < len(b) && b[i] == ' ' {
		i++
	}
	for {
		if i, fault = s.field(i); fault != "" {
			return i, fault
		}
		if i >= len(b) || b[i] != ',' {
			break
		}
		i++
	}
	return s.stamp(i)
}

// escapes reports whether the backslash at i takes the meaning of what follows.
func escapes(b []byte, i int) bool {
	return i+1 < len(b) && (b[i+1] == ',' || b[i+1] == '=' || b[i+1] == ' ')
}

// field reads the field at i and returns what follows it.
func (s *scanner) field(i int) (next int, fault string) {
	b := s.body
	start := i
	for ; i < len(b) && b[i] != '='; i++ {
		switch b[i] {
		case '\n', ' ', ',':
			return i, "a field has no value"
		case '\\':
			if escapes(b, i) {
				i++
			}
		}
	}
	switch {
	case i >= len(b) && start >= len(b):
		return len(b), "there are no fields"
	case i >= len(b):
		return len(b), "a field has no value"
	case i == start:
		return i, "a field has no name"
	}
	f := field{key: b[start:i]}
	i++
	if i < len(b) && b[i] == '"' {
		return s.text(f, i+1)
	}
	start = i
	for i < len(b) && b[i] != ',' && b[i] != ' ' && b[i] != '\n' && b[i] != '\r' {
		i++
	}
	f.value = b[start:i]
	if len(f.value) == 0 {
		return i, "a field has no value"
	}
	switch f.value[len(f.value)-1] {
	case 'i':
		f.kind, f.value = integer, f.value[:len(f.value)-1]
	case 'u':
		f.kind, f.value = natural, f.value[:len(f.value)-1]
	case 't', 'T', 'f', 'F', 'e', 'E':
		f.kind = boolean
	}
	s.line.fields = append(s.line.fields, f)
	return i, ""
}

// text reads the rest of the text that begins at i, behind its quote.
func (s *scanner) text(f field, i int) (next int, fault string) {
	b := s.body
	start := i
	if s.unclosed {
		return i, "a text is not closed"
	}
	for ; i < len(b); i++ {
		switch b[i] {
		case '\\':
			if i+1 < len(b) && (b[i+1] == '"' || b[i+1] == '\\') {
				i++
			}
		case '"':
			f.kind, f.value = text, b[start:i]
			s.line.fields = append(s.line.fields, f)
			i++
			if i < len(b) && b[i] != ',' && b[i] != ' ' && b[i] != '\n' && b[i] != '\r' {
				return i, "something follows a text"
			}
			return i, ""
		}
	}
	// No quote follows in the whole body: the line alone is at fault, not
	// all that come after it.
	s.unclosed = true
	return start, "a text is not closed"
}

// stamp reads what stands behind the fields.
func (s *scanner) stamp(i int) (end int, fault string) {
	b := s.body
	for i < len(b) && (b[i] == ' ' || b[i] == '\r') {
		i++
	}
	start := i
	for i < len(b) && b[i] != '\n' && b[i] != ' ' && b[i] != '\r' {
		i++
	}
	s.line.stamp = b[start:i]
	for i < len(b) && (b[i] == ' ' || b[i] == '\r') {
		i++
	}
	if i < len(b) && b[i] != '\n' {
		return i, "something follows the time"
	}
	return i, ""
}

// unescape returns b without the backslashes that take the meaning of one of
// the bytes of special; b itself where there is none.
func unescape(b []byte, special string) []byte {
	i := bytes.IndexByte(b, '\\')
	if i < 0 {
		return b
	}
	out := append(make([]byte, 0, len(b)), b[:i]...)
	for ; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && bytes.IndexByte([]byte(special), b[i+1]) >= 0 {
			i++
		}
		out = append(out, b[i])
	}
	return out
}

// What a backslash stands before in measurements, in names and tags, and in texts.
const (
	measurementSpecial = ", "
	nameSpecial        = ",= "
	textSpecial        = `"\`
)

// eachTag calls f for every tag of key, still escaped, and returns the
// measurement. It returns a fault where a tag has no name or no value.
func eachTag(key []byte, f func(name, value []byte)) (measurement []byte, fault string) {
	measurement, rest, tagged := cutUnescaped(key, ',')
	if len(measurement) == 0 {
		return nil, "there is no measurement"
	}
	for tagged {
		var tag []byte
		tag, rest, tagged = cutUnescaped(rest, ',')
		name, value, ok := cutUnescaped(tag, '=')
		switch {
		case !ok || len(value) == 0:
			return measurement, "a tag has no value"
		case len(name) == 0:
			return measurement, "a tag has no name"
		}
		f(name, value)
	}
	return measurement, ""
}

// cutUnescaped cuts b around the first sep that no backslash stands before.
func cutUnescaped(b []byte, sep byte) (before, after []byte, found bool) {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case sep:
			return b[:i], b[i+1:], true
		case '\\':
			if escapes(b, i) {
				i++
			}
		}
	}
	return b, nil, false
}
