package readings

import (
	"unicode/utf16"
	"unicode/utf8"
)

// nested reads a list or an object as the value of a field.
func (s *scanner) nested(id fieldID, name []byte, from int) int {
	switch {
	case id == fieldMarks && s.data[from] == '[' && s.b.first(id, name):
		return s.marks(from + 1)
	case id == fieldTags && s.data[from] == '{' && s.b.first(id, name):
		return s.tags(from + 1)
	}
	i := s.skip(from, 2)
	switch {
	case i < 0 || id == fieldFlags:
	case id == fieldUnknown:
		s.b.unknown(name, s.data[from:i])
	case s.b.first(id, name):
		s.b.wrongType(id, name, s.data[from:i])
	}
	return i
}

// marks reads the list of what the device says against a reading.
func (s *scanner) marks(i int) int {
	return s.each(i, ']', func(i int) int {
		if i < len(s.data) && s.data[i] == '"' {
			word, i := s.text(i)
			if i >= 0 {
				s.b.mark(word)
			}
			return i
		}
		from := i
		if i = s.skip(i, 3); i >= 0 {
			s.b.wrongType(fieldMarks, []byte("marks"), s.data[from:i])
		}
		return i
	})
}

// tags reads the object of what else is said of a reading.
func (s *scanner) tags(i int) int {
	return s.each(i, '}', func(i int) int {
		name, i := s.name(i)
		if i < 0 {
			return i
		}
		if i < len(s.data) && s.data[i] == '"' {
			value, i := s.text(i)
			if i >= 0 {
				s.b.tag(name, value)
			}
			return i
		}
		from := i
		if i = s.skip(i, 3); i >= 0 {
			s.b.wrongType(fieldTags, append([]byte("tags/"), name...), s.data[from:i])
		}
		return i
	})
}

// name reads a quoted name and the colon behind it.
func (s *scanner) name(i int) ([]byte, int) {
	if i == len(s.data) || s.data[i] != '"' {
		return nil, s.fail(i, "a name in double quotes belongs here")
	}
	name, i := s.text(i)
	if i < 0 {
		return nil, i
	}
	if i = s.space(i); i == len(s.data) || s.data[i] != ':' {
		return nil, s.fail(i, "a colon belongs here")
	}
	return name, s.space(i + 1)
}

// each calls f at every element of a list or object up to its end.
func (s *scanner) each(i int, end byte, f func(int) int) int {
	if i = s.space(i); i < len(s.data) && s.data[i] == end {
		return i + 1
	}
	for {
		if i = f(i); i < 0 {
			return i
		}
		i = s.space(i)
		switch {
		case i == len(s.data):
			return s.fail(i, "a list or object has no end")
		case s.data[i] == end:
			return i + 1
		case s.data[i] != ',':
			return s.fail(i, "a comma or "+string(end)+" belongs here")
		}
		i = s.space(i + 1)
	}
}

// skip returns the end of the value at i, which stands depth deep.
func (s *scanner) skip(i, depth int) int {
	if i == len(s.data) {
		return s.fail(i, "a value belongs here")
	}
	if depth > maxDepth {
		return s.fail(i, "nested deeper than 64")
	}
	switch c := s.data[i]; {
	case c == '"':
		_, i = s.text(i)
		return i
	case c == '[':
		return s.each(i+1, ']', func(i int) int { return s.skip(i, depth+1) })
	case c == '{':
		return s.each(i+1, '}', func(i int) int {
			if _, i = s.name(i); i < 0 {
				return i
			}
			return s.skip(i, depth+1)
		})
	}
	if end, n := s.wordAt(i); n >= 0 {
		return end
	}
	if end := scanNumber(s.data, i); end >= 0 {
		return end
	}
	return s.fail(i, "this is neither a number nor another value")
}

// plain are the bytes that stand for themselves in a text.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// text returns the text in the quotes at i. It shares memory with data where
// nothing in it is escaped.
func (s *scanner) text(i int) ([]byte, int) {
	from := i + 1
	i = from
	ascii := true
	for ; i < len(s.data); i++ {
		c := s.data[i]
		if plain[c] {
			continue
		}
		switch {
		case c == '"':
			if !ascii && !utf8.Valid(s.data[from:i]) {
				return nil, s.fail(from, "a text is not UTF-8")
			}
			return s.data[from:i], i + 1
		case c == '\\':
			return s.escaped(from, i)
		case c < ' ':
			return nil, s.fail(i, "a control character stands in a text")
		}
		ascii = false
	}
	return nil, s.fail(i, "a text has no end")
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped is text for one that starts at from and has an escape at i.
func (s *scanner) escaped(from, i int) ([]byte, int) {
	start := len(s.b.cur.arena)
	out := append(s.b.cur.arena, s.data[from:i]...)
	for i < len(s.data) {
		c := s.data[i]
		switch {
		case c == '"':
			if !utf8.Valid(out[start:]) {
				return nil, s.fail(from, "a text is not UTF-8")
			}
			s.b.cur.arena = out
			return out[start:len(out):len(out)], i + 1
		case c < ' ':
			return nil, s.fail(i, "a control character stands in a text")
		case c != '\\':
			out = append(out, c)
			i++
			continue
		case i+1 == len(s.data):
			return nil, s.fail(i, "a text has no end")
		}
		if e := escapes[s.data[i+1]]; e != 0 {
			out = append(out, e)
			i += 2
			continue
		}
		r, n := s.unicode(i)
		if n == 0 {
			return nil, s.fail(i, "this escape stands for no character")
		}
		out = utf8.AppendRune(out, r)
		i += n
	}
	return nil, s.fail(i, "a text has no end")
}

// unicode returns the character of \uXXXX at i, or of two of them, and the
// bytes it takes; 0 if it is none.
func (s *scanner) unicode(i int) (rune, int) {
	r, ok := s.hex(i)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	low, ok := s.hex(i + 6)
	if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

func (s *scanner) hex(i int) (rune, bool) {
	if len(s.data)-i < 6 || s.data[i] != '\\' || s.data[i+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s.data[i+2 : i+6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
