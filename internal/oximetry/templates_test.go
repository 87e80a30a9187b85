package oximetry_test

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/oximetry"
)

// series draws values that repeat often enough for templates to meet again.
func series(t *rapid.T, longest int) []uint8 {
	high := rapid.Uint8Range(0, 255).Draw(t, "high")
	return rapid.SliceOfN(rapid.Uint8Range(high-min(high, 3), high), 0, longest).Draw(t, "x")
}

func TestTemplatesAgreeWithEveryPair(t *testing.T) {
	t.Parallel()
	var tm oximetry.Templates // used again and again
	rapid.Check(t, func(t *rapid.T) {
		x := series(t, 60)
		m := rapid.IntRange(1, oximetry.TemplateMaximum).Draw(t, "m")
		n := rapid.IntRange(0, max(0, len(x)-m+1)).Draw(t, "n")
		tm.Count(x, m, n)
		pairs, last, phi := int64(0), 0, 0.0
		for i := range n {
			same := 0
			for j := range n {
				if bytes.Equal(x[i:i+m], x[j:j+m]) {
					same++
				}
			}
			pairs += int64(same - 1)
			last = same
			phi += math.Log(float64(same)/float64(n)) / float64(n)
		}
		if got := tm.Pairs(); got != pairs {
			t.Errorf("Pairs() = %d, want %d", got, pairs)
		}
		if got := tm.Last(); got != last {
			t.Errorf("Last() = %d, want %d", got, last)
		}
		if got := tm.Phi(); n > 0 && math.Abs(got-phi) > 1e-12 || n == 0 && !math.IsNaN(got) {
			t.Errorf("Phi() = %v, want %v", got, phi)
		}
	})
}

// TestTemplatesGrow counts more different templates than the table starts with.
func TestTemplatesGrow(t *testing.T) {
	t.Parallel()
	x := make([]uint8, 1<<16)
	for i := range x { // every pair of values occurs, in both orders
		x[i] = uint8(i * i >> 7)
	}
	var tm oximetry.Templates
	tm.Count(x, 2, len(x)-1)
	counts := map[[2]uint8]int64{}
	for i := range len(x) - 1 {
		counts[[2]uint8{x[i], x[i+1]}]++
	}
	want := int64(0)
	for _, k := range counts {
		want += k * (k - 1)
	}
	if len(counts) < 1<<11 {
		t.Fatalf("only %d templates: the table need not grow", len(counts))
	}
	if got := tm.Pairs(); got != want {
		t.Errorf("Pairs() = %d, want %d", got, want)
	}
}

func TestTemplatesOutsideOfTheSeries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ length, m, n int }{{5, 0, 1}, {5, 9, 1}, {5, 2, 5}, {5, 2, -1}, {0, 1, 1}, {3, 4, 1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Count of %d templates of %d in %d values did not panic", c.n, c.m, c.length)
				}
			}()
			new(oximetry.Templates).Count(make([]uint8, c.length), c.m, c.n)
		}()
	}
}
