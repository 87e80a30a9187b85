package road_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"pleth/internal/eventlog"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestManyAtOnce sends, asks and controls from many goroutines, and closes the
// road meanwhile: what was acknowledged is there, once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	cfg := config(m)
	cfg.SealRows, cfg.Shards = 20, 3
	r, err := road.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var kept atomic.Int64
	var wait sync.WaitGroup
	ctx := context.Background()
	for g := range 6 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			random := plethtest.NewRandom(uint64(g))
			for i := range 150 {
				out, err := r.Submit(ctx, wardBatch(fmt.Sprint("dev-", g%4), int64(i*5+random.Intn(5)), 1+random.Intn(9)))
				if err != nil && !errors.Is(err, road.ErrClosed) && !errors.Is(err, road.ErrBusy) {
					t.Error(err)
				}
				for _, o := range out[0] {
					if o.Kept() {
						kept.Add(1)
					}
				}
			}
		}()
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range 15 {
				list, _, err := r.Sessions(ctx, road.SessionQuery{})
				if err != nil && err.Error() != "the session changed while it was read; ask again" {
					t.Error(err)
				}
				for _, s := range list {
					if _, err := r.Analysis(ctx, s.Key); err != nil && err.Error() != "the session changed while it was read; ask again" {
						t.Error(err)
					}
				}
				r.Latest()
				r.Devices()
				rows(t, r, road.Query{})
				_, err = r.Control(ctx, reading.Partition{Device: fmt.Sprint("dev-", g%4)}, eventlog.Control{Kind: eventlog.KindAnnotation, Payload: fmt.Appendf(nil, `{"text":"%d"}`, i)})
				if err != nil && !errors.Is(err, road.ErrClosed) {
					t.Error(err)
				}
			}
		}()
	}
	wait.Add(1)
	go func() {
		defer wait.Done()
		for kept.Load() < 400 {
			r.Latest()
		}
		if err := r.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	wait.Wait()
	if err := r.Close(ctx); err != nil {
		t.Error(err)
	}
	if n := rows(t, open(t, asIs(m)), road.Query{}).Rows.Len(); int64(n) != kept.Load() {
		t.Errorf("%d readings there, %d acknowledged as kept", n, kept.Load())
	}
}

// TestBusy: a queue that is full says so at once, and what was queued is kept.
func TestBusy(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	gate := &gated{Memory: m, open: make(chan struct{})}
	cfg := config(m)
	cfg.Log, cfg.Shards = gate, 1
	r, err := road.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	queued, busy := 0, false
	for i := 0; i < 2000 && !busy; i++ {
		done.Add(1)
		err := r.SubmitAsync(wardBatch("a", int64(i)*500, 500), func(_ []reading.Outcome, err error) {
			if err != nil {
				t.Error(err)
			}
			done.Done()
		})
		switch {
		case errors.Is(err, road.ErrBusy):
			busy = true
			done.Done()
		case err != nil:
			t.Fatal(err)
		default:
			queued++
		}
	}
	if !busy {
		t.Error("a queue takes a million readings while the log stands still")
	}
	close(gate.open)
	done.Wait()
	if n := rows(t, r, road.Query{}).Rows.Len(); n != queued*500 {
		t.Errorf("%d readings, want %d", n, queued*500)
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := r.SubmitAsync(wardBatch("a", 0, 1), nil); !errors.Is(err, road.ErrClosed) {
		t.Errorf("%v", err)
	}
}

// gated is a log that stands still until it is opened.
type gated struct {
	*roadtest.Memory
	open chan struct{}
}

func (g *gated) Append(recs []eventlog.Record) error {
	<-g.open
	return g.Memory.Append(recs)
}

// TestNewDevicesAtOnce: a device whose first reading was acknowledged is among
// those that are asked for, whoever makes the list of devices meanwhile.
func TestNewDevicesAtOnce(t *testing.T) {
	t.Parallel()
	cfg := config(roadtest.NewMemory())
	cfg.Shards = 3
	r, err := road.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	defer func() {
		if err := r.Close(ctx); err != nil {
			t.Error(err)
		}
	}()
	found := func(device string) (rows int) {
		err := r.Rows(ctx, road.Query{Devices: []string{device}}, func(x *reading.Table) (bool, error) {
			rows += x.Rows.Len()
			return true, nil
		})
		if err != nil {
			t.Error(err)
		}
		return rows
	}
	const senders, each = 4, 300
	over := make(chan struct{})
	var asking, sending sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					found("dev-0-0")
				}
			}
		})
	}
	for g := range senders {
		sending.Go(func() {
			for i := range each {
				device := fmt.Sprintf("dev-%d-%d", g, i)
				if _, err := r.Submit(ctx, wardBatch(device, 0, 3)); err != nil {
					t.Error(err)
					return
				}
				if n := found(device); n != 3 {
					t.Errorf("%s: %d of 3 rows are found", device, n)
				}
			}
		})
	}
	sending.Wait()
	close(over)
	asking.Wait()
	for g := range senders {
		for i := range each {
			if device := fmt.Sprintf("dev-%d-%d", g, i); found(device) != 3 {
				t.Errorf("%s is not found", device)
			}
		}
	}
}
