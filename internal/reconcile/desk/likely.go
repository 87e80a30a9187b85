package desk

import (
	"context"
	"slices"

	"pleth/internal/reconcile"
)

// likelyCause is the step of an incident that says what its findings may have in
// common. It stays in the history, for whoever has the same again.
const likelyCause = "likely cause"

// hintsOf returns the hints that fit what stands.
func hintsOf(hints []reconcile.Hint, open []Finding) []reconcile.Hint {
	var out []reconcile.Hint
	for i := range hints {
		h := &hints[i]
		if slices.ContainsFunc(open, func(f Finding) bool { return !f.Accepted && h.Fits(f.Class) }) {
			out = append(out, *h)
		}
	}
	return out
}

// likely fills in the hints of an incident that is not over.
func (d *Desk) likely(i *Incident) {
	in := d.byName[i.Integration]
	if in == nil || i.Over() {
		return
	}
	in.mu.Lock()
	hints := in.state.Hints
	in.mu.Unlock()
	for n := range hints {
		if hints[n].Fits(i.Class) {
			i.Hints = append(i.Hints, hints[n])
		}
	}
}

// explain writes hints into the history of the incidents that they fit, each
// once.
func (w *incidentWork) explain(ctx context.Context, hints []reconcile.Hint) error {
	if len(hints) == 0 {
		return nil
	}
	for _, one := range w.open {
		if one.Over() || !slices.ContainsFunc(hints, func(h reconcile.Hint) bool { return h.Fits(one.Class) }) {
			continue
		}
		var steps []Step
		if one.ID != 0 {
			var err error
			if steps, err = w.desk.store.steps(ctx, one.ID); err != nil {
				return err
			}
		}
		for i := range hints {
			h := &hints[i]
			key := []string{h.Code, h.Column}
			said := func(s Step) bool { return s.What == likelyCause && slices.Equal(s.Key, key) }
			if !h.Fits(one.Class) || slices.ContainsFunc(steps, said) {
				continue
			}
			w.note(one, Step{At: w.now, Who: "check", What: likelyCause, Why: h.Text, Key: key})
		}
	}
	return nil
}

// note adds a step to what happened to an incident.
func (w *incidentWork) note(one *Incident, step Step) {
	i := slices.IndexFunc(w.changed, func(c *change) bool { return c.incident == one })
	if i < 0 {
		w.changed = append(w.changed, &change{incident: one})
		i = len(w.changed) - 1
	}
	w.changed[i].steps = append(w.changed[i].steps, step)
}
