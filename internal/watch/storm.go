package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"pleth/internal/alarm"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Storms is the partition in which the alarms of gateways stand, and those of
// channels by which people cannot be reached. Devices fall silent each in its
// own log; that they did so together is seen by the clock of the server alone,
// so every step of such an alarm is a record.
var Storms = reading.Partition{Recording: "gateways"}

// Bounds of the alarm of a gateway.
const (
	gatewayLeast = 3 // silent devices at least
	gatewayRule  = "gateway.silent"
	togetherNs   = int64(60e9) // their silence begins within so long
	changeNs     = int64(2e9)  // its devices are written anew after so long at the earliest
)

// gatewayRuleOf is the rule of the alarm of a gateway.
var gatewayRuleOf = alarm.Rule{ID: gatewayRule, Kind: alarm.NoData, Priority: alarm.Medium, Technical: true}

// channelRule is the rule of the alarm that a message to people was given up.
const channelRule = "notify.given_up"

var channelRuleOf = alarm.Rule{ID: channelRule, Kind: alarm.GivenUp, Priority: alarm.Medium, Technical: true}

// key returns what the alarm is about.
func (p *Storm) key() string { return aboutKey(p.Gateway, p.Channel) }

// keyOf returns what a is about.
func keyOf(a *Alert) string { return aboutKey(a.Gateway, a.Channel) }

// aboutKey tells gateways from channels of the same name.
func aboutKey(gateway, channel string) string {
	if channel != "" {
		return "\x00" + channel
	}
	return gateway
}

// membersChanged is the cause of a step that says which devices it is now.
const membersChanged = "devices"

// storms are the alarms of gateways. It follows the log of Storms.
type storms struct {
	w      *Watch
	asking atomic.Bool // a record is on its way to the log

	mu       sync.RWMutex
	open     map[string]*Alert // by what they are about
	staged   map[string]bool   // alerts, and what it is about whose alarm begins, with a record that is not settled
	news     []Change
	moved    []string // devices that have come under an alarm, or out of it
	unstored []*Alert
}

func newStorms(w *Watch) *storms {
	return &storms{w: w, open: map[string]*Alert{}, staged: map[string]bool{}}
}

// silent is one silent device, or one that was and has not been heard since the
// process began.
type silent struct {
	device, bed string
	alert       *Alert // nil: it has not been silent for long enough again since the start
}

// gatewayState is how the devices of one gateway are.
type gatewayState struct {
	connected int // devices of a live stream with readings
	silent    []silent
}

