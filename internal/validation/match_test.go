package validation

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// span is a time in whole seconds; its end is exclusive.
type span struct{ start, end int }

func (s span) overlaps(t span) bool { return s.start < t.end && t.start < s.end }

// match pairs true events with found ones that overlap, one to one: each true
// one in the order of its start takes the earliest found one not taken yet.
// It returns how many it paired and marks the found ones taken.
func match(want, found []span, taken []bool) int {
	n := 0
	for _, w := range want {
		for i, f := range found {
			if !taken[i] && w.overlaps(f) {
				taken[i] = true
				n++
				break
			}
		}
	}
	return n
}

// share is a proportion counted night by night.
type share struct{ hits, of []int }

func (s *share) add(hits, of int) {
	s.hits, s.of = append(s.hits, hits), append(s.of, of)
}

func (s *share) join(t share) {
	s.hits, s.of = append(s.hits, t.hits...), append(s.of, t.of...)
}

func (s *share) total() (hits, of int) {
	for i := range s.of {
		hits, of = hits+s.hits[i], of+s.of[i]
	}
	return hits, of
}

// value returns the proportion; NaN of nothing.
func (s *share) value() float64 {
	hits, of := s.total()
	return float64(hits) / float64(of)
}

// interval returns the 95 % confidence interval of the proportion. Events of
// one night resemble each other, so nights are what is drawn at random: the
// variance is that of a ratio of sums over nights.
func (s *share) interval() (low, high float64) {
	hits, of := s.total()
	n := float64(len(s.of))
	if of == 0 || n < 2 {
		return 0, 1
	}
	p, ss := float64(hits)/float64(of), 0.0
	for i := range s.of {
		d := float64(s.hits[i]) - p*float64(s.of[i])
		ss += d * d
	}
	half := 1.96 * math.Sqrt(ss*n/(n-1)) / float64(of)
	return max(0, p-half), min(1, p+half)
}

// String returns the proportion with its interval for a table.
func (s *share) String() string {
	if _, of := s.total(); of == 0 {
		return "-"
	}
	low, high := s.interval()
	return fmt.Sprintf("%.3f (%.3f-%.3f)", s.value(), low, high)
}

func TestMatchIsOneToOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		want, found []span
		n           int
		taken       []bool
	}{
		{"nothing", nil, nil, 0, []bool{}},
		{"apart", []span{{0, 10}}, []span{{10, 20}}, 0, []bool{false}},
		{"touching by a second", []span{{0, 11}}, []span{{10, 20}}, 1, []bool{true}},
		{"two found for one", []span{{0, 30}}, []span{{5, 10}, {15, 20}}, 1, []bool{true, false}},
		{"one found for two", []span{{0, 10}, {12, 30}}, []span{{5, 20}}, 1, []bool{true}},
		{"in a row", []span{{0, 10}, {10, 20}}, []span{{2, 12}, {12, 22}}, 2, []bool{true, true}},
	} {
		taken := make([]bool, len(c.found))
		if n := match(c.want, c.found, taken); n != c.n || !slices.Equal(taken, c.taken) {
			t.Errorf("%s: got %d %v, want %d %v", c.name, n, taken, c.n, c.taken)
		}
	}
}

func TestShareCountsNights(t *testing.T) {
	t.Parallel()
	var equal, uneven share
	for range 100 {
		equal.add(9, 10)
	}
	if low, high := equal.interval(); equal.value() != 0.9 || low != 0.9 || high != 0.9 {
		t.Errorf("equal nights: got %v (%v-%v), want 0.9 without spread", equal.value(), low, high)
	}
	for i := range 100 {
		uneven.add(8+2*(i%2), 10)
	}
	// Each night differs by 1 from 9 of 10: half = 1.96 * sqrt(100*100/99) / 1000.
	low, high := uneven.interval()
	if math.Abs(low-0.8803) > 1e-4 || math.Abs(high-0.9197) > 1e-4 {
		t.Errorf("uneven nights: got %v-%v, want 0.8803-0.9197", low, high)
	}
}
