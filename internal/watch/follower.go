package watch

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/signal"
)

// follower follows one partition. Its road tells it things from one goroutine;
// ticks and questions come from others.
type follower struct {
	w         *Watch
	partition reading.Partition
	place     road.Place

	check atomic.Bool // the rules may have to be others

	mu       sync.Mutex
	tracker  *alarm.Tracker
	newest   int64     // event time; minTime: none
	received int64     // when it came
	offsets  offsets   // of the clock of the server against that of the device
	covered  int64     // time in which readings came, since the follower began
	rules    []inForce // by time
	stated   []stated  // by time
	worn     []road.Assignment
	open     map[string]*Alert // with final steps alone
	notes    map[string][]Step // of alerts that are open or told, or were
	about    map[string]Action // what these are of, by the last one
	unstored []*Alert
	view     []*Alert // what is open, with what is told; by onset and rule
	silent   *Alert   // of view: nothing has come for long; nil: something has

	idleFor int64 // newest reading for which an idle record was asked for
	news    alarm.News
	staged  []Action // prepared and not yet settled
}

// inForce are the rules from an event time on.
type inForce struct {
	Rules
	Actor, Reason string
}

// whatIf returns p as a replay with other rules has it.
func (w *Watch) whatIf(p *alarm.Profile) *alarm.Profile {
	if len(w.cfg.WhatIf) == 0 {
		return p
	}
	if edited, faults := p.Edited(w.cfg.WhatIf); len(faults) == 0 {
		return edited
	}
	return p // it has no such rule
}

// stated is who wears the device as its readings state it, from a time on.
type stated struct {
	At      int64
	Subject string
}

const minTime = math.MinInt64

// newFollower returns the follower of p that goes on from state; nil: from the
// begin of the log.
func newFollower(w *Watch, p reading.Partition, of road.Place, state []byte) (*follower, error) {
	f := &follower{w: w, partition: p, place: of, newest: minTime, idleFor: minTime, open: map[string]*Alert{}, notes: map[string][]Step{}, about: map[string]Action{}}
	f.check.Store(true)
	if state != nil {
		return f, f.restore(state)
	}
	f.rules = []inForce{{Rules: Rules{At: minTime, Profile: *w.first}}}
	f.tracker = alarm.NewTracker(w.first)
	return f, nil
}

// Row implements road.Follower.
func (f *follower) Row(r road.FollowedRow) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Flags&reading.IsLate != 0 { // kept in the series; never an alarm of the past
		f.late(r.Rows.Time(r.Index))
		return
	}
	one := f.tracker.NewReading(r.Rows.Time(r.Index))
	one.Doubt = r.Rows.Marks(r.Index)
	for _, m := range metrics {
		v := r.Rows.Value(m, r.Index)
		if v.IsAbsent() {
			continue
		}
		x, ok := signal.FromValue(f.place.Value(m, one.At, v))
		if ok && x >= lows[m] && x <= highs[m] {
			one.Set(m, x)
		} else {
			one.SetMissing(m)
		}
	}
	if one.At >= f.newest {
		f.offsets.add(one.At, r.Received)
		if step := one.At - f.newest; f.newest != minTime && step <= 60*signal.Second {
			f.covered += step
		}
		f.newest, f.received = one.At, r.Received
	}
	if r.Subject != "" {
		f.state(one.At, r.Subject)
	}
	f.tracker.Add(one, r.Seq) // the news come with Settle
}

// late marks the open alarms whose time a late reading touches: those that the
// readings before it have made final, however many come together.
func (f *follower) late(at int64) {
	f.reach()
	touched := false
	for _, a := range f.open {
		if at >= a.Onset && a.State() != alarm.Pending.String() {
			a.Late++
			touched = true
		}
	}
	if touched {
		f.refresh()
	}
}

// metrics and their bounds.
var (
	metrics     = pleth.Metrics()
	lows, highs = func() (low, high [32]signal.Fixed) {
		for _, m := range metrics {
			info := m.Info()
			low[m], high[m] = signal.Whole(int(info.Low)), signal.Whole(int(info.High))
		}
		// Figures leave a saturation below 50 % out, because it is nearly always
		// an artefact; an alarm must not. 0 is what sensors say that see nothing.
		for _, m := range []pleth.Metric{pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal} {
			low[m] = signal.One
		}
		return low, high
	}()
)

// state notes who wears the device at a time, as a reading states it.
func (f *follower) state(at int64, subject string) {
	k, have := slices.BinarySearchFunc(f.stated, at, func(s stated, t int64) int {
		if s.At < t {
			return -1
		}
		return int(min(1, s.At-t))
	})
	switch {
	case have, k > 0 && f.stated[k-1].Subject == subject:
	case k < len(f.stated) && f.stated[k].Subject == subject:
		f.stated[k].At = at
	default:
		f.check.Store(true)
		f.stated = slices.Insert(f.stated, k, stated{at, subject})
		if len(f.stated) > 64 {
			f.stated = f.stated[1:]
		}
	}
}

