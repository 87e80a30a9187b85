package oximetry

import (
	"math"
	"slices"

	"pleth/internal/signal"
	"pleth/internal/window"
)

// Series is a session held at one value a second, as the measures of a whole
// session read it: each second is the rank of its value among those that
// occur. No measure looks across a missing second.
type Series struct {
	Ranks     []int32        // of each second; Missing where nothing was measured
	Values    []signal.Fixed // those that occur, rising
	Floats    []float64      // the same
	Stretches []Stretch      // of seconds without a missing one, in order
	Valid     int            // seconds that are not missing
}

// Missing is the rank of a second without a value.
const Missing int32 = -1

// Stretch is the seconds From to End-1.
type Stretch struct{ From, End int }

// Len returns the length of the stretch in seconds.
func (s Stretch) Len() int { return s.End - s.From }

// NewSeries returns the series of a grid. It keeps nothing of g.
func NewSeries(g *window.Grid) *Series {
	s := &Series{Ranks: make([]int32, g.Len())}
	s.rank(g)
	s.Floats = make([]float64, len(s.Values))
	for i, v := range s.Values {
		s.Floats[i] = v.Float()
	}
	for k, r := range s.Ranks {
		switch {
		case r == Missing:
		case k > 0 && s.Ranks[k-1] != Missing:
			s.Valid++
		default:
			s.Valid++
			s.Stretches = append(s.Stretches, Stretch{From: k})
		}
		if r != Missing {
			s.Stretches[len(s.Stretches)-1].End = k + 1
		}
	}
	return s
}

// rank finds the values that occur and ranks the seconds. Percent come as
// whole numbers mostly, which need no search.
func (s *Series) rank(g *window.Grid) {
	var seen [101]bool
	var fractions []signal.Fixed
	last := none // most seconds repeat the one before
	for k, v := range g.V {
		if !g.Ok(k) || v == last {
			continue
		}
		last = v
		if n, whole := percent(v); whole {
			seen[n] = true
		} else {
			fractions = append(fractions, v)
		}
	}
	slices.Sort(fractions)
	s.Values = slices.Compact(fractions)
	for n, is := range seen {
		if is {
			s.Values = append(s.Values, signal.Whole(n))
		}
	}
	slices.Sort(s.Values)
	var ranks [101]int32
	for i, v := range s.Values {
		if n, whole := percent(v); whole {
			ranks[n] = int32(i)
		}
	}
	last, rank := none, Missing
	for k, v := range g.V {
		if !g.Ok(k) {
			s.Ranks[k] = Missing
			continue
		}
		if v != last {
			last = v
			if n, whole := percent(v); whole {
				rank = ranks[n]
			} else {
				i, _ := slices.BinarySearch(s.Values, v)
				rank = int32(i)
			}
		}
		s.Ranks[k] = rank
	}
}

// none is no value that can be measured.
const none = signal.Fixed(math.MinInt64)

// percent returns the whole percent that v is, if it is one.
func percent(v signal.Fixed) (n int, whole bool) {
	n = int(v / signal.One)
	return n, n >= 0 && n <= 100 && signal.Whole(n) == v
}

// Value returns the value of second k, which must not be missing.
func (s *Series) Value(k int) signal.Fixed { return s.Values[s.Ranks[k]] }

// Gap returns the least difference between two values that occur, and false
// if there are fewer than two.
func (s *Series) Gap() (least signal.Fixed, ok bool) {
	for i := 1; i < len(s.Values); i++ {
		if d := s.Values[i] - s.Values[i-1]; !ok || d < least {
			least, ok = d, true
		}
	}
	return least, ok
}
