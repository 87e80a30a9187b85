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

// SteepestFall returns the greatest rate of fall in %/s over RateSpan seconds
// of g that begin at from or later and end before end, 0 if the signal only
// rose. It returns false if no such seconds are all valid.
func SteepestFall(g *window.Grid, from, end int) (rate float64, ok bool) {
	most, run := signal.Fixed(0), 0
	v := g.V
	var medians [8]signal.Fixed // of the three seconds up to one, by it modulo 8
	for k := max(from, 0); k < min(end, g.Len()); k++ {
		if run++; !g.Ok(k) {
			run = 0
		}
		if run < 3 {
			continue
		}
		m := median3(v[k-2], v[k-1], v[k])
		medians[k%len(medians)] = m
		if run >= RateSpan {
			ok = true
			most = max(most, medians[(k-rateBase)%len(medians)]-m)
		}
	}
	return float64(most) / rateBase / float64(signal.One), ok
}

func median3(a, b, c signal.Fixed) signal.Fixed {
	if a > b {
		a, b = b, a
	}
	return max(a, min(b, c))
}
