package road

import (
	"fmt"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// Follower is told what happens in one partition, in the order of its log and
// once it is on disk. After a restart it begins with its last snapshot and is
// told what came after it, so that what it makes of the log does not depend on
// restarts. Its methods are called by one goroutine at a time, and must not
// call the road.
type Follower interface {
	// Row tells of a reading. The row is valid during the call only.
	Row(r FollowedRow)
	// Prepare checks a control record of a kind that the road does not know and
	// returns it as it is to stand in the log. Its error is the answer of
	// Control. Prepare changes nothing but what Drop undoes.
	Prepare(c *eventlog.Control) (*eventlog.Control, error)
	// Control tells of a control record of any kind.
	Control(c *eventlog.Control)
	// Drop says that what was prepared since the last Settle is not in the log.
	Drop()
	// Settle ends a group of what was told.
	Settle()
	// Snapshot returns what to begin with after a restart. It is kept together
	// with the state of the partition, or not at all; an error keeps both from
	// being written.
	Snapshot() ([]byte, error)
}

// FollowedRow is one stored reading.
type FollowedRow struct {
	Rows     *pleth.Batch
	Index    int
	Seq      int64
	Flags    reading.Flags
	Received int64  // nanoseconds UTC
	Subject  string // as the reading states it; empty: it does not
}

// Place is what a Follower may ask about its partition, while it is told
// something only.
type Place interface {
	// Value returns a value corrected by the calibration in force at t.
	Value(m pleth.Metric, t int64, v pleth.Value) pleth.Value
}

// Value implements Place. The caller holds mu.
func (h *head) Value(m pleth.Metric, t int64, v pleth.Value) pleth.Value {
	if len(h.state.Calibrations) == 0 {
		return v
	}
	if h.correct == nil || len(h.correct.all) != len(h.state.Calibrations) {
		h.correct = newCalibrator(h.state.Calibrations)
	}
	v, _ = h.correct.value(m, t, v)
	return v
}

// follow gives h its follower, if it has none and somebody wants to follow.
func (r *Road) follow(h *head) error {
	if r.cfg.Follow == nil || h.follower != nil {
		return nil
	}
	f, err := r.cfg.Follow(h.partition, h, h.followed)
	if err != nil {
		return fmt.Errorf("state of %s: %w", h.partition.Device, err)
	}
	h.follower, h.followed = f, nil
	return nil
}

// followRow tells the follower of row i of h.
func (h *head) followRow(i int) {
	if h.follower != nil {
		m := &h.meta[i]
		h.follower.Row(FollowedRow{Rows: &h.rows, Index: i, Seq: h.seqOf(i), Flags: m.flags, Received: m.received, Subject: h.origins[m.origin].Subject})
	}
}

// remember takes a snapshot of the follower; nil where there is none.
func (h *head) remember() ([]byte, error) {
	if h.follower == nil {
		return nil, nil
	}
	return h.follower.Snapshot()
}
