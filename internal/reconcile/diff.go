package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// Keys fall into parts by their digest, about rowsOfPart rows in each, between
// leastParts and mostParts of them. Records are looked at one by one in parts
// that differ only.
const (
	rowsOfPart = 16
	leastParts = 1 << 8
	mostParts  = 1 << 19
	// engineParts is how many an engine is asked for at most: every part is a
	// row of its answer.
	engineParts = 1 << 16
)

// maxHeld is how many records are held at once while parts are looked into;
// more take another pass over the sides, and where that would be many passes a
// file.
var (
	maxHeld = int64(1 << 18)
	spillAt = 4 * maxHeld
)

// maxPlaces is how many places of a record are named.
const maxPlaces = 20

// Diff compares a, the source of truth, with b. It returns an error where a
// side cannot be read or lacks a column: what was not compared is never equal.
func Diff(ctx context.Context, spec Spec, a, b Source) (*Result, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	if spec.Limit == 0 {
		spec.Limit = 1000
	}
	d := newDiff(spec, a, b)
	suspects, err := d.begin(ctx)
	if errors.Is(err, ErrNotHashed) || err == nil && d.worn(suspects) {
		// The engines write the same values differently, or nearly everything
		// differs: our own hashes see more, and rows come out anyway.
		d = newDiff(spec, a, b)
		d.plain = true
		suspects, err = d.begin(ctx)
	}
	if err != nil {
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
	if a, b := d.held(suspects); a+b > spillAt && !spec.Totals {
		if err := d.lookSpilled(ctx, suspects, a+b); err != nil {
			return nil, err
		}
		suspects = nil
	}
	for len(suspects) > 0 && !spec.Totals {
		n, held := 0, int64(0)
		for n < len(suspects) && (n == 0 || held < maxHeld) {
			held += d.a.parts[suspects[n]].rows + d.b.parts[suspects[n]].rows
			n++
		}
		if err := d.look(ctx, suspects[:n]); err != nil {
			return nil, err
		}
		suspects = suspects[n:]
	}
	if err := d.confirm(ctx); err != nil {
		return nil, err
	}
	d.finish()
	d.hint()
	d.mark()
	return d.result, nil
}

type diff struct {
	spec   Spec
	a, b   *side
	parts  uint64
	plain  bool                       // engines are not asked to hash
	alike  bool                       // both sides are engines of one version
	seed   int64                      // of hashes that only they know
	span   Range                      // keys fall into parts by their value
	days   []string                   // that differ, where the engines looked; nil: all
	images map[string]map[string]bool // words of B by column in A
	result *Result
	edge   []absent // records without a counterpart inside the window
	hints  hinter   // of what differs only by how it is written
}

func newDiff(spec Spec, a, b Source) *diff {
	d := &diff{spec: spec, seed: rand.Int64(), images: map[string]map[string]bool{}, result: &Result{Format: Format, A: Side{Name: a.Name()}, B: Side{Name: b.Name()}, Counts: map[Class]int64{}, Findings: []Finding{}, Hints: []Hint{}}}
	for _, c := range Classes() {
		d.result.Counts[c] = 0
	}
	d.a = &side{Source: a, out: &d.result.A, zone: spec.Zones[0]}
	d.b = &side{Source: b, b: true, out: &d.result.B, zone: spec.Zones[1]}
	for _, c := range spec.Key {
		d.result.Key = append(d.result.Key, c.String())
	}
	for _, c := range spec.Compare {
		d.result.Compared = append(d.result.Compared, c.String())
	}
	for column, m := range spec.Status {
		d.images[column] = map[string]bool{}
		for _, to := range m {
			d.images[column][to] = true
		}
	}
	return d
}

// begin finds the columns, counts both sides and returns the parts that differ.
func (d *diff) begin(ctx context.Context) ([]uint64, error) {
	if err := d.both(func(s *side) error { return d.resolve(ctx, s) }); err != nil {
		return nil, err
	}
	return d.count(ctx)
}

// worn reports whether so many rows lie in parts that differ that hashes of
// engines are of no use.
func (d *diff) worn(suspects []uint64) bool {
	if d.a.engine == nil || d.spec.Totals {
		return false
	}
	a, b := d.held(suspects)
	return a+b > maxHeld && a > d.a.out.Rows/2 && b > d.b.out.Rows/2
}

// held returns how many rows lie in some parts.
func (d *diff) held(some []uint64) (a, b int64) {
	for _, k := range some {
		a, b = a+d.a.parts[k].rows, b+d.b.parts[k].rows
	}
	return a, b
}

// both runs f for the two sides at once.
func (d *diff) both(f func(*side) error) error {
	var wait sync.WaitGroup
	var errA, errB error
	wait.Go(func() { errA = f(d.a) })
	wait.Go(func() { errB = f(d.b) })
	wait.Wait()
	name, err := "A", errA
	if errA == nil {
		name, err = "B", errB
	}
	if err != nil && d.a.Name() == d.b.Name() { // tables of one name in two systems
		return fmt.Errorf("side %s: %w", name, err)
	}
	return err
}

// count counts and hashes both sides, each by its own engine where it can, and
// returns the parts that differ.
func (d *diff) count(ctx context.Context) ([]uint64, error) {
	d.parts = leastParts
	rows := int64(-1)
	ables := 0
	for _, s := range []*side{d.a, d.b} {
		if z, ok := s.Source.(Sizer); ok {
			n, err := z.Size(ctx)
			if err != nil {
				return nil, err
			}
			rows = max(rows, n)
		}
		// An engine does not see that 1.234 of one side is 1,234 of the other.
		if t, ok := s.Source.(Tallier); ok && !d.plain && d.spec.Commas == [2]bool{} && t.Able(ctx, d.shape(s)) {
			ables++
			s.engine = t
		}
	}
	if ables < 2 { // where one side comes out anyway, both do: our hashes see more
		ables, d.a.engine, d.b.engine = 0, nil, nil
	} else {
		va, err := d.a.engine.Version(ctx)
		if err != nil {
			return nil, err
		}
		vb, err := d.b.engine.Version(ctx)
		if err != nil {
			return nil, err
		}
		d.alike = va == vb
	}
	if rows < 0 {
		rows = leastParts * leastParts * rowsOfPart
	}
	most := uint64(mostParts)
	if ables > 0 {
		most = engineParts
	}
	for d.parts < most && d.parts*rowsOfPart < uint64(rows) {
		d.parts *= 2
	}
	if ables == 2 && !d.placed() {
		if err := d.cut(ctx); err != nil {
			return nil, err
		}
	}
	err := d.both(func(s *side) error {
		if s.engine == nil {
			return d.stream(ctx, s)
		}
		return d.ask(ctx, s)
	})
	if err != nil {
		return nil, err
	}
	d.buckets()
	differ := !d.placed() || slices.ContainsFunc(d.result.Buckets, func(b Bucket) bool { return !b.Equal })
	if differ && !d.spec.Totals {
		if ables == 2 && d.spec.Time != (Column{}) {
			d.days = d.unequalDays()
		}
		if err := d.both(func(s *side) error { return d.askParts(ctx, s) }); err != nil {
			return nil, err
		}
	}
	for _, s := range []*side{d.a, d.b} {
		if err := d.kinds(ctx, s); err != nil {
			return nil, err
		}
	}
	if !differ || d.spec.Totals {
		return nil, nil
	}
	out := d.unequalParts()
	if a, b := d.held(out); d.span == (Range{}) || a+b <= maxHeld || !d.lumpy(out) {
		return out, nil
	}
	d.span = Range{} // most keys stand in a few of the ranges: digests spread them
	for _, s := range []*side{d.a, d.b} {
		s.parts, s.strange, s.out.Rows = nil, 0, s.out.NoKey+s.out.Rejected
	}
	if err := d.both(func(s *side) error { return d.askParts(ctx, s) }); err != nil {
		return nil, err
	}
	return d.unequalParts(), nil
}

// cut lets keys fall into parts by their value where both engines have an index
// of whole numbers: what differs is read without looking at the rest.
func (d *diff) cut(ctx context.Context) error {
	var from, to [2]int64
	var ok [2]bool
	err := d.both(func(s *side) (err error) {
		n := 0
		if s.b {
			n = 1
		}
		from[n], to[n], ok[n], err = s.engine.Bounds(ctx, d.shape(s))
		return err
	})
	if low, high := min(from[0], from[1]), max(to[0], to[1]); err == nil && ok[0] && ok[1] && low > math.MinInt64/4 && high < math.MaxInt64/4 {
		d.span = cut(low, high, d.parts)
	}
	return err
}

// lumpy reports whether some of the parts hold far more keys than others do.
func (d *diff) lumpy(some []uint64) bool {
	for _, s := range []*side{d.a, d.b} {
		for _, k := range some {
			if s.parts[k].rows > 16*(s.out.Rows/int64(d.parts)+rowsOfPart) {
				return true
			}
		}
	}
	return false
}

func (d *diff) unequalParts() []uint64 {
	var out []uint64
	for k := range d.parts {
		if d.a.parts[k] != d.b.parts[k] {
			out = append(out, k)
		}
	}
	return out
}

// placed reports whether records fall into buckets.
func (d *diff) placed() bool { return d.spec.Time != (Column{}) || d.spec.Channel != (Column{}) }

// buckets puts the buckets of both sides beside each other.
func (d *diff) buckets() {
	if !d.placed() {
		return
	}
	ids := map[BucketID]bool{}
	for _, s := range []*side{d.a, d.b} {
		for id := range s.buckets {
			ids[id] = true
		}
	}
	for id := range ids {
		b := Bucket{BucketID: id, A: d.a.tally(id, len(d.spec.Measures)), B: d.b.tally(id, len(d.spec.Measures))}
		b.Equal = b.A.equal(&b.B)
		d.result.Buckets = append(d.result.Buckets, b)
	}
	slices.SortFunc(d.result.Buckets, func(x, y Bucket) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Channel, y.Channel))
	})
}

