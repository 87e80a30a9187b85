package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/plan"
)

// pairOf is a pair with what the desk needs of it besides.
type pairOf struct{ *plan.Pair }

// zone returns the zone of business days.
func (p pairOf) zone() *time.Location {
	if p.Spec.Day != nil {
		return p.Spec.Day
	}
	return time.UTC
}

// midnight returns the begin of the business day of an instant.
func (p pairOf) midnight(t time.Time) time.Time {
	y, m, d := t.In(p.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, p.zone())
}

// doubles finds keys that stand more than once on both sides: the key does not
// name a record.
func doubles(s *sight, r *reconcile.Result) {
	for n, side := range []*reconcile.Side{&r.A, &r.B} {
		over := side.Rows - side.NoKey - side.Rejected - side.Keys
		if side.Keys > 0 && over > 0 && r.Counts[reconcile.Duplicate] == 0 {
			s.findings = append(s.findings, reconcile.Finding{Class: reconcile.Duplicate, Key: []string{"(" + []string{"A", "B"}[n] + ")"}, Text: fmt.Sprintf("%d rows of %s share their key with others, on both sides alike: the key does not name a record", over, side.Name)})
		}
	}
}

// takeBuckets takes the buckets and judges the sums of those that are closed.
func (s *sight) takeBuckets(p pairOf, spec *reconcile.Spec, r *reconcile.Result) {
	broken := map[reconcile.BucketID]bool{}
	for i := range r.Findings {
		broken[reconcile.BucketID{Day: r.Findings[i].Day, Channel: r.Findings[i].Channel}] = true
	}
	for i := range r.Buckets {
		b := &r.Buckets[i]
		one := BucketState{Day: b.Day, Channel: b.Channel, A: b.A.Rows, B: b.B.Rows, Equal: b.Equal && !s.partly || !broken[b.BucketID] && r.Left == 0 && !p.Totals && !s.partly, Checked: s.now,
			Digests: [2]string{strconv.FormatUint(b.A.Digest, 16), strconv.FormatUint(b.B.Digest, 16)}}
		for _, c := range p.Spec.Measures {
			sums := [2]string{} // of one that has gone
			if k := slices.Index(spec.Measures, c); k >= 0 {
				sums = [2]string{b.A.Sums[k].String(), b.B.Sums[k].String()}
			}
			one.Sums = append(one.Sums, sums)
		}
		s.buckets = append(s.buckets, one)
		if b.Day > s.closed && b.Day != "" {
			continue
		}
		add := func(class reconcile.Class, what, text string) {
			s.findings = append(s.findings, reconcile.Finding{Class: class, Key: []string{b.Day, b.Channel, what}, Day: b.Day, Channel: b.Channel, Text: text})
		}
		totals := func(k int) (string, string) {
			if k < 0 {
				return fmt.Sprint(b.A.Rows), fmt.Sprint(b.B.Rows)
			}
			return b.A.Sums[k].String(), b.B.Sums[k].String()
		}
		for k := range p.Thresholds {
			t := &p.Thresholds[k]
			k := t.Measure
			if k >= 0 {
				if k = slices.Index(spec.Measures, p.Spec.Measures[k]); k < 0 {
					continue // its column has gone
				}
			}
			x, y := totals(k)
			sx, sy := reconcile.ParseSum(x), reconcile.ParseSum(y)
			if percent, over := t.Exceeded(sx.Rat(), sy.Rat()); over {
				class := reconcile.MismatchTotal
				if t.Measure < 0 {
					class = reconcile.MismatchCount
				}
				add(class, t.Text, fmt.Sprintf("%s: %s and %s, %.3g %%", t.Text, x, y, percent))
			}
		}
		if len(p.Thresholds) > 0 && p.Totals {
			continue // they say how much may differ
		}
		if p.Totals && b.A.Rows != b.B.Rows {
			add(reconcile.MismatchCount, p.Records, fmt.Sprintf("%d %s and %d", b.A.Rows, p.Records, b.B.Rows))
		}
		for k, c := range spec.Measures {
			if broken[b.BucketID] || slices.ContainsFunc(p.Spec.Compare, func(o reconcile.Column) bool { return o.A == c.A }) {
				continue // single records say what differs
			}
			if b.A.Sums[k].Rat().Cmp(b.B.Sums[k].Rat()) != 0 {
				x, y := totals(k)
				add(reconcile.MismatchTotal, c.A, fmt.Sprintf("%s comes to %s and %s", c.A, x, y))
			}
		}
	}
}

// lost is a declared column that a side has not.
type lost struct {
	side   int
	column string
	name   string // of the side
}

