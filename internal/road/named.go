package road

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"sort"
	"sync"
	"time"

	"pleth"
	"pleth/internal/eventlog"
)

// The id of a session is the digest of its samples, and an open session has
// another one after every row. One that somebody was told is written to the log
// before the answer: whatever happens to the process, it leads to the session.

// told are the ids that an answer holds. The zero told is ready; settle before
// the answer goes out.
type told struct {
	wait    sync.WaitGroup
	pending bool
}

// patience is how long an answer waits for the log at most: a disk that stalls
// holds up what is written, not what is read.
const patience = 2 * time.Second

// settle waits until the ids are in the log.
func (t *told) settle(ctx context.Context) {
	if !t.pending {
		return
	}
	done := make(chan struct{})
	go func() {
		t.wait.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	case <-time.After(patience):
	}
}

// id notes that an answer holds the id of the session that begins at start.
// Where the log is too busy, stalls or fails the answer goes out all the same, and the
// id is kept with the next seal. Imports are complete: their ids stay.
func (t *told) id(r *Road, h *head, m pleth.Metric, start int64, id string) {
	h.mu.Lock()
	track := h.state.track(m)
	if h.state.Import != nil || track == nil {
		h.mu.Unlock()
		return
	}
	if k, have := track.at(start); have && track.Spans[k].ID == id {
		if track.Spans[k].Told {
			h.mu.Unlock()
			return
		}
		track.Spans[k].Told = true
	}
	h.mu.Unlock()
	payload, err := json.Marshal(Named{m.String(), start, id})
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	t.wait.Add(1)
	t.pending = true
	c := &eventlog.Control{Kind: eventlog.KindNamed, Actor: "pleth", Payload: payload}
	if r.queue(&request{partition: h.partition, control: c, rows: 1, done: func(answer) { t.wait.Done() }}) != nil {
		t.wait.Done()
	}
}

// at returns the index of the span that begins at start.
func (t *track) at(start int64) (int, bool) {
	return slices.BinarySearchFunc(t.Spans, start, func(s span, start int64) int { return int(max(-1, min(1, s.Start-start))) })
}

// named gives an id to the session that had it: the one that begins where it
// did, or the rows of which it became part.
func (s *state) named(n *Named) {
	m, ok := pleth.ParseMetric(n.Metric)
	t := s.track(m)
	if !ok || t == nil || len(t.Spans) == 0 {
		return
	}
	k := max(0, sort.Search(len(t.Spans), func(k int) bool { return t.Spans[k].Start > n.Start })-1)
	one := &t.Spans[k]
	switch {
	case one.ID == n.ID:
		one.Told = true
	case one.ID == "": // nobody has asked since the start of the program
		one.ID, one.IDAt, one.Told = n.ID, math.MaxUint64, true
	default:
		one.remember(n.ID)
	}
}
