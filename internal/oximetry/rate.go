package oximetry

import (
	"pleth/internal/signal"
	"pleth/internal/window"
)

// The robust rate of fall looks at RateSpan seconds: the median of the first
// three less the median of the last three, whose middles are rateBase seconds
// apart. Source: docs/definitions/fall-rate.md.
const (
	RateSpan = 10
	rateBase = RateSpan - 3
)

// Rates holds the medians of three seconds of a grid, from which rates of fall
// are read.
type Rates struct {
	middle []signal.Fixed // median of the seconds k-1, k, k+1
	valid  []int32        // consecutive valid seconds that end at each second
}

// RatesOf returns the rates of a grid.
func RatesOf(g *window.Grid) *Rates {
	r := &Rates{make([]signal.Fixed, g.Len()), make([]int32, g.Len())}
	run := int32(0)
	for k, v := range g.V {
		run++
		if !g.Ok(k) {
			run = 0
		}
		r.valid[k] = run
		if run >= 3 {
			r.middle[k-1] = median3(g.V[k-2], g.V[k-1], v)
		}
	}
	return r
}

func median3(a, b, c signal.Fixed) signal.Fixed {
	if a > b {
		a, b = b, a
	}
	return max(a, min(b, c))
}

// Steepest returns the greatest rate of fall in %/s over RateSpan seconds that
// begin at from or later and end before end, 0 if the signal only rose. It
// returns false if no such seconds are all valid.
func (r *Rates) Steepest(from, end int) (rate float64, ok bool) {
	most := signal.Fixed(0)
	for last := max(from, 0) + RateSpan - 1; last < min(end, len(r.valid)); last++ {
		if r.valid[last] < RateSpan {
			continue
		}
		ok = true
		most = max(most, r.middle[last-1-rateBase]-r.middle[last-1])
	}
	return float64(most) / rateBase / float64(signal.One), ok
}