// leaveOut takes columns that have gone from a side out of what is compared and
// added up, and returns them: one column that has gone does not hide what is
// wrong in the others. Keys, times and channels are not done without.
func leaveOut(ctx context.Context, spec *reconcile.Spec, a, b reconcile.Source) ([]lost, error) {
	var out []lost
	for n, src := range []reconcile.Source{a, b} {
		names, err := src.Columns(ctx)
		if err != nil {
			return nil, err
		}
		keep := func(list []reconcile.Column) []reconcile.Column {
			return slices.DeleteFunc(slices.Clone(list), func(c reconcile.Column) bool {
				name := []string{c.A, c.B}[n]
				gone := name != "" && !slices.Contains(names, name)
				if one := (lost{n, name, src.Name()}); gone && !slices.Contains(out, one) {
					out = append(out, one)
				}
				return gone
			})
		}
		spec.Compare, spec.Measures = keep(spec.Compare), keep(spec.Measures)
	}
	if len(out) == 0 {
		return nil, nil
	}
	spec.Status, spec.Tolerance, spec.Times = maps.Clone(spec.Status), maps.Clone(spec.Tolerance), maps.Clone(spec.Times)
	compared := func(name string) bool {
		return slices.ContainsFunc(spec.Compare, func(c reconcile.Column) bool { return c.A == name })
	}
	maps.DeleteFunc(spec.Status, func(name string, _ map[string]string) bool { return !compared(name) })
	maps.DeleteFunc(spec.Tolerance, func(name string, _ *big.Rat) bool { return !compared(name) })
	maps.DeleteFunc(spec.Times, func(name string, _ bool) bool { return !compared(name) })
	return out, nil
}

// gone ends the key of a finding of a column that is not there, beside one of a
// column that holds something else.
const gone = "gone"

// lacks finds columns that have gone; of all others it is known that they are
// there.
func (s *sight) lacks(p pairOf, list []lost) {
	for _, c := range slices.Concat(p.Spec.Compare, p.Spec.Measures) {
		s.columns["A."+c.A+"."+gone], s.columns["B."+c.B+"."+gone] = true, true
	}
	for _, l := range list {
		side := []string{"A", "B"}[l.side]
		s.findings = append(s.findings, reconcile.Finding{Class: reconcile.SchemaDrift, Key: []string{side, l.column, gone}, Text: fmt.Sprintf("%s has no column %q; it is left out of the comparison", l.name, l.column)})
	}
}

// unmapped finds words that the status map does not know.
func (s *sight) unmapped(r *reconcile.Result) {
	s.judged[reconcile.Unmapped] = s.window.to.IsZero()
	for n, side := range []*reconcile.Side{&r.A, &r.B} {
		for _, column := range slices.Sorted(maps.Keys(side.Unknown)) {
			for _, word := range slices.Sorted(maps.Keys(side.Unknown[column])) {
				s.findings = append(s.findings, reconcile.Finding{Class: reconcile.Unmapped, Key: []string{[]string{"A", "B"}[n], column, word}, Text: fmt.Sprintf("%d records of %s", side.Unknown[column][word], side.Name)})
			}
		}
	}
}

// dominant returns what a column holds: its type, or the kind of nearly all of
// its cells; empty: too few to say.
func dominant(kinds map[string]int64) string {
	for name := range kinds {
		if strings.HasPrefix(name, "type ") {
			return name
		}
	}
	all, filled := int64(0), int64(0)
	for name, n := range kinds {
		all += n
		if name != "null" {
			filled += n
		}
	}
	if all < 20 {
		return ""
	}
	if filled*20 < all {
		return "nothing"
	}
	for name, n := range kinds {
		if name != "null" && n*10 >= filled*9 {
			return name
		}
	}
	return "a mixture"
}

// drift finds columns that hold something else than before.
func drift(s *sight, st *state, r *reconcile.Result) {
	s.judged[reconcile.SchemaDrift] = true
	for n, side := range []*reconcile.Side{&r.A, &r.B} {
		if st.Kinds[n] == nil {
			st.Kinds[n] = map[string]string{}
		}
		for _, column := range slices.Sorted(maps.Keys(side.Kinds)) {
			is := dominant(side.Kinds[column])
			if is == "" {
				continue
			}
			key := []string{[]string{"A", "B"}[n], column}
			s.columns[strings.Join(key, ".")] = true
			was := st.Kinds[n][column]
			typed := strings.HasPrefix(is, "type ")
			if was == "" || typed && !strings.HasPrefix(was, "type ") { // seen before, known from now on
				st.Kinds[n] = maps.Clone(st.Kinds[n])
				st.Kinds[n][column] = is
				continue
			}
			if was != is && was != "a mixture" && was != "nothing" {
				s.findings = append(s.findings, reconcile.Finding{Class: reconcile.SchemaDrift, Key: key, Text: fmt.Sprintf("column %q of %s held %s before and holds %s now", column, side.Name, was, is)})
			}
		}
	}
}