func (d *diff) unequalDays() []string {
	var out []string
	for _, b := range d.result.Buckets {
		if !b.Equal && !slices.Contains(out, b.Day) {
			out = append(out, b.Day)
		}
	}
	return out
}

func (s *side) tally(id BucketID, measures int) Tally {
	if t := s.buckets[id]; t != nil {
		return *t
	}
	return Tally{Sums: make([]Sum, measures)}
}

// kinds says what the cells of the columns were: their types where the engine
// has some, whether it hashed or its rows came out, else what was seen.
func (d *diff) kinds(ctx context.Context, s *side) error {
	s.out.Last, s.out.Unknown = s.last, s.unknown
	if s.engine != nil {
		return nil
	}
	if t, ok := s.Source.(Tallier); ok {
		types, err := t.Types(ctx)
		if err != nil {
			return err
		}
		if len(types) > 0 {
			s.typed(types)
			return nil
		}
	}
	s.out.Kinds = map[string]map[string]int64{}
	for k, c := range slices.Concat(d.spec.Key, d.spec.Compare) {
		name := c.A
		if s.b {
			name = c.B
		}
		of := map[string]int64{}
		for i, word := range []string{"null", "number", "instant", "text"} {
			if n := s.kinds[k][i]; n > 0 {
				of[word] = n
			}
		}
		s.out.Kinds[name] = of
	}
	return nil
}

// typed notes the types of the columns of an engine.
func (s *side) typed(types map[string]string) {
	s.out.Kinds = map[string]map[string]int64{}
	for name, typ := range types {
		s.out.Kinds[name] = map[string]int64{"type " + typ: 1}
	}
}
