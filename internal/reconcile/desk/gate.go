package desk

import (
	"context"
	"sync"
	"time"
)

// mostSlow is how many checks may run besides those of Config.Parallel because
// they take long.
const mostSlow = 32

// gate bounds how many checks run at once. One that takes long gives its place
// away and goes on: it waits for a system, which must not keep all others.
type gate struct {
	places, slow chan struct{}
	patience     time.Duration
}

func newGate(most int, patience time.Duration) *gate {
	return &gate{places: make(chan struct{}, most), slow: make(chan struct{}, mostSlow), patience: patience}
}

// enter waits for a place and returns what gives it back; nil: ctx has ended.
func (g *gate) enter(ctx context.Context) (leave func()) {
	select {
	case g.places <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	var mu sync.Mutex
	left, in := false, g.places
	timer := time.AfterFunc(g.patience, func() {
		mu.Lock()
		defer mu.Unlock()
		if left {
			return
		}
		select {
		case g.slow <- struct{}{}:
			<-g.places
			in = g.slow
		default: // too many are slow already
		}
	})
	return func() {
		timer.Stop()
		mu.Lock()
		defer mu.Unlock()
		left = true
		<-in
	}
}
