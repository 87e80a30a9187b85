package window

import (
	"slices"

	"pleth"
	"pleth/internal/signal"
)

// Grid is a session held at one value a second: second k has the value in
// force at k seconds after the start. The zero Grid is empty.
type Grid struct {
	V []signal.Fixed  // percent; 0 where R says that nothing was measured
	R []pleth.Reasons // pleth.NoRow for seconds without a sample
}

// Grow makes room for so many more seconds.
func (g *Grid) Grow(seconds int) {
	g.V = slices.Grow(g.V, seconds)
	g.R = slices.Grow(g.R, seconds)
}

// Emptied returns an empty grid in the memory of g, which must not be used any more.
func (g *Grid) Emptied() Grid { return Grid{g.V[:0], g.R[:0]} }

// Add appends the seconds that s covers, and the seconds before it that
// nothing covers as missing. It returns how many of both there were. Samples
// come in order and do not overlap.
func (g *Grid) Add(s signal.Sample) (gap, seconds int) {
	n := len(g.V)
	first, end := n, n+1
	if s.Hold != signal.Second || s.At != int64(n)*signal.Second {
		first, end = covered(s)
	}
	for len(g.V) < first {
		g.V = append(g.V, 0)
		g.R = append(g.R, pleth.NoRow)
	}
	gap = len(g.V) - n
	for len(g.V) < end {
		g.V = append(g.V, s.V)
		g.R = append(g.R, s.R)
	}
	return gap, len(g.V) - n - gap
}

// Remove makes the seconds that s covers missing. s is one of the samples added.
func (g *Grid) Remove(s signal.Sample) {
	first, end := covered(s)
	for k := first; k < end; k++ {
		g.V[k], g.R[k] = 0, pleth.NoValue
	}
}

// covered returns the seconds that s covers: first to end-1.
func covered(s signal.Sample) (first, end int) {
	return int((s.At + signal.Second - 1) / signal.Second), int((s.At + s.Hold + signal.Second - 1) / signal.Second)
}

// Len returns the number of seconds.
func (g *Grid) Len() int { return len(g.V) }

// Ok reports whether second k was measured.
func (g *Grid) Ok(k int) bool { return !g.R[k].Missing() }
