package pebbledb

import (
	"testing"
	"time"
)

func TestSyncsAreKeptApartWhenManyComeOnly(t *testing.T) {
	t.Parallel()
	var p pace
	now := time.Unix(1000, 0)
	for _, c := range []struct {
		after   time.Duration
		commits int64
		want    time.Duration
	}{
		{0, 1, 0},
		{time.Second, 1200, 0},
		{10 * time.Millisecond, 5000, 0}, // not looked at yet
		{90 * time.Millisecond, 0, syncApart},
		{40 * time.Millisecond, 0, syncApart},
		{100 * time.Millisecond, 1000, syncApart},
		{time.Second, 900, syncApart}, // they share syncs now
		{time.Second, 500, 0},
		{time.Second, 1200, 0},
	} {
		now = now.Add(c.after)
		p.commits.Add(c.commits)
		if got := p.interval(now); got != c.want {
			t.Errorf("after %s with %d more: %s, want %s", c.after, c.commits, got, c.want)
		}
	}
}
