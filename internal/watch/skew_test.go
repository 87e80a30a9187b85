package watch

import (
	"testing"

	"pleth/internal/signal"
)

// TestSkewIsKnownOfLiveStreamsAlone: a clock that is wrong is known after a
// minute; what comes faster than it happened is not live.
func TestSkewIsKnownOfLiveStreamsAlone(t *testing.T) {
	t.Parallel()
	const hour = 3600 * signal.Second
	for _, c := range []struct {
		name     string
		at       func(i int64) int64 // event time
		received func(i int64) int64
		n        int64
		skew     int64
		known    bool
	}{
		{"an hour behind", func(i int64) int64 { return i * signal.Second }, func(i int64) int64 { return hour + i*signal.Second }, 61, hour, true},
		{"an hour ahead", func(i int64) int64 { return hour + i*signal.Second }, func(i int64) int64 { return i * signal.Second }, 61, -hour, true},
		{"not long enough", func(i int64) int64 { return i * signal.Second }, func(i int64) int64 { return hour + i*signal.Second }, 60, 0, false},
		{"too few", func(i int64) int64 { return i * 10 * signal.Second }, func(i int64) int64 { return hour + i*10*signal.Second }, 9, 0, false},
		{"handed on every 20 s", func(i int64) int64 { return i * signal.Second }, func(i int64) int64 { return hour + (i/20+1)*20*signal.Second }, 100, hour + signal.Second, true},
		{"an upload", func(i int64) int64 { return i * signal.Second }, func(int64) int64 { return 10 * hour }, 30000, 0, false},
		{"a backlog at twice the speed", func(i int64) int64 { return i * signal.Second }, func(i int64) int64 { return hour + i*signal.Second/2 }, 3600, 0, false},
		{"a backlog, then live", func(i int64) int64 { return i * signal.Second }, func(i int64) int64 { return max(hour, i*signal.Second) }, 3700, 0, true},
	} {
		var o offsets
		for i := range c.n {
			o.add(c.at(i), c.received(i))
		}
		if skew, known := o.skew(); known != c.known || known && skew != c.skew {
			t.Errorf("%s: %d s, %v", c.name, skew/signal.Second, known)
		}
	}
}
