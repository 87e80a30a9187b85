package readings

import (
	"context"
	"sync"

	"pleth"
)

// maxDepth is how deep objects and lists may stand in each other.
const maxDepth = 64

var builders = sync.Pool{New: func() any { return new(Builder) }}

// Decode reads one reading, or a list of them, as JSON. It returns a
// *SyntaxError where data is not JSON and a *TooManyError where it holds too
// many readings; any other error is of people, and then nothing was decided.
// A reading that is wrong is among the refused and spoils no other.
func Decode(ctx context.Context, data []byte, opts Options, people People) (*Result, error) {
	b := builders.Get().(*Builder)
	defer builders.Put(b)
	b.Reset(opts)
	defer b.clear() // keeps no identifier
	if err := b.JSON(data); err != nil {
		return nil, err
	}
	return b.Result(ctx, people)
}

// JSON adds one reading, or a list of them, or one line of NDJSON. On an error
// (see Decode) it has added nothing; what would go beyond Options.Limit
// together with what was added before is such an error too. Places within data go with what it
// refuses. data must not change before Result.
func (b *Builder) JSON(data []byte) error {
	before, over := b.Len(), b.over
	b.Start()
	s := scanner{b: b, data: data}
	if i := s.document(); i >= 0 && b.over == over {
		return nil
	}
	b.rewind(before)
	b.over = over
	if s.err == nil {
		s.err = &TooManyError{b.opts.Limit}
	}
	return s.err
}

// scanner reads JSON into a Builder. Its methods take and return a position;
// a negative one means that err is set.
type scanner struct {
	b    *Builder
	data []byte
	err  error
}

func (s *scanner) fail(at int, what string) int {
	if s.err == nil {
		s.err = syntaxError(s.data, at, what)
	}
	return -1
}

// space returns the first position from i on that is not white space.
func (s *scanner) space(i int) int {
	for i < len(s.data) && (s.data[i] == ' ' || s.data[i] == '\n' || s.data[i] == '\t' || s.data[i] == '\r') {
		i++
	}
	return i
}

// document reads the whole of data.
func (s *scanner) document() int {
	i := 0
	if len(s.data) >= 3 && string(s.data[:3]) == "\xef\xbb\xbf" {
		i = 3
	}
	i = s.space(i)
	switch {
	case i == len(s.data):
		return s.fail(i, "nothing here: send a reading, or a list of readings")
	case s.data[i] == '[':
		i = s.list(i + 1)
	default:
		i = s.reading(i)
	}
	if i < 0 {
		return i
	}
	if i = s.space(i); i < len(s.data) {
		return s.fail(i, "something follows the end")
	}
	return i
}

// list reads readings up to the closing bracket.
func (s *scanner) list(i int) int {
	if i = s.space(i); i < len(s.data) && s.data[i] == ']' {
		return i + 1
	}
	for {
		if i = s.reading(i); i < 0 {
			return i
		}
		if s.b.over {
			s.err = &TooManyError{s.b.opts.Limit}
			return -1
		}
		i = s.space(i)
		switch {
		case i == len(s.data):
			return s.fail(i, "the list has no end")
		case s.data[i] == ']':
			return i + 1
		case s.data[i] != ',':
			return s.fail(i, "a comma or ] belongs here")
		}
		i = s.space(i + 1)
	}
}

// reading reads one reading.
func (s *scanner) reading(from int) int {
	if from < len(s.data) && s.data[from] == '{' {
		i := s.object(from + 1)
		if i >= 0 {
			s.b.Finish(from, i)
		}
		return i
	}
	i := s.skip(from, 1)
	if i >= 0 {
		s.b.Refuse("", from, i, Problem{Value: clip(s.data[from:i]), Code: WrongType, Detail: "a reading is an object: {\"device_id\": ..., \"timestamp\": ..., \"spo2\": ...}"})
	}
	return i
}

// object reads the fields of a reading up to the closing brace.
func (s *scanner) object(i int) int {
	data := s.data
	if i = s.space(i); i < len(data) && data[i] == '}' {
		return i + 1
	}
	for n := 0; ; n++ {
		if i == len(data) || data[i] != '"' {
			return s.fail(i, "the name of a field in double quotes belongs here")
		}
		var name []byte
		id, length := s.expected(n, i+1)
		if length > 0 {
			name = data[i+1 : i+1+length]
			i += length + 2
		} else {
			if name, i = s.text(i); i < 0 {
				return i
			}
			id = s.b.remember(n, name)
		}
		if i == len(data) || data[i] != ':' {
			if i = s.space(i); i == len(data) || data[i] != ':' {
				return s.fail(i, "a colon belongs here")
			}
		}
		if i++; i < len(data) && data[i] <= ' ' {
			i = s.space(i)
		}
		if i = s.field(id, name, i); i < 0 {
			return i
		}
		if i < len(data) && data[i] <= ' ' {
			i = s.space(i)
		}
		switch {
		case i == len(data):
			return s.fail(i, "the object has no end")
		case data[i] == '}':
			return i + 1
		case data[i] != ',':
			return s.fail(i, "a comma or } belongs here")
		}
		if i++; i < len(data) && data[i] <= ' ' {
			i = s.space(i)
		}
	}
}

