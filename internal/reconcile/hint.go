package reconcile

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Hint says what nearly all of the differences may have in common. It changes no
// finding and no exit code: what it suggests has to be declared.
type Hint struct {
	Code    string    `json:"code"`             // key_writing, value_writing or key_not_unique
	Column  string    `json:"column,omitempty"` // where it shows
	Text    string    `json:"text"`
	Example [2]string `json:"example,omitzero"` // how A and B write it
}

// hinter notes how keys and values that differ are written.
type hinter struct {
	keys   [2]sample // that are missing, and extra
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
	s.all[form] = key
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
	forms := make([]string, 0, len(rec.key))
	for _, text := range rec.key {
		if len(text) > mostShown {
			return
		}
		forms = append(forms, loose(text))
	}
	h.keys[n].add(strings.Join(forms, "\x00"), rec.key)
}

// written counts the values of a column that differ, and those of them that
// differ only by how they are written.
type written struct {
	all, alike int64
	example    [2]string
}

// value notes two values that differ in the compared column k.
func (h *hinter) value(k int, v Values) {
	for len(h.values) <= k {
		h.values = append(h.values, written{})
	}
	w := &h.values[k]
	if w.all == mostSampled { // the first ones say what the rest are like
		return
	}
	w.all++
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
		d.result.Hints = append(d.result.Hints, d.keyHint(a.all[example], b.all[example], alike, len(a.all), mask))
	}
	for k, w := range d.hints.values {
		if w.alike == 0 || w.alike*2 < w.all {
			continue
		}
		c := d.spec.Compare[k]
		of := fmt.Sprint(w.all)
		if w.all == mostSampled {
			of = fmt.Sprintf("the first %d", w.all)
		}
		d.result.Hints = append(d.result.Hints, Hint{Code: "value_writing", Column: c.String(), Example: w.example,
			Text: fmt.Sprintf("%d of %s values of %s that differ may differ only in how they are written: %q in A, %q in B%s", w.alike, of, c, w.example[0], w.example[1], remedy(w.example, ""))})
	}
	for n, s := range []*Side{&d.result.A, &d.result.B} {
		if over := s.Rows - s.NoKey - s.Rejected - s.Keys; s.Keys > 0 && over > 0 && d.result.Counts[Duplicate] == 0 && !d.spec.Totals {
			d.result.Hints = append(d.result.Hints, Hint{Code: "key_not_unique", Text: fmt.Sprintf("%d rows of %s share their key with another, on both sides alike: %s does not name a record", over, []string{"A", "B"}[n], strings.Join(d.result.Key, ", "))})
		}
	}
}

// keyHint is the hint on keys that a and b write differently.
func (d *diff) keyHint(a, b []string, alike, missing int, mask uint64) Hint {
	k := 0
	for k < len(a)-1 && a[k] == b[k] {
		k++
	}
	c := d.spec.Key[k]
	of := fmt.Sprintf("%d of %d missing keys", alike, missing)
	if mask != 0 {
		of = fmt.Sprintf("about %d %% of the missing keys", alike*100/missing)
	}
	return Hint{Code: "key_writing", Column: c.String(), Example: [2]string{a[k], b[k]},
		Text: fmt.Sprintf("%s may be extra ones that are written otherwise: %s is %q in A, %q in B%s", of, c, a[k], b[k], remedy([2]string{a[k], b[k]}, c.A))}
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
