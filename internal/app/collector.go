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
// a large server does not collect all the time.
const (
	collectRoom  = 64 << 20
	collectLeast = 30
)

// collectPercent returns by how many per cent of live bytes the heap may grow.
func collectPercent(live uint64) int {
	if live <= collectRoom {
		return 100
	}
	return max(collectLeast, int(100*collectRoom/live))
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
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		now := 100
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			metrics.Read(sample)
			// Setting it stops the world for a moment: not for a small change.
			if p := collectPercent(sample[0].Value.Uint64()); p > now+now/8 || p < now-now/8 {
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
