package road

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// ErrReadOnly is what a replayed road answers to what would change it.
var ErrReadOnly = errors.New("this is a replay: it takes nothing new")

// Replay builds everything behind the log again, from cfg.Log into the empty
// cfg.Series, by the configuration given, and returns a road that can be asked
// and takes nothing new. The caller closes it. Log and Series of a running road
// are not touched when cfg.Log only reads.
//
// Where records of the log were dropped, what assignments, calibrations,
// annotations, and statements of wearers and firmware among them came to is
// taken from the states in stored; nil: it is missing.
func Replay(ctx context.Context, cfg Config, stored Series) (*Road, error) {
	if cfg.Log == nil {
		return nil, errors.New("a replay needs a log")
	}
	cfg.Log = readOnly{ctx, cfg.Log}
	if stored != nil {
		begins := map[reading.Partition]eventlog.Offset{}
		err := cfg.Log.Partitions(func(p reading.Partition, first, _ eventlog.Offset) error {
			begins[p] = first
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read the log: %w", err)
		}
		cfg.begin = func(h *head) error { return h.beginWith(cfg.Log, stored, begins[h.partition]) }
	}
	return Open(cfg)
}

// beginWith gives h what holds from the records before first, by its state in
// stored: there lists begin with what is not left in the log.
func (h *head) beginWith(log Log, stored Series, first eventlog.Offset) error {
	if first == 0 {
		return nil
	}
	b, _, err := stored.State(h.partition)
	if b == nil || err != nil {
		return err
	}
	was := &head{partition: h.partition}
	if err := was.decodeState(b); err != nil {
		return err
	}
	var left state
	err = log.Read(h.partition, first, func(r *eventlog.Record) error {
		if r.Control == nil || r.Offset >= was.state.Next {
			return nil
		}
		switch r.Control.Kind {
		case eventlog.KindAssignment:
			return add(&left.Assignments, r.Control)
		case eventlog.KindCalibration:
			return add(&left.Calibrations, r.Control)
		case eventlog.KindAnnotation:
			return add(&left.Annotations, r.Control)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s := &h.state
	s.Assignments = dropped(was.state.Assignments, left.Assignments)
	s.Calibrations = dropped(was.state.Calibrations, left.Calibrations)
	s.Annotations = dropped(was.state.Annotations, left.Annotations)
	s.Import = was.state.Import
	// What rows that are left state again comes to the same.
	s.Stated, s.StatedAt, s.Subjects = was.state.Stated, was.state.StatedAt, slices.Clone(was.state.Subjects)
	s.Firmware, s.Firmwares = was.state.Firmware, maps.Clone(was.state.Firmwares)
	return nil
}

// dropped returns what all has before those that are left.
func dropped[T any](all, left []T) []T { return slices.Clone(all[:max(0, len(all)-len(left))]) }

// readOnly is a log that is not written.
type readOnly struct {
	ctx context.Context // ends the reading
	Log
}

// Append implements Log.
func (readOnly) Append([]eventlog.Record) error { return ErrReadOnly }

// Read implements Log.
func (l readOnly) Read(p reading.Partition, from eventlog.Offset, f func(*eventlog.Record) error) error {
	return l.Log.Read(p, from, func(r *eventlog.Record) error {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		return f(r)
	})
}
