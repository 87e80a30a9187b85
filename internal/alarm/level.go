package alarm

import (
	"math/bits"

	"pleth"
	"pleth/internal/signal"
)

func lowestBit(set uint32) int { return bits.TrailingZeros32(set) }

// span is a stretch of time in which a channel held one value.
type span struct {
	from, to int64
}

// limitOf returns the level below or above which rule i begins, and whether
// there is one.
func (e *Engine) limitOf(i int, c *channel) (signal.Fixed, bool) {
	r, p := &e.profile.Rules[i], e.rule(i)
	if r.Kind != Fall {
		return r.Limit, true
	}
	if p.state != Inactive {
		return p.limit, true
	}
	if c.base == nil {
		return 0, false
	}
	mean, ok := c.base.mean()
	return mean - signal.Fixed(pleth.DivRound(int64(mean/1000)*int64(r.Amount/1000), 100*1000)), ok
}

// beyond reports whether v is beyond the limit of rule i.
func beyond(r *Rule, v, limit signal.Fixed) bool {
	if r.Kind == Above {
		return v > limit
	}
	return v < limit
}

// look takes the new value of c.
func (e *Engine) look(m pleth.Metric, c *channel) {
	for set := c.rules; set != 0; set &= set - 1 {
		i := lowestBit(set)
		r := &e.profile.Rules[i]
		switch r.Kind {
		case NoData:
			continue
		case ProbeOff:
			e.probe(i, c)
			continue
		}
		if !c.ok {
			continue
		}
		if r.Kind == Windowed {
			e.pane(i, c.at, c.v)
			continue
		}
		if r.Kind != Fall && c.busy>>i&1 == 0 && c.v >= c.quietLow && c.v <= c.quietHigh {
			continue
		}
		e.value(i, c)
	}
}

// value takes the new number of c for a rule of levels.
func (e *Engine) value(i int, c *channel) {
	r, p := &e.profile.Rules[i], e.rule(i)
	limit, ok := e.limitOf(i, c)
	if !ok {
		return
	}
	breach := beyond(r, c.v, limit)
	if !breach {
		p.again = false
		if p.spot && p.state != Inactive && r.recovered(c.v, limit) {
			e.finish(i, c.at)
		}
		if r.Kind == Cluster && c.v >= limit+signal.One {
			p.run = 0
		}
		return
	}
	c.busy |= 1 << i
	if p.state == Inactive && r.Kind != Cluster {
		p.onset, p.priority, p.extreme, p.hasValue, p.limit = c.at, r.Priority, c.v, true, limit
		p.fine = 0
		e.to(i, c.at, Pending, Began)
		if r.Kind == SatSeconds && p.events.add(c.at) && p.events.within(c.at, 3, 60*signal.Second) {
			e.fire(i, c.at)
			return
		}
	}
	if p.hasValue && (c.v < p.extreme) != (r.Kind == Above) && c.v != p.extreme {
		p.extreme = c.v
	}
	if (p.state == Pending || p.state == Latched) && r.Delay == 0 && r.Kind != SatSeconds && r.Kind != Cluster {
		// At once means with the second reading in a row: a single one is the
		// most common of all artefacts.
		if p.again && !c.doubted && !c.sudden {
			e.fire(i, c.at)
		}
		p.again = true
	}
}

// span counts time of a value for rule i, which is under way.
func (e *Engine) span(i int, c *channel, s span) {
	r, p := &e.profile.Rules[i], e.rule(i)
	switch {
	case r.Kind == NoData, r.Kind == ProbeOff, r.Kind == Windowed:
		return // not of levels: after a restart all rules are taken to be under way
	case r.Kind == Fall && p.state == Inactive:
		return // a value falls when it comes, not when the baseline moves
	}
	limit, ok := e.limitOf(i, c)
	if !ok {
		return
	}
	breach := beyond(r, c.v, limit)
	switch r.Kind {
	case SatSeconds:
		e.saturation(i, c, s)
	case Cluster:
		e.stretch(i, breach, s)
		return
	default:
		if p.state == Pending || p.state == Inactive || p.state == Latched {
			e.delay(i, c, s, breach)
		}
	}
	if p.state == Active || p.state == Acknowledged {
		if !r.recovered(c.v, limit) {
			p.fine = 0
			return
		}
		if left := r.Hold - p.fine; s.to-s.from >= left {
			e.finish(i, s.from+left)
			return
		}
		p.fine += s.to - s.from
	}
}

