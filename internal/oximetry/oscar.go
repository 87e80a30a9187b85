package oximetry

import (
	"slices"

	"pleth"
	"pleth/internal/signal"
)

// The numbers of the "oscar" method. Source: docs/definitions/odi-methods.md.
const (
	oscarFirst      = 3600 // seconds at the start that the baseline is taken from
	oscarPercentile = 90
	oscarMinimum3   = 8  // least seconds from the first to the last one of a run
	oscarMinimum4   = 10 // the same for a drop of four points
)

// oscarFalls finds unbroken time at least so many points below a level that is
// taken from the first hour. It holds that hour back; after it a fall is known
// with the second that ends its run.
type oscarFalls struct {
	drop    signal.Fixed
	minimum int
	first   []signal.Fixed // the seconds held back, until the level is known
	firstOk []bool
	known   bool
	level   signal.Fixed
	any     bool // there is a level
	next    int  // grid second of the next value that is looked at
	open    bool
	fall    Fall
}

func newOscarFalls(points int) *oscarFalls {
	minimum := oscarMinimum3
	if points >= 4 {
		minimum = oscarMinimum4
	}
	return &oscarFalls{drop: signal.Whole(points), minimum: minimum}
}

func (o *oscarFalls) Add(v signal.Fixed, ok bool, seconds int, out func(Fall)) {
	for range seconds {
		o.second(v, ok, out)
	}
}

func (o *oscarFalls) second(v signal.Fixed, ok bool, out func(Fall)) {
	if o.known {
		o.step(v, ok, out)
		return
	}
	o.first, o.firstOk = append(o.first, v), append(o.firstOk, ok)
	if len(o.first) == oscarFirst {
		o.settle(out)
	}
}

// settle takes the level from the seconds held back and looks at them.
func (o *oscarFalls) settle(out func(Fall)) {
	o.known = true
	var valid []signal.Fixed
	for i, v := range o.first {
		if o.firstOk[i] {
			valid = append(valid, v)
		}
	}
	if n := len(valid); n > 0 {
		slices.Sort(valid)
		at := oscarPercentile * (n - 1)
		low, part := at/100, at%100
		high := min(low+1, n-1)
		o.any = true
		o.level = valid[low] + signal.Fixed(pleth.DivRound(int64(valid[high]-valid[low])*int64(part), 100))
	}
	for i, v := range o.first {
		o.step(v, o.firstOk[i], out)
	}
	o.first, o.firstOk = nil, nil
}

func (o *oscarFalls) step(v signal.Fixed, ok bool, out func(Fall)) {
	k := o.next
	o.next++
	if !o.any || !ok || v > o.level-o.drop {
		o.close(k, out)
		return
	}
	if !o.open {
		o.open = true
		o.fall = Fall{Start: k, Nadir: k, From: o.level, Low: v}
	}
	if v < o.fall.Low {
		o.fall.Low, o.fall.Nadir = v, k
	}
	o.fall.Area += int64(o.level - v)
}

// close ends the run that is open before second end.
func (o *oscarFalls) close(end int, out func(Fall)) {
	if !o.open {
		return
	}
	o.open = false
	o.fall.End = end
	if end-1-o.fall.Start >= o.minimum {
		out(o.fall)
	}
}

func (o *oscarFalls) Flush(out func(Fall)) {
	if !o.known {
		o.settle(out)
	}
	o.close(o.next, out)
}
