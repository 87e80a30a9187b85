// Package chart reduces a signal to what fits on a page without hiding a dip:
// columns with the lowest and highest value of the time they stand for, gaps
// that nothing is drawn across, a smoothed line that is drawn over the raw
// one and never instead of it, and the scales of the axes. It knows no page:
// the PDF, the HTML and the terminal draw what it returns.
package chart

import (
	"math"

	"pleth/internal/signal"
	"pleth/internal/window"
)

// Series is a signal held at one value a second from the start of a session;
// NaN where nothing was measured.
type Series []float32

// Of returns the values of g as a Series of at least seconds entries.
func Of(g *window.Grid, seconds int) Series {
	s := make(Series, max(g.Len(), seconds))
	for k := range s {
		if k < g.Len() && g.Ok(k) {
			s[k] = float32(g.V[k].Float())
		} else {
			s[k] = nan
		}
	}
	return s
}

var nan = float32(math.NaN())

// Ok reports whether second k was measured.
func (s Series) Ok(k int) bool { return s[k] == s[k] }

// Range returns the lowest and highest value; ok is false without any.
func (s Series) Range() (low, high float32, ok bool) {
	for _, v := range s {
		switch {
		case v != v:
		case !ok:
			low, high, ok = v, v, true
		default:
			low, high = min(low, v), max(high, v)
		}
	}
	return low, high, ok
}

// SmoothSeconds is the length of the centred mean that is drawn as the thick line.
const SmoothSeconds = 11

// Smooth returns the centred mean of the measured values of g within seconds
// (odd) around each measured second; NaN elsewhere. The sums are of integers.
func Smooth(g *window.Grid, seconds, length int) Series {
	n := max(g.Len(), length)
	out := make(Series, n)
	half := seconds / 2
	sum, count := int64(0), int64(0)
	for k := -half; k < n; k++ {
		if in := k + half; in < g.Len() && g.Ok(in) {
			sum, count = sum+int64(g.V[in]), count+1
		}
		if gone := k - half - 1; gone >= 0 && gone < g.Len() && g.Ok(gone) {
			sum, count = sum-int64(g.V[gone]), count-1
		}
		if k < 0 {
			continue
		}
		out[k] = nan
		if k < g.Len() && g.Ok(k) {
			out[k] = float32(float64(sum) / float64(count) / float64(signal.One))
		}
	}
	return out
}

// Column is what a series did in one column of a chart.
type Column struct {
	First, Last, Min, Max float32
	Any                   bool // anything was measured
	Cut                   bool // a gap lies between this column and the one before, or inside it
}

// Columns divides seconds from..to of s into n columns of equal time.
func (s Series) Columns(from, to, n int) []Column {
	out := make([]Column, n)
	// A second belongs to the column that its beginning lies in.
	k := from
	gap := true // nothing measured directly before
	for i := range out {
		c := &out[i]
		end := from + int(math.Ceil(float64(to-from)*float64(i+1)/float64(n)-1e-9))
		for ; k < end && k < len(s); k++ {
			v := s[k]
			if v != v {
				gap = true
				continue
			}
			if !c.Any {
				*c = Column{First: v, Last: v, Min: v, Max: v, Any: true, Cut: gap}
			} else {
				c.Last, c.Min, c.Max = v, min(c.Min, v), max(c.Max, v)
				c.Cut = c.Cut || gap
			}
			gap = false
		}
	}
	return out
}

// Gap is a stretch without signal, in seconds since the start.
type Gap struct{ Start, End int }

// Gaps returns the stretches of at least minimum seconds without a value.
func (s Series) Gaps(minimum int) []Gap {
	var gaps []Gap
	start := -1
	for k := range len(s) + 1 {
		missing := k < len(s) && !s.Ok(k)
		if missing && start < 0 {
			start = k
		}
		if !missing && start >= 0 {
			if k-start >= minimum {
				gaps = append(gaps, Gap{start, k})
			}
			start = -1
		}
	}
	return gaps
}
