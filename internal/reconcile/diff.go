package reconcile

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// groups is into how many groups keys fall by their digest. Records are looked
// at one by one in groups that differ only.
const groups = 1 << 19

// maxHeld is how many records are held at once while groups are looked into;
// more take another pass over the sides.
const maxHeld = 1 << 18

// maxPlaces is how many places of a record are named.
const maxPlaces = 20

// group is the checksum of the records whose keys fall into it.
type group struct {
	rows int64
	sum  uint64 // of the digests of key and compared columns, mod 2^64
}

// side is one side while it is compared.
type side struct {
	Source
	b       bool
	index   []int // of the columns of the spec, keys first, in the source
	groups  []group
	keys    [256][]uint64 // digests of the keys, one per row, by their first byte
	out     *Side
	keyless []Finding // rows that cannot be compared, as many as may be kept
	others  map[Class]int64
}

// Diff compares a, the source of truth, with b. It returns an error where a
// side cannot be read or lacks a column: what was not compared is never equal.
func Diff(ctx context.Context, spec Spec, a, b Source) (*Result, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	if spec.Limit == 0 {
		spec.Limit = 1000
	}
	d := &diff{spec: spec, result: &Result{Format: Format, A: Side{Name: a.Name()}, B: Side{Name: b.Name()}, Counts: map[Class]int64{}, Findings: []Finding{}}}
	for _, c := range Classes() {
		d.result.Counts[c] = 0
	}
	d.a, d.b = &side{Source: a, out: &d.result.A}, &side{Source: b, b: true, out: &d.result.B}
	for _, c := range spec.Key {
		d.result.Key = append(d.result.Key, c.String())
	}
	for _, c := range spec.Compare {
		d.result.Compared = append(d.result.Compared, c.String())
	}
	if err := d.both(func(s *side) error { return d.resolve(ctx, s) }); err != nil {
		return nil, err
	}
	if err := d.both(func(s *side) error { return d.sum(ctx, s) }); err != nil {
		return nil, err
	}
	for _, s := range []*side{d.a, d.b} {
		for _, f := range s.keyless {
			d.add(f)
			s.others[f.Class]--
		}
		for class, n := range s.others {
			d.result.Counts[class] += n
			d.result.Left += n
		}
	}
	suspects := d.suspects()
	for len(suspects) > 0 {
		n, held := 0, int64(0)
		for n < len(suspects) && (n == 0 || held < maxHeld) {
			held += d.a.groups[suspects[n]].rows + d.b.groups[suspects[n]].rows
			n++
		}
		if err := d.look(ctx, suspects[:n]); err != nil {
			return nil, err
		}
		suspects = suspects[n:]
	}
	d.finish()
	return d.result, nil
}

type diff struct {
	spec   Spec
	a, b   *side
	result *Result
}

// both runs f for the two sides at once.
func (d *diff) both(f func(*side) error) error {
	var wait sync.WaitGroup
	var errA, errB error
	wait.Go(func() { errA = f(d.a) })
	wait.Go(func() { errB = f(d.b) })
	wait.Wait()
	if errA != nil {
		return errA
	}
	return errB
}

// resolve finds the columns of the spec in a side.
func (d *diff) resolve(ctx context.Context, s *side) error {
	names, err := s.Columns(ctx)
	if err != nil {
		return err
	}
	for _, c := range slices.Concat(d.spec.Key, d.spec.Compare) {
		name := c.A
		if s.b {
			name = c.B
		}
		i := slices.Index(names, name)
		if i < 0 {
			return fmt.Errorf("%s has no column %q; it has %q", s.Name(), name, names)
		}
		s.index = append(s.index, i)
	}
	return nil
}

// reader turns rows into records.
type reader struct {
	d     *diff
	s     *side
	buf   []byte
	ends  []int  // of the canonical cells in buf
	nulls []bool // by column

	scratch []byte
}

// read makes the canonical form of a row and returns the digest of its key,
// and whether it has a key.
func (r *reader) read(cells []Cell) (key uint64, ok bool) {
	r.buf, r.ends, r.nulls = r.buf[:0], r.ends[:0], r.nulls[:0]
	ok = true
	for k, i := range r.s.index {
		var null bool
		from := len(r.buf)
		r.buf, null = canonical(r.buf, cells[i], r.d.spec.Fold)
		if null && k < len(r.d.spec.Key) {
			ok = false
		}
		if k >= len(r.d.spec.Key) && !r.s.b && !null {
			if m := r.d.spec.Status[r.d.spec.Compare[k-len(r.d.spec.Key)].A]; m != nil {
				if to, mapped := m[string(bytes.TrimSpace(cells[i].Text))]; mapped {
					r.buf, null = canonical(r.buf[:from], Cell{Text: []byte(to)}, r.d.spec.Fold)
				}
			}
		}
		r.ends, r.nulls = append(r.ends, len(r.buf)), append(r.nulls, null)
	}
	r.scratch = r.appendName(r.scratch[:0])
	digest := sha256.Sum256(r.scratch)
	return binary.BigEndian.Uint64(digest[:]), ok
}

// appendName appends the canonical key with the lengths of its parts.
func (r *reader) appendName(dst []byte) []byte {
	from := 0
	for _, end := range r.ends[:len(r.d.spec.Key)] {
		dst = binary.AppendUvarint(dst, uint64(end-from))
		dst = append(dst, r.buf[from:end]...)
		from = end
	}
	return dst
}

