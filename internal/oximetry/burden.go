package oximetry

import (
	"pleth"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// The numbers of the desaturation burden. Source: docs/definitions/burden.md.
const (
	burdenSide     = 120 // seconds of the average either side of the nadirs
	burdenBaseline = 100 // seconds before the nadir whose highest value is the baseline
	burdenAfter    = 90  // seconds after the nadir that the window reaches at most
	burdenFrom     = -5  // where the window begins if the average shows no dip
	burdenTo       = 45  // and where it ends if the average does not come back
	peakNumerator  = 3   // a peak ends the window above 3/4 of the rise to the highest one before
	peakDenom      = 4
)

// burdenTaps is one half, with the middle, of a symmetric low-pass of 31 taps
// at 1 Hz: a Hamming-windowed sinc with its cut-off at 1/30 Hz, rounded to
// integers that sum to smoothUnit.
var burdenTaps = [...]int64{5174, 5086, 4825, 4416, 3892, 3295, 2672, 2065, 1511, 1039, 663, 388, 203, 93, 33, 0}

// Burden is the area that the falls of a session take from the level before
// them.
type Burden struct {
	Area int64 // 1e-9 % * s; no second counts twice
	From int   // the window around each nadir, seconds
	To   int
}

// BurdenOf returns the burden of falls in the grid g.
func BurdenOf(g *window.Grid, falls []Fall) Burden {
	if len(falls) == 0 {
		return Burden{}
	}
	b := Burden{From: burdenFrom, To: burdenTo}
	if from, to, ok := meanCurve(g, falls).dip(reach(falls)); ok {
		b.From, b.To = from, to
	}
	next := 0 // first second that is not counted yet
	for i := range falls {
		at := falls[i].Nadir
		base, found := baseline(g, at)
		if !found {
			continue
		}
		from, to := max(at+b.From, next, 0), min(at+b.To, g.Len()-1)
		for k := from; k <= to; k++ {
			if g.Ok(k) && g.V[k] < base {
				b.Area += int64(base - g.V[k])
			}
		}
		next = max(next, to+1)
	}
	return b
}

// baseline returns the highest value of the burdenBaseline seconds before
// second end.
func baseline(g *window.Grid, end int) (highest signal.Fixed, ok bool) {
	for k := max(end-burdenBaseline, 0); k < end; k++ {
		if g.Ok(k) && (!ok || g.V[k] > highest) {
			highest, ok = g.V[k], true
		}
	}
	return highest, ok
}

// curve is the mean signal around the nadirs: element burdenSide+t is t
// seconds after them.
type curve [2*burdenSide + 1]int64

// meanCurve averages the signal around the nadirs and smooths it. A second
// that no fall has a value at takes the value beside it.
func meanCurve(g *window.Grid, falls []Fall) *curve {
	var sum, count, mean curve
	for i := range falls {
		from := falls[i].Nadir - burdenSide
		for k := max(from, 0); k < min(from+len(sum), g.Len()); k++ {
			if g.Ok(k) {
				sum[k-from] += int64(g.V[k])
				count[k-from]++
			}
		}
	}
	for t := range mean {
		if count[t] > 0 {
			mean[t] = pleth.DivRound(sum[t], count[t])
		}
	}
	for t := burdenSide + 1; t < len(mean); t++ {
		if count[t] == 0 {
			mean[t] = mean[t-1]
		}
	}
	for t := burdenSide - 1; t >= 0; t-- {
		if count[t] == 0 {
			mean[t] = mean[t+1]
		}
	}
	return mean.smooth()
}

// smooth applies burdenTaps, the ends repeated.
func (c *curve) smooth() *curve {
	var out curve
	for t := range out {
		total := burdenTaps[0] * c[t]
		for i := 1; i < len(burdenTaps); i++ {
			total += burdenTaps[i] * (c[max(t-i, 0)] + c[min(t+i, len(c)-1)])
		}
		out[t] = total
	}
	return &out
}

// reach returns how many seconds before the nadirs the average is looked at,
// the mean length of the falls, and after them, the mean time to the next
// fall, both bounded.
func reach(falls []Fall) (before, after int) {
	sum := 0
	for i := range falls {
		sum += falls[i].Nadir - falls[i].Start
	}
	before = min((sum+len(falls)-1)/len(falls), burdenSide)
	after = burdenAfter
	if n := len(falls) - 1; n > 0 {
		sum = 0
		for i := range n {
			sum += falls[i+1].Start - falls[i].Nadir
		}
		after = min(after, sum/n)
	}
	return before, after
}

// dip returns the window around the lowest point of the average between
// -before and after: from the last peak in front of it, to the first peak
// behind it, that stand above three quarters of the rise to the highest one in
// front. The ends of the range count as peaks; without one that is high enough
// behind, the window reaches to burdenTo. It returns false if the lowest point
// is at an end.
func (c *curve) dip(before, after int) (from, to int, ok bool) {
	at := func(t int) int64 { return c[burdenSide+t] }
	low := -before
	for t := low; t <= after; t++ {
		if at(t) < at(low) {
			low = t
		}
	}
	if low == -before || low == after {
		return 0, 0, false
	}
	highest := at(-before)
	for t := -before; t < low; t++ {
		highest = max(highest, at(t))
	}
	high := func(t int) bool {
		peak := (t == -before || at(t) >= at(t-1)) && (t == after || at(t) >= at(t+1))
		return peak && peakDenom*(at(t)-at(low)) > peakNumerator*(highest-at(low))
	}
	from, to = -before, max(low+1, min(after, burdenTo))
	for t := low - 1; t > -before; t-- {
		if high(t) {
			from = t
			break
		}
	}
	for t := low + 1; t <= after; t++ {
		if high(t) {
			to = t
			break
		}
	}
	return from, to, true
}
