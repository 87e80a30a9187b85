package road

import (
	"context"
	"errors"

	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// ErrReadOnly is what a replayed road answers to what would change it.
var ErrReadOnly = errors.New("this is a replay: it takes nothing new")

// Replay builds everything behind the log again, from cfg.Log into the empty
// cfg.Series, by the configuration given, and returns a road that can be asked
// and takes nothing new. The caller closes it. Log and Series of a running road
// are not touched when cfg.Log only reads.
func Replay(ctx context.Context, cfg Config) (*Road, error) {
	if cfg.Log == nil {
		return nil, errors.New("a replay needs a log")
	}
	cfg.Log = readOnly{ctx, cfg.Log}
	return Open(cfg)
}

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
