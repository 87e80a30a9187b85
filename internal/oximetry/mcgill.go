package oximetry

import "pleth/internal/signal"

// McGill is the McGill oximetry score (Nixon 2004) with what it rests on. It
// is for children of one year and more. Rule and source: docs/definitions/mcgill.md.
type McGill struct {
	Score    int // 1 normal or inconclusive, 2 mild, 3 moderate, 4 severe
	Clusters int
	Dips90   int // falls of at least four points to below 90 %
	Dips85   int
	Dips80   int
}

// McGillScore returns the score of falls of at least four points and their
// clusters.
func McGillScore(falls []Fall, clusters int) McGill {
	s := McGill{Score: 1, Clusters: clusters}
	for i := range falls {
		low := falls[i].Low
		if low < 90*signal.One {
			s.Dips90++
		}
		if low < 85*signal.One {
			s.Dips85++
		}
		if low < 80*signal.One {
			s.Dips80++
		}
	}
	if clusters < 3 || s.Dips90 < 3 {
		return s
	}
	switch {
	case s.Dips80 > 3:
		s.Score = 4
	case s.Dips85 > 3 || s.Dips80 > 0:
		s.Score = 3
	default:
		s.Score = 2
	}
	return s
}
