package reconcile

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Hint says what most of the differences may have in common. It changes no
// finding and no exit code: what it suggests has to be declared.
type Hint struct {
	Code    string    `json:"code"`             // see the constants
	Column  string    `json:"column,omitempty"` // where it shows
	Text    string    `json:"text"`
	Example [2]string `json:"example,omitzero"` // how A and B write it
	// Alike is how many of Of differences are so; of more than are held, of a
	// sample of them.
	Alike int64 `json:"alike,omitempty"`
	Of    int64 `json:"of,omitempty"`

	sampled bool
	rest    string // of the text, behind the numbers
}

// The codes of hints.
const (
	KeyWriting   = "key_writing"    // keys differ in case, zeros, separators
	KeyAffix     = "key_affix"      // one side puts something before or behind a number
	KeyNotUnique = "key_not_unique" // a key stands several times on both sides alike
	ValueWriting = "value_writing"  // values differ in how they are written
	ValueOffset  = "value_offset"   // they lie the same apart: a zone, a rounding
	ValueFactor  = "value_factor"   // one is so many times the other: cents
)

// Fits reports whether a hint may be the cause of findings of a class.
func (h *Hint) Fits(c Class) bool {
	switch h.Code {
	case KeyWriting, KeyAffix:
		return c == Missing || c == Extra || c == NeverAttempted
	case ValueWriting, ValueOffset, ValueFactor:
		return c == MismatchValue || c == MismatchStatus
	}
	return c == Duplicate
}

// MergeHints puts the hints of several comparisons of the same systems together,
// those of one kind and column in one.
func MergeHints(list ...Hint) []Hint {
	var out []Hint
	for _, h := range list {
		i := slices.IndexFunc(out, func(o Hint) bool { return o.Code == h.Code && o.Column == h.Column && o.rest != "" && h.rest != "" })
		if i < 0 {
			out = append(out, h)
			continue
		}
		out[i].Alike, out[i].Of, out[i].sampled = out[i].Alike+h.Alike, out[i].Of+h.Of, out[i].sampled || h.sampled
		out[i].say()
	}
	return out
}

// say writes the text.
func (h *Hint) say() {
	what := "missing keys"
	if strings.HasPrefix(h.Code, "value") {
		what = fmt.Sprintf("values of %s that differ", h.Column)
	}
	h.Text = fmt.Sprintf("%d of %d %s %s", h.Alike, h.Of, what, h.rest)
	if h.sampled {
		h.Text = fmt.Sprintf("about %d %% of the %s %s", h.Alike*100/h.Of, what, h.rest)
	}
}

// hinter notes how keys and values that differ are written.
type hinter struct {
	keys   [2]sample // that are missing, and extra
	tails  [2]sample // the same by the last number in them
	values []written // by compared column
}

// sample holds keys whose loose forms have a digest that ends with enough
// zeros, so that both sides hold the same ones however many there are.
type sample struct {
	mask uint64
	all  map[string][]string // keys as they stand, by their loose form
}

// mostSampled bounds the keys of a sample.
const mostSampled = 4096

func (s *sample) add(form string, key []string) {
	digest := loosely(form)
	if digest&s.mask != 0 {
		return
	}
	if s.all == nil {
		s.all = map[string][]string{}
	}
	if was := s.all[form]; was == nil || slices.Compare(key, was) < 0 { // whichever came first
		s.all[form] = key
	}
	for len(s.all) > mostSampled {
		s.mask = s.mask<<1 | 1
		s.cut(s.mask)
	}
}

// cut leaves out what the mask does not let through.
func (s *sample) cut(mask uint64) {
	for form := range s.all {
		if loosely(form)&mask != 0 {
			delete(s.all, form)
		}
	}
}

func loosely(form string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(form))
	return h.Sum64()
}

// key notes a record that has no counterpart; n is 0 on A and 1 on B.
func (h *hinter) key(n int, rec *record) {
	if slices.ContainsFunc(rec.key, func(text string) bool { return len(text) > mostShown }) {
		return
	}
	h.keys[n].add(looseKey(rec.key), rec.key)
	if form, ok := tailOf(rec.key); ok {
		h.tails[n].add(form, rec.key)
	}
}

// looseKey returns what is left of a key without what systems write differently.
func looseKey(key []string) string {
	forms := make([]string, 0, len(key))
	for _, text := range key {
		forms = append(forms, loose(text))
	}
	return strings.Join(forms, "\x00")
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }

// written counts the values of a column that differ, and those of them that
// differ only by how they are written.
type written struct {
	all, alike int64
	example    [2]string
	apart      steady // how far apart numbers and instants are
	times      steady // how many times a number the other is
}

