package app

import "testing"

// A small heap may double; a large one grows by what a machine can spare, and
// never by so little that collecting becomes the work.
func TestCollectPercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		liveMB uint64
		want   int
	}{{0, 100}, {20, 100}, {64, 100}, {128, 50}, {160, 40}, {2000, 30}} {
		if got := collectPercent(c.liveMB << 20); got != c.want {
			t.Errorf("%d MB alive: %d %%, want %d", c.liveMB, got, c.want)
		}
	}
}
