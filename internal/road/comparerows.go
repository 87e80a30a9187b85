package road

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/series"
)

type offset = eventlog.Offset

// rows compares the rows of two heads, hour by hour, by the bytes of the chunk
// that the rows of one hour make.
func (c *comparison) rows(ctx context.Context) (*Difference, error) {
	q := Query{From: c.from, To: c.to}
	have, stopA := hourTables(ctx, c.a, c.x, &q)
	defer stopA()
	got, stopB := hourTables(ctx, c.b, c.y, &q)
	defer stopB()
	for n := 0; ; {
		one, err := have()
		if err != nil {
			return nil, err
		}
		other, err := got()
		if err != nil {
			return nil, err
		}
		if one == nil && other == nil {
			return nil, nil
		}
		a, err := canonical(one)
		if err != nil {
			return nil, err
		}
		b, err := canonical(other)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(a, b) {
			n += one.Rows.Len()
			continue
		}
		d := firstRow(one, other, n)
		d.Partition = c.x.partition
		if one != nil && other != nil && series.HourOf(one.Rows.Time(0)) == series.HourOf(other.Rows.Time(0)) {
			d.Byte, d.In = at(a, b), "the hour from "+clockText(d.Partition, series.HourOf(one.Rows.Time(0)))
		}
		return d, nil
	}
}

// canonical returns the bytes of a chunk with the rows of t and nothing else: no
// two tables of equal rows have different ones. The table is changed. nil of nil.
func canonical(t *reading.Table) ([]byte, error) {
	if t == nil {
		return nil, nil
	}
	for _, m := range metrics {
		col := t.Rows.Column(m)
		v := col.Mantissas()
		// Decimals that no number uses come from rows that stood beside these.
		scale, unit := col.Scale(), int64(1)
		for scale > 0 && !slices.ContainsFunc(v, func(x int64) bool { return x > pleth.AbsentMantissa && x%(unit*10) != 0 }) {
			scale--
			unit *= 10
		}
		if unit == 1 {
			continue
		}
		v = slices.Clone(v)
		for i, x := range v {
			if x > pleth.AbsentMantissa {
				v[i] = x / unit
			}
		}
		t.Rows.SetColumn(m, scale, v)
	}
	return series.Append(nil, &series.Chunk{Rows: t}, series.Quick)
}

// hourTables returns a function that returns the rows of h by the hour, as a
// chunk may hold them, nil behind the last, and one that ends it.
func hourTables(ctx context.Context, r *Road, h *head, q *Query) (next func() (*reading.Table, error), stop func()) {
	row, stop := pull(ctx, r, h, q)
	var ahead *tableRow
	return func() (*reading.Table, error) {
		var out *reading.Table
		for {
			if ahead == nil {
				var err error
				if ahead, err = row(); err != nil {
					return nil, err
				}
				if ahead == nil {
					return out, nil
				}
			}
			if out == nil {
				out = &reading.Table{Partition: h.partition}
			} else if out.Rows.Len() == series.MaxRows || series.HourOf(out.Rows.Time(0)) != series.HourOf(ahead.t.Rows.Time(ahead.i)) {
				return out, nil
			}
			out.AppendRow(ahead.t, ahead.i)
			ahead = nil
		}
	}, stop
}

// firstRow names the first row in which a and b, one of them not nil, differ. n
// rows lie before them.
func firstRow(a, b *reading.Table, n int) *Difference {
	for i := 0; ; i++ {
		d := &Difference{What: fmt.Sprintf("row %d", n+i), Time: NoTime, Byte: -1}
		inA, inB := a != nil && i < a.Rows.Len(), b != nil && i < b.Rows.Len()
		by := 0
		if inA && inB {
			by = cmp.Or(cmp.Compare(a.Rows.Time(i), b.Rows.Time(i)), cmp.Compare(a.SeqOf(i), b.SeqOf(i)))
		}
		switch {
		case !inA && !inB: // the bytes differ where no row does
			d.What = "rows"
			return d
		case !inB || by < 0:
			d.Time, d.Have = a.Rows.Time(i), rowText(a, i)
			return d
		case !inA || by > 0:
			d.Time, d.Got = b.Rows.Time(i), rowText(b, i)
			return d
		}
		d.Time = a.Rows.Time(i)
		for _, m := range metrics {
			if one, other := a.Rows.Value(m, i), b.Rows.Value(m, i); one.Compare(other) != 0 {
				d.Metric, d.Have, d.Got = m, valueText(one), valueText(other)
				return d
			}
		}
		o, p := a.OriginOf(i), b.OriginOf(i)
		for _, of := range []struct{ name, have, got string }{
			{"what the device said against it", fmt.Sprint(a.Rows.Marks(i)), fmt.Sprint(b.Rows.Marks(i))},
			{"flags", fmt.Sprint(a.FlagsOf(i)), fmt.Sprint(b.FlagsOf(i))},
			{"door", o.Door, p.Door},
			{"subject", o.Subject, p.Subject},
			{"firmware", o.Firmware, p.Firmware},
			{"tags", fmt.Sprintf("%x", o.Tags), fmt.Sprintf("%x", p.Tags)},
		} {
			if of.have != of.got {
				d.What += ", " + of.name
				d.Have, d.Got = of.have, of.got
				return d
			}
		}
	}
}

// valueText writes a value; "" of none.
func valueText(v pleth.Value) string {
	switch {
	case v.IsAbsent():
		return ""
	case v.IsMissing():
		return "missing"
	}
	return v.String()
}

