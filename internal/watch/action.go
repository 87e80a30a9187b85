package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"pleth/internal/alarm"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// now returns the event time that it is for the device at time now of the
// server: as long after its newest reading as nothing has come since.
func (f *follower) now(now int64) int64 {
	if f.newest == minTime {
		return now
	}
	return f.newest + max(0, now-max(f.received, f.w.started))
}

// checkRules has a later tick compare the rules with what they should be.
func (f *follower) checkRules() { f.check.Store(true) }

// tick tells time and reports whether an idle record is due, and whether the
// rules are to be compared with what they should be.
func (f *follower) tick(now int64) (idle, check bool) {
	check = f.check.Swap(false)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.newest == minTime || f.tracker == nil {
		return false, check
	}
	at := f.now(now)
	idle = f.idleFor != f.newest && at-f.newest >= int64(IdleAfter) && len(f.tracker.Lone()) > 0
	if idle {
		f.idleFor = f.newest
	}
	if at -= slack; at > f.newest {
		f.take(f.tracker.Advance(at))
		f.settle()
	}
	return idle, check
}

// again lets a later tick ask for the idle record once more.
func (f *follower) again() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.idleFor = minTime
}

// Prepare implements road.Follower.
func (f *follower) Prepare(c *eventlog.Control) (*eventlog.Control, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.w.cfg.Clock()
	out := *c
	switch c.Kind {
	case eventlog.KindIdle:
		if len(f.tracker.Lone()) == 0 {
			return nil, errNotLone
		}
		out.Payload = encode(Idle{At: f.tracker.When(f.now(now))})
	case eventlog.KindRules:
		var r Rules
		if err := json.Unmarshal(c.Payload, &r); err != nil {
			return nil, err
		}
		if bad := r.Profile.Check(); len(bad) > 0 {
			return nil, bad[0]
		}
		r.At = f.tracker.When(f.now(now))
		if f.newest == minTime {
			r.At = minTime
		}
		out.Payload = encode(r)
	case eventlog.KindAcknowledge, eventlog.KindSilence, eventlog.KindNote:
		var a Action
		if err := json.Unmarshal(c.Payload, &a); err != nil {
			return nil, err
		}
		if err := f.prepareAction(c.Kind, &a, now); err != nil {
			return nil, err
		}
		out.Payload = encode(a)
	default:
		return nil, fmt.Errorf("%q is no kind of control record of a device", c.Kind)
	}
	return &out, nil
}

// prepareAction finds the alarm that is meant and says whether it can be done.
func (f *follower) prepareAction(kind string, a *Action, now int64) error {
	found, err := f.find(a.Alert)
	if err != nil {
		return err
	}
	a.Rule, a.Onset, a.At = found.Rule.ID, found.Onset, f.tracker.When(f.now(now))
	if kind == eventlog.KindNote {
		a.Of, a.Subject = &found.Rule, found.Subject
		return nil
	}
	if !found.Open {
		return &alarm.ActionError{Code: "cleared", Text: "the alarm is over; there is nothing to do about it"}
	}
	for i := range f.staged {
		if f.staged[i].Alert == a.Alert && kind == eventlog.KindAcknowledge {
			return &alarm.ActionError{Code: "acknowledged", Text: "somebody has just acknowledged the alarm"}
		}
	}
	if kind == eventlog.KindSilence {
		a.Ends = a.At + a.Until - now
	}
	if _, err := f.tracker.Try(alarm.Action{At: a.At, Rule: a.Rule, Onset: a.Onset, Actor: a.Actor, Until: a.Ends}, kind == eventlog.KindSilence); err != nil {
		return err
	}
	if kind == eventlog.KindAcknowledge {
		f.staged = append(f.staged, *a)
	}
	return nil
}

// find returns an alert of this partition, open or stored.
func (f *follower) find(id string) (*Alert, error) {
	for _, a := range f.view {
		if a.ID == id {
			return a, nil
		}
	}
	a, err := f.w.cfg.Store.Get(id)
	if err == nil && (a == nil || a.Partition() != f.partition) {
		err = errUnknown
	}
	return a, err
}

// Act acknowledges, silences or notes: kind is the kind of its control record.
// It returns the alert as it stands then. An alarm that is not there is
// ErrUnknown; what cannot be done is an *alarm.ActionError.
func (w *Watch) Act(ctx context.Context, kind string, by string, a Action) (*Alert, error) {
	before, err := w.Alert(a.Alert)
	if err != nil {
		return nil, err
	}
	if err := w.log(ctx, before.Partition(), eventlog.Control{Kind: kind, Actor: by, Payload: encode(a)}); err != nil {
		return nil, err
	}
	return w.Alert(a.Alert)
}

// Judge puts the rules in force for a recording that is about to be imported:
// those of the subject that it states, or else of who wore the device at time
// at. It changes nothing where the recording has rows, or these rules.
func (w *Watch) Judge(ctx context.Context, p reading.Partition, subject string, at int64) error {
	f := w.of(p)
	if f == nil {
		return errUnknown
	}
	w.mu.RLock()
	r := w.road
	w.mu.RUnlock()
	if r != nil {
		subject = road.SubjectAt(r.Assignments(p.Device), subject, at)
	}
	f.mu.Lock()
	now, begun := f.rules[len(f.rules)-1].Rules, f.newest != minTime
	f.mu.Unlock()
	want, actor, reason := w.house.resolve(p.Device, subject)
	want.At = now.At
	if begun || bytes.Equal(encode(want), encode(now)) {
		return nil
	}
	return w.log(ctx, p, eventlog.Control{Kind: eventlog.KindRules, Actor: actor, Reason: reason, Payload: encode(want)})
}

// partitionOf is the partition of the stream of a device.
func partitionOf(device string) reading.Partition { return reading.Partition{Device: device} }
