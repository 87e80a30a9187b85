package alarm

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"pleth"
	"pleth/internal/signal"
)

// Times of the engine. Sources: docs/definitions/alarms.md.
const (
	staleLimit  = 20 * 60 * signal.Second // without a valid sample a pending alarm is let go
	spotGap     = 60 * signal.Second      // a reading that far from others is a spot check
	minimumHold = 5 * signal.Second / 2   // a value stands for so long at least
	longestStep = 60 * signal.Second      // between readings of a stream
)

// Engine follows the alarms of one device. Use New. It is not safe for
// concurrent use; Clone makes an independent copy.
type Engine struct {
	profile  *Profile
	channels [metrics]channel
	rules    []*progress // &untouched: nothing has come that concerns it; see rule
	now      int64
	started  bool
	readings int   // that followed each other within longestStep
	latest   int64 // time of the last reading
	spot     Reading
	spotting bool // spot may be a spot check
	out      []Transition
	// Sets that follow from the above, so that a reading looks at few rules.
	known uint32 // metrics of which something has come
	on    uint32 // rules that are not inactive
	timed uint32 // rules that begin by time rather than by a value
}

// channel is what is known of one metric of the device.
type channel struct {
	any     bool
	ok      bool // the last value is a number
	doubted bool
	sudden  bool // the value may be part of a lone spike
	// relative says that a rule needs the baseline.
	relative bool
	v        signal.Fixed
	at       int64 // of the last value
	settled  int64 // up to which its time has been counted
	okAt     int64 // until which there was a valid value
	last     int64 // time of the last number
	stream   timing
	base     *baseline // nil: nothing yet
	rules    uint32    // of this metric
	busy     uint32    // of these, those that are under way
	// Between these no rule of the metric begins.
	quietLow, quietHigh signal.Fixed
}

// timing follows the step between values.
type timing struct {
	steps [5]int64
	n     int
	usual int64 // their median
}

func (t *timing) add(step int64) {
	if step <= 0 || step > longestStep {
		return
	}
	if t.usual == step && t.n >= len(t.steps) {
		t.steps[t.n%len(t.steps)] = step
		t.n++
		if t.steady(step) {
			return
		}
	} else {
		t.steps[t.n%len(t.steps)] = step
		t.n++
	}
	all := t.steps
	some := all[:min(t.n, len(all))]
	slices.Sort(some)
	t.usual = some[(len(some)-1)/2]
}

func (t *timing) steady(step int64) bool {
	for _, s := range t.steps {
		if s != step {
			return false
		}
	}
	return true
}

// hold returns how long a value stands for at most.
func (t *timing) hold() int64 { return max(minimumHold, t.usual*5/2) }

// progress is where one rule stands.
type progress struct {
	state    State
	priority Priority
	onset    int64
	since    int64 // of the state, or of the last step of an escalation
	extreme  signal.Fixed
	hasValue bool
	spot     bool
	limit    signal.Fixed // of a relative rule, when it began
	clock    int64        // 1/share ns of valid time, less where it is doubted
	below    stretches    // beyond the limit, by that clock
	fine     int64        // ns of valid time beyond the margin without a break
	amount   int64        // of SatSeconds
	events   events       // of Cluster; onsets of SatSeconds
	run      int64        // valid ns of the stretch under way, of Cluster
	away     int64        // since when ProbeOff is the case; -1: it is not
	silent   int64        // until when it is silenced
	silentAt Priority     // at this priority and below
	actor    string
	again    bool   // the reading before was beyond the limit as well
	panes    *panes // of Windowed
}

// untouched is where every rule begins: most rules of most devices stand there
// for days. It is shared and never changed.
var untouched = progress{away: -1}

// rule returns where rule i stands, for changing it.
func (e *Engine) rule(i int) *progress {
	p := e.rules[i]
	if p == &untouched {
		p = &progress{away: -1}
		e.rules[i] = p
	}
	return p
}

// cloneTo makes to a copy of p that goes its own way.
func (p *progress) cloneTo(to *progress) {
	*to = *p
	to.events.at = slices.Clone(p.events.at)
	if p.panes != nil {
		own := *p.panes
		to.panes = &own
	}
	if p.below.of != nil {
		own := *p.below.of
		to.below.of = &own
	}
}