// rowText writes the values of row i.
func rowText(t *reading.Table, i int) string {
	out := "a reading"
	if s := t.SeqOf(i); s != reading.NoSeq {
		out += fmt.Sprintf(" of number %d", s)
	}
	for _, m := range metrics {
		if v := t.Rows.Value(m, i); !v.IsAbsent() {
			out += " " + m.String() + "=" + valueText(v)
		}
	}
	return out
}

// chunked is a Series that can say of its chunks where their rows come from.
type chunked interface {
	Chunks(p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*series.Chunk) error) error
}

// cluster is chunks that overlap each other, and are apart from all others.
type cluster struct {
	series.Source
	lo, hi int64 // times of their first and last row
	rows   int
}

// chunks makes sure that the chunks of a say of their rows what the log says:
// between which records they lie, and how long after their event times they came.
// What was dropped from the log is not asked.
func (c *comparison) chunks(ctx context.Context) (*Difference, error) {
	stored, ok := c.a.cfg.Series.(chunked)
	if !ok {
		return nil, nil
	}
	first := offset(0)
	err := c.a.cfg.Log.Partitions(func(p reading.Partition, from, _ offset) error {
		if p == c.x.partition {
			first = from
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var now *cluster
	var found *Difference
	check := func() error {
		if now == nil || found != nil || now.First < first {
			return nil
		}
		found, err = c.source(ctx, now)
		return err
	}
	to := int64(forever)
	if c.to != 0 {
		to = c.to
	}
	err = stored.Chunks(c.x.partition, c.from, to, nil, func(one *series.Chunk) error {
		times := one.Rows.Rows.Times()
		lo, hi := times[0], times[len(times)-1]
		if now == nil || lo > now.hi {
			if err := check(); err != nil {
				return err
			}
			now = &cluster{one.Source, lo, hi, len(times)}
			return ctx.Err()
		}
		now.First, now.Last = min(now.First, one.First), max(now.Last, one.Last)
		now.LagMin, now.LagMax = min(now.LagMin, one.LagMin), max(now.LagMax, one.LagMax)
		now.Parted = now.Parted || one.Parted
		now.hi, now.rows = max(now.hi, hi), now.rows+len(times)
		return ctx.Err()
	})
	if err == nil {
		err = check()
	}
	return found, err
}

// source compares what a cluster says of its rows with the log.
func (c *comparison) source(ctx context.Context, k *cluster) (*Difference, error) {
	// Rows of those times that are in no chunk yet.
	type place struct {
		time, seq int64
		offset    offset
	}
	unsealed := map[place]int{}
	c.x.mu.RLock()
	for _, r := range c.x.order {
		if i := int(r); c.x.rows.Time(i) >= k.lo && c.x.rows.Time(i) <= k.hi {
			unsealed[place{c.x.rows.Time(i), c.x.seqOf(i), c.x.meta[i].offset}]++
		}
	}
	c.x.mu.RUnlock()
	is := cluster{lo: k.lo, hi: k.hi}
	errEnd := fmt.Errorf("behind record %d", k.Last)
	err := c.a.cfg.Log.Read(c.x.partition, k.First, func(r *eventlog.Record) error {
		if r.Offset > k.Last {
			return errEnd
		}
		if r.Readings == nil {
			return ctx.Err()
		}
		for i, t := range r.Readings.Rows.Times() {
			if t < k.lo || t > k.hi {
				continue
			}
			if at := (place{t, r.Readings.SeqOf(i), r.Offset}); unsealed[at] > 0 {
				unsealed[at]--
				continue
			}
			lag := r.Readings.Received - t
			if is.rows == 0 {
				is.First, is.LagMin, is.LagMax = r.Offset, lag, lag
			}
			is.Last, is.LagMin, is.LagMax = r.Offset, min(is.LagMin, lag), max(is.LagMax, lag)
			is.rows++
		}
		return ctx.Err()
	})
	if err != nil && err != errEnd {
		return nil, err
	}
	k.LagMedian = 0
	within := k.First <= is.First && is.Last <= k.Last && k.LagMin <= is.LagMin && is.LagMax <= k.LagMax
	if is.Parted = k.Parted; *k == is || k.Parted && k.rows == is.rows && within {
		return nil, nil
	}
	return &Difference{Partition: c.x.partition, What: "origin of the chunk", Time: k.lo, Byte: -1, Have: k.String(), Got: is.String()}, nil
}

// String says what a cluster says.
func (k *cluster) String() string {
	return fmt.Sprintf("%d rows of records %d to %d, %d to %d ns after their times", k.rows, k.First, k.Last, k.LagMin, k.LagMax)
}

// tableRow is row i of t.
type tableRow struct {
	t *reading.Table
	i int
}

// pull returns a function that returns the rows of h one by one, nil behind
// the last, and one that ends it.
func pull(ctx context.Context, r *Road, h *head, q *Query) (next func() (*tableRow, error), stop func()) {
	tables := make(chan *reading.Table)
	done := make(chan error, 1)
	ctx, stop = context.WithCancel(ctx)
	go func() {
		err := r.rows(ctx, nil, h, q, func(t *reading.Table) (bool, error) {
			select {
			case tables <- t:
				return true, nil
			case <-ctx.Done():
				return false, ctx.Err()
			}
		})
		done <- err
		close(tables)
	}()
	at := &tableRow{}
	return func() (*tableRow, error) {
		for at.t == nil || at.i >= at.t.Rows.Len() {
			t, ok := <-tables
			if !ok {
				err := <-done
				done <- err
				return nil, err
			}
			*at = tableRow{t: t}
		}
		one := *at
		at.i++
		return &one, nil
	}, stop
}