// expected reports whether the name at i is the one that stood in this place
// of the reading before: its field, and the length of the name or 0.
func (s *scanner) expected(n, i int) (fieldID, int) {
	if n >= len(s.b.order) {
		return 0, 0
	}
	g := &s.b.order[n]
	end := i + len(g.name)
	if end < len(s.data) && s.data[end] == '"' && string(s.data[i:end]) == g.name {
		return g.id, len(g.name)
	}
	return 0, 0
}

// remember looks up a name and keeps it as the expected one in place n.
func (b *Builder) remember(n int, name []byte) fieldID {
	g, ok := named[string(name)]
	if !ok {
		return fieldUnknown
	}
	if n < len(b.order) {
		b.order[n] = g
	}
	return g.id
}

// field reads the value of a field.
func (s *scanner) field(id fieldID, name []byte, i int) int {
	if i == len(s.data) {
		return s.fail(i, "a value belongs here")
	}
	switch c := s.data[i]; c {
	case '"':
		text, i := s.text(i)
		if i >= 0 {
			s.b.text(id, name, text)
		}
		return i
	case '{', '[':
		return s.nested(id, name, i)
	case 't', 'f', 'n', 'N', 'I':
		return s.word(id, name, i)
	default:
		if c == '-' && i+1 < len(s.data) && s.data[i+1] == 'I' {
			return s.word(id, name, i)
		}
		return s.digits(id, name, i)
	}
}

// digits reads a number.
func (s *scanner) digits(id fieldID, name []byte, from int) int {
	data := s.data
	i, m, decimals, negative := from, int64(0), 0, false
	if data[i] == '-' {
		negative = true
		i++
	}
	first := i
	for i < len(data) && data[i]-'0' <= 9 {
		m = m*10 + int64(data[i]-'0')
		i++
	}
	whole := i - first
	if i < len(data) && data[i] == '.' {
		i++
		for i < len(data) && data[i]-'0' <= 9 {
			m = m*10 + int64(data[i]-'0')
			i++
			decimals++
		}
	}
	exponent := i < len(data) && (data[i] == 'e' || data[i] == 'E')
	if whole == 0 || data[first] == '0' && whole > 1 || decimals == 0 && data[i-1] == '.' || exponent || whole+decimals > 18 || decimals > pleth.MaxScale {
		// What is not plain, exactly.
		end := scanNumber(data, from)
		if end < 0 {
			return s.fail(from, "this is neither a number nor another value")
		}
		v, _ := pleth.ParseValue(data[from:end])
		s.b.number(id, name, data[from:end], v)
		return end
	}
	if negative {
		m = -m
	}
	s.b.number(id, name, data[from:i], pleth.Num(m, uint8(decimals)))
	return i
}

// scanNumber returns the end of the JSON number at i, or -1.
func scanNumber(data []byte, i int) int {
	run := func() bool {
		from := i
		for i < len(data) && data[i]-'0' <= 9 {
			i++
		}
		return i > from
	}
	if i < len(data) && data[i] == '-' {
		i++
	}
	if i < len(data) && data[i] == '0' {
		i++
	} else if !run() {
		return -1
	}
	if i < len(data) && data[i] == '.' {
		if i++; !run() {
			return -1
		}
	}
	if i < len(data) && (data[i] == 'e' || data[i] == 'E') {
		if i++; i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		if !run() {
			return -1
		}
	}
	return i
}

// words are the values that are neither text, number, list nor object. The
// last three are not JSON, but senders write them: they spoil one reading, not
// the whole input.
var words = [...]string{"null", "true", "false", "NaN", "Infinity", "-Infinity"}

// word reads one of words.
func (s *scanner) word(id fieldID, name []byte, i int) int {
	end, n := s.wordAt(i)
	switch n {
	case -1:
		return s.fail(i, "this is neither a number nor another value")
	case 0:
		s.b.null(id, name)
	case 1, 2:
		s.b.boolean(id, name, n == 1)
	default:
		s.b.notFinite(id, name, s.data[i:end])
	}
	return end
}

// wordAt returns the end of the word at i and its place in words, or -1.
func (s *scanner) wordAt(i int) (int, int) {
	for n, w := range words {
		if len(s.data)-i >= len(w) && string(s.data[i:i+len(w)]) == w {
			return i + len(w), n
		}
	}
	return i, -1
}