// arrivals reads how late and in which order records came.
func (d *Desk) arrivals(ctx context.Context, in *integration, st *state, s *sight, b reconcile.Source) error {
	p := pairOf{in.pair}
	if p.Spec.Arrived == "" {
		return nil
	}
	spec := reconcile.ArrivalSpec{Time: p.Spec.Time.B, Arrived: p.Spec.Arrived, Channel: p.Spec.Channel.B, Sequence: p.Sequence, Deadline: p.Deadline, Zone: p.Spec.Zones[1], From: s.window.from, To: s.window.to, Day: p.Spec.Day, Limit: 100_000}
	for _, c := range p.Spec.Key {
		spec.Key = append(spec.Key, c.B)
	}
	r, err := reconcile.ReadArrivals(ctx, b, spec)
	if err != nil {
		return err
	}
	if r.Rows > 0 {
		st.P50, st.P99 = r.P50, r.P99
	}
	s.judged[reconcile.Late], s.judged[reconcile.OutOfOrder] = true, true
	// An arrival is news for an hour, and whatever came since the last look.
	since := s.now.Add(-time.Hour)
	if !st.Checked.IsZero() && st.Checked.Before(since) {
		since = st.Checked
	}
	for i := range r.Findings {
		if f := &r.Findings[i]; !f.Arrived.Before(since) || s.first {
			s.findings = append(s.findings, *f)
		}
	}
	return nil
}

// stale finds sides that nothing came from for too long.
func stale(p pairOf, st *state, s *sight) {
	s.judged[reconcile.Stale] = true
	if p.Expect <= 0 {
		return
	}
	for n, last := range []time.Time{st.LastA, st.LastB} {
		if last.After(s.now) {
			last = s.now // a clock ahead of ours hides nothing for long
		}
		name := []string{"A", "B"}[n]
		silent := p.Calendar.Between(last, s.now)
		switch {
		case last.IsZero():
			s.findings = append(s.findings, reconcile.Finding{Class: reconcile.Stale, Key: []string{name}, Text: "nothing ever came from " + name})
		case silent > 2*p.Expect:
			s.findings = append(s.findings, reconcile.Finding{Class: reconcile.Stale, Key: []string{name}, At: last, Text: "nothing new in " + name + " since " + last.UTC().Format("2 Jan 15:04 UTC")})
		case silent > p.Expect:
			st.Note = "nothing new in " + name + " since " + last.UTC().Format("15:04 UTC")
		}
	}
}

// weeks is how many of the same weekday a volume is compared with, at most and
// at least.
const (
	mostWeeks  = 8
	leastWeeks = 4
)

// volumes compares closed days with the same weekday before.
func (d *Desk) volumes(ctx context.Context, in *integration, s *sight) error {
	p := pairOf{in.pair}
	if !p.Volume || !s.window.to.IsZero() {
		return nil
	}
	last, err := time.Parse(time.DateOnly, s.closed)
	if err != nil {
		return nil
	}
	history, err := d.store.buckets(ctx, p.Name, last.AddDate(0, 0, -7*mostWeeks-1).Format(time.DateOnly), s.closed)
	if err != nil {
		return &storeError{err}
	}
	counts := map[string]map[string]int64{} // by channel and day
	days := map[string]bool{}
	for i := range history {
		b := &history[i]
		if counts[b.Channel] == nil {
			counts[b.Channel] = map[string]int64{}
		}
		counts[b.Channel][b.Day] = b.A
		days[b.Day] = true
	}
	for i := range s.buckets { // those of this look are not stored yet
		if b := &s.buckets[i]; b.Day <= s.closed {
			if counts[b.Channel] == nil {
				counts[b.Channel] = map[string]int64{}
			}
			counts[b.Channel][b.Day] = b.A
			days[b.Day] = true
		}
	}
	// It is news for two days: what happened on a day does not change any more.
	s.judged[reconcile.Volume] = true
	for _, name := range []string{last.AddDate(0, 0, -1).Format(time.DateOnly), s.closed} {
		day, err := time.Parse(time.DateOnly, name)
		if err != nil {
			continue
		}
		if !p.Calendar.Works(name) {
			continue
		}
		for _, channel := range slices.Sorted(maps.Keys(counts)) {
			var before []float64
			for w := 1; w <= mostWeeks; w++ {
				past := day.AddDate(0, 0, -7*w).Format(time.DateOnly)
				if days[past] && p.Calendar.Works(past) {
					before = append(before, float64(counts[channel][past]))
				}
			}
			low, high, ok := band(before)
			n := float64(counts[channel][name])
			if ok && (n < low || n > high) {
				s.findings = append(s.findings, reconcile.Finding{Class: reconcile.Volume, Key: []string{name, channel}, Day: name, Channel: channel, Text: fmt.Sprintf("%.0f %s on %s; the same weekday had between %.0f and %.0f before", n, p.Records, name, low, high)})
			}
		}
	}
	return nil
}

// band returns between what a number lies that is like those before: the
// median, give or take six robust standard deviations, four of counting,
// and a quarter.
func band(before []float64) (low, high float64, ok bool) {
	if len(before) < leastWeeks {
		return 0, 0, false
	}
	middle := median(before)
	var off []float64
	for _, n := range before {
		off = append(off, math.Abs(n-middle))
	}
	wide := max(6*1.4826*median(off), 4*math.Sqrt(middle), middle/4, 3)
	return max(0, middle-wide), middle + wide, true
}

func median(list []float64) float64 {
	s := slices.SortedFunc(slices.Values(list), cmp.Compare)
	if n := len(s); n%2 == 0 {
		return (s[n/2-1] + s[n/2]) / 2
	}
	return s[len(s)/2]
}
