package watch

import (
	"pleth/internal/signal"
)

// What makes a stream live: for so long, and so many readings, they have come
// so evenly that between the server's clock and theirs lies always the same.
// A backlog that is handed on, or an upload, comes faster than it happened.
const (
	liveSpan   = 60 * signal.Second
	liveCount  = 10
	liveSpread = 30 * signal.Second
)

// offsets follow how far the server's clock is ahead of the readings of a live
// stream. The zero value knows nothing.
type offsets struct {
	since, until int64 // receive times of the even run
	low, high    int64 // received minus event time in it
	n            int
}

// add takes a reading, newer than all before it.
func (o *offsets) add(at, received int64) {
	off := received - at
	if low, high := min(o.low, off), max(o.high, off); o.n == 0 || high-low > liveSpread || received-o.until > liveSpan {
		*o = offsets{since: received, until: received, low: off, high: off, n: 1}
		return
	}
	o.low, o.high, o.until = min(o.low, off), max(o.high, off), max(o.until, received)
	o.n++
}

// skew returns how far the server's clock is ahead, nanoseconds, and whether
// the stream is live, so that this is known.
func (o *offsets) skew() (int64, bool) {
	return o.low, o.n >= liveCount && o.until-o.since >= liveSpan
}

// Skew returns how far the clock of the server is ahead of that of a device,
// nanoseconds; negative: it is behind. False: the device has not sent live for
// a minute, and it is not known.
func (w *Watch) Skew(device string) (int64, bool) {
	f := w.of(partitionOf(device))
	if f == nil {
		return 0, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.offsets.skew()
}
