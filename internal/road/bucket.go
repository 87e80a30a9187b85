package road

import (
	"cmp"
	"context"
	"fmt"
	"slices"

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
	for _, h := range r.selected(&q) {
		one := q
		one.After = nil
		if after != nil && after.Device == h.partition.Device && after.Recording == h.partition.Recording {
			one.From = max(one.From, after.Time)
		}
		b := bucketer{partition: h.partition, resolution: resolution, f: f}
		for _, m := range wanted {
			b.sums = append(b.sums, bucketSum{metric: m})
		}
		slices.SortFunc(b.sums, func(x, y bucketSum) int { return cmp.Compare(x.metric, y.metric) })
		var err error
		if rollups, ok := r.cfg.Series.(hourly); ok && q.Subject == "" && resolution%series.Hour == 0 {
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

// bucketer puts the rows of one partition into buckets.
type bucketer struct {
	partition  reading.Partition
	resolution int64
	f          func(Bucket) (bool, error)
	any        bool
	start      int64 // of the bucket that is filled
	sums       []bucketSum
	room       []window.Bin // memory for the bins of hours to come
	parts      [][]part     // memory for hours to come, by metric
	stopped    bool
}

// bucketSum is one metric of the bucket that is filled.
type bucketSum struct {
	metric   pleth.Metric
	count    int64
	values   []signal.Fixed
	bins     []window.Bin // of the values that were put together already
	room     []window.Bin // memory for bins to come
	min, max pleth.Value
	low, top signal.Fixed // of min and max
}

// rows takes the rows of h that q selects.
func (b *bucketer) rows(ctx context.Context, r *Road, h *head, q *Query) error {
	if q.Subject != "" {
		return r.rows(ctx, h, q, b.table)
	}
	to := int64(forever)
	if q.To != 0 {
		to = q.To - 1
	}
	if q.From > to {
		return nil
	}
	// What a row holds besides the metrics asked for does no harm here.
	return r.mergedOf(h, q.From, to, q.Metrics, func(t *reading.Table) (bool, error) {
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

// add adds rows from..to of t.
func (s *bucketSum) add(t *reading.Table, from, to int) {
	if !t.Rows.Has(s.metric) {
		return
	}
	c := t.Rows.Column(s.metric)
	for i := from; i < to; i++ {
		m, ok, _ := c.Mantissa(i)
		if !ok || t.FlagsOf(i)&reading.IsConflict != 0 {
			continue
		}
		v := pleth.Num(m, c.Scale())
		x, _ := signal.FromValue(v)
		if s.count == 0 || x < s.low {
			s.min, s.low = v, x
		}
		if s.count == 0 || x > s.top {
			s.max, s.top = v, x
		}
		s.count++
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
		mean, _ := window.Moments(s.bins)
		out := Bucket{Partition: b.partition, Metric: s.metric, Start: b.start, Count: s.count, Min: trim(s.min), Max: trim(s.max), Mean: mean,
			P5: window.Percentile(s.bins, 5), P50: window.Percentile(s.bins, 50), P95: window.Percentile(s.bins, 95)}
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
