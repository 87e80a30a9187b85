package road

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/series"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// Buckets calls f for every stretch of resolution nanoseconds in which the
// rows that q selects have numbers, by device, recording, start and metric,
// until f returns false or an error. Stretches begin at multiples of the
// resolution. The percentiles are exact to nine decimals, and so are the
// numbers they rest on. Of q.After device, recording and time are used: the
// bucket to begin with.
func (r *Road) Buckets(ctx context.Context, q Query, resolution int64, f func(Bucket) (bool, error)) error {
	if resolution <= 0 {
		return fmt.Errorf("a resolution of %d ns: must be positive", resolution)
	}
	wanted := q.Metrics
	if wanted == nil {
		wanted = metrics
	}
	after := q.After
	b := bucketers.Get().(*bucketer)
	defer b.keep()
	for _, h := range r.selected(&q) {
		one := r.ofWearer(h, q)
		one.After = nil
		if after != nil && after.Device == h.partition.Device && after.Recording == h.partition.Recording {
			one.From = max(one.From, after.Time)
		}
		b.reset(h.partition, resolution, wanted, f)
		var err error
		if rollups, ok := r.cfg.Series.(hourly); ok && !one.whose && resolution%series.Hour == 0 {
			err = b.hours(ctx, r, h, &one, rollups)
		} else {
			err = b.rows(ctx, r, h, &one)
		}
		if err == nil && !b.stopped {
			err = b.flush()
		}
		if err != nil || b.stopped {
			return err
		}
	}
	return nil
}

// bucketers keep the memory of one question for the next.
var bucketers = sync.Pool{New: func() any { return &bucketer{} }}

// largestBucketer is the memory up to which one is kept.
const largestBucketer = 8 << 20

// bucketer puts the rows of one partition into buckets.
type bucketer struct {
	partition  reading.Partition
	resolution int64
	f          func(Bucket) (bool, error)
	any        bool
	start      int64 // of the bucket that is filled
	sums       []bucketSum
	stopped    bool

	chunks series.Room  // memory for chunks
	room   []window.Bin // for the bins of hours to come
	parts  [][]part     // for hours to come, by metric
}

// bucketSum is one metric of the bucket that is filled.
type bucketSum struct {
	metric   pleth.Metric
	count    int64
	values   []signal.Fixed // beside those in bins
	bins     []window.Bin   // of the values that were put together already
	at       int            // where the bin of the last value was
	room     []window.Bin   // memory for bins to come
	min, max pleth.Value
	low, top signal.Fixed // of min and max
}

// reset makes b ready for a partition. The metrics stand in their order.
func (b *bucketer) reset(p reading.Partition, resolution int64, wanted []pleth.Metric, f func(Bucket) (bool, error)) {
	b.partition, b.resolution, b.f = p, resolution, f
	b.any, b.start, b.stopped = false, 0, false
	b.sums = slices.Grow(b.sums[:0], len(wanted))[:len(wanted)]
	for len(b.parts) < len(wanted) {
		b.parts = append(b.parts, nil)
	}
	sorted := slices.Clone(wanted)
	slices.Sort(sorted)
	for k := range b.sums {
		s := &b.sums[k]
		*s = bucketSum{metric: sorted[k], values: s.values[:0], bins: s.bins[:0], room: s.room[:0]}
	}
}

// keep puts b aside for the next question.
func (b *bucketer) keep() {
	n := b.chunks.Bytes() + 16*cap(b.room)
	for k := range b.parts {
		n += 96 * cap(b.parts[k])
	}
	for k := range b.sums[:cap(b.sums)] {
		s := &b.sums[:cap(b.sums)][k]
		n += 8*cap(s.values) + 16*cap(s.bins) + 16*cap(s.room)
	}
	if b.f = nil; n <= largestBucketer {
		bucketers.Put(b)
	}
}

// rows takes the rows of h that q selects.
func (b *bucketer) rows(ctx context.Context, r *Road, h *head, q *Query) error {
	if q.whose {
		return r.rows(ctx, &b.chunks, h, q, b.table)
	}
	to := int64(forever)
	if q.To != 0 {
		to = q.To - 1
	}
	if q.From > to {
		return nil
	}
	// What a row holds besides the metrics asked for does no harm here.
	return r.mergedIn(&b.chunks, h, q.From, to, q.Metrics, func(t *reading.Table) (bool, error) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		return b.table(t)
	})
}

// fold is how many values are kept apart before they are put together.
const fold = 1 << 14

