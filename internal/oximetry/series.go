package oximetry

import (
	"math"
	"slices"
	"sort"
	"sync"

	"pleth/internal/signal"
	"pleth/internal/window"
)

// Series is a session held at one value a second, as the measures of a whole
// session read it: each second is the rank of its value among those that
// occur. No measure looks across a missing second.
type Series struct {
	Ranks     []int32        // of each second; Missing where nothing was measured
	Runs      []Run          // the same, equal seconds together, in order
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

// Run is the seconds From to End-1, which all have one rank or are all missing.
// A value of a finger sensor stands for some seconds, so there are far fewer
// runs than seconds, and much can be said of a run at once.
type Run struct {
	From, End int32
	Rank      int32
}

// series holds memory between series.
var series = sync.Pool{New: func() any { return new(Series) }}

// Free gives the memory of s to the next series. It must not be used after it.
func (s *Series) Free() { series.Put(s) }

// NewSeries returns the series of a grid. It keeps nothing of g.
func NewSeries(g *window.Grid) *Series {
	s := series.Get().(*Series)
	s.Ranks = slices.Grow(s.Ranks[:0], g.Len())[:g.Len()]
	s.Stretches, s.Floats, s.Valid = s.Stretches[:0], s.Floats[:0], 0
	s.rank(g)
	for _, v := range s.Values {
		s.Floats = append(s.Floats, v.Float())
	}
	before := Missing
	for _, r := range s.Runs {
		for k := r.From; k < r.End; k++ {
			s.Ranks[k] = r.Rank
		}
		if r.Rank != Missing {
			if before == Missing {
				s.Stretches = append(s.Stretches, Stretch{From: int(r.From)})
			}
			s.Stretches[len(s.Stretches)-1].End = int(r.End)
			s.Valid += int(r.End - r.From)
		}
		before = r.Rank
	}
	return s
}

// rank finds the runs and the values that occur, and ranks them. Percent come
// as whole numbers mostly, which need no search.
func (s *Series) rank(g *window.Grid) {
	var seen [101]bool
	var fractions []signal.Fixed
	s.Runs = slices.Grow(s.Runs[:0], g.Len()/4)
	last := none - 1
	for k, v := range g.V {
		if !g.Ok(k) {
			v = none
		}
		if v == last {
			continue
		}
		last = v
		s.Runs = append(s.Runs, Run{From: int32(k)})
		if n, whole := percent(v); whole {
			seen[n] = true
		} else if v != none {
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
	end := int32(g.Len())
	for i := len(s.Runs) - 1; i >= 0; i-- {
		r := &s.Runs[i]
		r.End, end = end, r.From
		v := g.V[r.From]
		if !g.Ok(int(r.From)) {
			r.Rank = Missing
		} else if n, whole := percent(v); whole {
			r.Rank = ranks[n]
		} else {
			rank, _ := slices.BinarySearch(s.Values, v)
			r.Rank = int32(rank)
		}
	}
}

// Between returns the runs that have a second of from..end-1. The first and the
// last may reach beyond. They belong to s.
func (s *Series) Between(from, end int) []Run {
	first := sort.Search(len(s.Runs), func(i int) bool { return int(s.Runs[i].End) > from })
	last := first
	for last < len(s.Runs) && int(s.Runs[last].From) < end {
		last++
	}
	return s.Runs[first:last]
}

// none is no value that can be measured.
const none = signal.Fixed(math.MinInt64 + 1)

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