// covers reports whether the alarm of a gateway stands for a. The caller may
// hold the lock of a follower.
func (s *storms) covers(a *Alert) bool {
	if a.Gateway == "" || a.Rule.Kind != alarm.NoData || a.Recording != "" {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	g := s.open[a.Gateway]
	if g == nil {
		return false
	}
	_, is := slices.BinarySearch(g.Members, a.Device)
	return is
}

// shown returns a as it is handed out: marked where the alarm of its gateway
// stands for it.
func (s *storms) shown(a *Alert) *Alert {
	if !s.covers(a) {
		return a
	}
	c := *a
	c.Under = true
	return &c
}

// all returns copies of the alarms that stand, by gateway.
func (s *storms) all() []*Alert {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []*Alert
	for _, a := range s.open {
		out = append(out, handedOut(a))
	}
	slices.SortFunc(out, func(a, b *Alert) int { return strings.Compare(keyOf(a), keyOf(b)) })
	return out
}

// handedOut returns a copy of the alarm of a gateway for others.
func handedOut(a *Alert) *Alert {
	c := a.clone()
	c.Open, c.Final = c.State() != alarm.Cleared.String(), len(c.Steps)
	return c
}

// find returns the alarm that stands under an id; nil: none does. The caller
// holds mu.
func (s *storms) find(id string) *Alert {
	for _, a := range s.open {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// rule returns the rule of the alarm.
func (p *Storm) rule() alarm.Rule {
	if p.Channel != "" {
		return channelRuleOf
	}
	return gatewayRuleOf
}

// Reached says whether people can be reached by a channel: a technical alarm
// begins where they cannot, and is over where they can again. It changes nothing
// where that is known.
func (w *Watch) Reached(ctx context.Context, channel string, can bool) error {
	s := w.storms
	s.mu.RLock()
	p := Storm{Channel: channel, Step: Step{From: alarm.Inactive.String(), To: alarm.Active.String(), Cause: string(alarm.Delayed), Priority: alarm.Medium.String()}}
	a := s.open[p.key()]
	if a != nil {
		p.Alert = a.ID
		p.Step = Step{From: a.State(), To: alarm.Cleared.String(), Cause: string(alarm.Recovered), Priority: a.Priority()}
	}
	s.mu.RUnlock()
	if can == (a == nil) {
		return nil
	}
	return w.log(ctx, Storms, eventlog.Control{Kind: eventlog.KindStorm, Actor: "pleth", Payload: encode(p)})
}

// Row implements road.Follower: there are no readings here.
func (s *storms) Row(road.FollowedRow) {}

// Prepare implements road.Follower: it checks a record against how the alarm
// stands and gives it its time.
func (s *storms) Prepare(c *eventlog.Control) (*eventlog.Control, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := *c
	now := s.w.cfg.Clock()
	switch c.Kind {
	case eventlog.KindStorm:
		var p Storm
		if err := json.Unmarshal(c.Payload, &p); err != nil {
			return nil, err
		}
		a := s.open[p.key()]
		begins := p.From == alarm.Inactive.String()
		if s.staged[p.key()] || begins != (a == nil) || a != nil && (a.ID != p.Alert || a.State() != p.From || s.staged[a.ID]) {
			return nil, errStaged
		}
		p.At = now
		if begins {
			p.Alert = name(reading.Partition{Recording: p.key()}, p.rule().ID, now)
		} else {
			p.At = max(p.At, a.last().At)
		}
		s.staged[p.key()] = true
		out.Payload = encode(p)
	case eventlog.KindAcknowledge, eventlog.KindSilence, eventlog.KindNote:
		var act Action
		if err := json.Unmarshal(c.Payload, &act); err != nil {
			return nil, err
		}
		if err := s.prepareAction(c.Kind, &act, now); err != nil {
			return nil, err
		}
		out.Payload = encode(act)
	default:
		return nil, fmt.Errorf("%q is no kind of control record of gateways", c.Kind)
	}
	return &out, nil
}

// prepareAction says whether something can be done about the alarm of a gateway.
// The caller holds mu.
func (s *storms) prepareAction(kind string, act *Action, now int64) error {
	a := s.find(act.Alert)
	if a == nil {
		stored, err := s.w.cfg.Store.Get(act.Alert)
		switch {
		case err != nil:
			return err
		case stored == nil || stored.Device != "":
			return errUnknown
		case kind != eventlog.KindNote:
			return &alarm.ActionError{Code: "cleared", Text: "the alarm is over; there is nothing to do about it"}
		}
		a = stored
	}
	act.Rule, act.Onset, act.At = a.Rule.ID, a.Onset, max(now, a.last().At)
	if kind == eventlog.KindNote {
		return nil
	}
	if s.staged[a.ID] || s.staged[keyOf(a)] {
		return errStaged
	}
	if kind == eventlog.KindSilence {
		if act.Until <= now || act.Until-now > alarm.MaxSilence {
			return &alarm.ActionError{Code: "until", Text: "a silence needs an end, at most 4 h from now"}
		}
		act.Ends = act.Until
	} else if a.State() == alarm.Acknowledged.String() {
		return &alarm.ActionError{Code: "acknowledged", Text: "somebody has already acknowledged the alarm"}
	}
	s.staged[a.ID] = true
	return nil
}

// Control implements road.Follower.
func (s *storms) Control(c *eventlog.Control) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.control(c); err != nil {
		s.w.cfg.Logger.Error("a record of the log cannot be followed", "kind", c.Kind, "error", err)
	}
}

func (s *storms) control(c *eventlog.Control) error {
	if c.Kind == eventlog.KindStorm {
		var p Storm
		if err := json.Unmarshal(c.Payload, &p); err != nil {
			return err
		}
		s.step(&p)
		return nil
	}
	var act Action
	if err := json.Unmarshal(c.Payload, &act); err != nil {
		return err
	}
	if c.Kind == eventlog.KindNote {
		return s.note(&act)
	}
	a := s.find(act.Alert)
	if a == nil {
		return fmt.Errorf("%s of the alarm %s, which is over", c.Kind, act.Alert)
	}
	step := Step{At: act.At, From: a.State(), To: a.State(), Cause: string(alarm.Silenced), Priority: a.Priority(), Actor: act.Actor, Note: act.Note, Until: act.Ends}
	if c.Kind == eventlog.KindAcknowledge {
		step.To, step.Cause, step.Until = alarm.Acknowledged.String(), string(alarm.Ack), 0
	}
	s.add(a, step)
	return nil
}

// step takes a step that the server made.
func (s *storms) step(p *Storm) {
	a := s.open[p.key()]
	if a == nil {
		a = &Alert{ID: p.Alert, Gateway: p.Gateway, Channel: p.Channel, Rule: p.rule(), Profile: p.Profile, Version: p.Version, Onset: p.Onset}
		if a.Onset == 0 {
			a.Onset = p.At
		}
		s.open[p.key()] = a
	}
	for _, list := range [][2][]string{{a.Members, p.Members}, {p.Members, a.Members}} {
		for _, device := range list[0] {
			if _, stays := slices.BinarySearch(list[1], device); !stays || p.To == alarm.Cleared.String() {
				s.moved = append(s.moved, device)
			}
		}
	}
	a.Members, a.Devices = p.Members, p.Devices
	if p.To == alarm.Cleared.String() {
		delete(s.open, p.key())
	}
	s.add(a, p.Step)
}

// add adds a step to an alarm, and keeps and tells it.
func (s *storms) add(a *Alert, step Step) {
	a.Steps = append(a.Steps, step)
	s.store(a)
	s.news = append(s.news, Change{Alert: handedOut(a), Steps: []Step{step}})
}

// note adds a note to an alarm, whether it stands or not.
func (s *storms) note(act *Action) error {
	a := s.find(act.Alert)
	if a == nil {
		var err error
		if a, err = s.w.cfg.Store.Get(act.Alert); err != nil {
			return err
		}
		if a == nil {
			return fmt.Errorf("note of the unknown alarm %s", act.Alert)
		}
	}
	step := Step{At: act.At, Cause: noted, Actor: act.Actor, Note: act.Note}
	if !slices.Contains(a.Notes, step) { // a replay finds it there
		a.Notes = append(a.Notes, step)
	}
	s.store(a)
	return nil
}

// store puts an alarm into the store, now or before the next snapshot.
func (s *storms) store(a *Alert) {
	if err := s.w.cfg.Store.Put(a); err != nil {
		s.w.cfg.Logger.Error("an alarm cannot be stored and stays in memory", "error", err)
		s.unstored = append(s.unstored, a.clone())
	}
}

// Drop implements road.Follower.
func (s *storms) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.staged)
}