// New returns an engine for the rules of p, which must have passed Check and
// is not changed afterwards.
func New(p *Profile) *Engine {
	e := &Engine{profile: p, rules: make([]*progress, len(p.Rules))}
	for m := range e.channels {
		e.channels[m].quietLow, e.channels[m].quietHigh = -1<<62, 1<<62
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		e.rules[i] = &untouched
		c := &e.channels[r.Metric]
		if r.Off {
			continue
		}
		c.rules |= 1 << i
		switch r.Kind {
		case NoData, ProbeOff:
			e.timed |= 1 << i
		case Above:
			c.quietHigh = min(c.quietHigh, r.Limit)
		case Below, SatSeconds, Cluster:
			c.quietLow = max(c.quietLow, r.Limit)
		case Fall:
			c.relative = true
		case Windowed:
			e.timed |= 1 << i
			e.rule(i).panes = &panes{}
		}
	}
	return e
}

// Clone returns a copy that goes its own way.
func (e *Engine) Clone() *Engine {
	c := *e
	c.rules, c.out = slices.Clone(e.rules), nil
	n := 0
	for _, p := range e.rules {
		if p != &untouched {
			n++
		}
	}
	own := make([]progress, n)
	for i, p := range e.rules {
		if p == &untouched {
			continue
		}
		n--
		c.rules[i] = &own[n]
		p.cloneTo(&own[n])
	}
	for m := range c.channels {
		if b := c.channels[m].base; b != nil {
			own := *b
			c.channels[m].base = &own
		}
	}
	return &c
}

// Profile returns the rules in force.
func (e *Engine) Profile() *Profile { return e.profile }

// Push takes one reading. Readings come in the order of their times; one that
// lies before the time reached is an error and changes nothing. The slice
// returned is valid until the next call.
func (e *Engine) Push(r *Reading) ([]Transition, error) {
	if e.started && r.At < e.now {
		return nil, fmt.Errorf("alarm: a reading at %s comes after %s has been reached", stamp(r.At), stamp(e.now))
	}
	e.out = e.out[:0]
	e.advance(r.At)
	e.follow(r)
	doubted, sudden := r.Doubt&^pleth.RateOfChange != 0, r.Doubt&pleth.RateOfChange != 0
	for m := pleth.Metric(1); m < metrics; m++ {
		if !r.Carries(m) {
			continue
		}
		c := &e.channels[m]
		v, ok := r.Value(m)
		if c.any {
			c.stream.add(r.At - c.at)
		}
		e.known |= 1 << m
		c.any, c.at, c.settled = true, r.At, r.At
		c.v, c.ok, c.doubted, c.sudden = v, ok, doubted && concerns(m), sudden && concerns(m)
		if ok {
			c.okAt, c.last = max(c.okAt, r.At), r.At
		}
		e.look(m, c)
	}
	e.returned()
	return e.ordered(), nil
}

// concerns reports whether doubt about the pulse signal is doubt about m.
func concerns(m pleth.Metric) bool {
	switch m {
	case pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal, pleth.PulseRate:
		return true
	}
	return false
}

// follow keeps whether the device streams or checks spots.
func (e *Engine) follow(r *Reading) {
	gap := r.At - e.latest
	switch {
	case !e.started || gap > spotGap:
		e.readings = 1
		e.spot, e.spotting = *r, true
	case gap > 0:
		e.readings++
		e.spotting = false
	default: // more of the same instant
		for m := pleth.Metric(1); m < metrics && e.spotting; m++ {
			if v, ok := r.Value(m); ok {
				e.spot.Set(m, v)
			}
		}
	}
	e.latest, e.started = r.At, true
}

// streams reports whether readings are expected.
func (e *Engine) streams() bool { return e.readings >= 3 }

// Advance says that no reading before time t will come any more. The slice
// returned is valid until the next call.
func (e *Engine) Advance(t int64) []Transition {
	e.out = e.out[:0]
	if e.started {
		e.advance(t)
	}
	return e.ordered()
}

// Idle says that the device has been silent since its last reading: a single
// one is a spot check.
func (e *Engine) Idle() []Transition {
	e.out = e.out[:0]
	e.checkSpot()
	return e.ordered()
}

func (e *Engine) advance(t int64) {
	if t <= e.now && e.now != 0 {
		return
	}
	if at := e.spot.At + spotGap; e.spotting && t > at {
		// What the value has come to by then counts first, however far apart
		// time is told.
		e.through(at)
		e.checkSpot()
	}
	e.through(t)
}

