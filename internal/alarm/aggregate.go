package alarm

import (
	"math"

	"pleth"
	"pleth/internal/signal"
)

// hops is how often a sliding window is looked at within its length.
const hops = 30

// pane is what the valid values of a stretch of time come to.
type pane struct {
	count     int64
	sum       int64 // Fixed
	low, high signal.Fixed
}

func (p *pane) add(v signal.Fixed) {
	if p.count == 0 {
		p.low, p.high = v, v
	}
	p.count++
	p.sum += int64(v)
	p.low, p.high = min(p.low, v), max(p.high, v)
}

func (p *pane) join(q *pane) {
	switch {
	case q.count == 0:
	case p.count == 0:
		*p = *q
	default:
		p.count, p.sum = p.count+q.count, p.sum+q.sum
		p.low, p.high = min(p.low, q.low), max(p.high, q.high)
	}
}

// value returns the aggregate, and whether there is one: no value is no number.
func (p *pane) value(a Aggregate) (signal.Fixed, bool) {
	if a == CountOf {
		return signal.Fixed(min(p.count, math.MaxInt64/int64(signal.One))) * signal.One, true
	}
	if p.count == 0 {
		return 0, false
	}
	switch a {
	case Lowest:
		return p.low, true
	case Highest:
		return p.high, true
	}
	return signal.Fixed(pleth.DivRound(p.sum, p.count)), true
}

// panes are the panes of one windowed rule.
type panes struct {
	of      [hops]pane
	current int64 // number of the pane under way
	any     bool
}

// hop returns how long the panes of r are.
func (r *Rule) hop() int64 {
	if !r.Sliding {
		return r.Window
	}
	return max(second, (r.Window/hops+second-1)/second*second)
}

// pane counts a new value of a windowed rule.
func (e *Engine) pane(i int, at int64, v signal.Fixed) {
	r, w := &e.profile.Rules[i], e.rules[i].panes
	k := floorDiv(at, r.hop())
	if !w.any {
		w.any, w.current = true, k
	}
	w.of[mod(k, hops)].add(v)
}

// panes closes the panes of rule i that end at t or before.
func (e *Engine) closePanes(i int, t int64) {
	r, w := &e.profile.Rules[i], e.rules[i].panes
	hop := r.hop()
	for w.any && (w.current+1)*hop <= t {
		end := (w.current + 1) * hop
		sum, filled := w.of[mod(w.current, hops)], true
		if r.Sliding {
			sum = pane{}
			for k := range r.Window / hop {
				sum.join(&w.of[mod(w.current-k, hops)])
			}
		}
		filled = sum.count > 0
		if v, ok := sum.value(r.Aggregate); ok {
			e.windowed(i, end, v)
		}
		w.current++
		w.of[mod(w.current, hops)] = pane{}
		if !filled {
			// Nothing for a whole window: the next value begins anew.
			*w = panes{}
		}
	}
}

// windowed takes the number of a window that ended at t.
func (e *Engine) windowed(i int, t int64, v signal.Fixed) {
	r, p := &e.profile.Rules[i], e.rule(i)
	if breach := v < r.Limit && !r.High || v > r.Limit && r.High; !breach {
		switch p.state {
		case Pending:
			e.to(i, t, Inactive, Ended)
		case Active, Acknowledged:
			e.finish(i, t)
		}
		return
	}
	if p.state == Inactive {
		p.onset, p.priority, p.hasValue, p.extreme = t-r.Window, r.Priority, true, v
		e.to(i, t, Pending, Began)
	}
	if v < p.extreme != r.High && v != p.extreme {
		p.extreme = v
	}
	if p.state == Pending && t-p.since >= r.Delay {
		e.fire(i, t)
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func mod(a, b int64) int64 { return a - floorDiv(a, b)*b }
