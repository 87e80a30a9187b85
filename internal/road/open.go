package road

import (
	"container/list"
	"context"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/session"
	"pleth/internal/stream"
)

// A session that is still open is asked for again and again, each time with a
// few rows more. What its rows come to is kept up to the watermark, where few
// rows will still be put in between; a question takes the rows behind it into a
// copy. A row that comes for a time that was taken already, a calibration or a
// boundary that moves spoils what is kept, and the session is taken from its
// beginning again.

// Lists tell the ids of all sessions, and an id digests all rows. Of an open
// session that is listed the digest up to the watermark is kept, without the
// rows: a few kilobytes, whatever its length.

// mostOpen is how many bytes of open sessions are kept in all: about 20 nights
// of 8 hours. Those that were not asked for longest are let go.
const mostOpen = 32 << 20

// opened is the place of an open session in its track.
type opened struct {
	start   int64
	upTo    int64 // rows at or before it are, or are about to be, in base; under the mu of the head
	spoiled bool  // one of them came too late for that; under the mu of the head

	mu   sync.Mutex               // one question at a time; it is taken before the mu of the head
	base atomic.Pointer[openBase] // nil: nothing is kept
}

// openBase is what the rows of an open session up to a time have come to.
type openBase struct {
	upTo    int64
	knife   knife
	marking *stream.Marking // of the rows up to the last that carries the metric; nil: none yet
}

func (b *openBase) bytes() int64 {
	n := int64(4 << 10)
	if s := b.knife.cutter.Open(); s != nil {
		n += s.Rows.Bytes()
	}
	if b.marking != nil {
		n += b.marking.Bytes()
	}
	return n
}

// came notes that a row came for time at.
func (t *track) came(at int64) {
	if t.open != nil && at <= t.open.upTo {
		t.open.spoiled = true
	}
	if t.named != nil && at <= t.named.upTo {
		t.named.spoiled = true
	}
}

// disturb notes that what was taken may come to something else.
func (t *track) disturb() {
	if t.open != nil {
		t.open.spoiled = true
	}
	if t.named != nil {
		t.named.spoiled = true
	}
}

// ongoing returns the place of the open session that begins at start, nil where
// the session is better taken from its beginning: it has ended, or may have.
// make says that there is to be one; lean: the one without rows.
func (r *Road) ongoing(h *head, m pleth.Metric, start int64, make, lean bool) *opened {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.state.track(m)
	if t == nil || t.dirty() || h.state.Done || h.state.Import != nil {
		return nil
	}
	n := len(t.Spans)
	if n == 0 || t.Spans[n-1].Start != start || t.Spans[n-1].leans() {
		return nil
	}
	if first, _ := slices.BinarySearch(h.state.Ends, start); first < len(h.state.Ends) {
		return nil
	}
	slot := &t.open
	if lean {
		slot = &t.named
	}
	if o := *slot; o != nil && o.start == start && !o.spoiled {
		if o.base.Load() != nil || make {
			return o
		}
		return nil
	}
	if *slot != nil {
		r.opened.drop(*slot)
		*slot = nil
	}
	if make {
		*slot = &opened{start: start, upTo: math.MinInt64}
	}
	return *slot
}

// session returns the session of d; nil if d is.
func (d *derivation) session() *session.Session {
	if d == nil {
		return nil
	}
	return d.Session
}

// soFar returns the open session that begins at start as it would be if it
// ended now, with its marks and grid if they are wanted. nil without an error:
// it must be taken from its beginning.
func (r *Road) soFar(ctx context.Context, h *head, m pleth.Metric, start int64, derive, make bool) (*derivation, error) {
	return r.upToNow(ctx, h, m, start, derive, r.ongoing(h, m, start, make, false), false)
}

// namedSoFar is soFar for its id, its length and its interval alone: it has few
// of its rows.
func (r *Road) namedSoFar(ctx context.Context, h *head, m pleth.Metric, start int64) (*session.Session, error) {
	d, err := r.upToNow(ctx, h, m, start, false, r.ongoing(h, m, start, true, true), true)
	if s := d.session(); s != nil && s.ID() != "" {
		return s, err
	}
	return nil, err
}

