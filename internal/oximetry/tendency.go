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
		total += max(part.Len()-2, 0)
		for _, r := range s.Between(part.From, part.End) {
			// Inside a run nothing changes; its last two seconds look beyond it.
			last := max(int(r.From), int(r.End)-2)
			inside += last - int(r.From)
			for k := last; k < min(int(r.End), part.End-2); k++ {
				a, b := int64(s.Value(k+1)-s.Value(k)), int64(s.Value(k+2)-s.Value(k+1))
				if a > -radius && a < radius && b > -radius && b < radius && a*a+b*b < radius*radius {
					inside++
				}
			}
		}
	}
	if total == 0 {
		return 0, false
	}
	return float64(inside) / float64(total), true
}
