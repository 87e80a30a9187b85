package simulate

import "pleth/internal/signal"

// Of the pulse: its spread between persons and its slow and fast wander in
// parts of a hundred of it, and how long the surge after an event lasts.
const (
	pulsePerson = 8
	pulseDrift  = 4
	pulseFast   = 2
	driftPulse  = 300 // time constants, seconds
	fastPulse   = 4
	surgeTime   = 20
	pulseAwake  = 12
	// The lowest and highest a pulse goes, beats per minute.
	pulseLow  = 40 * signal.One
	pulseHigh = 230 * signal.One
)

// pulse returns the pulse rate in beats per minute, second by second: it slows
// while the blood desaturates and surges when breathing is back.
func (n *night) pulse() []signal.Fixed {
	r := newRandom(n.p.Seed, forPulse)
	base := at(pulseByAge, n.p.Age)
	base += r.normal(base * pulsePerson / 100)
	drift, fast := newWander(r, base*pulseDrift/100, driftPulse), newWander(r, base*pulseFast/100, fastPulse)
	out := make([]signal.Fixed, n.seconds)
	for i := range n.truth.Events {
		n.respond(out, &n.truth.Events[i], base)
	}
	state := states{all: n.sleep}
	awake := signal.Fixed(0)
	for k := range out {
		more := signal.Fixed(0)
		if state.at(k) == Awake {
			more = base * pulseAwake / 100
		}
		awake += (more - awake) / stateTau
		out[k] = min(max(out[k]+base+awake+drift.next(r)+fast.next(r), pulseLow), pulseHigh)
	}
	return out
}

// respond adds the response to one event.
func (n *night) respond(out []signal.Fixed, e *Event, base signal.Fixed) {
	points := min(signal.Fixed(e.Drop), 20*signal.One) / tenth
	slowing := min(n.body.slowing/10*points, base*2/5)
	surge := min(n.body.surge/10*points, base*2/5)
	for k := e.Start; k < e.Nadir; k++ {
		out[k] -= part(slowing, fallen(k-e.Start, e.Nadir-e.Start))
	}
	// The bottom may last: the pulse waits, and surges when it is over.
	turn := max(e.Nadir, e.End-surgeTime)
	for k := e.Nadir; k < turn; k++ {
		out[k] -= slowing
	}
	for k := turn; k < min(turn+surgeTime, len(out)); k++ {
		out[k] += part(surge, fallen(k-turn, surgeTime)*left(k-turn, surgeTime)/whole*6)
	}
}