// upToNow brings o up to now; lean: it lets its rows go.
func (r *Road) upToNow(ctx context.Context, h *head, m pleth.Metric, start int64, derive bool, o *opened, lean bool) (*derivation, error) {
	if o == nil {
		return nil, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	h.mu.Lock()
	header, correct := h.header(m), newCalibrator(h.state.Calibrations)
	if o.spoiled {
		h.mu.Unlock()
		return nil, nil
	}
	base := o.base.Load()
	if base == nil {
		base = &openBase{upTo: math.MinInt64, knife: knife{cutter: session.NewCutter(header)}}
	}
	// From here on a row that comes for a time that is about to be in base spoils it.
	o.upTo = max(base.upTo, h.state.Newest-r.cfg.Lateness)
	upTo := o.upTo
	h.mu.Unlock()

	// Whoever fails from here on leaves nothing behind.
	o.base.Store(nil)
	var now *knife // base, and the rows behind it
	shed := true
	fork := func(more int) *knife {
		if lean { // only here: by now the interval is the one of all rows
			shed = base.knife.cutter.Shed()
		}
		return base.knife.clone(more)
	}
	from := start
	if base.upTo > math.MinInt64 {
		from = max(start, base.upTo+1)
	}
	err := r.merged(h, from, forever, func(t *reading.Table) (bool, error) {
		t = correct.table(t)
		n, _ := slices.BinarySearch(t.Rows.Times(), upTo+1)
		if n > 0 {
			base.knife.table(t.Slice(0, n))
		}
		if n < t.Rows.Len() {
			if now == nil {
				now = fork(256)
			}
			now.table(t.Slice(n, t.Rows.Len()))
		}
		return shed, ctx.Err()
	})
	if err == nil && now == nil {
		now = fork(0)
	}
	if err != nil || !shed {
		r.opened.drop(o)
		return nil, err
	}
	whole := now.cutter.Close()
	if len(now.done) > 0 {
		whole = now.done[0]
	}
	if len(base.knife.done) > 0 || whole == nil || whole.Start != start {
		r.opened.drop(o)
		return nil, nil
	}
	whole.Header = header
	out := &derivation{Session: whole}
	if derive {
		if base.marking == nil || !base.marking.Fits(whole) {
			base.marking = stream.NewMarking(whole, r.cfg.Settings.Stream)
		}
		if taken := base.knife.cutter.Open(); taken != nil {
			base.marking.Take(taken.Rows, rowsWith(taken.Rows, m))
		}
		out.derived = base.marking.End(whole.Rows)
	}
	base.upTo = upTo
	o.base.Store(base)
	r.opened.keep(o, base.bytes())
	return out, nil
}

// rowsWith returns the number of rows up to the last that carries m: those
// behind it may belong to no session.
func rowsWith(b *pleth.Batch, m pleth.Metric) int {
	n := b.Len()
	for n > 0 && b.Value(m, n-1).IsAbsent() {
		n--
	}
	return n
}

// openList bounds what is kept of open sessions. Use newOpenList. It is safe for
// concurrent use.
type openList struct {
	most  int64
	mu    sync.Mutex
	by    map[*opened]*list.Element
	order list.List // of openOne, the last used first
	bytes int64
}

type openOne struct {
	o     *opened
	bytes int64
}

func newOpenList(most int64) *openList {
	return &openList{most: most, by: map[*opened]*list.Element{}}
}

// keep notes that o holds so many bytes, and lets go of others where all of
// them hold too much, or of o where it alone does.
func (l *openList) keep(o *opened, bytes int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(o)
	l.by[o] = l.order.PushFront(openOne{o, bytes})
	l.bytes += bytes
	for l.bytes > l.most {
		last := l.order.Back().Value.(openOne).o
		l.remove(last)
		last.base.Store(nil)
	}
}

// drop forgets o.
func (l *openList) drop(o *opened) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.remove(o)
	o.base.Store(nil)
}

func (l *openList) remove(o *opened) {
	if e := l.by[o]; e != nil {
		l.bytes -= e.Value.(openOne).bytes
		l.order.Remove(e)
		delete(l.by, o)
	}
}