// value notes two values that differ in the compared column k.
func (h *hinter) value(k int, v Values, zones [2]*time.Location) {
	for len(h.values) <= k {
		h.values = append(h.values, written{})
	}
	w := &h.values[k]
	if w.all == mostSampled { // the first ones say what the rest are like
		return
	}
	w.all++
	w.measure(v, zones)
	if v.A == nil || v.B == nil || len(*v.A) > 100 || len(*v.B) > 100 || loose(*v.A) != loose(*v.B) {
		return
	}
	if w.alike++; w.alike == 1 {
		w.example = [2]string{*v.A, *v.B}
	}
}

// loose returns what is left of a text without what systems write differently:
// letters without case, numbers without signs, zeros and separators, dates
// without the order of their parts, and no spaces or punctuation.
func loose(text string) string {
	if text = strings.ToLower(strings.TrimSpace(text)); !ascii([]byte(text)) {
		text = norm.NFKC.String(text)
	}
	if form, ok := looseDate(text); ok {
		return form
	}
	if form, ok := looseNumber(text); ok {
		return form
	}
	bare := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r > 0x7f && r != 0xa0 {
			return r
		}
		return -1
	}, text)
	if form, ok := looseNumber(bare); ok {
		return form
	}
	return bare
}

// looseDate reads a date of three numbers, one of them a year, in any order.
func looseDate(text string) (string, bool) {
	if len(text) < 8 || len(text) > 10 {
		return "", false
	}
	runs := strings.FieldsFunc(text, func(r rune) bool { return r == '-' || r == '.' || r == '/' })
	if len(runs) != 3 || !digits(runs[0]) || !digits(runs[1]) || !digits(runs[2]) || len(runs[0]) != 4 && len(runs[2]) != 4 {
		return "", false
	}
	for i, r := range runs {
		runs[i] = strings.TrimLeft(r, "0")
	}
	slices.Sort(runs)
	return strings.Join(runs, "/"), true
}

// What stands between digits of numbers.
var (
	noSpaces     = strings.NewReplacer(" ", "", "\u00a0", "", "'", "", "_", "")
	noSeparators = strings.NewReplacer(".", "", ",", "")
)

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// looseNumber reads a number however its decimals and thousands are separated.
func looseNumber(text string) (string, bool) {
	negative := strings.HasPrefix(text, "-")
	if len(text) > 60 {
		return "", false
	}
	text = noSpaces.Replace(strings.TrimLeft(text, "+-"))
	whole, decimals := text, ""
	if i := strings.LastIndexAny(text, ".,"); i >= 0 {
		first := strings.IndexAny(text, ".,")
		same := strings.Count(text, text[i:i+1])
		switch tail := text[i+1:]; {
		case same > 1: // 1.234.567
		case first == i && len(tail) == 3 && i <= 3 && strings.Trim(tail, "0") != "": // 1,001
		default:
			whole, decimals = text[:i], tail
		}
		whole = noSeparators.Replace(whole)
	}
	if !digits(whole+"0") || decimals != "" && !digits(decimals) || whole == "" && decimals == "" {
		return "", false
	}
	whole, decimals = strings.TrimLeft(whole, "0"), strings.TrimRight(decimals, "0")
	out := whole
	if out == "" {
		out = "0"
	}
	if decimals != "" {
		out += "." + decimals
	}
	if negative && out != "0" {
		out = "-" + out
	}
	return out, true
}

// hint says what the findings have in common.
func (d *diff) hint() {
	a, b := &d.hints.keys[0], &d.hints.keys[1]
	mask := max(a.mask, b.mask)
	a.cut(mask)
	b.cut(mask)
	alike, example := 0, ""
	for form := range a.all {
		if b.all[form] == nil {
			continue
		}
		alike++
		if example == "" || form < example {
			example = form
		}
	}
	if fewer := min(len(a.all), len(b.all)); alike > 0 && alike*2 >= fewer {
		d.keyHint(a.all[example], b.all[example], alike, len(a.all), mask)
	} else {
		d.affixHint()
	}
	for k := range d.hints.values {
		d.valueHint(k)
	}
	for n, s := range []*Side{&d.result.A, &d.result.B} {
		if over := s.Rows - s.NoKey - s.Rejected - s.Keys; s.Keys > 0 && over > 0 && d.result.Counts[Duplicate] == 0 && !d.spec.Totals {
			d.result.Hints = append(d.result.Hints, Hint{Code: KeyNotUnique, Text: fmt.Sprintf("%d rows of %s share their key with another, on both sides alike: %s does not name a record", over, []string{"A", "B"}[n], strings.Join(d.result.Key, ", "))})
		}
	}
}