// Settle implements road.Follower: it tells what is new.
func (s *storms) Settle() {
	s.mu.Lock()
	clear(s.staged)
	news, moved := s.news, s.moved
	s.news, s.moved = nil, nil
	s.mu.Unlock()
	for _, c := range news {
		s.w.cfg.Changed(c)
	}
	slices.Sort(moved)
	for _, device := range slices.Compact(moved) {
		if f := s.w.of(partitionOf(device)); f != nil {
			f.retell()
		}
	}
}

// retell tells anew of the silence of the device, whose mark has changed.
func (f *follower) retell() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.silent != nil {
		f.w.cfg.Changed(Change{Alert: f.w.storms.shown(f.silent)})
	}
}

// stormsJSON is what the storms begin with after a restart.
type stormsJSON struct {
	Open []*Alert `json:"open"` // by gateway
}

// Snapshot implements road.Follower.
func (s *storms) Snapshot() ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.unstored) > 0 {
		if err := s.w.cfg.Store.Put(s.unstored[0]); err != nil {
			return nil, err
		}
		s.unstored = s.unstored[1:]
	}
	out := stormsJSON{Open: []*Alert{}}
	for _, a := range s.open {
		out.Open = append(out.Open, a)
	}
	slices.SortFunc(out.Open, func(a, b *Alert) int { return strings.Compare(keyOf(a), keyOf(b)) })
	return json.Marshal(&out)
}

func (s *storms) restore(b []byte) error {
	var in stormsJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	for _, a := range in.Open {
		s.open[keyOf(a)] = a
	}
	return nil
}
