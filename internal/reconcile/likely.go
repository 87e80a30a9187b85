package reconcile

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"time"
)

// tailOf returns the last number of every part of a key, without the zeros
// before it; not ok where a part has none.
func tailOf(key []string) (string, bool) {
	var out []string
	for _, part := range key {
		if len(part) > 100 {
			return "", false
		}
		_, number, _ := cutTail(part)
		if number == "" {
			return "", false
		}
		if number = strings.TrimLeft(number, "0"); number == "" {
			number = "0"
		}
		out = append(out, number)
	}
	return strings.Join(out, "\x00"), true
}

// cutTail cuts a text at its last number.
func cutTail(text string) (before, number, behind string) {
	end := strings.LastIndexAny(text, "0123456789") + 1
	from := end
	for from > 0 && text[from-1] >= '0' && text[from-1] <= '9' {
		from--
	}
	return text[:from], text[from:end], text[end:]
}

// affixes are what stands before and behind the last number of every part of a
// key on the two sides.
func affixes(a, b []string) string {
	var out []string
	for k := range a {
		before, x, behind := cutTail(a[k])
		was, y, after := cutTail(b[k])
		padded := "" // that many digits, where one side writes zeros
		if x != y {
			padded = "0"
		}
		out = append(out, before, behind, was, after, padded)
	}
	return strings.Join(out, "\x00")
}

// leastAlike is how many keys or values must be so before a number that they
// have in common says something.
const leastAlike = 3

// affixHint is the hint on keys that have the same numbers with something
// before or behind them, in most cases the same.
func (d *diff) affixHint() {
	a, b := &d.hints.tails[0], &d.hints.tails[1]
	mask := max(a.mask, b.mask)
	a.cut(mask)
	b.cut(mask)
	ways, example := map[string]int64{}, map[string]string{}
	for form, key := range a.all {
		if other := b.all[form]; other != nil {
			way := affixes(key, other)
			if ways[way]++; ways[way] == 1 || form < example[way] {
				example[way] = form
			}
		}
	}
	best := ""
	for way, n := range ways {
		if best == "" || cmp.Or(cmp.Compare(n, ways[best]), cmp.Compare(best, way)) > 0 {
			best = way
		}
	}
	n := ways[best]
	if fewer := int64(min(len(a.all), len(b.all))); n < leastAlike || n*2 < fewer {
		return
	}
	x, y := a.all[example[best]], b.all[example[best]]
	k := 0
	for k < len(x)-1 && x[k] == y[k] {
		k++
	}
	c := d.spec.Key[k]
	d.hinted(Hint{Code: KeyAffix, Column: c.String(), Example: [2]string{x[k], y[k]}, Alike: n, Of: int64(len(a.all)), sampled: mask != 0,
		rest: "may be extra ones with something else before or behind their number: " + c.String() + " is " + quoted(x[k]) + " in A, " + quoted(y[k]) + " in B" + remedy([2]string{x[k], y[k]}, c.A)})
}

// steady counts how often values lie the same apart, of as many as written
// looks at.
type steady struct {
	ways map[string]*way
}

type way struct {
	n       int64
	example [2]string
	apart   []string // some values of A: the same one again says nothing
}

func (s *steady) add(text string, v Values) {
	w := s.ways[text]
	if w == nil {
		if s.ways == nil {
			s.ways = map[string]*way{}
		}
		w = &way{example: [2]string{*v.A, *v.B}}
		s.ways[text] = w
	}
	w.n++
	if example := [2]string{*v.A, *v.B}; slices.Compare(example[:], w.example[:]) < 0 {
		w.example = example
	}
	if len(w.apart) < leastAlike && !slices.Contains(w.apart, *v.A) {
		w.apart = append(w.apart, *v.A)
	}
}

// most fills in the way that most of all values have in common.
func (s *steady) most(all int64, h *Hint) bool {
	best := ""
	for text, w := range s.ways {
		if best == "" || cmp.Or(cmp.Compare(w.n, s.ways[best].n), cmp.Compare(best, text)) > 0 {
			best = text
		}
	}
	w := s.ways[best]
	if w == nil || len(w.apart) < leastAlike || w.n*2 < all {
		return false
	}
	h.Alike, h.Example, h.rest = w.n, w.example, best
	return true
}

// measure notes how far apart two values are.
func (w *written) measure(v Values, zones [2]*time.Location) {
	if apart, times := distance(v, zones); apart != "" {
		w.apart.add(apart, v)
		if times != "" {
			w.times.add(times, v)
		}
	}
}

// distance returns how far apart two instants or numbers are, and how many times
// the one the other is; empty where they are neither. zones are those of times
// without one, nil: UTC.
func distance(v Values, zones [2]*time.Location) (apart, times string) {
	if v.A == nil || v.B == nil || len(*v.A) > 40 || len(*v.B) > 40 {
		return "", ""
	}
	x, y := strings.TrimSpace(*v.A), strings.TrimSpace(*v.B)
	if len(x) > 10 && len(y) > 10 {
		s, err := parseTime(Cell{Text: []byte(x)}, cmp.Or(zones[0], time.UTC))
		if t, err2 := parseTime(Cell{Text: []byte(y)}, cmp.Or(zones[1], time.UTC)); err == nil && err2 == nil {
			return shortly(t.Sub(s).Abs()), ""
		}
	}
	p, ok := ratOf([]byte(x))
	q, ok2 := ratOf([]byte(y))
	if !ok || !ok2 {
		return "", ""
	}
	off := new(big.Rat).Sub(q, p)
	apart = plainRat(off.Abs(off))
	if p.Sign() != 0 && q.Sign() != 0 {
		times = plainRat(new(big.Rat).Quo(q, p))
	}
	return apart, times
}

// shortly writes a duration without parts that are nothing: 1h in the place of
// 1h0m0s.
func shortly(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	return text
}

// plainRat writes a number with the decimals that it has; empty: it has no end.
func plainRat(r *big.Rat) string {
	n, exact := r.FloatPrec()
	if !exact || n > 12 {
		return ""
	}
	return r.FloatString(n)
}

// mark says of every finding that is kept which hint it may be a case of.
func (d *diff) mark() {
	for i := range d.result.Hints {
		h := &d.result.Hints[i]
		for n := range d.result.Findings {
			if f := &d.result.Findings[n]; f.Hint == "" && h.Fits(f.Class) {
				d.markOne(h, f)
			}
		}
	}
}

func (d *diff) markOne(h *Hint, f *Finding) {
	switch h.Code {
	case KeyWriting, KeyAffix:
		other := 1
		if f.Class == Extra {
			other = 0
		}
		of, form := &d.hints.keys[other], ""
		ok := true
		if h.Code == KeyWriting {
			form = looseKey(f.Key)
		} else {
			of = &d.hints.tails[other]
			form, ok = tailOf(f.Key)
		}
		if like := of.all[form]; ok && like != nil {
			f.Hint, f.Like = h.Code, like
		}
	default:
		i := slices.IndexFunc(f.Columns, func(v Values) bool { return v.Column == h.Column })
		if i < 0 || f.Columns[i].A == nil || f.Columns[i].B == nil {
			return
		}
		v := f.Columns[i]
		apart, times := distance(v, d.spec.Zones)
		wantApart, wantTimes := distance(Values{A: &h.Example[0], B: &h.Example[1]}, d.spec.Zones)
		switch {
		case h.Code == ValueWriting && loose(*v.A) == loose(*v.B), h.Code == ValueOffset && apart == wantApart && apart != "", h.Code == ValueFactor && times == wantTimes && times != "":
			f.Hint = h.Code
		}
	}
}
