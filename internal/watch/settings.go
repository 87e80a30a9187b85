package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"pleth/internal/alarm"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// House is the partition in which profiles and limits stand.
var House = reading.Partition{Recording: "house"}

// ProfileVersion is one version of a named set of rules.
type ProfileVersion struct {
	Profile alarm.Profile `json:"profile"`
	Base    string        `json:"base"` // profile that the edits were made to
	Edits   []alarm.Edit  `json:"edits"`
	At      int64         `json:"at"` // clock of the server, nanoseconds; given by the watch
	Actor   string        `json:"actor"`
	Reason  string        `json:"reason"` // as the door has sealed it
}

// Limits say what differs for one device or one subject, or, where neither is
// named, for the house. What is empty is taken from the next wider one.
type Limits struct {
	Device    string       `json:"device,omitempty"`
	Subject   string       `json:"subject,omitempty"` // pseudonym
	Version   int          `json:"version"`           // of this device, subject or the house, from 1; given by the watch
	Profile   string       `json:"profile,omitempty"`
	Edits     []alarm.Edit `json:"edits,omitempty"`
	Averaging int64        `json:"averaging,omitempty"` // of a device, nanoseconds; 0: unknown
	Bed       string       `json:"bed,omitempty"`       // of a device
	Gateway   string       `json:"gateway,omitempty"`   // of a device: what it is connected through
	Beds      []string     `json:"beds"`                // of the house: its beds, with or without a device; nil: as they were
	At        int64        `json:"at"`                  // given by the watch
	Actor     string       `json:"actor"`
	Reason    string       `json:"reason"`
}

// scope tells whose limits they are.
type scope struct{ device, subject string }

// settings are all profiles and limits. It follows the log of the house.
type settings struct {
	w        *Watch
	mu       sync.RWMutex
	profiles map[string][]ProfileVersion
	limits   map[scope][]Limits
	staged   int // records prepared and not settled
}

func newSettings(w *Watch) *settings {
	return &settings{w: w, profiles: map[string][]ProfileVersion{}, limits: map[scope][]Limits{}}
}

// Row implements road.Follower: the house has no readings.
func (s *settings) Row(road.FollowedRow) {}

// Settle implements road.Follower.
func (s *settings) Settle() {
	s.mu.Lock()
	s.staged = 0
	s.mu.Unlock()
	s.w.checkAll()
}

// Drop implements road.Follower.
func (s *settings) Drop() {
	s.mu.Lock()
	s.staged = 0
	s.mu.Unlock()
}

// errStaged says that another change has just been made.
var errStaged = &alarm.ActionError{Code: "changed", Text: "somebody has changed this at the same moment; look at it and try again"}

// Prepare implements road.Follower: it checks and gives versions.
func (s *settings) Prepare(c *eventlog.Control) (*eventlog.Control, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.staged > 0 {
		return nil, errStaged
	}
	out := *c
	switch c.Kind {
	case eventlog.KindProfile:
		var p ProfileVersion
		if err := json.Unmarshal(c.Payload, &p); err != nil {
			return nil, err
		}
		base, err := s.profile(p.Base)
		if err != nil {
			return nil, alarm.Faults{err}
		}
		if _, err := alarm.Named(p.Profile.Name); err == nil {
			return nil, alarm.Faults{fmt.Errorf("the profile %q is built in: give yours another name", p.Profile.Name)}
		}
		edited, faults := base.Edited(p.Edits)
		if len(faults) > 0 {
			return nil, alarm.Faults(faults)
		}
		edited.Name, edited.Version = p.Profile.Name, 1+len(s.profiles[p.Profile.Name])
		p.Profile, p.At, p.Actor, p.Reason = *edited, s.w.cfg.Clock(), c.Actor, c.Reason
		out.Payload = encode(p)
	case eventlog.KindLimits:
		var l Limits
		if err := json.Unmarshal(c.Payload, &l); err != nil {
			return nil, err
		}
		l.Version = 1 + len(s.limits[scope{l.Device, l.Subject}])
		if house := last(s.limits[scope{}]); l.Beds == nil && l.Device == "" && l.Subject == "" && house != nil {
			l.Beds = house.Beds
		}
		if faults := s.check(&l); len(faults) > 0 {
			return nil, alarm.Faults(faults)
		}
		l.At, l.Actor, l.Reason = s.w.cfg.Clock(), c.Actor, c.Reason
		out.Payload = encode(l)
	default:
		return nil, fmt.Errorf("%q is no kind of control record of the house", c.Kind)
	}
	s.staged++
	return &out, nil
}

// check returns every fault of limits, on the profile that they change.
func (s *settings) check(l *Limits) []error {
	name := l.Profile
	if name == "" {
		name = s.w.cfg.Default
		if house := last(s.limits[scope{}]); house != nil && house.Profile != "" {
			name = house.Profile
		}
	}
	base, err := s.profile(name)
	if err != nil {
		return []error{err}
	}
	_, faults := base.Edited(l.Edits)
	return faults
}

func last[T any](list []T) *T {
	if len(list) == 0 {
		return nil
	}
	return &list[len(list)-1]
}