// delay counts towards the end of the delay of rule i, or away from it.
func (e *Engine) delay(i int, c *channel, s span, breach bool) {
	r, p := &e.profile.Rules[i], e.rule(i)
	rate := r.rate(c.doubted)
	window, begin := r.window()*share, p.clock
	p.clock += (s.to - s.from) * rate
	if breach {
		p.below.begin(begin)
		if x, ok := p.below.reaches(begin, p.clock-begin, window, r.need()); ok && p.state != Inactive {
			e.fire(i, s.from+(x+rate-1)/rate)
			return
		}
		p.below.add(begin, p.clock)
	}
	p.below.forget(p.clock - window)
	if p.state == Pending && p.below.n == 0 {
		// The last of it left the window somewhere within s.
		e.to(i, s.from+max(0, p.below.left+window-begin)/rate, Inactive, Ended)
	}
}

// fire makes rule i an alarm at time t.
func (e *Engine) fire(i int, t int64) {
	p := e.rule(i)
	p.fine, p.below = 0, stretches{}
	e.to(i, t, Active, Delayed)
}

// finish ends the condition of rule i at time t.
func (e *Engine) finish(i int, t int64) {
	r, p := &e.profile.Rules[i], e.rule(i)
	p.fine, p.amount, p.below = 0, 0, stretches{}
	if p.state == Active && (r.Latch || p.priority == High) && !r.Technical {
		e.to(i, t, Latched, Recovered)
		return
	}
	e.to(i, t, Cleared, Recovered)
}

// underWay reports whether rule i still has to see the time of c.
func (e *Engine) underWay(i int, c *channel) bool {
	p := e.rule(i)
	if p.state != Inactive || p.below.n > 0 || p.amount > 0 || p.run > 0 {
		return true
	}
	limit, ok := e.limitOf(i, c)
	return ok && c.ok && beyond(&e.profile.Rules[i], c.v, limit)
}

// saturation counts depth times time, up below the limit and down above it.
func (e *Engine) saturation(i int, c *channel, s span) {
	r, p := &e.profile.Rules[i], e.rule(i)
	const us = 1000
	// By the whole microseconds of the clock, in however many parts it is told.
	begin := floorDiv(s.from, us)
	depth, length := int64(r.Limit-c.v)/1000, floorDiv(s.to, us)-begin // 1e-6 %, µs
	need := int64(r.Amount) * 1000                                     // 1e-12 %·s
	if p.state == Pending && depth > 0 && p.amount+depth*length >= need {
		x := (need - p.amount + depth - 1) / depth
		p.amount = need
		e.fire(i, (begin+x)*us)
		return
	}
	before := p.amount
	p.amount = min(max(0, p.amount+depth*length), need)
	if p.state == Pending && p.amount == 0 && depth < 0 {
		e.to(i, (begin+(before-depth-1)/-depth)*us, Inactive, Ended)
	}
}

// stretch counts stretches below the limit for a cluster.
func (e *Engine) stretch(i int, breach bool, s span) {
	r, p := &e.profile.Rules[i], e.rule(i)
	if !breach {
		return
	}
	before := p.run
	p.run += s.to - s.from
	if before >= r.Delay || p.run < r.Delay {
		return
	}
	at := s.from + r.Delay - before
	p.events.add(at)
	if p.state == Inactive && p.events.within(at, r.Count, r.Window) {
		p.onset, p.priority, p.hasValue = p.events.first(r.Count), r.Priority, false
		e.to(i, at, Active, Delayed)
	}
}