// digest returns the digest of the row that was read last.
func (r *reader) digest(key uint64) uint64 {
	r.scratch = binary.LittleEndian.AppendUint64(r.scratch[:0], key)
	for k := len(r.d.spec.Key); k < len(r.ends); k++ {
		null := byte(0)
		if r.nulls[k] {
			null = 1
		}
		r.scratch = append(r.scratch, null)
		r.scratch = binary.AppendUvarint(r.scratch, uint64(r.ends[k]-r.ends[k-1]))
		r.scratch = append(r.scratch, r.buf[r.ends[k-1]:r.ends[k]]...)
	}
	digest := sha256.Sum256(r.scratch)
	return binary.BigEndian.Uint64(digest[:])
}

// sum reads a side once: its checksums, the digests of its keys, and the rows
// that cannot be compared.
func (d *diff) sum(ctx context.Context, s *side) error {
	s.groups = make([]group, groups)
	r := &reader{d: d, s: s}
	err := s.Scan(ctx, func(place int64, cells []Cell) error {
		s.out.Rows++
		key, ok := r.read(cells)
		if !ok {
			s.out.NoKey++
			d.cannot(s, Finding{Class: NoKey, Key: d.shown(s, cells)}, place)
			return nil
		}
		g := &s.groups[key%groups]
		g.rows++
		g.sum += r.digest(key)
		s.keys[key>>56] = append(s.keys[key>>56], key)
		return nil
	}, func(place int64, why string) error {
		s.out.Rows++
		s.out.Rejected++
		d.cannot(s, Finding{Class: Rejected, Text: why}, place)
		return nil
	})
	if err != nil {
		return err
	}
	for n, some := range s.keys {
		slices.Sort(some)
		s.out.Keys += int64(len(slices.Compact(some)))
		s.keys[n] = nil
	}
	return nil
}

// cannot notes a row that cannot be compared.
func (d *diff) cannot(s *side, f Finding, place int64) {
	if s.others == nil {
		s.others = map[Class]int64{}
	}
	s.others[f.Class]++
	if len(s.keyless) == d.spec.Limit {
		return
	}
	if s.b {
		f.B = append(f.B, place)
	} else {
		f.A = append(f.A, place)
	}
	s.keyless = append(s.keyless, f)
}

// shown returns the key of a row as it stands there.
func (d *diff) shown(s *side, cells []Cell) []string {
	var key []string
	for _, i := range s.index[:len(d.spec.Key)] {
		key = append(key, string(bytes.TrimSpace(cells[i].Text)))
	}
	return key
}

// suspects returns the groups that differ.
func (d *diff) suspects() []int {
	var out []int
	for k := range groups {
		if d.a.groups[k] != d.b.groups[k] {
			out = append(out, k)
		}
	}
	return out
}

// record is one row of a suspect group.
type record struct {
	place int64
	key   []string
	form  []byte // canonical compared columns
	ends  []int
	nulls []bool
	text  []*string // as they stand
}

// look compares the records of some groups one by one.
func (d *diff) look(ctx context.Context, some []int) error {
	wanted := make([]bool, groups)
	for _, k := range some {
		wanted[k] = true
	}
	var found [2]map[string][]*record
	err := d.both(func(s *side) error {
		all := map[string][]*record{}
		r := &reader{d: d, s: s}
		err := s.Scan(ctx, func(place int64, cells []Cell) error {
			key, ok := r.read(cells)
			if !ok || !wanted[key%groups] {
				return nil
			}
			name := string(r.appendName(nil))
			all[name] = append(all[name], r.keep(place, cells))
			return nil
		}, func(int64, string) error { return nil })
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
		d.classify(found[0][name], found[1][name])
	}
	return nil
}

func (r *reader) keep(place int64, cells []Cell) *record {
	k := len(r.d.spec.Key)
	rec := &record{place: place, key: r.d.shown(r.s, cells), nulls: slices.Clone(r.nulls[k:])}
	base := r.ends[k-1]
	rec.form = bytes.Clone(r.buf[base:])
	for n, end := range r.ends[k:] {
		rec.ends = append(rec.ends, end-base)
		var text *string
		if c := cells[r.s.index[k+n]]; !c.Null {
			s := string(c.Text)
			text = &s
		}
		rec.text = append(rec.text, text)
	}
	return rec
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
	f := Finding{}
	for _, one := range a[:min(len(a), maxPlaces)] {
		f.A = append(f.A, one.place)
	}
	for _, one := range b[:min(len(b), maxPlaces)] {
		f.B = append(f.B, one.place)
	}
	switch {
	case len(b) == 0:
		f.Class, f.Key = Missing, a[0].key
		d.add(f)
		return
	case len(a) == 0:
		f.Class, f.Key = Extra, b[0].key
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
	// Of several records of a key each is compared with the one that is most
	// like it: the first pair that is equal, else the first.
	pair := [2]*record{a[0], b[0]}
	for _, x := range a {
		for _, y := range b {
			if len(d.differing(x, y)) == 0 {
				return
			}
		}
	}
	var status, value []Values
	for _, k := range d.differing(pair[0], pair[1]) {
		v := Values{d.spec.Compare[k].String(), pair[0].text[k], pair[1].text[k]}
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
}
