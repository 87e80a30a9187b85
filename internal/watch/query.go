package watch

import (
	"errors"
	"slices"
)

// ErrUnknown says that there is no such alarm.
var ErrUnknown = errUnknown

// Query selects alerts; the zero one selects all.
type Query struct {
	Device   string   // empty: all
	Subject  string   // pseudonym; empty: all
	States   []string // nil: all but "pending"
	Priority []string // nil: all
	From, To int64    // of the onset: From <= t < To; To 0: no end
	Limit    int      // at most so many; 0: no limit
	Before   Cursor   // go on behind this one; zero: from the newest
}

// Cursor is a place in a list of alerts.
type Cursor struct {
	Onset int64  `json:"t"`
	ID    string `json:"i"`
}

// Alerts returns alerts, the newest onset first, and the place to go on from;
// nil: there are no more. What comes to be told meanwhile may not be in it.
func (w *Watch) Alerts(q Query) ([]*Alert, *Cursor, error) {
	var open []*Alert
	have := map[string]bool{}
	w.each(func(a *Alert) {
		have[a.ID] = true
		if behind(a, q.Before.Onset, q.Before.ID) && q.wants(a) {
			open = append(open, a)
		}
	})
	slices.SortFunc(open, compareAlerts)
	var out []*Alert
	enough := func() bool { return q.Limit > 0 && len(out) > q.Limit }
	err := w.cfg.Store.List(q.Device, q.Before.Onset, q.Before.ID, func(a *Alert) (bool, error) {
		for len(open) > 0 && !enough() && compareAlerts(open[0], a) < 0 {
			out, open = append(out, open[0]), open[1:]
		}
		a.Final = len(a.Steps)
		if !have[a.ID] && q.wants(a) && !enough() {
			out = append(out, a)
		}
		return !enough() && a.Onset >= q.From, nil
	})
	if err != nil {
		return nil, nil, err
	}
	for len(open) > 0 && !enough() {
		out, open = append(out, open[0]), open[1:]
	}
	if !enough() {
		return out, nil, nil
	}
	out = out[:q.Limit]
	last := out[len(out)-1]
	return out, &Cursor{last.Onset, last.ID}, nil
}

// wants reports whether q selects a.
func (q *Query) wants(a *Alert) bool {
	state := a.State()
	switch {
	case q.Device != "" && a.Device != q.Device, q.Subject != "" && a.Subject != q.Subject, a.Onset < q.From, q.To != 0 && a.Onset >= q.To:
		return false
	case q.States == nil && state == "pending", q.States != nil && !slices.Contains(q.States, state):
		return false
	}
	return q.Priority == nil || slices.Contains(q.Priority, a.Priority())
}

// each calls f with every alert that is open or told, those of gateways first.
func (w *Watch) each(f func(*Alert)) {
	for _, a := range w.storms.all() {
		f(a)
	}
	for _, a := range w.views() {
		f(w.storms.shown(a))
	}
}

// views returns every alert that is open or told, without those of gateways.
func (w *Watch) views() []*Alert {
	w.mu.RLock()
	list := make([]*follower, 0, len(w.followers))
	for _, one := range w.followers {
		list = append(list, one)
	}
	w.mu.RUnlock()
	var out []*Alert
	for _, one := range list {
		one.mu.Lock()
		view := one.view
		one.mu.Unlock()
		out = append(out, view...)
	}
	return out
}

// Alert returns one alert. It is ErrUnknown where there is none.
func (w *Watch) Alert(id string) (*Alert, error) {
	var found *Alert
	w.each(func(a *Alert) {
		if a.ID == id {
			found = a
		}
	})
	if found != nil {
		return found, nil
	}
	a, err := w.cfg.Store.Get(id)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, errUnknown
	}
	a.Final = len(a.Steps)
	return a, nil
}

// IsUnknown reports whether err says that there is no such alarm.
func IsUnknown(err error) bool { return errors.Is(err, errUnknown) }
