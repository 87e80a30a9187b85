package alarm

import (
	"fmt"
)

// Action is what a person does about an alarm.
type Action struct {
	At    int64 // ns, in the clock of the readings
	Rule  string
	Onset int64 // of the alarm that is meant; 0: whichever the rule has
	Actor string
	Note  string
	Until int64 // of a silence
}

// ActionError says why an action was not taken. Code is fit for a program.
type ActionError struct{ Code, Text string }

// Error returns the text.
func (e *ActionError) Error() string { return e.Text }

// find returns the index of the rule that a means.
func (e *Engine) find(a *Action) (int, error) {
	for i := range e.rules {
		if e.profile.Rules[i].ID != a.Rule {
			continue
		}
		p := e.rules[i]
		if p.state == Inactive || p.state == Pending || a.Onset != 0 && a.Onset != p.onset {
			return 0, &ActionError{"cleared", fmt.Sprintf("the alarm %q is over; there is nothing to do about it", a.Rule)}
		}
		return i, nil
	}
	return 0, &ActionError{"unknown", fmt.Sprintf("there is no rule %q in profile %q", a.Rule, e.profile.Name)}
}

// Acknowledge takes an alarm over: it is seen. A latched one and a spot check
// are cleared by it. The milder alarms of the same metric are seen with it: who
// looks at a saturation below 85 % need not be called for it being below 88 %.
// Acknowledging twice is an *ActionError that names who was
// first. The slice returned is valid until the next call.
func (e *Engine) Acknowledge(a Action) ([]Transition, error) {
	e.out = e.out[:0]
	e.advance(a.At)
	i, err := e.find(&a)
	if err != nil {
		return e.ordered(), err
	}
	p := e.rule(i)
	if p.state == Acknowledged {
		return e.ordered(), &ActionError{"acknowledged", fmt.Sprintf("%s has already acknowledged the alarm %q", p.actor, a.Rule)}
	}
	e.seen(i, &a)
	for k := range e.rules {
		m := e.rules[k]
		if (m.state == Active || m.state == Latched) && m.priority <= p.priority && milder(&e.profile.Rules[k], &e.profile.Rules[i]) {
			e.seen(k, &a)
		}
	}
	return e.ordered(), nil
}

// seen notes that somebody has seen the alarm of rule i.
func (e *Engine) seen(i int, a *Action) {
	p := e.rule(i)
	next := Acknowledged
	if p.state == Latched || p.spot {
		next = Cleared
	}
	t := e.to(i, max(a.At, p.since), next, Ack)
	t.Actor, t.Note = a.Actor, a.Note
	if next == Acknowledged {
		p.actor = a.Actor
	}
}

// milder reports whether r is a less far limit of what rule of is a limit of.
func milder(r, of *Rule) bool {
	if r.Metric != of.Metric || r.Kind != of.Kind {
		return false
	}
	return r.Kind == Below && r.Limit > of.Limit || r.Kind == Above && r.Limit < of.Limit
}

// Silence keeps an alarm quiet until a time, at its priority and below: should
// it become more urgent, it sounds. The state stays. A silence needs an end at
// most four hours away. The slice returned is valid until the next call.
func (e *Engine) Silence(a Action) ([]Transition, error) {
	e.out = e.out[:0]
	if a.Until <= a.At || a.Until-a.At > MaxSilence {
		return nil, &ActionError{"until", "a silence needs an end, at most 4 h from now"}
	}
	e.advance(a.At)
	i, err := e.find(&a)
	if err != nil {
		return e.ordered(), err
	}
	p := e.rule(i)
	p.silent, p.silentAt = a.Until, p.priority
	since := p.since
	t := e.to(i, max(a.At, p.since), p.state, Silenced)
	p.since = since
	t.Actor, t.Note, t.Until = a.Actor, a.Note, a.Until
	return e.ordered(), nil
}

// Audible reports whether an alarm of this priority may sound at time t.
func (a *Alarm) Audible(t int64) bool {
	return a.State == Active && (a.SilencedUntil <= t)
}
