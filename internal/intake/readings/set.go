package readings

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"pleth"
)

// tag is something a sender says of a reading that is not a field of it.
type tag struct{ name, value []byte }

// Text sets the field with that name to a text. A name that is not a field
// makes a tag. Both slices must not change before Finish.
func (b *Builder) Text(name, text []byte) { b.text(b.lookup(name), name, text) }

func (b *Builder) text(id fieldID, name, text []byte) {
	if id == fieldUnknown {
		b.tag(name, text)
		return
	}
	if !b.first(id, name) {
		return
	}
	switch id {
	case fieldDevice:
		b.setDevice(text)
	case fieldSubject:
		if len(text) > MaxText {
			b.tooLong(name)
			return
		}
		b.cur.subject = text
	case fieldFirmware:
		b.setFirmware(text)
	case fieldTime:
		if t, wrong := b.stamps.parse(text); wrong != "" {
			b.badTime(text, wrong)
		} else {
			b.setTime(t, text)
		}
	case fieldMarks:
		for word := range bytes.SplitSeq(text, []byte{'+'}) {
			b.mark(word)
		}
	case fieldFlags: // what a store said of the reading; this one finds out itself
	default:
		b.wrongType(id, name, text)
	}
}

// setFirmware keeps a version in plain if it looks like one. What has no digit,
// or blanks, may be anything, a name too: it is a tag, sealed.
func (b *Builder) setFirmware(text []byte) {
	if len(text) == 0 {
		return
	}
	digit, version := false, len(text) <= MaxName
	for _, c := range text {
		digit = digit || c >= '0' && c <= '9'
		version = version && c > ' ' && c <= '~'
	}
	if digit && version {
		b.cur.firmware = text
		return
	}
	b.tag([]byte("firmware_version"), text)
}

func (b *Builder) tooLong(name []byte) {
	b.problem(Problem{Path: clip(name), Code: TooLong, Allowed: "up to 256 bytes; 64 for a version or a name", Detail: "shorten it"})
}

// marks are the reasons a device can state, by name.
var marks = func() map[string]pleth.Reasons {
	m := map[string]pleth.Reasons{}
	for _, r := range pleth.AllReasons() {
		m[r.String()] = r
	}
	return m
}()

var markNames = func() string {
	var names []string
	for _, r := range pleth.AllReasons() {
		names = append(names, r.String())
	}
	return strings.Join(names, ", ")
}()

func (b *Builder) mark(word []byte) {
	r, ok := marks[string(word)]
	if !ok {
		b.problem(Problem{Path: "marks", Value: clip(word), Code: UnknownMark, Allowed: markNames, Detail: "name what the device itself says against the reading"})
	}
	b.cur.marks |= r
}

// tag keeps what the sender says besides.
func (b *Builder) tag(name, value []byte) {
	switch {
	case len(name) == 0 || len(name) > MaxName || len(value) > MaxText:
		b.tooLong(name)
		return
	case !utf8.Valid(name) || !utf8.Valid(value):
		b.problem(Problem{Path: clip(name), Code: BadText, Allowed: "UTF-8", Detail: "send text in UTF-8"})
		return
	case len(b.cur.tags) == MaxTags:
		b.problem(Problem{Code: TooManyTags, Allowed: "up to 32 texts that are not fields", Detail: "send fewer"})
		return
	}
	for _, t := range b.cur.tags {
		if bytes.Equal(t.name, name) {
			b.problem(Problem{Path: clip(name), Code: DuplicateField, Detail: "say each field once in a reading"})
			return
		}
	}
	b.cur.tags = append(b.cur.tags, tag{name, value})
}

// lookup returns the field with that name. Senders name the same fields in the
// same order, reading after reading, so the one that stood in this place
// before is tried first.
func (b *Builder) lookup(name []byte) fieldID {
	n := b.cur.named
	b.cur.named++
	if n < len(b.order) && len(name) > 0 && string(name) == b.order[n].name {
		return b.order[n].id
	}
	return b.remember(n, name)
}

// appendTags appends the tags as a JSON object in the order of their names.
func appendTags(dst []byte, tags []tag) []byte {
	slices.SortFunc(tags, func(x, y tag) int { return bytes.Compare(x.name, y.name) })
	dst = append(dst, '{')
	for i, t := range tags {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, t.name), ':')
		dst = appendString(dst, t.value)
	}
	return append(dst, '}')
}

// Number sets the field with that name to a decimal number, such as "97.1".
// digits must not change before Finish.
func (b *Builder) Number(name, digits []byte) {
	id := b.lookup(name)
	if v, ok := pleth.ParseValue(digits); ok {
		b.number(id, name, digits, v)
		return
	}
	switch word := strings.ToLower(strings.TrimLeft(clip(digits), "+-")); {
	case word == "nan" || word == "inf" || word == "infinity":
		b.notFinite(id, name, digits)
	case scanNumber(digits, 0) == len(digits):
		b.number(id, name, digits, pleth.Value{})
	default:
		b.wrongType(id, name, digits)
	}
}

