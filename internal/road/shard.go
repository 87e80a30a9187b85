package road

import (
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// Bounds of the queues of one shard.
const (
	queueRequests = 4096    // waiting
	queueRows     = 1 << 18 // in all waiting requests
	groupRows     = 1 << 16 // taken into one write to the log
	// mostUnsealed is how many rows a partition keeps in memory when they
	// cannot be sealed.
	mostUnsealed  = 1 << 16
	groupRequests = 2048 // likewise
	// owedRows is how many rows, of all shards, wait besides to be sealed while
	// readings come without a pause: a device that sends much is sealed less
	// often, in larger chunks.
	owedRows = 1 << 17
	// calm is how long a shard has had nothing to do when it seals what is ripe.
	calm = 100 * time.Millisecond
)

// request is one batch or control record on its way.
type request struct {
	partition reading.Partition
	batch     *reading.Batch
	control   *eventlog.Control
	touch     bool // only the state is to be written
	rows      int
	done      func(answer)
}

// answer is what became of a request.
type answer struct {
	outcomes []reading.Outcome
	offset   eventlog.Offset // of a control record
	err      error
}

// shard is the one writer of its partitions.
type shard struct {
	road  *Road
	queue chan *request
	rows  atomic.Int64 // waiting

	mu    sync.RWMutex // of heads alone
	heads map[reading.Partition]*head

	// What one group needs, kept for the next.
	taken   []*request
	answers []answer
	recs    []eventlog.Record
	order   []*head
	pause   *time.Timer // nil: none was needed yet

	ripe []*head // whose rows wait to be sealed, each once, the longest waiting first
	most int     // rows owed before a seal
	owed int     // rows taken since the last seal, less those that seals have moved
}

// put queues a request, or returns ErrBusy or ErrClosed.
func (s *shard) put(r *request) error {
	if n := s.rows.Add(int64(r.rows)); n > queueRows && n > int64(r.rows) {
		s.rows.Add(-int64(r.rows))
		return ErrBusy
	}
	select {
	case s.queue <- r:
		return nil
	default:
		s.rows.Add(-int64(r.rows))
		return ErrBusy
	}
}

// run writes what is queued until the queue is closed.
func (s *shard) run() {
	for {
		first, ok := s.next()
		if !ok {
			break
		}
		s.group(s.gather(first))
	}
	s.sealRipe(len(s.ripe))
	s.keepIDs()
}

// next waits for a request, and seals once none has come for a moment; ok is
// false when the queue is closed. Seals come after the answers: while requests
// come only as many as keep up with the rows that come in (see group), so that
// devices that ripen together do not hold up the others.
func (s *shard) next() (r *request, ok bool) {
	if len(s.ripe) > 0 {
		if s.pause == nil {
			s.pause = time.NewTimer(calm)
		} else {
			s.pause.Reset(calm)
		}
		select {
		case r, ok = <-s.queue:
			s.pause.Stop()
			return r, ok
		case <-s.pause.C:
		}
	}
	for len(s.ripe) > 0 {
		select {
		case r, ok = <-s.queue:
			return r, ok
		default:
			s.sealRipe(1)
		}
	}
	s.owed = 0
	r, ok = <-s.queue
	return r, ok
}

// keepIDs writes what became known of sessions since the last seals: the ids
// that were given out go on leading to them. All rows behind the watermark are
// sealed with it: those of a state that are not are never late.
func (s *shard) keepIDs() {
	for _, h := range s.heads {
		if !h.stuck && s.seal(h, 1, true) != nil {
			return
		}
	}
}

// gather takes what waits besides the first request.
func (s *shard) gather(first *request) []*request {
	group := append(s.taken[:0], first)
	defer func() { s.taken = group }()
	rows := first.rows
	for rows < groupRows && len(group) < groupRequests {
		select {
		case r, ok := <-s.queue:
			if !ok {
				return group
			}
			group = append(group, r)
			rows += r.rows
		default:
			return group
		}
	}
	return group
}

// group judges, logs, applies and answers.
func (s *shard) group(group []*request) {
	answers := append(s.answers[:0], make([]answer, len(group))...)
	recs, order := s.recs[:0], s.order[:0]
	defer func() { // nothing of it is held on to
		clear(group)
		clear(answers)
		clear(recs)
		clear(order)
		s.answers, s.recs, s.order = answers[:0], recs[:0], order[:0]
	}()
	now := s.road.cfg.Clock()
	for i, r := range group {
		h := s.head(r.partition)
		if answers[i].err = s.road.follow(h); answers[i].err != nil {
			continue
		}
		if !h.touched {
			h.touched = true
			order = append(order, h)
		}
		if r.touch {
			continue
		}
		if r.control != nil {
			answers[i] = s.stageControl(h, r.control, now, &recs)
			continue
		}
		if h.stuck && len(h.order) > mostUnsealed {
			// Try again before more are taken; not while rows are on their way.
			if len(h.staged) == 0 && len(h.controls) == 0 {
				_ = s.seal(h, h.least, h.state.Done)
			}
			if h.stuck {
				answers[i].err = fmt.Errorf("%w: rows cannot be sealed", ErrStore)
				continue
			}
		}
		if answers[i].err = s.look(h, r.batch); answers[i].err != nil {
			continue
		}
		h.mu.Lock()
		offset := h.stagedNext
		outcomes, kept := h.stage(r.batch, s.road.cfg.Lateness)
		h.old = nil
		h.mu.Unlock()
		answers[i].outcomes = outcomes
		if kept > 0 {
			recs = append(recs, eventlog.Record{Partition: r.partition, Offset: offset, LoggedAt: now, Readings: keep(r.batch, outcomes, kept)})
		}
	}
	err := s.write(recs)
	for _, h := range order {
		h.touched = false
		h.mu.Lock()
		if err != nil {
			h.drop()
		} else if bad := h.apply(); bad != nil {
			s.road.cfg.Logger.Error("a control record cannot be applied", "error", bad)
		}
		h.mu.Unlock()
	}
	for i, r := range group {
		s.rows.Add(-int64(r.rows))
		if err != nil && answers[i].err == nil {
			answers[i] = answer{err: err}
		}
		if answers[i].err == nil {
			s.road.count(answers[i].outcomes)
		}
		s.owed += r.rows
		r.done(answers[i])
	}
	if err == nil {
		s.ripen(order)
	}
	for s.owed > s.most && len(s.ripe) > 0 {
		s.sealRipe(1)
	}
}

// keep returns the rows of b that are to be logged: b itself where all are.
func keep(b *reading.Batch, outcomes []reading.Outcome, kept int) *reading.Batch {
	if kept == len(outcomes) {
		return b
	}
	out := &reading.Batch{Partition: b.Partition, Origin: b.Origin, Received: b.Received}
	for i, o := range outcomes {
		if !o.Kept() {
			continue
		}
		out.Rows.AppendRow(&b.Rows, i)
		if b.Seq != nil {
			out.Seq = append(out.Seq, b.SeqOf(i))
		}
	}
	return out
}

// write appends recs to the log, and remembers whether that works.
func (s *shard) write(recs []eventlog.Record) error {
	if len(recs) == 0 {
		return nil
	}
	err := s.road.cfg.Log.Append(recs)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrStore, err)
	}
	s.road.writable(err)
	return err
}

