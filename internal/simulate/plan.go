package simulate

import (
	"cmp"
	"slices"

	"pleth/internal/signal"
)

// Kind is the kind of a true event.
type Kind string

// The kinds: a fall that turns at its bottom, one that stays there, a tooth of
// a sawtooth (it does not come back fully), and time at a low level.
const (
	Fall      Kind = "fall"
	Plateau   Kind = "plateau"
	Sawtooth  Kind = "sawtooth"
	Prolonged Kind = "prolonged"
)

// plan is what shall happen in a night. All times are whole seconds since its
// start, all ends are exclusive, all lists are in the order of their start
// once sorted.
type plan struct {
	dips   []dip
	shifts []shift
	bouts  []bout
	lows   []low
	spikes []spike
	poor   []poorPerfusion
	losses []Gap
	groups int // clusters and sawtooths so far
}

// dip is one event of the blood: it falls from before to bottom, stays there
// and comes back to after, all in points below the level of the night.
type dip struct {
	kind                  Kind
	start                 int
	over, hold, back      int
	before, bottom, after signal.Fixed
	level                 signal.Fixed // of a prolonged one: the bottom in percent, instead
	group                 int          // number of its cluster or sawtooth, 0 if it is alone
}

func (d *dip) turn() int { return d.start + d.over }

func (d *dip) end() int { return d.start + d.over + d.hold + d.back }

// shift moves the level for a while.
type shift struct {
	start, end int
	by         signal.Fixed
}

// bout is motion of the patient. The oximeter may hold what it showed before.
type bout struct {
	start, end int
	held       bool
}

// low is a false dip of the reading.
type low struct {
	start, over, hold, back int
	depth                   signal.Fixed
}

func (l *low) end() int { return l.start + l.over + l.hold + l.back }

// spike is one row that is wrong.
type spike struct {
	at    int
	depth signal.Fixed
}

// poorPerfusion is a time of low perfusion.
type poorPerfusion struct {
	start, end int
	index      signal.Fixed
}

func (p *plan) sort() {
	slices.SortStableFunc(p.dips, func(a, b dip) int { return cmp.Compare(a.start, b.start) })
	slices.SortStableFunc(p.shifts, func(a, b shift) int { return cmp.Compare(a.start, b.start) })
	slices.SortStableFunc(p.bouts, func(a, b bout) int { return cmp.Compare(a.start, b.start) })
	slices.SortStableFunc(p.lows, func(a, b low) int { return cmp.Compare(a.start, b.start) })
	slices.SortStableFunc(p.spikes, func(a, b spike) int { return cmp.Compare(a.at, b.at) })
	slices.SortStableFunc(p.poor, func(a, b poorPerfusion) int { return cmp.Compare(a.start, b.start) })
	slices.SortStableFunc(p.losses, func(a, b Gap) int { return cmp.Compare(a.Start, b.Start) })
}

// cut drops what begins after the night and shortens what would outlast it.
// A dip that does not fit is dropped.
func (p *plan) cut(seconds int) {
	p.dips = slices.DeleteFunc(p.dips, func(d dip) bool { return d.end() > seconds })
	p.lows = slices.DeleteFunc(p.lows, func(l low) bool { return l.end() > seconds })
	p.spikes = slices.DeleteFunc(p.spikes, func(s spike) bool { return s.at >= seconds })
	p.bouts = slices.DeleteFunc(p.bouts, func(b bout) bool { return b.start >= seconds })
	p.poor = slices.DeleteFunc(p.poor, func(l poorPerfusion) bool { return l.start >= seconds })
	p.losses = slices.DeleteFunc(p.losses, func(g Gap) bool { return g.Start >= seconds })
	for i := range p.bouts {
		p.bouts[i].end = min(p.bouts[i].end, seconds)
	}
	for i := range p.poor {
		p.poor[i].end = min(p.poor[i].end, seconds)
	}
	for i := range p.losses {
		p.losses[i].End = min(p.losses[i].End, seconds)
	}
}

// addCluster adds n falls of the same shape, every seconds apart.
func (p *plan) addCluster(first dip, n, every int, depth func() signal.Fixed) {
	p.groups++
	for i := range n {
		d := first
		d.start += i * every
		d.bottom, d.group = depth(), p.groups
		p.dips = append(p.dips, d)
	}
}

// addSawtooth adds n falls that come back two thirds of the way only, the last
// one fully. A tooth falls for two thirds of its time.
func (p *plan) addSawtooth(start, n, every int, depth signal.Fixed) {
	p.groups++
	over := every * 2 / 3
	for i := range n {
		d := dip{kind: Sawtooth, start: start + i*every, over: over, back: every - over, bottom: depth, group: p.groups,
			before: depth / 3, after: depth / 3}
		if i == 0 {
			d.before = 0
		}
		if i == n-1 {
			d.after = 0
		}
		p.dips = append(p.dips, d)
	}
}

// addOff takes the probe off: its patient moves before and after.
func (p *plan) addOff(start, end int) {
	p.losses = append(p.losses, Gap{Kind: Off, Start: start, End: end})
	p.bouts = append(p.bouts, bout{start: max(0, start-4), end: start}, bout{start: end, end: end + 6})
}
