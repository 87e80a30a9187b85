package road

import (
	"context"
	"math"
	"slices"
	"sort"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/series"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// hourly is a Series that keeps the rollup of every hour of its chunks, as
// package series/pebble does: long stretches need not be read row by row then.
type hourly interface {
	Rollups(p reading.Partition, m pleth.Metric, from, to int64, f func(hour int64, r *series.Rollup) error) error
}

// rollupSpan is how much is taken from rollups at a time: it bounds memory.
const rollupSpan = 32 * 24 * series.Hour

// mostContested is how many hours with conflicts are remembered of a partition;
// where there are more, rollups are not used for it.
const mostContested = 2000

// contest notes that the hour of t has rows that contradict each other. Which
// of them count depends on their order, not on which came first: rollups, that
// are made as rows are sealed, do not know.
func (s *state) contest(t int64) {
	hour := series.HourOf(t)
	if k, have := slices.BinarySearch(s.Contested, hour); !have && len(s.Contested) < mostContested {
		s.Contested = slices.Insert(s.Contested, k, hour)
	}
}

// contested reports whether rows at times from <= t <= to may contradict each other.
func (s *state) contested(from, to int64) bool {
	if len(s.Contested) >= mostContested {
		return true
	}
	k := sort.Search(len(s.Contested), func(k int) bool { return s.Contested[k]+(series.Hour-1) >= from })
	return k < len(s.Contested) && s.Contested[k] <= to
}

// mostTries is how often a span is read again because rows were sealed meanwhile.
const mostTries = 8

// hours fills the buckets of h from rollups, where whole hours are wanted, and
// from rows at both ends.
func (b *bucketer) hours(ctx context.Context, r *Road, h *head, q *Query, rollups hourly) error {
	h.mu.RLock()
	from, to := max(q.From, h.state.Oldest), h.state.Newest
	h.mu.RUnlock()
	if q.To != 0 {
		to = min(to, q.To-1)
	}
	if from > to {
		return nil
	}
	lo, hi := -floor(-from, series.Hour), floor(to+1, series.Hour)
	if lo >= hi {
		return b.rows(ctx, r, h, q)
	}
	rows := func(from, to int64) error {
		if from >= to || b.stopped {
			return nil
		}
		one := *q
		one.From, one.To = from, to
		return b.rows(ctx, r, h, &one)
	}
	if err := rows(from, lo); err != nil {
		return err
	}
	h.mu.RLock()
	contested := slices.Clone(h.state.Contested)
	h.mu.RUnlock()
	if len(contested) >= mostContested {
		return rows(lo, to+1)
	}
	for at := lo; at < hi && !b.stopped; {
		end := min(at+rollupSpan, hi)
		k, _ := slices.BinarySearch(contested, at)
		if k < len(contested) && contested[k] < end {
			end = contested[k]
		}
		var err error
		if end == at {
			end = at + series.Hour
			err = rows(at, end)
		} else {
			err = b.span(ctx, r, h, at, end, rollups)
		}
		if err != nil {
			return err
		}
		at = end
	}
	return rows(hi, to+1)
}

// part is what one metric came to in one hour.
type part struct {
	hour int64
	bins []window.Bin
	low  pleth.Value // of the first bin
	top  pleth.Value // of the last
}

// span takes the hours from <= t < to.
func (b *bucketer) span(ctx context.Context, r *Road, h *head, from, to int64, rollups hourly) error {
	var fresh *reading.Table
	parts := make([][]part, len(b.sums)) // those of b.parts that are left
	for try := 0; ; try++ {
		h.mu.RLock()
		seals := h.seals
		fresh = h.table(h.order[searchOrder(h, from):searchOrder(h, to)])
		h.mu.RUnlock()
		b.room = b.room[:0] // the hours of the span before are in the sums
		for k := range b.sums {
			all := b.parts[k][:0]
			err := rollups.Rollups(h.partition, b.sums[k].metric, from, to, func(hour int64, u *series.Rollup) error {
				all = append(all, b.partOf(hour, u))
				return ctx.Err()
			})
			if err != nil {
				return err
			}
			b.parts[k], parts[k] = all, all
		}
		h.mu.RLock()
		same := h.seals == seals && seals%2 == 0
		h.mu.RUnlock()
		if same {
			break
		}
		if try == mostTries { // rows are sealed all the time: read them
			return b.rows(ctx, r, h, &Query{From: from, To: to})
		}
	}
	settled := flagger{}
	settled.settle(fresh)
	row := 0
	for {
		hour := int64(math.MaxInt64)
		for k := range parts {
			if len(parts[k]) > 0 {
				hour = min(hour, parts[k][0].hour)
			}
		}
		if row < fresh.Rows.Len() {
			hour = min(hour, series.HourOf(fresh.Rows.Time(row)))
		}
		if hour == math.MaxInt64 {
			return nil
		}
		if err := b.begin(hour); err != nil || b.stopped {
			return err
		}
		for k := range parts {
			if len(parts[k]) > 0 && parts[k][0].hour == hour {
				b.sums[k].merge(&parts[k][0])
				parts[k] = parts[k][1:]
			}
		}
		end := row
		for end < fresh.Rows.Len() && fresh.Rows.Time(end)-hour < series.Hour {
			end++
		}
		for k := range b.sums {
			b.sums[k].add(fresh, row, end)
		}
		row = end
	}
}

// partOf returns what u says of an hour, in the memory of b.
func (b *bucketer) partOf(hour int64, u *series.Rollup) part {
	if cap(b.room)-len(b.room) < len(u.Bins) {
		b.room = make([]window.Bin, 0, max(8192, 2*cap(b.room), len(u.Bins)))
	}
	p := part{hour: hour, bins: b.room[len(b.room):]}
	for i := range u.Bins {
		v, _ := signal.FromValue(pleth.Num(u.Bins[i].Digits, u.Scale))
		p.bins = appendBin(p.bins, v, u.Bins[i].Count)
	}
	b.room = b.room[:len(b.room)+len(p.bins)]
	if n := len(u.Bins); n > 0 {
		p.low, p.top = pleth.Num(u.Bins[0].Digits, u.Scale), pleth.Num(u.Bins[n-1].Digits, u.Scale)
	}
	return p
}

// merge adds what an hour came to.
func (s *bucketSum) merge(p *part) {
	if len(p.bins) == 0 {
		return
	}
	low, top := p.bins[0].V, p.bins[len(p.bins)-1].V
	if s.count == 0 || low < s.low {
		s.min, s.low = p.low, low
	}
	if s.count == 0 || top > s.top {
		s.max, s.top = p.top, top
	}
	for _, b := range p.bins {
		s.count += b.Weight
	}
	if len(s.bins) == 0 { // then there are no values beside them
		s.bins = append(s.bins, p.bins...)
		return
	}
	out, a, b := s.room[:0], s.bins, p.bins
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].V < b[0].V:
			out, a = append(out, a[0]), a[1:]
		case a[0].V > b[0].V:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, window.Bin{V: a[0].V, Weight: a[0].Weight + b[0].Weight})
			a, b = a[1:], b[1:]
		}
	}
	s.bins, s.room = append(append(out, a...), b...), s.bins
}
