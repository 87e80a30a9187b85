package oximetry

import "pleth/internal/signal"

// PRSALength is how many seconds before and after an anchor are averaged.
// Source: docs/definitions/prsa.md.
const PRSALength = 10

// PRSA is the phase-rectified signal average (Bauer 2006) around the seconds
// at which the signal falls.
type PRSA struct {
	Capacity  float64 // %: (w[L] + w[L+1] - w[L-1] - w[L-2]) / 4
	Amplitude float64 // %: highest less lowest of the average
	Slope     float64 // %/s over all of it
	Before    float64 // %/s over the seconds before the anchor
	After     float64 // %/s from the anchor on
	Anchors   int
}

// PRSAOf returns the average around every second whose value is below that of
// the second before and whose surroundings are valid. It returns false if
// there is none.
func PRSAOf(s *Series) (PRSA, bool) {
	var sums [2 * PRSALength]int64 // of the values at each place, 1e-9 %
	var p PRSA
	for _, part := range s.Stretches {
		for _, r := range s.Between(part.From+PRSALength, part.End-PRSALength+1) {
			k := int(r.From)
			if k < part.From+PRSALength || s.Ranks[k-1] <= r.Rank {
				continue
			}
			p.Anchors++
			for i, r := range s.Ranks[k-PRSALength : k+PRSALength] {
				sums[i] += int64(s.Values[r])
			}
		}
	}
	if p.Anchors == 0 {
		return p, false
	}
	var x, w [2 * PRSALength]float64
	for i, sum := range sums {
		x[i] = float64(i)
		w[i] = float64(sum) / float64(p.Anchors) / float64(signal.One)
	}
	const l = PRSALength
	p.Capacity = (w[l] + w[l+1] - w[l-1] - w[l-2]) / 4
	low, high := w[0], w[0]
	for _, v := range w {
		low, high = min(low, v), max(high, v)
	}
	p.Amplitude = high - low
	p.Slope, p.Before, p.After = slope(x[:], w[:]), slope(x[:l], w[:l]), slope(x[l:], w[l:])
	return p, true
}
