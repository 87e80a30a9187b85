package groupcommit_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"pleth/internal/groupcommit"
)

func TestCallersShareWrites(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		writes := 0
		first := make(chan struct{})
		g := groupcommit.New(50, func(int) int { return 1 }, func(in []int) ([]int, error) {
			if writes++; writes == 1 {
				<-first // the others come while this write is under way
			}
			out := make([]int, len(in))
			for i, n := range in {
				out[i] = 2 * n
			}
			return out, nil
		})
		var wg sync.WaitGroup
		for i := range 101 {
			wg.Go(func() {
				if got, err := g.Do(context.Background(), i); err != nil || got != 2*i {
					t.Errorf("%d gave %d, %v", i, got, err)
				}
			})
			if i == 0 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		close(first)
		wg.Wait()
		if writes != 3 {
			t.Errorf("%d writes for 1 + 100 callers by 50", writes)
		}
		g.Close()
		g.Close()
		if _, err := g.Do(context.Background(), 1); !errors.Is(err, groupcommit.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
}

func TestErrorIsForAll(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	g := groupcommit.New(10, func(int) int { return 1 }, func([]int) ([]int, error) { return nil, full })
	defer g.Close()
	if _, err := g.Do(context.Background(), 1); !errors.Is(err, full) {
		t.Error(err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := g.Do(gone, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Nobody waits for ever when the group closes under load.
func TestCloseUnderLoad(t *testing.T) {
	t.Parallel()
	var written atomic.Int64
	g := groupcommit.New(10, func(int) int { return 1 }, func(in []int) ([]int, error) {
		written.Add(int64(len(in)))
		return in, nil
	})
	var wg sync.WaitGroup
	var answered atomic.Int64
	for range 64 {
		wg.Go(func() {
			for {
				if _, err := g.Do(context.Background(), 1); err != nil {
					return
				}
				if answered.Add(1) == 500 {
					go g.Close()
				}
			}
		})
	}
	wg.Wait()
	if answered.Load() > written.Load() {
		t.Errorf("%d answered, %d written", answered.Load(), written.Load())
	}
}
