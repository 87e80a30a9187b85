package window

import (
	"math/bits"

	"pleth/internal/signal"
)

// Trail is a trailing window of some seconds that moves along a whole session
// and keeps the extremes it comes by. A value of a finger sensor stands for some
// seconds, and so does the one that leaves the window meanwhile: what happens
// to mean and deviation while both stand is known without a look at each second.
// It finds what a Rolling finds that is looked at every second. Use NewTrail.
type Trail struct {
	sums
	out    *Extremes
	second int   // the next one
	runs   []run // in the window are those from oldest on
	oldest int
}

// run is some seconds in a row with one value; notValid where they are missing.
type run struct {
	v       signal.Fixed
	seconds int
}

// NewTrail returns an empty trailing window of seconds that keeps its extremes in out.
func NewTrail(seconds int, out *Extremes) *Trail {
	return &Trail{sums: sums{size: int64(seconds)}, out: out, runs: []run{{notValid, seconds}}}
}

// Add moves the window by n seconds of the value v, or of none if they are not ok.
func (t *Trail) Add(v signal.Fixed, ok bool, n int) {
	if !ok {
		v = notValid
	}
	t.enter(run{v, n})
	for n > 0 {
		old := &t.runs[t.oldest]
		both := min(n, old.seconds)
		t.move(old.v, v, both)
		t.second += both
		n -= both
		if old.seconds -= both; old.seconds == 0 {
			t.oldest++
		}
	}
}

// forgetRuns is how many runs that have left the window are forgotten at once.
const forgetRuns = 256

func (t *Trail) enter(r run) {
	if last := &t.runs[len(t.runs)-1]; last.v == r.v {
		last.seconds += r.seconds
		return
	}
	if t.oldest >= forgetRuns {
		t.runs, t.oldest = t.runs[:copy(t.runs, t.runs[t.oldest:])], 0
	}
	t.runs = append(t.runs, r)
}

// move moves the window by n seconds: each takes one of the value old out and
// one of v in.
func (t *Trail) move(old, v signal.Fixed, n int) {
	e := t.out
	switch {
	case old == v:
		if e.isWide {
			e.Wide += n
		}
	case old == notValid || v == notValid:
		for k := range n {
			t.exchange(old, v, 1)
			e.add(t.second+k, &t.sums)
			e.isWide = t.isWide(t.spread)
			if e.isWide {
				e.Wide++
			}
		}
	default:
		along := newParabola(&t.sums, old, v)
		t.exchange(old, v, int64(n))
		if !t.Exists() {
			return
		}
		// The mean goes one way, so it is furthest at the last second.
		e.means(t.second+n-1, &t.sums)
		top := along.top(int64(n))
		t.deviation(&along, top)
		t.countWide(&along, top, int64(n))
	}
}

// deviation looks at the second of the greatest spread, if the spread grows.
func (t *Trail) deviation(along *parabola, top int64) {
	if top == 0 || !t.out.wider(t.n, along.at(top)) {
		return
	}
	// Of seconds whose deviations are one number the first counts.
	sd := t.sd(along.at(top))
	for top > 1 && t.sd(along.at(top-1)) == sd {
		top--
	}
	t.out.deviation(t.second+int(top)-1, t.n, along.at(top), sd)
}

// countWide counts the seconds of 1..n at which the window is wide.
func (t *Trail) countWide(along *parabola, top, n int64) {
	e := t.out
	if e.Limit == 0 {
		return
	}
	before, after := e.isWide, t.isWide(t.spread)
	e.isWide = after
	switch {
	case before && after: // and in between, since a parabola bends one way
		e.Wide += int(n)
	case !before && !after && (top == 0 || !t.isWide(along.at(top))):
	default:
		for k := int64(1); k <= n; k++ {
			if t.isWide(along.at(k)) {
				e.Wide++
			}
		}
	}
}

// isWide reports whether a window of as many seconds as t has and a spread is wide.
func (t *Trail) isWide(spread uint128) bool {
	return t.out.Limit > 0 && t.Exists() && atLeast(t.n, spread, t.out.Limit)
}

// parabola is the spread of a window while one value goes out of it and another
// comes in, second by second. With a step d from one to the other, n seconds
// and b = n*(old+v) - 2*sum it is spread + k*d*(b - k*d) after k seconds.
type parabola struct {
	spread uint128 // before
	d, b   int64   // signs changed where d was negative, which changes nothing
}

func newParabola(s *sums, old, v signal.Fixed) parabola {
	p := parabola{s.spread, int64(v - old), s.n*int64(v+old) - 2*s.sum}
	if p.d < 0 {
		p.d, p.b = -p.d, -p.b
	}
	return p
}

// at returns the spread after k seconds.
func (p *parabola) at(k int64) uint128 {
	a := k * p.d
	b := p.b - a
	if b < 0 {
		hi, lo := bits.Mul64(uint64(a), uint64(-b))
		return p.spread.sub(uint128{hi, lo})
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	return p.spread.add(uint128{hi, lo})
}

// top returns the first of 1..n seconds after which the spread is greatest, 0 if
// it never exceeds what it was before.
func (p *parabola) top(n int64) int64 {
	if p.b <= p.d {
		return 0
	}
	return min(n, (p.b+p.d-1)/(2*p.d)) // it grows as long as (2k-1)*d < b
}
