package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Bounds of how far the heap of a server grows between two collections: as far
// as it is large, which is what Go does by itself, up to collectRoom; then by
// collectRoom, but by no less than collectLeast per cent of what lives, so that
// a large server does not collect all the time. While much is allocated it grows
// by what comes in collectApart, up to collectMost: every collection holds some
// answers up for some milliseconds, and several a second would be seen in the
// slowest hundredth of them.
const (
	collectRoom  = 64 << 20
	collectMost  = 128 << 20
	collectLeast = 30
	collectApart = 2 * time.Second
)

// collectPercent returns by how many per cent of live bytes the heap may grow
// where so many bytes a second are allocated.
func collectPercent(live, rate uint64) int {
	if live == 0 { // nothing was collected yet
		return 100
	}
	room := max(min(live, collectRoom), min(rate*uint64(collectApart/time.Second), collectMost))
	return max(collectLeast, int(100*room/live))
}

// collect keeps the room of the collector in bounds while the server runs, once
// every so often. Whoever has set GOGC knows better.
func (s *Server) collect(every time.Duration) {
	if _, set := os.LookupEnv("GOGC"); set {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	before := debug.SetGCPercent(100)
	go func() {
		defer close(done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
		metrics.Read(sample)
		now, rate, had, at := 100, uint64(0), sample[1].Value.Uint64(), time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			metrics.Read(sample)
			all, passed := sample[1].Value.Uint64(), time.Since(at)
			// It falls slowly: a pause is not the end of a load.
			rate = max(rate/4*3, uint64(float64(all-had)/max(passed.Seconds(), 1e-3)))
			had, at = all, at.Add(passed)
			// Setting it stops the world for a moment: not for a small change.
			if p := collectPercent(sample[0].Value.Uint64(), rate); p > now+now/8 || p < now-now/8 {
				now = p
				debug.SetGCPercent(p)
			}
		}
	}()
	s.onStop("collector", func(context.Context) error {
		stop()
		<-done
		debug.SetGCPercent(before)
		return nil
	})
}