// subjectAt returns who wore the device.
func (f *follower) subjectAt(at int64) string {
	said := ""
	for _, s := range f.stated {
		if s.At <= at {
			said = s.Subject
		}
	}
	return road.SubjectAt(f.worn, said, at)
}

// take collects news until Settle.
func (f *follower) take(n alarm.News) {
	f.news.Begun = append(f.news.Begun, n.Begun...)
	f.news.Taken = append(f.news.Taken, n.Taken...)
	f.news.Final = append(f.news.Final, n.Final...)
}

// Settle implements road.Follower.
func (f *follower) Settle() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.staged = f.staged[:0]
	f.reach()
	if len(f.notes) > 0 {
		f.pruneNotes()
	}
}

// reach makes final what no reading in time can change any more, and says all
// that is new.
func (f *follower) reach() {
	if f.newest != minTime {
		f.take(f.tracker.Watermark(f.newest - f.w.cfg.Lateness - 1))
	}
	f.settle()
}

// settle makes records of the news.
func (f *follower) settle() {
	n := f.news
	if len(n.Begun) == 0 && len(n.Taken) == 0 && len(n.Final) == 0 {
		return
	}
	f.news = alarm.News{}
	closed := map[string]*Alert{}
	for i := range n.Final {
		f.finish(&n.Final[i], closed)
	}
	before := f.view
	f.refresh()
	if f.partition.Recording == "" {
		f.publish(&n, before, closed)
	}
	f.prune()
}

// finish adds a final step to its alert.
func (f *follower) finish(t *alarm.Transition, closed map[string]*Alert) {
	id := name(f.partition, t.Rule, t.Onset)
	a := f.open[id]
	if a == nil {
		a = f.begin(id, t)
		f.open[id] = a
	}
	a.Steps = append(a.Steps, stepOf(t))
	switch t.To {
	case alarm.Inactive: // it never sounded
		delete(f.open, id)
		return
	case alarm.Pending:
		return
	case alarm.Cleared:
		delete(f.open, id)
		closed[id] = a
	}
	f.store(a)
}

// begin returns the alert that begins with t, without steps.
func (f *follower) begin(id string, t *alarm.Transition) *Alert {
	in, rule := f.ruleAt(t)
	return &Alert{ID: id, Device: f.partition.Device, Recording: f.partition.Recording, Subject: f.subjectAt(t.Onset), Bed: in.Bed, Gateway: in.Gateway,
		Rule: rule, Profile: in.Profile.Name, Version: in.Profile.Version, Averaging: in.Averaging, Onset: t.Onset}
}

// ruleAt returns the rules in force at a transition and the one it is of. A spot
// check is judged by rules that may have come into force after its reading: then
// its limit tells them.
func (f *follower) ruleAt(t *alarm.Transition) (*inForce, alarm.Rule) {
	k := 0
	for i := range f.rules {
		if f.rules[i].At < t.At {
			k = i
		}
	}
	in, found := &f.rules[k], alarm.Rule{ID: t.Rule}
	for i := range f.rules[k:] {
		one := &f.rules[k+i]
		for _, r := range one.Profile.Rules {
			if r.ID != t.Rule {
				continue
			}
			if found.Kind == "" {
				in, found = one, r
			}
			if r.Kind == alarm.Fall || r.Limit == t.Limit {
				return one, r
			}
		}
	}
	return in, found
}

// store puts an alert into the store, now or before the next snapshot.
func (f *follower) store(a *Alert) {
	a.Notes = f.notes[a.ID]
	if err := f.w.cfg.Store.Put(a); err != nil {
		f.w.cfg.Logger.Error("an alarm cannot be stored and stays in memory", "error", err)
		f.unstored = append(f.unstored, a.clone())
	}
}

// refresh makes the view anew: what is final and what is told. No news may wait
// then: what they withdraw would not be seen to have been there.
func (f *follower) refresh() {
	all := make(map[string]*Alert, len(f.open))
	for id, a := range f.open {
		c := a.clone()
		c.Final = len(c.Steps)
		all[id] = c
	}
	for _, t := range f.tracker.Told() {
		id := name(f.partition, t.Rule, t.Onset)
		a := all[id]
		if a == nil {
			a = f.begin(id, &t)
			all[id] = a
		}
		a.Steps = append(a.Steps, stepOf(&t))
	}
	f.view, f.silent = f.view[:0:0], nil
	for id, a := range all {
		if len(a.Steps) > 0 && a.State() != alarm.Inactive.String() {
			a.Open, a.Notes = a.State() != alarm.Cleared.String(), f.notes[id]
			f.view = append(f.view, a)
			if a.Rule.Kind == alarm.NoData && (a.State() == alarm.Active.String() || a.State() == alarm.Acknowledged.String()) {
				f.silent = a
			}
		}
	}
	slices.SortFunc(f.view, func(a, b *Alert) int {
		if a.Onset != b.Onset {
			return int(max(-1, min(1, a.Onset-b.Onset)))
		}
		return strings.Compare(a.Rule.ID, b.Rule.ID)
	})
}