// hinted adds a hint.
func (d *diff) hinted(h Hint) {
	h.say()
	d.result.Hints = append(d.result.Hints, h)
}

// valueHint is the hint on the values of a compared column.
func (d *diff) valueHint(k int) {
	w, c := &d.hints.values[k], d.spec.Compare[k].String()
	h := Hint{Column: c, Alike: w.alike, Of: w.all, Example: w.example, sampled: w.all == mostSampled}
	switch {
	case w.alike > 0 && w.alike*2 >= w.all:
		h.Code, h.rest = ValueWriting, fmt.Sprintf("may differ only in how they are written: %q in A, %q in B%s", h.Example[0], h.Example[1], remedy(h.Example, ""))
	case w.apart.most(w.all, &h):
		h.Code, h.rest = ValueOffset, fmt.Sprintf("lie %s apart: %q in A, %q in B; %s", h.rest, h.Example[0], h.Example[1], "is a zone declared wrong, or something added on one side?")
	case w.times.most(w.all, &h):
		h.Code, h.rest = ValueFactor, fmt.Sprintf("are in B %s times what they are in A: %q in A, %q in B; %s", h.rest, h.Example[0], h.Example[1], "does one side count in another unit, such as cents?")
	default:
		return
	}
	d.hinted(h)
}

// keyHint is the hint on keys that a and b write differently.
func (d *diff) keyHint(a, b []string, alike, missing int, mask uint64) {
	k := 0
	for k < len(a)-1 && a[k] == b[k] {
		k++
	}
	c := d.spec.Key[k]
	d.hinted(Hint{Code: KeyWriting, Column: c.String(), Example: [2]string{a[k], b[k]}, Alike: int64(alike), Of: int64(missing), sampled: mask != 0,
		rest: fmt.Sprintf("may be extra ones that are written otherwise: %s is %q in A, %q in B%s", c, a[k], b[k], remedy([2]string{a[k], b[k]}, c.A))})
}

// remedy says which declaration makes two texts one; key is the column of the
// key where they stand in one, empty else.
func remedy(ab [2]string, key string) string {
	x, y := ab[0], ab[1]
	cell := func(text string) Cell { return Cell{Text: []byte(text)} }
	point := func(text string) string { return Canonical(string(withPoint([]byte(text))), false) }
	switch {
	case key == "" && Canonical(x, true) == Canonical(y, true), key != "" && Key(cell(x), true, false) == Key(cell(y), true, false):
		return "; --ignore-case (ignore_case: true) compares letters without their case"
	case key != "" && Key(cell(x), false, true) == Key(cell(y), false, true):
		return fmt.Sprintf("; --number %s (numbers: [%s]) compares them as numbers", key, key)
	case key == "" && point(x) == Canonical(y, false):
		return "; --decimal-comma a (decimals: comma) says that A writes decimals with a comma"
	case key == "" && point(y) == Canonical(x, false):
		return "; --decimal-comma b (decimals: comma) says that B writes decimals with a comma"
	}
	return "; write it in one way on both sides"
}

// loose reports whether rows of some keys cannot be found by the text of them.
func (d *diff) loose() bool { return d.spec.Fold || len(d.spec.Numbers) > 0 }

// plain returns a cell of a side that writes decimals with a comma with a point.
func (r *reader) plain(c Cell) Cell {
	n := 0
	if r.s.b {
		n = 1
	}
	if !r.d.spec.Commas[n] || c.Null || c.Number {
		return c
	}
	c.Text = withPoint(c.Text)
	return c
}

// withPoint returns 1.234,50 as 1234.50; what is no number so written stays.
func withPoint(text []byte) []byte {
	t := bytes.TrimSpace(text)
	number := bytes.TrimLeft(t, "+-")
	whole, decimals, two := bytes.Cut(number, []byte{','})
	groups := bytes.Split(whole, []byte{'.'})
	for i, g := range groups {
		if len(g) == 0 || !digits(string(g)) || len(groups) > 1 && (i > 0 && len(g) != 3 || len(g) > 3) {
			return text
		}
	}
	if two && !digits(string(decimals)) || len(t)-len(number) > 1 {
		return text
	}
	out := append(bytes.Clone(t[:len(t)-len(number)]), bytes.Join(groups, nil)...)
	if two {
		out = append(append(out, '.'), decimals...)
	}
	return out
}