// profile returns the newest version of a profile. The caller holds mu.
func (s *settings) profile(name string) (*alarm.Profile, error) {
	if v := last(s.profiles[name]); v != nil {
		return &v.Profile, nil
	}
	p, err := alarm.Named(name)
	if err != nil {
		return nil, fmt.Errorf("there is no profile %q: write infant, child, adult or the name of one that was made", name)
	}
	return p, nil
}

// Control implements road.Follower.
func (s *settings) Control(c *eventlog.Control) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.Kind {
	case eventlog.KindProfile:
		var p ProfileVersion
		if json.Unmarshal(c.Payload, &p) == nil {
			s.profiles[p.Profile.Name] = append(s.profiles[p.Profile.Name], p)
		}
	case eventlog.KindLimits:
		var l Limits
		if json.Unmarshal(c.Payload, &l) == nil {
			at := scope{l.Device, l.Subject}
			s.limits[at] = append(s.limits[at], l)
		}
	}
}

// Snapshot implements road.Follower.
func (s *settings) Snapshot() ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := settingsJSON{Profiles: s.profiles}
	for _, list := range s.limits {
		out.Limits = append(out.Limits, list...)
	}
	return json.Marshal(&out)
}

type settingsJSON struct {
	Profiles map[string][]ProfileVersion `json:"profiles"`
	Limits   []Limits                    `json:"limits"`
}

func (s *settings) restore(b []byte) error {
	var in settingsJSON
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	maps.Copy(s.profiles, in.Profiles)
	for _, l := range in.Limits {
		at := scope{l.Device, l.Subject}
		s.limits[at] = append(s.limits[at], l)
	}
	return nil
}

// resolve returns the rules for a device on a subject. Of the profile the
// device's own goes first, then that of the subject, then that of the house;
// edits are made in the order house, subject, device.
func (s *settings) resolve(device, subject string) (Rules, string, string) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	layers := []*Limits{last(s.limits[scope{}])}
	if subject != "" {
		layers = append(layers, last(s.limits[scope{subject: subject}]))
	}
	layers = append(layers, last(s.limits[scope{device: device}]))
	name, actor, reason := s.w.cfg.Default, "pleth", ""
	var newest int64
	for _, l := range layers {
		if l != nil && l.Profile != "" {
			name = l.Profile
		}
		if l != nil && l.At > newest {
			newest, actor, reason = l.At, l.Actor, l.Reason
		}
	}
	p, err := s.profile(name)
	if err != nil { // it was checked
		p, _ = alarm.Named("adult")
	}
	out := Rules{Profile: *p}
	out.Profile.Rules = slices.Clone(p.Rules)
	for _, l := range layers {
		if l == nil {
			continue
		}
		// On another profile than they were checked on they may not fit: then
		// the profile stays as it is, which alarms rather too much.
		if edited, faults := out.Profile.Edited(l.Edits); len(faults) == 0 {
			out.Profile = *edited
		} else {
			s.w.cfg.Logger.Error("limits do not fit the profile and are left out", "profile", name, "device", l.Device, "error", faults[0])
		}
		if l.Device != "" {
			out.Averaging, out.Bed, out.Gateway = l.Averaging, l.Bed, l.Gateway
		}
	}
	return out, actor, reason
}

// Profiles returns every version of every profile that was made, by name; the
// built-in ones are alarm.Named.
func (w *Watch) Profiles() map[string][]ProfileVersion {
	w.house.mu.RLock()
	defer w.house.mu.RUnlock()
	return maps.Clone(w.house.profiles)
}

// Limits returns every version of the limits of a device, a subject, or where
// both are empty of the house.
func (w *Watch) Limits(device, subject string) []Limits {
	w.house.mu.RLock()
	defer w.house.mu.RUnlock()
	return slices.Clone(w.house.limits[scope{device, subject}])
}

// PutProfile makes a new version of a profile and returns it. Faults are
// alarm.Faults.
func (w *Watch) PutProfile(ctx context.Context, by, reason string, p ProfileVersion) (*ProfileVersion, error) {
	if err := w.log(ctx, House, eventlog.Control{Kind: eventlog.KindProfile, Actor: by, Reason: reason, Payload: encode(p)}); err != nil {
		return nil, err
	}
	return last(w.Profiles()[p.Profile.Name]), nil
}

// PutLimits makes new limits and returns them. Faults are alarm.Faults.
func (w *Watch) PutLimits(ctx context.Context, by, reason string, l Limits) (*Limits, error) {
	if err := w.log(ctx, House, eventlog.Control{Kind: eventlog.KindLimits, Actor: by, Reason: reason, Payload: encode(l)}); err != nil {
		return nil, err
	}
	return last(w.Limits(l.Device, l.Subject)), nil
}

// Rules returns the rules in force for a device; false: it is not known.
func (w *Watch) Rules(device string) (Rules, bool) {
	f := w.of(partitionOf(device))
	if f == nil {
		return Rules{}, false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rules[len(f.rules)-1].Rules, true
}
