package validation

import (
	"pleth/internal/oximetry"
	"pleth/internal/signal"
	"pleth/internal/simulate"
)

const (
	point    = simulate.Percent(signal.One)
	odi4Drop = 4 * point
)

// tally is what was found of what was planted.
type tally struct {
	planted     int   // true events that an undisturbed device shows, detectable or not
	sensitivity share // of the detectable ones, those found
	anyway      share // of all planted ones, those found
	precision   share // of the found ones, those that are planted, within one point of the least
	strict      share // of the found ones, those that are planted
}

func (t *tally) join(o tally) {
	t.planted += o.planted
	t.sensitivity.join(o.sensitivity)
	t.anyway.join(o.anyway)
	t.precision.join(o.precision)
	t.strict.join(o.strict)
}

// events are the true events of a night by what may be asked of a finder.
type events struct {
	detectable []span // must be found
	hidden     []span // real, but lost to a gap or faster than the finder promises
	lesser     []span // real, and short of the least by at most one count of the display
}

// judge adds a night to the tally.
func (t *tally) judge(want events, found []span) {
	taken := make([]bool, len(found))
	hits := match(want.detectable, found, taken)
	hidden := match(want.hidden, found, taken)
	lesser := match(want.lesser, found, taken)
	t.planted += len(want.detectable) + len(want.hidden)
	t.sensitivity.add(hits, len(want.detectable))
	t.anyway.add(hits+hidden, len(want.detectable)+len(want.hidden))
	t.precision.add(hits+hidden+lesser, len(found))
	t.strict.add(hits+hidden, len(found))
}

// trueFalls sorts the planted events of n for the finder of falls of at least
// four points.
func (n *night) trueFalls() events {
	var out events
	for i := range n.truth.Events {
		e := &n.truth.Events[i]
		if e.Shown == nil || e.Shown.Drop < odi4Drop-point {
			continue
		}
		s := span{e.Start, e.End + n.delay}
		length := e.Shown.Nadir - e.Shown.Start
		switch {
		case e.Shown.Drop < odi4Drop:
			out.lesser = append(out.lesser, s)
		case length < oximetry.FallMinimum || length > oximetry.FallMaximum || n.lost(e.Shown.Start-oximetry.FallSnap, e.Shown.Nadir+oximetry.FallSnap):
			out.hidden = append(out.hidden, s)
		default:
			out.detectable = append(out.detectable, s)
		}
	}
	return out
}

// foundFalls returns the falls of at least four points that were found.
func (n *night) foundFalls() []span {
	var out []span
	for i, d := range n.derived {
		for k := range d.Falls {
			if f := &d.Falls[k]; f.Drop() >= 4*signal.One {
				out = append(out, span{n.offset[i] + f.Start, n.offset[i] + f.End})
			}
		}
	}
	return out
}