// head returns the head of p, a new one if there is none.
func (s *shard) head(p reading.Partition) *head {
	s.mu.RLock()
	h := s.heads[p]
	s.mu.RUnlock()
	if h != nil {
		return h
	}
	h = newHead(p)
	h.least = s.road.sealRows(p)
	s.mu.Lock()
	s.heads[p] = h
	s.mu.Unlock()
	s.road.began.Add(1)
	return h
}

// stageControl gives a control record its place and applies it when the group
// is written: it is part of the state only then.
func (s *shard) stageControl(h *head, c *eventlog.Control, now int64, recs *[]eventlog.Record) answer {
	h.mu.Lock()
	defer h.mu.Unlock()
	offset := h.stagedNext
	c, err := h.prepare(c, offset)
	if err != nil {
		return answer{err: err}
	}
	h.controls = append(h.controls, stagedControl{h.rows.Len(), c})
	h.stagedNext++
	*recs = append(*recs, eventlog.Record{Partition: h.partition, Offset: offset, LoggedAt: now, Control: c})
	return answer{offset: offset}
}

// lookGap is how far apart old rows of one batch may lie to be looked up at once.
const lookGap = int64(10 * 60 * 1e9)

// look reads from the series what rows of b may repeat, into h.old.
func (s *shard) look(h *head, b *reading.Batch) error {
	h.old = nil
	var times []int64
	for _, t := range b.Rows.Times() {
		if t <= h.sealedTo {
			times = append(times, t)
		}
	}
	if len(times) == 0 {
		return nil
	}
	old, err := s.road.around(h.partition, times)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	h.old = old
	return nil
}

