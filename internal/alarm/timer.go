package alarm

import (
	"pleth"
	"pleth/internal/signal"
)

// timers does what time alone does to rule i until t.
func (e *Engine) timers(i int, t int64) {
	r, p := &e.profile.Rules[i], e.rule(i)
	c := &e.channels[r.Metric]
	switch r.Kind {
	case NoData:
		e.silence(i, t)
	case ProbeOff:
		if p.state == Inactive && p.away >= 0 && t-p.away >= r.Delay {
			p.onset, p.priority, p.hasValue = p.away, r.Priority, false
			e.to(i, p.away+r.Delay, Active, Delayed)
		}
	case Windowed:
		e.closePanes(i, t)
	case Cluster:
		if p.state == Active || p.state == Acknowledged {
			if end := p.events.first(r.Count) + r.Window; t >= end {
				e.finish(i, end)
			}
		}
	default:
		if p.state == Pending && !p.spot && c.any && t-c.okAt > staleLimit {
			p.below, p.amount = stretches{}, 0
			e.to(i, c.okAt+staleLimit, Inactive, Ended)
		}
	}
	e.attention(i, t)
}

// attention is what becomes of an alarm that nobody looks after.
func (e *Engine) attention(i int, t int64) {
	r, p := &e.profile.Rules[i], e.rule(i)
	if p.state == Active && r.Escalate > 0 && !p.spot && p.priority < High && p.priority == r.Priority && t-p.since >= r.Escalate {
		p.priority++
		e.to(i, p.since+r.Escalate, Active, Escalated)
	}
	if p.state == Acknowledged && r.Remind > 0 && t-p.since >= r.Remind && !p.spot {
		e.to(i, p.since+r.Remind, Active, Reminder)
		p.actor = ""
	}
	if p.silent > 0 && t >= p.silent {
		at := p.silent
		p.silent = 0
		since := p.since
		e.to(i, at, p.state, Sounded)
		p.since = since
	}
}

// silence raises NoData where nothing valid has come for long.
func (e *Engine) silence(i int, t int64) {
	r, p := &e.profile.Rules[i], e.rule(i)
	last, usual := e.heard(r.Metric)
	if !e.streams() || last == 0 {
		return
	}
	if p.state == Inactive {
		// The usual step may have become shorter with the last reading.
		at := max(last+max(r.Delay, 3*usual), e.latest)
		if t < at {
			return
		}
		p.onset, p.priority, p.hasValue = last, r.Priority, false
		e.to(i, at, Active, Delayed)
	}
	if at := max(p.onset+max(r.Second, 3*usual), e.latest); r.Second > 0 && p.priority < Medium && t >= at {
		p.priority = Medium
		e.to(i, at, p.state, Escalated)
	}
}

// heard returns when the last valid value of m came, of any metric where m is
// 0, and the usual step between values.
func (e *Engine) heard(m pleth.Metric) (last, usual int64) {
	if m != 0 && e.channels[m].any {
		return e.channels[m].last, e.channels[m].stream.usual
	}
	for k := range e.channels {
		if c := &e.channels[k]; c.any {
			if at := c.last; at > last {
				last, usual = at, c.stream.usual
			}
		}
	}
	return last, usual
}

// returned ends every NoData whose values have come back.
func (e *Engine) returned() {
	for set := e.on; set != 0; set &= set - 1 {
		i := lowestBit(set)
		if p := e.rules[i]; e.profile.Rules[i].Kind == NoData {
			if last, _ := e.heard(e.profile.Rules[i].Metric); last > p.onset {
				e.finish(i, last)
			}
		}
	}
}

// probe follows whether the device sends without a value.
func (e *Engine) probe(i int, c *channel) {
	p := e.rule(i)
	switch {
	case !c.ok && p.away < 0:
		p.away = c.at
	case c.ok:
		p.away = -1
		if p.state != Inactive {
			e.finish(i, c.at)
		}
	}
}

// checkSpot judges a single reading by the limits.
func (e *Engine) checkSpot() {
	if !e.spotting {
		return
	}
	e.spotting = false
	for i := range e.rules {
		r := &e.profile.Rules[i]
		if r.Off || r.Technical || r.Kind != Below && r.Kind != Above {
			continue
		}
		v, ok := e.spot.Value(r.Metric)
		if !ok || !beyond(r, v, r.Limit) || e.rules[i].state != Inactive && e.rules[i].state != Pending {
			continue
		}
		p := e.rule(i)
		if p.state == Inactive {
			p.onset = e.spot.At
		}
		p.priority, p.extreme, p.hasValue, p.spot = r.Priority, v, true, true
		e.to(i, e.spot.At, Active, Spot)
	}
}

// frozen reports whether the baseline of c stands still because a fall from it
// is under way.
func (c *channel) frozen(e *Engine) bool {
	for set := c.rules; set != 0; set &= set - 1 {
		i := lowestBit(set)
		if e.profile.Rules[i].Kind == Fall && e.rules[i].state != Inactive {
			return true
		}
	}
	return false
}

// thawed returns when the last fall from the baseline of c was over, whose
// rules are inactive.
func (c *channel) thawed(e *Engine) (at int64) {
	for set := c.rules; set != 0; set &= set - 1 {
		if i := lowestBit(set); e.profile.Rules[i].Kind == Fall {
			at = max(at, e.rules[i].since)
		}
	}
	return at
}

// learn counts the value of c from from to to for its baseline.
func (c *channel) learn(from, to int64) {
	if c.base == nil {
		c.base = &baseline{last: floorDiv(from, baselineBucket)}
	}
	c.base.add(from, to, c.v)
}

// MaxSilence is how long a person may silence an alarm at once, nanoseconds.
const MaxSilence = 4 * 3600 * signal.Second
