package simulate

import "pleth/internal/signal"

// draw makes a plan of what happens to a patient by chance.
func draw(seed uint64, body *physiology, act *disturbance, sleep []stretch, seconds int) *plan {
	p := &plan{}
	drawEvents(newRandom(seed, forEvents), p, body, sleep, seconds)
	drawMotion(newRandom(seed, forMotion), p, act, sleep, seconds)
	drawLosses(newRandom(seed, forLosses), p, act, seconds)
	p.sort()
	p.cut(seconds)
	return p
}

// eventsBy is how many of a thousand candidates of events happen in a state.
var eventsBy = [...]int64{Awake: 0, QuietSleep: 500, ActiveSleep: 1000}

// drawEvents fills the sleep of a patient with events, one after the other.
func drawEvents(r *random, p *plan, body *physiology, sleep []stretch, seconds int) {
	wait := 3600 / r.within(body.perHour)
	total := int64(0)
	for _, w := range body.kinds {
		total += w
	}
	state := states{all: sleep}
	for at := 0; ; {
		at += 10 + int(r.exponential(wait))
		if at >= seconds {
			return
		}
		if !r.chance(eventsBy[state.at(at)]) {
			continue
		}
		pick, group := r.below(total), 0
		for pick >= body.kinds[group] {
			pick -= body.kinds[group]
			group++
		}
		first := len(p.dips)
		drawEvent(r, p, body, group, at)
		for i := first; i < len(p.dips); i++ {
			at = max(at, p.dips[i].end())
		}
	}
}

// drawEvent adds one event, or one group of them, that begins at a second.
func drawEvent(r *random, p *plan, body *physiology, group, at int) {
	depth := drawDepth(r, body)
	every := int(r.within(body.every))
	n := int(r.within(body.many))
	switch group {
	case sawtooth:
		p.addSawtooth(at, n, max(every, slowEnough(depth, body)*3/2+1), depth)
	case cluster:
		d := dip{kind: Fall, start: at, over: every * int(r.within(span{40, 60})) / 100}
		d.back = max(3, d.over*int(r.within(span{40, 70}))/100)
		p.addCluster(d, n, every, func() signal.Fixed {
			return min(depth*signal.Fixed(r.within(span{80, 120}))/100, body.fastest*signal.Fixed(d.over))
		})
	case prolonged:
		d := dip{kind: Prolonged, start: at, over: int(r.within(span{20, 60})), hold: int(r.within(body.length)),
			back: int(r.within(body.back)), level: signal.Whole(int(r.within(body.level)))}
		p.dips = append(p.dips, d)
	default:
		d := dip{kind: Fall, start: at, bottom: depth, over: max(int(r.within(body.over)), slowEnough(depth, body))}
		d.back = max(3, min(int(r.within(body.back)), d.over*4/5))
		if group == plateau {
			d.kind, d.hold = Plateau, int(r.within(body.hold))
		}
		p.dips = append(p.dips, d)
	}
}

func drawDepth(r *random, body *physiology) signal.Fixed {
	for {
		if d := body.shallow + signal.Fixed(r.exponential(body.deeper)); d <= body.deepest {
			return d
		}
	}
}

// slowEnough returns the least seconds in which the blood of a patient loses
// so much.
func slowEnough(depth signal.Fixed, body *physiology) int {
	return int((depth + body.fastest - 1) / body.fastest)
}

// drawMotion adds the motion of the night and what it does to the readings.
func drawMotion(r *random, p *plan, act *disturbance, sleep []stretch, seconds int) {
	for i := range p.dips {
		if d := &p.dips[i]; r.chance(act.arousal) {
			at := d.turn() + d.hold
			p.bouts = append(p.bouts, bout{at, at + int(r.within(span{3, 12})), r.chance(act.holds)})
		}
	}
	state := states{all: sleep}
	for at := 0; ; {
		at += 1 + int(r.exponential(act.bout))
		if at >= seconds {
			return
		}
		if !r.chance(act.asleep[state.at(at)]) {
			continue
		}
		// The lower of two: short motion is more frequent than long.
		length := int(min(r.within(act.length), r.within(act.length)))
		b := bout{start: at, end: at + length}
		if !drawFalse(r, p, act, at) {
			b.held = r.chance(act.holds)
		}
		p.bouts = append(p.bouts, b)
		at += length
	}
}

// drawFalse adds what the motion that begins at a second makes of the reading,
// and reports whether it does.
func drawFalse(r *random, p *plan, act *disturbance, at int) bool {
	switch {
	case r.chance(act.dips):
		p.lows = append(p.lows, low{at, int(r.within(span{3, 12})), int(r.within(span{0, 20})), int(r.within(span{2, 8})),
			3*signal.One + signal.Fixed(r.exponential(int64(4*signal.One)))})
	case r.chance(act.lose):
		p.losses = append(p.losses, Gap{Kind: Dropout, Start: at, End: at + int(r.within(span{1, 8}))})
	case r.chance(act.off):
		at += 4
		p.addOff(at, at+int(r.within(span{20, 300})))
	default:
		return false
	}
	return true
}

// drawLosses adds what has nothing to do with motion.
func drawLosses(r *random, p *plan, act *disturbance, seconds int) {
	each := func(mean int64, add func(at int)) {
		for at := int(r.exponential(mean)); at < seconds; at += 1 + int(r.exponential(mean)) {
			add(at)
		}
	}
	each(act.spike, func(at int) {
		p.spikes = append(p.spikes, spike{at, signal.Whole(int(r.within(span{5, 16})))})
	})
	each(act.gap, func(at int) {
		p.losses = append(p.losses, Gap{Kind: Absent, Start: at, End: at + int(r.within(span{2, 150}))})
	})
	each(act.poor, func(at int) {
		p.poor = append(p.poor, poorPerfusion{at, at + int(r.within(span{120, 900})), signal.Fixed(r.within(span{10, 29})) * hundredth})
	})
}