// number sets a field to a number; an absent v is a number too large or too
// small to keep.
func (b *Builder) number(id fieldID, name, digits []byte, v pleth.Value) {
	if id == fieldUnknown {
		b.unknown(name, digits)
		return
	}
	if !b.first(id, name) {
		return
	}
	if int(id) < len(values) {
		if !v.Ok() {
			b.outside(&values[id], digits)
			return
		}
		b.setValue(id, v, digits)
		return
	}
	switch {
	case id == fieldDevice && isDigits(digits): // a device with a number for a name
		b.setDevice(digits)
	case id == fieldSubject && isDigits(digits) && len(digits) <= MaxText:
		b.cur.subject = digits
	case id == fieldSeq && v.Ok():
		b.setSeq(v, digits)
	case id == fieldTime && v.Ok():
		if t, wrong := b.stamps.number(v); wrong != "" {
			b.badTime(digits, wrong)
		} else {
			b.setTime(t, digits)
		}
	default:
		b.wrongType(id, name, digits)
	}
}

func isDigits(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c < '0' || c > '9' })
}

// Null sets the field with that name to missing: measured, without a number.
// For a field that is no measurement it says nothing.
func (b *Builder) Null(name []byte) { b.null(b.lookup(name), name) }

func (b *Builder) null(id fieldID, name []byte) {
	switch {
	case id == fieldUnknown:
		// Most such names are texts a sender has nothing for. One that looks
		// like a field is a measurement that must not vanish.
		if known, far := b.guess(name); known != "" && 3*far <= len(name) {
			b.problem(Problem{Path: clip(name), Value: "null", Code: UnknownField, Detail: "did you mean " + known + "?"})
		}
	case int(id) < len(values) && b.first(id, name):
		b.setValue(id, pleth.Missing(), nil)
	}
}

// Bool sets the field with that name to true or false: a tag, as no field of
// a reading is either.
func (b *Builder) Bool(name []byte, v bool) { b.boolean(b.lookup(name), name, v) }

var (
	wordTrue  = []byte("true")
	wordFalse = []byte("false")
)

func (b *Builder) boolean(id fieldID, name []byte, v bool) {
	word := wordFalse
	if v {
		word = wordTrue
	}
	switch {
	case id == fieldUnknown:
		b.tag(name, word)
	case b.first(id, name):
		b.wrongType(id, name, word)
	}
}

func (b *Builder) notFinite(id fieldID, name, said []byte) {
	if id == fieldUnknown {
		b.unknown(name, said)
	} else if b.first(id, name) {
		b.problem(Problem{Path: clip(name), Value: clip(said), Code: NotFinite, Allowed: allowed(id), Detail: "send null where nothing was measured"})
	}
}

// unknown refuses a number, list or object under a name that is no field: a
// misspelt vital sign must not vanish.
func (b *Builder) unknown(name, said []byte) {
	p := Problem{Path: clip(name), Value: clip(said), Code: UnknownField, Detail: "there is no such field; text is kept as a tag, numbers are not"}
	if known, _ := b.guess(name); known != "" {
		p.Detail = "did you mean " + known + "? Text is kept as a tag, numbers are not"
	}
	b.problem(p)
}

// guess names the known field that looks most like name. It stops guessing
// after some names, as comparing costs.
func (b *Builder) guess(name []byte) (string, int) {
	if b.guesses == 0 || len(name) > MaxName {
		return "", 0
	}
	b.guesses--
	return nearest(string(name))
}

func (b *Builder) wrongType(id fieldID, name, said []byte) {
	p := Problem{Path: clip(name), Value: clip(said), Code: WrongType, Allowed: allowed(id)}
	switch {
	case int(id) < len(values):
		p.Detail = "send a number without quotes, or null where nothing was measured"
	case id == fieldTime:
		p.Code, p.Detail = BadTimestamp, "send RFC 3339 with a zone, such as 2025-11-28T20:15:00Z"
	case id == fieldDevice:
		p.Code, p.Detail = BadDevice, "send the name of the device as text"
	case id == fieldSubject:
		p.Value, p.Detail = "", "send the identifier as text"
	case id == fieldSeq:
		p.Detail = "count readings upwards from any number, or leave seq out"
	case id == fieldTags:
		p.Detail = "send an object of texts"
	case id == fieldMarks:
		p.Detail = "send a list of names"
	default:
		p.Detail = "send text"
	}
	b.problem(p)
}

func allowed(id fieldID) string {
	switch {
	case int(id) < len(values):
		return values[id].allowed
	case id == fieldSeq:
		return "a whole number, 0..9223372036854775807"
	case id == fieldMarks:
		return markNames
	}
	return ""
}