func (b *bucketer) table(t *reading.Table) (bool, error) {
	times := t.Rows.Times()
	for from := 0; from < len(times); {
		if err := b.begin(times[from]); err != nil || b.stopped {
			return false, err
		}
		to := from + 1
		for to < len(times) && times[to]-b.start < b.resolution {
			to++
		}
		for k := range b.sums {
			b.sums[k].add(t, from, to)
		}
		from = to
	}
	return true, nil
}

// begin goes on to the bucket that time t lies in.
func (b *bucketer) begin(t int64) error {
	start := floor(t, b.resolution)
	if b.any && start != b.start {
		if err := b.flush(); err != nil {
			return err
		}
	}
	b.any, b.start = true, start
	return nil
}

// narrow is how many different values are put into their place one by one.
const narrow = 48

// add adds rows from..to of t.
func (s *bucketSum) add(t *reading.Table, from, to int) {
	c := t.Rows.Column(s.metric)
	v := c.Mantissas()
	to = min(to, len(v))
	if from >= to {
		return
	}
	scale := c.Scale()
	conflicts := from < len(t.Flags)
	for i := from; i < to; i++ {
		m := v[i]
		if m <= pleth.AbsentMantissa || conflicts && t.FlagsOf(i)&reading.IsConflict != 0 {
			continue
		}
		x, _ := signal.FromValue(pleth.Num(m, scale))
		if s.count == 0 || x < s.low {
			s.min, s.low = pleth.Num(m, scale), x
		}
		if s.count == 0 || x > s.top {
			s.max, s.top = pleth.Num(m, scale), x
		}
		s.count++
		s.put(x)
	}
}

// put adds x to the bins, or to the values where there are many.
func (s *bucketSum) put(x signal.Fixed) {
	if s.at < len(s.bins) && s.bins[s.at].V == x { // as the one before
		s.bins[s.at].Weight++
		return
	}
	lo, hi := 0, len(s.bins)
	for lo < hi {
		if k := int(uint(lo+hi) >> 1); s.bins[k].V < x {
			lo = k + 1
		} else {
			hi = k
		}
	}
	switch {
	case lo < len(s.bins) && s.bins[lo].V == x:
		s.bins[lo].Weight++
		s.at = lo
	case len(s.bins) < narrow:
		s.bins = slices.Insert(s.bins, lo, window.Bin{V: x, Weight: 1})
		s.at = lo
	default:
		if s.values = append(s.values, x); len(s.values) == fold {
			s.fold()
		}
	}
}

// fold puts the values together into bins, each with how often it came.
func (s *bucketSum) fold() {
	if len(s.values) == 0 {
		return
	}
	slices.Sort(s.values)
	out, have := s.room[:0], s.bins
	for _, v := range s.values {
		for len(have) > 0 && have[0].V <= v {
			out = appendBin(out, have[0].V, have[0].Weight)
			have = have[1:]
		}
		out = appendBin(out, v, 1)
	}
	for _, b := range have {
		out = appendBin(out, b.V, b.Weight)
	}
	s.bins, s.room, s.values = out, s.bins, s.values[:0]
}

// appendBin appends n times v, which is not below what is in bins.
func appendBin(bins []window.Bin, v signal.Fixed, n int64) []window.Bin {
	if k := len(bins) - 1; k >= 0 && bins[k].V == v {
		bins[k].Weight += n
		return bins
	}
	return append(bins, window.Bin{V: v, Weight: n})
}

// flush hands out the bucket that is filled.
func (b *bucketer) flush() error {
	for k := range b.sums {
		s := &b.sums[k]
		if s.count == 0 {
			continue
		}
		s.fold()
		var p [3]float64
		window.Percentiles(s.bins, p[:], 5, 50, 95)
		out := Bucket{Partition: b.partition, Metric: s.metric, Start: b.start, Count: s.count, Min: trim(s.min), Max: trim(s.max), Mean: window.Mean(s.bins),
			P5: p[0], P50: p[1], P95: p[2]}
		s.count, s.bins = 0, s.bins[:0]
		more, err := b.f(out)
		if err != nil {
			return err
		}
		if !more {
			b.stopped = true
			return nil
		}
	}
	return nil
}

// trim returns v without trailing zeros behind the point: its scale is not that
// of its neighbours.
func trim(v pleth.Value) pleth.Value {
	m, scale := v.Mantissa()
	for scale > 0 && m%10 == 0 {
		m, scale = m/10, scale-1
	}
	return pleth.Num(m, scale)
}

// floor returns the multiple of unit at or below t.
func floor(t, unit int64) int64 {
	rest := t % unit
	if rest < 0 {
		rest += unit
	}
	return t - rest
}