// ripen queues those of heads that have enough rows to seal.
func (s *shard) ripen(heads []*head) {
	for _, h := range heads {
		if h.queued || !h.wantsSeal(s.road.cfg.Lateness) {
			continue
		}
		h.queued = true
		s.ripe = append(s.ripe, h)
	}
}

// sealRipe moves what is old enough of the next n heads into the series.
func (s *shard) sealRipe(n int) {
	for ; n > 0 && len(s.ripe) > 0; n-- {
		h := s.ripe[0]
		s.ripe[0] = nil
		s.ripe = s.ripe[1:]
		h.queued = false
		before := len(h.order)
		if s.seal(h, h.least, h.state.Done) != nil {
			continue
		}
		s.owed -= before - len(h.order)
	}
}

// seal moves the rows of h behind the watermark into the series, where there
// are at least so many; always: and the state alone where there are fewer.
func (s *shard) seal(h *head, least int, always bool) error {
	h.mu.Lock()
	n := h.ripe(s.road.cfg.Lateness, least)
	if n == 0 && !(always && h.changed) {
		h.mu.Unlock()
		return nil
	}
	followed, err := h.remember()
	if err != nil { // as where the commit fails
		h.mu.Unlock()
		s.road.sealFailed(err)
		return err
	}
	h.changed = false
	sealed := h.seal(n, followed)
	h.seals++
	h.mu.Unlock()
	err = s.road.cfg.Series.Commit(sealed)
	h.mu.Lock()
	h.seals++
	if err == nil {
		h.sealed(n)
	} else {
		h.changed = true
	}
	h.mu.Unlock()
	h.stuck = err != nil
	if err != nil { // the rows stay in the head, and are in the log
		s.road.sealFailed(err)
	}
	return err
}

// recover reads the state of a partition and the log behind its position.
func (s *shard) recover(p reading.Partition) error {
	bytes, position, err := s.road.cfg.Series.State(p)
	if err != nil {
		return err
	}
	h := s.head(p)
	if bytes != nil {
		if err := h.decodeState(bytes); err != nil {
			return err
		}
	} else if s.road.cfg.begin != nil {
		if err := s.road.cfg.begin(h); err != nil {
			return err
		}
	}
	if err := s.road.follow(h); err != nil {
		return err
	}
	from := h.next
	err = s.road.cfg.Log.Read(p, position, func(r *eventlog.Record) error { return s.replay(h, r, from) })
	h.next = max(h.next, from)
	h.stagedNext = h.next
	return err
}

// replay applies one record of the log. The state knows all that lies below
// from: of it only the rows that are not sealed are wanted.
func (s *shard) replay(h *head, r *eventlog.Record, from eventlog.Offset) error {
	h.stagedNext = r.Offset
	switch {
	case r.Control == nil:
		if err := s.look(h, r.Readings); err != nil {
			return err
		}
		h.stage(r.Readings, s.road.cfg.Lateness)
		h.old = nil
	case r.Offset >= from:
		h.controls = append(h.controls, stagedControl{h.rows.Len(), r.Control})
	}
	h.stagedNext = r.Offset + 1
	if r.Offset < from {
		h.admit()
		return nil
	}
	if err := h.apply(); err != nil {
		return err
	}
	_ = s.seal(h, h.least, h.state.Done) // logged; the rows stay in the head
	return nil
}

// payload decodes the payload of a control record.
func payload[T any](c *eventlog.Control) (T, error) {
	var v T
	if err := json.Unmarshal(c.Payload, &v); err != nil {
		return v, fmt.Errorf("%s record: %w", c.Kind, err)
	}
	return v, nil
}
