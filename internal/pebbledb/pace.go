package pebbledb

import (
	"sync"
	"sync/atomic"
	"time"
)

// pace says how far apart syncs of Pebble's log are. A sync costs as much as
// the rest of a small write. When few writes come, each is synced at once, for
// its answer waits for nothing else; when many come, more of them share one.
// The zero pace is ready to use.
type pace struct {
	commits atomic.Int64 // synced ones, since Open

	mu     sync.Mutex
	looked time.Time
	had    int64
	apart  time.Duration
}

const (
	manyCommits = 1500 // a second, from where syncs are kept apart
	fewCommits  = 600  // a second, from where they no longer are: sharing makes fewer of them
	syncApart   = 500 * time.Microsecond
	lookEvery   = 50 * time.Millisecond
)

// interval returns how long the next sync waits after the last one.
func (p *pace) interval(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	passed := now.Sub(p.looked)
	if passed < lookEvery {
		return p.apart
	}
	n := p.commits.Load()
	switch rate := float64(n-p.had) / passed.Seconds(); {
	case rate > manyCommits:
		p.apart = syncApart
	case rate < fewCommits:
		p.apart = 0
	}
	p.looked, p.had = now, n
	return p.apart
}