// publish tells what is newly said.
func (f *follower) publish(n *alarm.News, before []*Alert, closed map[string]*Alert) {
	find := func(list []*Alert, id string) *Alert {
		for _, a := range list {
			if a.ID == id {
				return a
			}
		}
		return nil
	}
	var order []string
	steps := map[string][]Step{}
	for i := range n.Begun {
		t := &n.Begun[i]
		id := name(f.partition, t.Rule, t.Onset)
		if steps[id] == nil {
			order = append(order, id)
		}
		steps[id] = append(steps[id], stepOf(t))
	}
	for i := range n.Taken {
		t := &n.Taken[i]
		if id := name(f.partition, t.Rule, t.Onset); !slices.Contains(order, id) {
			order = append(order, id)
		}
	}
	for _, id := range order {
		now := find(f.view, id)
		if now == nil {
			now = closed[id]
		}
		f.say(find(before, id), now, steps[id])
	}
}

// say tells that an alarm that stood as old stands as now, by steps that were
// not said before; nil where there was none, where nothing is left of it, and
// where a late reading has only taken back what was said.
func (f *follower) say(old, now *Alert, steps []Step) {
	sounded := old != nil && old.Sounded() != 0
	switch {
	case now == nil || sounded && now.Sounded() == 0:
		if sounded {
			f.w.cfg.Changed(Change{Alert: old, Withdrawn: true})
		}
	case len(steps) > 0 || sounded:
		f.w.cfg.Changed(Change{Alert: f.w.storms.shown(now), Steps: steps, Back: now.Open && sounded && !old.Open})
	}
}

// Control implements road.Follower.
func (f *follower) Control(c *eventlog.Control) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.control(c); err != nil {
		f.w.cfg.Logger.Error("a record of the log cannot be followed", "kind", c.Kind, "error", err)
	}
}

func (f *follower) control(c *eventlog.Control) error {
	switch c.Kind {
	case eventlog.KindAssignment:
		var a road.Assignment
		if err := json.Unmarshal(c.Payload, &a); err != nil {
			return err
		}
		f.worn = append(f.worn, a)
		f.check.Store(true)
	case eventlog.KindEnd:
		if f.partition.Recording != "" && f.newest != minTime {
			f.take(f.tracker.Close())
		}
	case eventlog.KindIdle:
		var i Idle
		if err := json.Unmarshal(c.Payload, &i); err != nil {
			return err
		}
		f.take(f.tracker.Idle(i.At))
	case eventlog.KindRules:
		var r Rules
		if err := json.Unmarshal(c.Payload, &r); err != nil {
			return err
		}
		if bad := r.Profile.Check(); len(bad) > 0 {
			return bad[0]
		}
		r.Profile = *f.w.whatIf(&r.Profile)
		r.At = f.tracker.After(r.At)
		if last := &f.rules[len(f.rules)-1]; r.At < last.At {
			r.At = last.At
		}
		in := inForce{Rules: r, Actor: c.Actor, Reason: c.Reason}
		f.rules = append(f.rules, in)
		f.take(f.tracker.Change(&in.Profile, r.At))
	case eventlog.KindAcknowledge, eventlog.KindSilence, eventlog.KindNote:
		var a Action
		if err := json.Unmarshal(c.Payload, &a); err != nil {
			return err
		}
		return f.act(c.Kind, &a)
	}
	return nil
}

// act takes what a person did.
func (f *follower) act(kind string, a *Action) error {
	if kind == eventlog.KindNote {
		return f.note(a)
	}
	f.take(f.tracker.Act(alarm.Action{At: a.At, Rule: a.Rule, Onset: a.Onset, Actor: a.Actor, Note: a.Note, Until: a.Ends}, kind == eventlog.KindSilence))
	return nil
}

// Drop implements road.Follower.
func (f *follower) Drop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.staged = f.staged[:0]
}

// Snapshot implements road.Follower.
func (f *follower) Snapshot() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.unstored) > 0 {
		if err := f.w.cfg.Store.Put(f.unstored[0]); err != nil {
			return nil, err
		}
		f.unstored = f.unstored[1:]
	}
	return f.snapshot()
}

// errUnknown says that there is no such alarm.
var errUnknown = errors.New("there is no such alarm")
