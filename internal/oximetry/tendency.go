package oximetry

import "pleth/internal/signal"

// TendencyRadius is the radius of the central tendency measure.
// Source: docs/definitions/central-tendency.md.
const TendencyRadius = signal.One / 4

// CentralTendency returns the share of seconds around which two successive
// changes together stay within the radius, sqrt(d1^2 + d2^2) < r: the points
// of the second-order difference plot near its centre. It returns false if no
// three seconds in a row are valid.
func CentralTendency(s *Series) (float64, bool) {
	const radius = int64(TendencyRadius)
	inside, total := 0, 0
	for _, part := range s.Stretches {
		for k := part.From; k+2 < part.End; k++ {
			total++
			r := s.Ranks[k : k+3]
			if r[0] == r[1] && r[1] == r[2] {
				inside++
				continue
			}
			a, b := int64(s.Values[r[1]]-s.Values[r[0]]), int64(s.Values[r[2]]-s.Values[r[1]])
			if a > -radius && a < radius && b > -radius && b < radius && a*a+b*b < radius*radius {
				inside++
			}
		}
	}
	if total == 0 {
		return 0, false
	}
	return float64(inside) / float64(total), true
}
