package watch

import (
	"maps"
	"slices"

	"pleth/internal/alarm"
)

// prune forgets rules, wearers and notes that nothing open can refer to.
func (f *follower) prune() {
	until := f.tracker.Until()
	for _, a := range f.open {
		until = min(until, a.Onset)
	}
	for len(f.rules) > 1 && f.rules[1].At < until {
		f.rules = f.rules[1:]
	}
	for len(f.stated) > 1 && f.stated[1].At < until {
		f.stated = f.stated[1:]
	}
	f.pruneNotes()
}

// pruneNotes forgets notes of alerts that are stored with them, and stores those
// of alerts that were withdrawn for good.
func (f *follower) pruneNotes() {
	for _, id := range slices.Sorted(maps.Keys(f.notes)) {
		if f.open[id] != nil || slices.ContainsFunc(f.view, func(a *Alert) bool { return a.ID == id }) {
			continue
		}
		of := f.about[id]
		if of.Of != nil && of.Onset >= f.tracker.Until() {
			continue // readings may still bring it back
		}
		stored, err := f.w.cfg.Store.Get(id)
		if err != nil {
			continue // the next time
		}
		if stored == nil && of.Of != nil {
			f.store(&Alert{ID: id, Device: f.partition.Device, Recording: f.partition.Recording, Subject: of.Subject, Rule: *of.Of, Onset: of.Onset,
				Steps: []Step{{At: of.Onset, From: alarm.Pending.String(), To: alarm.Cleared.String(), Cause: withdrawn, Priority: of.Of.Priority.String()}}})
		}
		delete(f.notes, id)
		delete(f.about, id)
	}
}

// note adds a note to an alert, open or not.
func (f *follower) note(a *Action) error {
	step := Step{At: a.At, Cause: noted, Actor: a.Actor, Note: a.Note}
	f.settle()
	isOpen := f.open[a.Alert] != nil || slices.ContainsFunc(f.view, func(v *Alert) bool { return v.ID == a.Alert })
	if isOpen {
		f.notes[a.Alert], f.about[a.Alert] = append(f.notes[a.Alert], step), *a
		f.refresh()
		if stored := f.open[a.Alert]; stored != nil && stored.State() != alarm.Pending.String() {
			f.store(stored)
		}
		return nil
	}
	stored, err := f.w.cfg.Store.Get(a.Alert)
	if err != nil {
		return err
	}
	if stored == nil { // withdrawn, or told by the clock and not by the log yet
		f.notes[a.Alert], f.about[a.Alert] = append(f.notes[a.Alert], step), *a
		return nil
	}
	if !slices.Contains(stored.Notes, step) { // a replay finds it there
		stored.Notes = append(stored.Notes, step)
	}
	return f.w.cfg.Store.Put(stored)
}