// through counts all that happens up to time t, however long that is, in the
// order in which it happens: a person's time runs out before a value recovers,
// or after it.
func (e *Engine) through(t int64) {
	for {
		at := e.due()
		if at <= e.now || at >= t {
			break
		}
		e.until(at)
	}
	if t > e.now {
		e.until(t)
	}
}

// due returns the next time at which the state of a rule changes by time alone
// while values change it too; the end of all time if there is none.
func (e *Engine) due() int64 {
	next := int64(math.MaxInt64)
	for set := e.on; set != 0; set &= set - 1 {
		i := lowestBit(set)
		r, p := &e.profile.Rules[i], e.rule(i)
		switch p.state {
		case Active:
			if r.Escalate > 0 && p.priority < High && p.priority == r.Priority && !p.spot {
				next = min(next, p.since+r.Escalate)
			}
			if r.Kind == Cluster {
				next = min(next, p.events.first(r.Count)+r.Window)
			}
		case Acknowledged:
			if r.Remind > 0 && !p.spot {
				next = min(next, p.since+r.Remind)
			}
			if r.Kind == Cluster {
				next = min(next, p.events.first(r.Count)+r.Window)
			}
		}
		if p.silent > 0 {
			next = min(next, p.silent)
		}
	}
	return next
}

// until counts all that happens up to time t.
func (e *Engine) until(t int64) {
	e.now = t
	for set := e.known; set != 0; set &= set - 1 {
		if c := &e.channels[lowestBit(set)]; c.settled < t {
			e.settle(c, t)
		}
	}
	for set := e.on | e.timed; set != 0; set &= set - 1 {
		e.timers(lowestBit(set), t)
	}
}

// settle counts the time from the last value of c until t.
func (e *Engine) settle(c *channel, t int64) {
	from := c.settled
	c.settled = t
	if !c.ok {
		return
	}
	to := min(t, c.at+c.stream.hold())
	if to <= from {
		return
	}
	c.okAt = max(c.okAt, to)
	stood := c.relative && c.frozen(e)
	if c.relative && !stood {
		c.learn(from, to)
	}
	for busy := c.busy; busy != 0; busy &= busy - 1 {
		i := lowestBit(busy)
		e.span(i, c, span{from, to})
		if !e.underWay(i, c) {
			c.busy &^= 1 << i
		}
	}
	if stood && !c.frozen(e) {
		c.learn(max(from, c.thawed(e)), to)
	}
}

// ordered returns the transitions of a call by their times.
func (e *Engine) ordered() []Transition {
	if len(e.out) > 1 {
		slices.SortStableFunc(e.out, func(a, b Transition) int { return cmp.Compare(a.At, b.At) })
	}
	return e.out
}

// to moves rule i to a state and says so.
func (e *Engine) to(i int, at int64, s State, cause Cause) *Transition {
	r, p := &e.profile.Rules[i], e.rule(i)
	t := Transition{
		At: at, Rule: r.ID, Onset: p.onset, From: p.state, To: s, Cause: cause, Priority: p.priority,
		Metric: r.Metric, Value: p.extreme, HasValue: p.hasValue, Limit: r.Limit, Since: p.onset, Spot: p.spot,
	}
	if r.Kind == Fall {
		t.Limit = p.limit
	}
	p.state, p.since = s, at
	if s == Cleared || s == Inactive {
		p.state, p.spot, p.actor = Inactive, false, ""
		p.silent = 0
	}
	if e.on |= 1 << i; p.state == Inactive {
		e.on &^= 1 << i
	}
	e.out = append(e.out, t)
	return &e.out[len(e.out)-1]
}

// Alarms calls f for every rule that is not inactive, in the order of the
// profile.
func (e *Engine) Alarms(f func(Alarm)) {
	for i := range e.rules {
		p := e.rules[i]
		if p.state == Inactive {
			continue
		}
		r := &e.profile.Rules[i]
		f(Alarm{
			Rule: r, Onset: p.onset, State: p.state, Priority: p.priority, Since: p.since, Extreme: p.extreme, HasValue: p.hasValue,
			Spot: p.spot, SilencedUntil: p.silent, Actor: p.actor,
		})
	}
}

// Alarm is where one alarm stands.
type Alarm struct {
	Rule          *Rule
	Onset         int64
	State         State
	Priority      Priority
	Since         int64
	Extreme       signal.Fixed // the value furthest beyond the limit
	HasValue      bool
	Spot          bool
	SilencedUntil int64 // 0: it is not silenced
	Actor         string
}
