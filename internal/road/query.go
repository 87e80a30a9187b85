package road

import (
	"context"
	"slices"
	"sort"
	"sync"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/series"
)

// tableRows is about how many rows a table handed to a caller has.
const tableRows = 4096

// Rows calls f for the rows that q selects, by device, recording, event time,
// sequence and content, in tables of one partition each, until f returns false
// or an error. Everything acknowledged before is among them. A table belongs
// to f, unless it is lent.
func (r *Road) Rows(ctx context.Context, q Query, f func(*reading.Table) (bool, error)) error {
	var room *series.Room
	if q.Lent {
		room = rooms.Get().(*series.Room)
		defer func() {
			if room.Bytes() <= largestRoom {
				rooms.Put(room)
			}
		}()
	}
	for _, h := range r.selected(&q) {
		more := true
		one := r.ofWearer(h, q)
		err := r.rows(ctx, room, h, &one, func(t *reading.Table) (ok bool, err error) {
			more, err = f(t)
			return more, err
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// rooms is memory that chunks are read into for tables that are lent.
var rooms = sync.Pool{New: func() any { return &series.Room{} }}

// largestRoom is how much of it one question leaves for the next.
const largestRoom = 4 << 20

// selected returns the heads that q concerns, in order.
func (r *Road) selected(q *Query) []*head {
	list := r.all()
	if q.Devices != nil {
		list = nil
		devices := slices.Clone(q.Devices)
		slices.Sort(devices)
		for _, d := range slices.Compact(devices) {
			list = append(list, r.of(d)...)
		}
	}
	var out []*head
	for _, h := range list {
		p := h.partition
		if q.Recording != nil && p.Recording != *q.Recording {
			continue
		}
		if q.After != nil && comparePartitions(p, reading.Partition{Device: q.After.Device, Recording: q.After.Recording}) < 0 {
			continue
		}
		if q.Subject != "" && !q.Worn && !r.mayConcern(h, q.Subject) {
			continue
		}
		out = append(out, h)
	}
	return out
}

// rows hands out the rows of one partition that q selects, lent from room, nil:
// for good.
func (r *Road) rows(ctx context.Context, room *series.Room, h *head, q *Query, f func(*reading.Table) (bool, error)) error {
	from, to := q.From, int64(forever)
	if q.To != 0 {
		to = q.To - 1
	}
	skip := 0
	resumed := q.After != nil && q.After.Device == h.partition.Device && q.After.Recording == h.partition.Recording
	if resumed {
		from = max(from, q.After.Time)
	}
	if from > to {
		return nil
	}
	var who []worn
	if q.whose {
		who = r.worn(h)
	}
	out := &reading.Table{Partition: h.partition}
	more := true
	err := r.mergedIn(room, h, from, to, nil, func(t *reading.Table) (bool, error) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		whole := !q.whose && q.Metrics == nil && !resumed
		if whole && out.Rows.Len() == 0 {
			var err error
			more, err = f(t)
			return more, err
		}
		for i := range t.Rows.Len() {
			at, seq := t.Rows.Time(i), t.SeqOf(i)
			c := q.After
			if resumed && (at < c.Time || at == c.Time && seq < c.Seq) {
				continue
			}
			if q.whose && subjectAt(who, t.OriginOf(i).Subject, at) != q.Subject || !carries(t, i, q.Metrics) {
				continue
			}
			// Skip counts rows that the query has handed out, no others.
			if resumed && at == c.Time && seq == c.Seq && skip < c.Skip {
				skip++
				continue
			}
			appendRow(out, t, i, q.Metrics)
			if out.Rows.Len() >= tableRows {
				var err error
				if more, err = f(out); err != nil || !more {
					return false, err
				}
				out = &reading.Table{Partition: h.partition}
			}
		}
		return true, nil
	})
	if err == nil && more && out.Rows.Len() > 0 {
		_, err = f(out)
	}
	return err
}

// carries reports whether row i has any of the metrics; nil: any row does.
func carries(t *reading.Table, i int, wanted []pleth.Metric) bool {
	for _, m := range wanted {
		if !t.Rows.Value(m, i).IsAbsent() {
			return true
		}
	}
	return wanted == nil
}

// appendRow appends row i of t to out; of its values those of metrics, and
// nothing where it has none of them. Metrics nil is all.
func appendRow(out, t *reading.Table, i int, wanted []pleth.Metric) {
	n := out.Rows.Len()
	if wanted == nil {
		out.Rows.AppendRow(&t.Rows, i)
	} else {
		any := false
		for _, m := range wanted {
			v := t.Rows.Value(m, i)
			if v.IsAbsent() {
				continue
			}
			if !any {
				out.Rows.AddRow(t.Rows.Time(i))
				out.Rows.Mark(t.Rows.Marks(i))
				any = true
			}
			out.Rows.Set(m, v)
		}
		if !any {
			return
		}
	}
	if s := t.SeqOf(i); s != reading.NoSeq || out.Seq != nil {
		for len(out.Seq) < n {
			out.Seq = append(out.Seq, reading.NoSeq)
		}
		out.Seq = append(out.Seq, s)
	}
	if fl := t.FlagsOf(i); fl != 0 || out.Flags != nil {
		for len(out.Flags) < n {
			out.Flags = append(out.Flags, 0)
		}
		out.Flags = append(out.Flags, fl)
	}
	o := t.OriginOf(i)
	k := slices.IndexFunc(out.Origins, func(have reading.Origin) bool { return sameOrigin(&have, o) })
	if k < 0 {
		k = len(out.Origins)
		out.Origins = append(out.Origins, *o)
	}
	if k != 0 || out.Of != nil {
		for len(out.Of) < n {
			out.Of = append(out.Of, 0)
		}
		out.Of = append(out.Of, uint32(k))
	}
}

// AppendRow appends row i of t with all that is known of it to out, a table of
// the same partition.
func AppendRow(out, t *reading.Table, i int) { appendRow(out, t, i, nil) }

// merged hands out all rows of a partition with from <= t <= to in order, those
// of chunks and those of the head. The head is read first: a row that is
// sealed meanwhile comes twice then, and is left out once.
func (r *Road) merged(h *head, from, to int64, f func(*reading.Table) (bool, error)) error {
	return r.mergedIn(nil, h, from, to, nil, f)
}

// roomy is a Series that reads chunks into memory that is there, as package
// series/pebble does: a table is good until f has had the next one.
type roomy interface {
	ScanIn(room *series.Room, p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*reading.Table) (bool, error)) error
}

// mergedIn is merged for who asks for some metrics alone, nil: for all, and
// keeps no table where room is not nil. Rows may lack other metrics then.
func (r *Road) mergedIn(room *series.Room, h *head, from, to int64, wanted []pleth.Metric, f func(*reading.Table) (bool, error)) error {
	h.mu.RLock()
	lo, hi := searchOrder(h, from), len(h.order)
	if to < forever {
		hi = searchOrder(h, to+1)
	}
	fresh := h.table(h.order[lo:max(lo, hi)])
	sealedTo, oldest := h.sealedTo, h.state.Oldest
	// Which of rows that contradict each other counts, and where a row of the
	// head stands among those of chunks, depends on all that they say.
	if h.state.contested(from, to) || fresh.Rows.Len() > 0 && fresh.Rows.Time(0) <= sealedTo {
		wanted = nil
	}
	h.mu.RUnlock()

	m := &merger{head: fresh, f: f, flags: flagger{}}
	if sealedTo >= from && oldest <= to {
		var err error
		if in, ok := r.cfg.Series.(roomy); ok && room != nil {
			err = in.ScanIn(room, h.partition, from, min(to, sealedTo), wanted, m.chunk)
		} else {
			err = r.cfg.Series.Scan(h.partition, from, min(to, sealedTo), wanted, m.chunk)
		}
		if err != nil || m.stopped {
			return err
		}
	}
	return m.rest()
}

// searchOrder returns the place in the order of h of the first row at or after t.
func searchOrder(h *head, t int64) int {
	return sort.Search(len(h.order), func(k int) bool { return h.rows.Time(int(h.order[k])) >= t })
}

// merger merges tables of chunks with the one of the head.
type merger struct {
	head    *reading.Table
	at      int // next row of head
	f       func(*reading.Table) (bool, error)
	flags   flagger
	stopped bool
}

// chunk takes the next table of chunks.
func (m *merger) chunk(t *reading.Table) (bool, error) {
	n := t.Rows.Len()
	if n == 0 {
		return true, nil
	}
	if m.at >= m.head.Rows.Len() || m.head.Rows.Time(m.at) > t.Rows.Time(n-1) {
		return m.out(t)
	}
	out := &reading.Table{Partition: t.Partition}
	for i := 0; i < n; i++ {
		for m.at < m.head.Rows.Len() {
			c := compareRows(&m.head.Rows, m.head.SeqOf(m.at), m.at, &t.Rows, t.SeqOf(i), i)
			if c > 0 {
				break
			}
			if c < 0 {
				appendRow(out, m.head, m.at, nil)
			}
			m.at++
		}
		appendRow(out, t, i, nil)
	}
	return m.out(out)
}

// rest hands out what of the head is left.
func (m *merger) rest() error {
	if m.at == 0 {
		if m.head.Rows.Len() > 0 {
			_, err := m.out(m.head)
			return err
		}
		return nil
	}
	out := &reading.Table{Partition: m.head.Partition}
	for ; m.at < m.head.Rows.Len(); m.at++ {
		appendRow(out, m.head, m.at, nil)
	}
	if out.Rows.Len() == 0 {
		return nil
	}
	_, err := m.out(out)
	return err
}

func (m *merger) out(t *reading.Table) (bool, error) {
	m.flags.settle(t)
	ok, err := m.f(t)
	m.stopped = m.stopped || !ok || err != nil
	return ok && err == nil, err
}

// flagger marks conflicts by the order of rows, not of their arrival: of rows
// with one time and sequence number those that contradict an earlier one.
type flagger struct {
	known known
	last  *reading.Table // whose last row may have followers in the next
	from  int            // of last, first row of its last time and sequence
}

// settle sets the conflict flags of t, whose rows follow those of the one before.
func (g *flagger) settle(t *reading.Table) {
	n := t.Rows.Len()
	same := func(a *reading.Table, i int, b *reading.Table, k int) bool {
		return a.Rows.Time(i) == b.Rows.Time(k) && a.SeqOf(i) == b.SeqOf(k)
	}
	group := 0 // first row of t in the group of row i
	for i := range n {
		if i > 0 && !same(t, i-1, t, i) {
			group = i
		}
		carry := group == 0 && g.last != nil && same(g.last, g.from, t, 0)
		if i == group && !carry {
			setFlag(t, i, false)
			continue
		}
		g.known.reset()
		if carry {
			for k := g.from; k < g.last.Rows.Len(); k++ {
				g.known.add(&g.last.Rows, k)
			}
		}
		for k := group; k < i; k++ {
			g.known.add(&t.Rows, k)
		}
		setFlag(t, i, g.known.judge(&t.Rows, i) == differs)
	}
	if n > 0 {
		g.last, g.from = t, group
	}
}

func setFlag(t *reading.Table, i int, conflict bool) {
	if t.FlagsOf(i)&reading.IsConflict != 0 == conflict {
		return
	}
	for len(t.Flags) < t.Rows.Len() {
		t.Flags = append(t.Flags, 0)
	}
	t.Flags[i] ^= reading.IsConflict
}
