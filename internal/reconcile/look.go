package reconcile

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// record is one row of a suspect part.
type record struct {
	place int64
	key   []string
	name  [][]byte // the canonical key
	hash  string   // of the compared form

	bucket           BucketID
	at               time.Time
	changed, arrived time.Time
	form             []byte // canonical compared columns
	ends             []int
	nulls            []bool
	text             []*string // as they stand
}

// look compares the records of some parts one by one.
func (d *diff) look(ctx context.Context, some []uint64) error {
	return d.compare(func(s *side) (map[string][]*record, error) {
		src, wanted := d.suspected(s, some)
		return d.collect(ctx, s, src, true, wanted)
	})
}

// suspected returns what has the records of some parts of a side, and which of
// its rows they are.
func (d *diff) suspected(s *side, some []uint64) (Source, func(key uint64, _ []byte) bool) {
	if s.engine != nil { // what it picked is wanted, even where its hash is not ours
		return s.engine.Pick(d.shape(s), d.parts, some), func(uint64, []byte) bool { return true }
	}
	wanted := make([]bool, d.parts)
	for _, k := range some {
		wanted[k] = true
	}
	return d.narrowed(s), func(key uint64, _ []byte) bool { return wanted[key%d.parts] }
}

// compare compares records that both sides collect, one by one.
func (d *diff) compare(collect func(*side) (map[string][]*record, error)) error {
	var found [2]map[string][]*record
	err := d.both(func(s *side) error {
		all, err := collect(s)
		if s.b {
			found[1] = all
		} else {
			found[0] = all
		}
		return err
	})
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, all := range found {
		for name := range all {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		a, b := found[0][name], found[1][name]
		if len(a) == 0 && d.a.unread[name] || len(b) == 0 && d.b.unread[name] {
			continue // it is there and could not be read, which is said
		}
		if (len(a) == 0 || len(b) == 0) && d.bounded() && len(d.edge) < maxEdge {
			d.edge = append(d.edge, absent{name, a, b})
			continue
		}
		d.classify(a, b)
	}
	return nil
}

// bounded reports whether there is a window that a record may be outside of.
func (d *diff) bounded() bool {
	return !d.spec.From.IsZero() || !d.spec.To.IsZero() || d.days != nil
}

// collect returns the records of a source that are wanted, by name.
func (d *diff) collect(ctx context.Context, s *side, src Source, inside bool, wanted func(key uint64, name []byte) bool) (map[string][]*record, error) {
	all := map[string][]*record{}
	r := d.reader(s)
	var name []byte
	err := src.Scan(ctx, func(place int64, cells []Cell) error {
		key, cannot, _ := r.read(cells)
		if cannot == NoKey || inside && (cannot != "" || r.outside) {
			return nil
		}
		if inside && d.days != nil && !slices.Contains(d.days, r.bucket.Day) {
			return nil
		}
		name = r.appendName(name[:0])
		if wanted(key, name) {
			all[string(name)] = append(all[string(name)], r.keep(place, cells))
		}
		return nil
	}, func(int64, string) error { return nil })
	return all, err
}

// absent is a record that one side has not, inside the window.
type absent struct {
	name string
	a, b []*record
}

// maxEdge bounds how many records are looked for outside the window; where
// more are missing, they are missing.
const maxEdge = 2000

// confirm looks for records that are missing inside the window outside of it:
// the sides may disagree on the time of a record.
func (d *diff) confirm(ctx context.Context) error {
	var want [2]map[string][][]byte
	for n := range want {
		want[n] = map[string][][]byte{}
	}
	for i := range d.edge {
		e := &d.edge[i]
		if len(e.a) == 0 {
			want[0][e.name] = e.b[0].name
		} else if len(e.b) == 0 {
			want[1][e.name] = e.a[0].name
		}
	}
	var found [2]map[string][]*record
	err := d.both(func(s *side) error {
		n := 0
		if s.b {
			n = 1
		}
		if len(want[n]) == 0 {
			return nil
		}
		src := s.Source
		if narrow, ok := src.(Narrower); ok {
			w := Want{Key: d.keyOf(s), Columns: s.used, Loose: d.loose()}
			for _, name := range slices.Sorted(maps.Keys(want[n])) {
				var parts []string
				for _, p := range want[n][name] {
					parts = append(parts, string(p))
				}
				w.Keys = append(w.Keys, parts)
			}
			src = narrow.Narrow(w)
		}
		var err error
		found[n], err = d.collect(ctx, s, src, false, func(_ uint64, name []byte) bool { _, ok := want[n][string(name)]; return ok })
		return err
	})
	if err != nil {
		return err
	}
	for i := range d.edge {
		e := &d.edge[i]
		if len(e.a) == 0 {
			e.a = found[0][e.name]
		} else {
			e.b = found[1][e.name]
		}
		d.classify(e.a, e.b)
	}
	return nil
}

func (d *diff) keyOf(s *side) []string {
	var out []string
	for _, c := range d.spec.Key {
		if s.b {
			out = append(out, c.B)
		} else {
			out = append(out, c.A)
		}
	}
	return out
}

func (r *reader) keep(place int64, cells []Cell) *record {
	k := len(r.d.spec.Key)
	rec := &record{place: place, key: r.d.shown(r.s, cells), nulls: slices.Clone(r.nulls[k:])}
	rec.bucket, rec.at = r.bucket, r.at
	for n, to := range map[*time.Time]int{&rec.changed: r.s.roles.updated, &rec.arrived: r.s.roles.arrived} {
		if to >= 0 {
			if t, err := parseTime(cells[to], r.s.zone); err == nil {
				*n = t
			}
		}
	}
	from := 0
	for _, end := range r.ends[:k] {
		rec.name = append(rec.name, bytes.Clone(r.buf[from:end]))
		from = end
	}
	sum := sha256.Sum256(r.appendCells(nil, 0, len(r.ends)))
	rec.hash = hex.EncodeToString(sum[:])
	from = r.ends[k-1]
	for n, end := range r.ends[k:] {
		rec.form = appendForm(rec.form, r.buf[from:end])
		rec.ends = append(rec.ends, len(rec.form))
		from = end
		var text *string
		if c := cells[r.s.index[k+n]]; !c.Null {
			s := shownText(c.Text)
			text = &s
		}
		rec.text = append(rec.text, text)
	}
	return rec
}

// mostShown is how many bytes of a value are shown and held; of more it is the
// begin that is shown, and the SHA-256 that is compared.
const mostShown = 4096

func appendForm(dst, form []byte) []byte {
	if len(form) <= mostShown {
		return append(dst, form...)
	}
	sum := sha256.Sum256(form)
	return append(append(dst, "\x00sha256:"...), sum[:]...)
}

func shownText(text []byte) string {
	if len(text) <= mostShown {
		return string(text)
	}
	cut := mostShown
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return fmt.Sprintf("%s… (%d bytes)", text[:cut], len(text))
}

func (r *record) column(k int) []byte {
	from := 0
	if k > 0 {
		from = r.ends[k-1]
	}
	return r.form[from:r.ends[k]]
}

// classify compares all records of one key.
func (d *diff) classify(a, b []*record) {
	f := found(a, b)
	for _, one := range a[:min(len(a), maxPlaces)] {
		f.A = append(f.A, one.place)
	}
	for _, one := range b[:min(len(b), maxPlaces)] {
		f.B = append(f.B, one.place)
	}
	switch {
	case len(b) == 0:
		f.Class, f.Key = Missing, a[0].key
		d.hints.key(0, a[0])
		d.add(f)
		return
	case len(a) == 0:
		f.Class, f.Key = Extra, b[0].key
		d.hints.key(1, b[0])
		d.add(f)
		return
	}
	f.Key = a[0].key
	if len(a) != len(b) {
		dup := f
		dup.Class = Duplicate
		dup.Text = fmt.Sprintf("%d in A, %d in B", len(a), len(b))
		d.add(dup)
	}
	a, b = d.unlike(a, b)
	for i := range min(len(a), len(b)) {
		d.mismatch(f, a[i], b[i])
	}
}

// mismatch names the columns in which two records of a key differ.
func (d *diff) mismatch(f Finding, a, b *record) {
	var status, value []Values
	for _, k := range d.differing(a, b) {
		v := Values{d.spec.Compare[k].String(), a.text[k], b.text[k]}
		d.hints.value(k, v, d.spec.Zones)
		if d.spec.Status[d.spec.Compare[k].A] != nil || d.spec.Compare[k].A == "status" {
			status = append(status, v)
		} else {
			value = append(value, v)
		}
	}
	for class, columns := range map[Class][]Values{MismatchStatus: status, MismatchValue: value} {
		if len(columns) > 0 {
			one := f
			one.Class, one.Columns = class, columns
			d.add(one)
		}
	}
}

// unlike leaves out the records of a key that have an equal one on the other
// side, each once: 10 and 20 are not 10 and 30. What is left of both sides
// differs, or has no counterpart.
func (d *diff) unlike(a, b []*record) (restA, restB []*record) {
	if len(a) == 1 && len(b) == 1 {
		if len(d.differing(a[0], b[0])) == 0 {
			return nil, nil
		}
		return a, b
	}
	byHash := map[string][]int{}
	for i, y := range b {
		byHash[y.hash] = append(byHash[y.hash], i)
	}
	taken := make([]bool, len(b))
	for _, x := range a {
		if same := byHash[x.hash]; len(same) > 0 {
			taken[same[0]], byHash[x.hash] = true, same[1:]
			continue
		}
		restA = append(restA, x)
	}
	for i, y := range b {
		if !taken[i] {
			restB = append(restB, y)
		}
	}
	// Records that hash differently may be equal still, by a tolerance.
	if len(restA) > mostAlike || len(restB) > mostAlike {
		return restA, restB
	}
	return slices.DeleteFunc(restA, func(x *record) bool {
		i := slices.IndexFunc(restB, func(y *record) bool { return len(d.differing(x, y)) == 0 })
		if i >= 0 {
			restB = slices.Delete(restB, i, i+1)
		}
		return i >= 0
	}), restB
}

// mostAlike bounds how many records of one key are compared each with each.
const mostAlike = 200

// found begins a finding on the records of one key.
func found(a, b []*record) Finding {
	var f Finding
	for n, side := range [][]*record{b, a} { // what A says goes last and stays
		if len(side) == 0 {
			continue
		}
		one := side[0]
		f.Day, f.Channel, f.At = one.bucket.Day, one.bucket.Channel, one.at
		for _, rec := range side {
			if rec.changed.After(f.Changed) {
				f.Changed = rec.changed
			}
			if rec.arrived.After(f.Arrived) {
				f.Arrived = rec.arrived
			}
		}
		f.Hashes[1-n] = one.hash
	}
	return f
}

// differing returns the compared columns in which two records differ.
func (d *diff) differing(a, b *record) []int {
	var out []int
	for k := range d.spec.Compare {
		if a.nulls[k] == b.nulls[k] && bytes.Equal(a.column(k), b.column(k)) {
			continue
		}
		if t := d.spec.Tolerance[d.spec.Compare[k].A]; t != nil && !a.nulls[k] && !b.nulls[k] && within(a.column(k), b.column(k), t) {
			continue
		}
		if d.spec.Times[d.spec.Compare[k].A] && twice(a.column(k), b.column(k), d.spec.Zones) {
			continue
		}
		out = append(out, k)
	}
	return out
}

// add counts a finding and keeps it as long as there is room.
func (d *diff) add(f Finding) {
	d.result.Counts[f.Class]++
	if len(d.result.Findings) < d.spec.Limit {
		d.result.Findings = append(d.result.Findings, f)
	} else {
		d.result.Left++
	}
}

// finish puts the findings in their order.
func (d *diff) finish() {
	slices.SortStableFunc(d.result.Findings, func(a, b Finding) int {
		return cmp.Or(slices.Compare(a.Key, b.Key), cmp.Compare(slices.Index(Classes(), a.Class), slices.Index(Classes(), b.Class)), slices.Compare(a.A, b.A), slices.Compare(a.B, b.B))
	})
	d.result.Equal = true
	for _, n := range d.result.Counts {
		d.result.Equal = d.result.Equal && n == 0
	}
	for i := range d.result.Buckets {
		d.result.Equal = d.result.Equal && (d.result.Buckets[i].Equal || !d.spec.Totals)
	}
}
