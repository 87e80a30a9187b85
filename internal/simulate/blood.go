package simulate

import "pleth/internal/signal"

// The scale of the weights of a curve.
const whole = 1 << 16

// fallen returns how much of a fall is done at second k of over, in parts of
// whole: 2u^2 - u^3, which begins slowly, as the lungs still hold oxygen, is
// steepest at two thirds and turns sharply at the bottom.
func fallen(k, over int) int64 {
	u := int64(k) * whole / int64(over)
	return u * u / whole * (2*whole - u) / whole
}

// left returns how much of a fall is left at second k of back: (1 - v)^3, as
// the first breaths bring most of it back.
func left(k, back int) int64 {
	v := whole - int64(k)*whole/int64(back)
	return v * v / whole * v / whole
}

// depth returns how far the blood is below the level at a second of the night.
func (d *dip) depth(second int, level signal.Fixed) signal.Fixed {
	bottom := d.bottom
	if d.kind == Prolonged {
		bottom = max(0, level-d.level)
	}
	switch k := second - d.start; {
	case k < 0 || k >= d.over+d.hold+d.back:
		return 0
	case k < d.over:
		return d.before + part(bottom-d.before, fallen(k, d.over))
	case k < d.over+d.hold:
		return bottom
	default:
		return d.after + part(bottom-d.after, left(k-d.over-d.hold, d.back))
	}
}

func part(f signal.Fixed, weight int64) signal.Fixed {
	return signal.Fixed(int64(f) / whole * weight)
}

// How the level and its fast wander differ by state of sleep.
var (
	levelBy  = [...]signal.Fixed{Awake: 3 * tenth, QuietSleep: 0, ActiveSleep: -4 * tenth}
	breathBy = [...]int64{Awake: 1300, QuietSleep: 1000, ActiveSleep: 1500} // per mille
)

// Time constants in seconds.
const (
	driftTau  = 1200
	breathTau = 20
	stateTau  = 60
)

// blood returns the SpO2 of the blood at the sensor, second by second.
func (n *night) blood() []signal.Fixed {
	r := newRandom(n.p.Seed, forLevel)
	drift, breath := newWander(r, n.body.drift, driftTau), newWander(r, n.body.breath, breathTau)
	level := n.level()
	n.plan.fillShifts(level)
	state := states{all: n.sleep}
	byState := levelBy[Awake]
	for k := range level {
		s := state.at(k)
		byState += (levelBy[s] - byState) / stateTau
		level[k] += drift.next(r) + byState
	}
	out := make([]signal.Fixed, len(level))
	for i := range n.plan.dips {
		d := &n.plan.dips[i]
		for k := d.start; k < d.end(); k++ {
			out[k] = max(out[k], d.depth(k, level[k]))
		}
	}
	state.i = 0
	for k := range out {
		wave := breath.next(r) * signal.Fixed(breathBy[state.at(k)]) / 1000
		out[k] = min(max(level[k]-out[k]+wave, minLevel*signal.One), 100*signal.One)
	}
	return out
}

// level returns the level of the person without any wander.
func (n *night) level() []signal.Fixed {
	r := newRandom(n.p.Seed, forPerson)
	at := at(levelByAge, n.p.Age) + r.normal(n.body.person)
	if n.p.Profile == Preterm {
		at -= pretermLess
	}
	level := make([]signal.Fixed, n.seconds)
	for k := range level {
		level[k] = at
	}
	return level
}

// shiftRamp is how long the level takes to move, in seconds.
const shiftRamp = 60

func (p *plan) fillShifts(level []signal.Fixed) {
	for _, s := range p.shifts {
		ramp := min(shiftRamp, (s.end-s.start+1)/2)
		for k := s.start; k < s.end; k++ {
			at := min(k-s.start+1, s.end-k, ramp)
			level[k] += s.by * signal.Fixed(at) / signal.Fixed(ramp)
		}
	}
}

// trueEvent returns what an event of the plan came to in the blood: it starts
// at the last second of the highest value before its bottom and ends where the
// blood is within one point of that again.
func (n *night) trueEvent(d *dip) Event {
	s := n.spo2
	start := d.start
	for k := start; k <= d.turn() && k < len(s); k++ {
		if s[k] >= s[start] {
			start = k
		}
	}
	nadir := start
	for k := start; k < d.end(); k++ {
		if s[k] < s[nadir] {
			nadir = k
		}
	}
	end := max(nadir, d.turn()+d.hold)
	for end < d.end() && s[end] < s[start]-signal.One {
		end++
	}
	return Event{Kind: d.kind, Cluster: d.group, Start: start, Nadir: nadir, End: end,
		From: Percent(s[start]), Low: Percent(s[nadir]), Drop: Percent(s[start] - s[nadir])}
}
