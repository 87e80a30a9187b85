package chart

import (
	"math"
	"slices"

	"pleth/internal/window"
)

// StripSeconds is the time that one entry of a Strip stands for.
const StripSeconds = 20

// Strip is a night reduced to the lowest and highest value of every
// StripSeconds: enough for a strip or a ribbon, small enough to keep of
// thousands of nights. Its deepest dip is in it.
type Strip struct {
	Span      int     // seconds
	Low, High []uint8 // percent, Low rounded down and High up; 0 where nothing was measured
}

// NewStrip returns the strip of a session held at 1 Hz.
func NewStrip(g *window.Grid) *Strip {
	n := (g.Len() + StripSeconds - 1) / StripSeconds
	s := &Strip{Span: g.Len(), Low: make([]uint8, n), High: make([]uint8, n)}
	for k := range g.Len() {
		if !g.Ok(k) {
			continue
		}
		i, v := k/StripSeconds, g.V[k].Float()
		low, high := uint8(math.Floor(v)), uint8(math.Ceil(v))
		if s.High[i] == 0 || low < s.Low[i] {
			s.Low[i] = low
		}
		s.High[i] = max(s.High[i], high)
	}
	return s
}

// Columns returns the strip over seconds from..to since its start, which may
// lie outside of it, in n columns.
func (s *Strip) Columns(from, to float64, n int) []Column {
	out := make([]Column, n)
	gap := true
	for i := range out {
		a, b := from+(to-from)*float64(i)/float64(n), from+(to-from)*float64(i+1)/float64(n)
		first := int(math.Floor(a / StripSeconds))
		last := max(first, int(math.Ceil(b/StripSeconds))-1)
		c := &out[i]
		for k := first; k <= last; k++ {
			if k < 0 || k >= len(s.High) || s.High[k] == 0 {
				gap = true
				continue
			}
			low, high := float32(s.Low[k]), float32(s.High[k])
			if !c.Any {
				*c = Column{First: high, Min: low, Max: high, Any: true, Cut: gap}
			}
			c.Last, c.Min, c.Max = high, min(c.Min, low), max(c.Max, high)
			c.Cut = c.Cut || gap
			gap = false
		}
	}
	return out
}

// RibbonSeconds is the time that one entry of a Ribbon stands for.
const RibbonSeconds = 300

// Ribbon is, for each five minutes, how the lowest values of several nights
// are spread; NaN where fewer than three of them have signal.
type Ribbon struct {
	P5, Q1, Median, Q3, P95 []float64
}

// Lowest returns the lowest value of each RibbonSeconds of the time from..to
// since the start of s; NaN without signal.
func (s *Strip) Lowest(from, to float64) []float64 {
	n := int(math.Ceil((to - from) / RibbonSeconds))
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
		a := from + float64(i)*RibbonSeconds
		for k := int(math.Ceil(a / StripSeconds)); float64(k)*StripSeconds < a+RibbonSeconds; k++ {
			if k < 0 || k >= len(s.Low) || s.High[k] == 0 {
				continue
			}
			if v := float64(s.Low[k]); !(out[i] <= v) {
				out[i] = v
			}
		}
	}
	return out
}

// Spread returns the ribbon of the lowest values of several nights, which
// have one entry for the same times each.
func Spread(nights [][]float64) Ribbon {
	if len(nights) == 0 {
		return Ribbon{}
	}
	n := len(nights[0])
	at := func() []float64 { return make([]float64, n) }
	r := Ribbon{at(), at(), at(), at(), at()}
	values := make([]float64, 0, len(nights))
	for i := range n {
		values = values[:0]
		for _, night := range nights {
			if v := night[i]; !math.IsNaN(v) {
				values = append(values, v)
			}
		}
		slices.Sort(values)
		for k, p := range []float64{5, 25, 50, 75, 95} {
			v := math.NaN()
			if len(values) >= 3 {
				v = quantile(values, p)
			}
			[]([]float64){r.P5, r.Q1, r.Median, r.Q3, r.P95}[k][i] = v
		}
	}
	return r
}

// quantile interpolates linearly in sorted values.
func quantile(sorted []float64, p float64) float64 {
	at := p / 100 * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (sorted[i+1]-sorted[i])*(at-float64(i))
}
