package oximetry

import (
	"pleth"
	"pleth/internal/signal"
)

// tally counts ranks, and finds the one at a place among them in the square
// root of their number.
type tally struct {
	fine   []int32
	coarse []int32 // sums of tallyStep in a row
	n      int
}

const tallyStep = 64

func newTally(s *Series) *tally {
	n := len(s.Values)
	return &tally{fine: make([]int32, n), coarse: make([]int32, n/tallyStep+1)}
}

// add counts the seconds from..end-1 of s n times: 1 to add them, -1 to take
// them back.
func (t *tally) add(s *Series, from, end int, n int32) {
	for _, r := range s.Between(from, end) {
		if r.Rank == Missing {
			continue
		}
		seconds := n * (min(r.End, int32(end)) - max(r.From, int32(from)))
		t.fine[r.Rank] += seconds
		t.coarse[r.Rank/tallyStep] += seconds
		t.n += int(seconds)
	}
}

// nth returns the rank at place k from 0 when all are in order.
func (t *tally) nth(k int) int32 {
	left, c := int32(k), 0
	for left >= t.coarse[c] {
		left -= t.coarse[c]
		c++
	}
	r := c * tallyStep
	for left >= t.fine[r] {
		left -= t.fine[r]
		r++
	}
	return int32(r)
}

// median returns the median of the values counted, of which there is at least
// one; the mean of two middle ones is rounded half to even to 1e-9.
func (t *tally) median(s *Series) signal.Fixed {
	low, high := s.Values[t.nth((t.n-1)/2)], s.Values[t.nth(t.n/2)]
	if low == high {
		return low
	}
	return signal.Fixed(pleth.DivRound(int64(low+high), 2))
}
