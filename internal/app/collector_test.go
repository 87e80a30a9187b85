package app

import "testing"

// A small heap may double; a large one grows by what a machine can spare, and
// never by so little that collecting becomes the work. Where much is allocated it
// grows by more, within bounds.
func TestCollectPercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		liveMB, rateMB uint64
		want           int
	}{{0, 500, 100}, {20, 0, 100}, {20, 10, 100}, {20, 20, 200}, {64, 0, 100}, {128, 0, 50}, {160, 0, 40}, {2000, 0, 30}, {32, 500, 400}, {256, 500, 50}, {2000, 500, 30}} {
		if got := collectPercent(c.liveMB<<20, c.rateMB<<20); got != c.want {
			t.Errorf("%d MB alive, %d MB/s: %d %%, want %d", c.liveMB, c.rateMB, got, c.want)
		}
	}
}
