// Package alarm decides when a condition of the signal becomes an alarm, and
// follows it until it is over and somebody has seen it. An Engine takes the
// readings of one device in event time and what people do about its alarms,
// and hands out transitions. There is no I/O, no clock and no randomness in
// it: the same readings, actions and rules give the same transitions, however
// often Advance is called in between.
//
// Delays count valid seconds in a sliding window, so that one flickering
// sample starts nothing anew; a missing value freezes a physiological alarm,
// it neither raises nor clears it. Rules and sources: docs/definitions/alarms.md.
package alarm

import (
	"fmt"

	"pleth"
	"pleth/internal/signal"
)

// Priority says how soon somebody must come.
type Priority uint8

// The priorities, in rising order.
const (
	Low    Priority = iota + 1 // awareness
	Medium                     // prompt response
	High                       // immediate response
)

var priorityNames = [...]string{"", "low", "medium", "high"}

// String returns the name used in records.
func (p Priority) String() string { return priorityNames[p] }

// ParsePriority returns the priority named s, and whether there is one.
func ParsePriority(s string) (Priority, bool) {
	for p := Low; p <= High; p++ {
		if priorityNames[p] == s {
			return p, true
		}
	}
	return 0, false
}

// State is where an alarm stands.
type State uint8

// The states. A pending alarm waits for its delay. A latched one is over, but
// nobody has seen it yet. Cleared is the last state of an alarm.
const (
	Inactive State = iota
	Pending
	Active
	Acknowledged
	Latched
	Cleared
)

var stateNames = [...]string{"inactive", "pending", "active", "acknowledged", "latched", "cleared"}

// String returns the name used in records.
func (s State) String() string { return stateNames[s] }

// Cause says why a transition came about.
type Cause string

// The causes.
const (
	Began     Cause = "began"     // the condition holds, its delay runs
	Ended     Cause = "ended"     // it ended before its delay was over
	Delayed   Cause = "delay"     // its delay is over
	Escalated Cause = "escalated" // nobody acknowledged it in time, or it got worse
	Recovered Cause = "recovered" // back within the limit and its margin for long enough
	Ack       Cause = "ack"       // somebody acknowledged it
	Reminder  Cause = "reminder"  // acknowledged, but it still holds
	Spot      Cause = "spot"      // a single reading outside the limit
	Annulled  Cause = "annulled"  // its rule was changed or taken away
	Complete  Cause = "complete"  // the recording ends here
	Silenced  Cause = "silenced"  // somebody silenced it; the state stays
	Sounded   Cause = "sounded"   // a silence ran out; the state stays
)

// Transition is one step of one alarm.
type Transition struct {
	At       int64 // event time, ns
	Rule     string
	Onset    int64 // event time at which the condition began: with device and rule it names the alarm
	From, To State
	Cause    Cause
	Priority Priority
	Metric   pleth.Metric // 0: none
	Value    signal.Fixed // that decided; the extreme so far where nothing new was read
	HasValue bool
	Limit    signal.Fixed // that was crossed; of a relative rule the level that the fall amounts to
	Since    int64        // event time from which the evidence reaches to At
	Spot     bool
	Actor    string // who acknowledged or silenced; empty otherwise
	Note     string
	Until    int64 // of a silence
}

// String describes t for tests and logs.
func (t Transition) String() string {
	s := fmt.Sprintf("%s %s %s->%s (%s) %s", stamp(t.At), t.Rule, t.From, t.To, t.Cause, t.Priority)
	if t.HasValue {
		s += fmt.Sprintf(" %g", t.Value.Float())
	}
	return s
}

// stamp prints a time as hours, minutes and seconds.
func stamp(ns int64) string {
	s := ns / signal.Second
	text := fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	if frac := ns % signal.Second; frac != 0 {
		text += fmt.Sprintf(".%03d", frac/1e6)
	}
	return text
}

// Reading is what a device said at one instant.
type Reading struct {
	At      int64 // event time, ns
	values  [metrics]signal.Fixed
	has     uint32 // by metric: a number
	carried uint32 // by metric: a number, or reported without one
	// Doubt are the reasons to doubt the reading that are known at once.
	Doubt pleth.Reasons
}

// metrics bounds the values of pleth.Metric.
const metrics = 16

// Set gives the reading a value.
func (r *Reading) Set(m pleth.Metric, v signal.Fixed) {
	r.values[m] = v
	r.has |= 1 << m
	r.carried |= 1 << m
}

// SetMissing says that the device reported m without a value.
func (r *Reading) SetMissing(m pleth.Metric) {
	r.has &^= 1 << m
	r.carried |= 1 << m
}

// Value returns the value of m, and whether there is one.
func (r *Reading) Value(m pleth.Metric) (signal.Fixed, bool) {
	return r.values[m], r.has>>m&1 != 0
}

// Carries reports whether the reading has m, missing values included.
func (r *Reading) Carries(m pleth.Metric) bool { return r.carried>>m&1 != 0 }
