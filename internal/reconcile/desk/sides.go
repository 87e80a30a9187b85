package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pleth/internal/reconcile"
)

// turn bounds how many do something at once.
type turn chan struct{}

// errTaken says that no place became free in time.
var errTaken = errors.New("all places are taken")

// take waits for a place and returns what gives it back. most 0 does not wait.
func (t turn) take(ctx context.Context, most time.Duration) (done func(), err error) {
	done = func() { <-t }
	select {
	case t <- struct{}{}:
		return done, nil
	default:
	}
	if most <= 0 {
		return nil, errTaken
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case t <- struct{}{}:
		return done, nil
	case <-timer.C:
		return nil, errTaken
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// mostReads is how many reads of an integration somebody may wait for at once,
// those that were given up and have not ended included.
const mostReads = 4

// SideError says that a system could not be read while somebody waited.
type SideError struct {
	Text string // without content of records
	Slow bool   // it did not answer in time
}

// Error returns what was wrong with which side.
func (e *SideError) Error() string { return e.Text }

// records returns the records of keys on both sides. It waits for them as long
// as Config.MostRead says, whatever the systems do: what hangs goes on by itself
// and keeps one of a few places.
func (d *Desk) records(ctx context.Context, in *integration, keys [][]string) (a, b [][]reconcile.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.MostRead)
	defer cancel()
	slow := &SideError{fmt.Sprintf("%s and %s did not give the records within %s", in.pair.A.System, in.pair.B.System, d.cfg.MostRead), true}
	done, err := in.reading.take(ctx, d.cfg.MostRead)
	if errors.Is(err, context.Canceled) {
		return nil, nil, err
	}
	if err != nil {
		return nil, nil, slow
	}
	type found struct {
		a, b [][]reconcile.Record
		err  error
	}
	got := make(chan found, 1)
	go func() {
		defer done()
		var f found
		f.a, f.b, f.err = d.readBoth(ctx, in, keys)
		got <- f
	}()
	select {
	case f := <-got:
		if errors.Is(f.err, context.DeadlineExceeded) {
			return nil, nil, slow
		}
		return f.a, f.b, f.err
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, nil, ctx.Err()
		}
		return nil, nil, slow
	}
}

func (d *Desk) readBoth(ctx context.Context, in *integration, keys [][]string) (a, b [][]reconcile.Record, err error) {
	p := in.pair
	spec := p.Spec
	in.mu.Lock()
	spec.Status = withRemaps(spec.Status, in.state.Remaps)
	in.mu.Unlock()
	src, err := p.A.Open()
	if err == nil {
		a, err = reconcile.Find(ctx, spec, src, false, keys)
	}
	if err != nil {
		return nil, nil, sideError("A", p.A.System, err)
	}
	if src, err = p.B.Open(); err == nil {
		b, err = reconcile.Find(ctx, spec, src, true, keys)
	}
	if err != nil {
		return nil, nil, sideError("B", p.B.System, err)
	}
	return a, b, nil
}

// sideError says which side could not be read; the end of a context stays one.
func sideError(side, system string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	return &SideError{Text: fmt.Sprintf("side %s (%s): %s", side, system, explain(err))}
}
