package watch

import (
	"encoding/json"
	"slices"
	"strings"

	"pleth/internal/alarm"
	"pleth/internal/road"
)

// snapshotJSON is what a follower begins with after a restart.
type snapshotJSON struct {
	Tracker  []byte            `json:"tracker"`
	Newest   int64             `json:"newest"`
	Received int64             `json:"received"`
	Rules    []inForceJSON     `json:"rules"`
	Stated   []stated          `json:"stated,omitempty"`
	Worn     []road.Assignment `json:"worn,omitempty"`
	Open     []*Alert          `json:"open,omitempty"` // by id
	Notes    map[string][]Step `json:"notes,omitempty"`
	About    map[string]Action `json:"about,omitempty"`
}

type inForceJSON struct {
	At        int64           `json:"at"`
	Profile   json.RawMessage `json:"profile"` // its name alone where it is built in
	Averaging int64           `json:"averaging,omitempty"`
	Bed       string          `json:"bed,omitempty"`
	Gateway   string          `json:"gateway,omitempty"`
	Actor     string          `json:"actor,omitempty"`
	Reason    string          `json:"reason,omitempty"`
}

func (f *follower) snapshot() ([]byte, error) {
	s := snapshotJSON{Newest: f.newest, Received: f.received, Stated: f.stated, Worn: f.worn, Notes: f.notes, About: f.about}
	var err error
	if s.Tracker, err = f.tracker.AppendBinary(nil); err != nil {
		return nil, err
	}
	for _, in := range f.rules {
		b, err := alarm.MarshalProfile(&in.Profile)
		if err != nil {
			return nil, err
		}
		s.Rules = append(s.Rules, inForceJSON{in.At, b, in.Averaging, in.Bed, in.Gateway, in.Actor, in.Reason})
	}
	for _, a := range f.open {
		s.Open = append(s.Open, a)
	}
	slices.SortFunc(s.Open, func(a, b *Alert) int { return strings.Compare(a.ID, b.ID) })
	return json.Marshal(&s)
}

func (f *follower) restore(b []byte) error {
	var s snapshotJSON
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	var err error
	if f.tracker, err = alarm.UnmarshalTracker(s.Tracker); err != nil {
		return err
	}
	f.newest, f.received, f.stated, f.worn = s.Newest, s.Received, s.Stated, s.Worn
	for _, in := range s.Rules {
		p, err := alarm.UnmarshalProfile(in.Profile)
		if err != nil {
			return err
		}
		f.rules = append(f.rules, inForce{Rules{in.At, *p, in.Averaging, in.Bed, in.Gateway}, in.Actor, in.Reason})
	}
	if len(f.rules) == 0 {
		p := f.tracker.Profile()
		f.rules = []inForce{{Rules: Rules{At: minTime, Profile: *p}}}
	}
	for _, a := range s.Open {
		f.open[a.ID] = a
	}
	if s.Notes != nil {
		f.notes = s.Notes
	}
	if s.About != nil {
		f.about = s.About
	}
	f.refresh()
	return nil
}
