package simulate

import (
	"time"

	"pleth"
	"pleth/internal/signal"
)

// poorNoise is how much stronger the noise is at low perfusion.
const poorNoise = 3

// measured returns what the sensor sees of the blood, second by second, before
// it is averaged: with noise, and in motion with more of it and false dips.
func (n *night) measured() []signal.Fixed {
	out := make([]signal.Fixed, n.seconds)
	for k := range out {
		out[k] = noise
	}
	for _, l := range n.plan.poor {
		for k := l.start; k < l.end; k++ {
			out[k] = poorNoise * noise
		}
	}
	for _, b := range n.plan.bouts {
		for k := b.start; k < min(b.end, n.seconds); k++ {
			out[k] = max(out[k], n.act.shake)
		}
	}
	r := newRandom(n.p.Seed, forNoise)
	for k := range out {
		out[k] = n.spo2[k] + r.normal(out[k])
	}
	for i := range n.plan.lows {
		l := &n.plan.lows[i]
		d := dip{start: l.start, over: l.over, hold: l.hold, back: l.back, bottom: l.depth}
		for k := l.start; k < l.end(); k++ {
			out[k] -= d.depth(k, 0)
		}
	}
	return out
}

// average returns in as the oximeter shows it: the mean of the last seconds of
// averaging, later by the lag. Before its beginning a signal was as there.
func average(in []signal.Fixed, averaging, lag int) []signal.Fixed {
	out := make([]signal.Fixed, len(in))
	sum := in[0] * signal.Fixed(averaging)
	for k := range out {
		sum += in[max(0, k-lag)] - in[max(0, k-lag-averaging)]
		out[k] = sum / signal.Fixed(averaging)
	}
	return out
}

// hold keeps the last value before it in motion in which the oximeter holds.
func (p *plan) hold(seen []signal.Fixed) {
	for _, b := range p.bouts {
		if !b.held {
			continue
		}
		for k := max(b.start, 1); k < min(b.end, len(seen)); k++ {
			seen[k] = seen[k-1]
		}
	}
}

// shown returns a value rounded to the decimals of the device, within what an
// oximeter shows.
func (n *night) shown(v signal.Fixed) pleth.Value {
	unit := pleth.Pow10(9 - n.p.Decimals)
	m := pleth.DivRound(int64(v), unit)
	low, high := int64(minLevel*signal.One)/unit, int64(100*signal.One)/unit
	return pleth.Num(min(max(m, low), high), n.p.Decimals)
}

// rows returns the number of rows of a night without gaps.
func (n *night) rows() int {
	return int((n.p.Length + n.p.Interval - 1) / n.p.Interval)
}

// second returns the second of the night in which row i lies.
func (n *night) second(i int) int { return int(time.Duration(i) * n.p.Interval / time.Second) }

// rowFrom returns the first row at or after a second.
func (n *night) rowFrom(second int) int {
	return int((time.Duration(second)*time.Second + n.p.Interval - 1) / n.p.Interval)
}

// show fills in how an undisturbed device shows an event; clean is what it
// shows second by second.
func (n *night) show(e *Event, clean []signal.Fixed) {
	value := func(row int) signal.Fixed {
		v, _ := signal.FromValue(n.shown(clean[n.second(row)]))
		return v
	}
	delay := int((n.p.Averaging + n.p.Lag) / time.Second)
	last := min(n.rowFrom(e.End+delay+1), n.rows()-1)
	nadir := min(n.rowFrom(e.Start), last)
	for i := nadir; i <= last; i++ {
		if value(i) < value(nadir) {
			nadir = i
		}
	}
	start := min(n.rowFrom(e.Start), nadir)
	for i := start; i <= nadir; i++ {
		if value(i) >= value(start) {
			start = i
		}
	}
	if drop := value(start) - value(nadir); drop > 0 {
		e.Shown = &Shown{n.second(start), n.second(nadir), Percent(value(start)), Percent(value(nadir)), Percent(drop)}
	}
}
