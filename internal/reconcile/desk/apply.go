package desk

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"pleth/internal/reconcile/plan"
)

// mostApplied is how long one step of a mend may take.
const mostApplied = 2 * time.Minute

// ended is a mend that is at its end, with what happened.
type ended struct {
	mend  *Mend
	steps []Step
}

// apply does what was prepared and writes down every step. That it begins is
// written down before, and what was begun is written down to its end also where
// nobody waits for it any more: nothing changes without a record of it. Where
// the end cannot be stored it is kept and stored later. The integration is held.
func (d *Desk) apply(asked context.Context, in *integration, m *Mend) error {
	ctx := context.WithoutCancel(asked)
	if err := d.start(ctx, in, m); err != nil {
		return err
	}
	e := &ended{mend: m}
	m.State = "applied"
	if m.Action == plan.Remap {
		e.steps = d.applyRemap(ctx, in, m)
	} else {
		e.steps = d.applyRecords(ctx, asked, in, m)
	}
	if err := d.finish(ctx, in, e); err != nil {
		return fmt.Errorf("what a mend did is not stored yet: %w", err)
	}
	return d.Ask(in.name(), false) // the same buckets are looked at again
}

// start writes down that a mend begins.
func (d *Desk) start(ctx context.Context, in *integration, m *Mend) error {
	in.write.Lock()
	defer in.write.Unlock()
	was := *m
	m.State = applying
	if err := d.store.file.InTx(ctx, func(tx *sql.Tx) error { return d.store.putMend(ctx, tx, m) }); err != nil {
		*m = was
		return err
	}
	in.mu.Lock()
	in.applying = m.ID
	in.mu.Unlock()
	return nil
}

// applyRemap adds an image to the status map.
func (d *Desk) applyRemap(ctx context.Context, in *integration, m *Mend) []Step {
	e := &m.Effects[0]
	column := e.Key[0]
	step := Step{Who: m.By, What: m.Action, Why: m.Why, Key: []string{column, m.Request.Word, m.Request.Image}}
	in.write.Lock()
	err := d.change(ctx, in, func(st *state) {
		st.Remaps = withRemaps(st.Remaps, map[string]map[string]string{column: {m.Request.Word: m.Request.Image}})
	})
	in.write.Unlock()
	if err != nil {
		e.Error = "it could not be stored: " + explain(err)
		m.State, m.Error, step.What = "failed", e.Error, m.Action+" failed: "+e.Error
	}
	step.At = d.cfg.Clock()
	return []Step{step}
}

// change changes what is known of an integration and stores it; what cannot be
// stored is not changed. f makes new maps in the place of those there are. The
// caller holds write.
func (d *Desk) change(ctx context.Context, in *integration, f func(*state)) error {
	in.mu.Lock()
	st := in.state
	in.mu.Unlock()
	f(&st)
	if err := d.store.save(ctx, in.name(), &st); err != nil {
		return err
	}
	in.mu.Lock()
	f(&in.state)
	in.mu.Unlock()
	return nil
}

// applyRecords mends records of B one after the other.
func (d *Desk) applyRecords(ctx, asked context.Context, in *integration, m *Mend) []Step {
	var keys [][]string
	for n := range m.Effects {
		e := &m.Effects[n]
		keys = append(keys, e.Key)
		if e.Error == "" && asked.Err() != nil {
			e.Error = "it was not done: nobody waited for it any more"
		}
		if e.Error == "" {
			bounded, end := context.WithTimeout(ctx, mostApplied)
			if err := in.pair.Mender.Apply(bounded, pairOf{in.pair}.step(m, e)); err != nil {
				e.Error = explain(err)
			}
			end()
		}
	}
	who := m.By
	if m.Confirmed != "" {
		who += " and " + m.Confirmed
	}
	var steps []Step
	_, b, err := d.records(ctx, in, keys)
	failed, first := 0, ""
	for n := range m.Effects {
		e := &m.Effects[n]
		why := m.Why
		if err == nil {
			e.After = hashOf(b[n])
		} else {
			why += " (what B has afterwards is not known: " + explain(err) + ")"
		}
		what := m.Action
		if e.Error != "" {
			what = m.Action + " failed: " + e.Error
			if failed++; failed == 1 {
				first = e.Error
			}
		}
		steps = append(steps, Step{At: d.cfg.Clock(), Who: who, What: what, Why: why, Key: e.Key, Before: e.Before, After: e.After})
	}
	if failed > 0 {
		m.State, m.Error = "failed", fmt.Sprintf("%d of %d records: %s", failed, len(m.Effects), first)
	}
	return steps
}

// finish writes down how a mend ended. What cannot be stored is kept.
func (d *Desk) finish(ctx context.Context, in *integration, e *ended) error {
	in.write.Lock()
	defer in.write.Unlock()
	i, _, err := d.find(ctx, e.mend.Incident)
	if err == nil {
		err = d.store.file.InTx(ctx, func(tx *sql.Tx) error { return d.putEnd(ctx, tx, i, e) })
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.applying == e.mend.ID {
		in.applying = 0
	}
	in.mended[e.mend.Incident] = d.cfg.Clock()
	if err != nil {
		in.unwritten[e.mend.ID] = e
		return err
	}
	delete(in.unwritten, e.mend.ID)
	return nil
}

func (d *Desk) putEnd(ctx context.Context, tx *sql.Tx, i *Incident, e *ended) error {
	if err := d.store.putMend(ctx, tx, e.mend); err != nil {
		return err
	}
	state := i.State
	if !i.Over() { // a check may have ended it meanwhile
		state = Verifying
		i.State = state
		if i.Acknowledged.IsZero() {
			i.Acknowledged = e.mend.At
		}
		if err := d.store.putIncident(ctx, tx, i); err != nil {
			return err
		}
	}
	for n := range e.steps {
		e.steps[n].Mend, e.steps[n].State = e.mend.ID, state
		if err := d.store.addStep(ctx, tx, i.ID, &e.steps[n]); err != nil {
			return err
		}
	}
	return nil
}

// writeEnds stores the ends that could not be stored when they came.
func (d *Desk) writeEnds(ctx context.Context, in *integration) error {
	in.mu.Lock()
	list := maps.Clone(in.unwritten)
	in.mu.Unlock()
	var errs []error
	for _, e := range list {
		errs = append(errs, d.finish(ctx, in, e))
	}
	return errors.Join(errs...)
}

// endings shows the ends of mends of an incident that are known and not stored.
func (d *Desk) endings(i *Incident, list []Mend) {
	in := d.byName[i.Integration]
	for n := range list {
		switch m := &list[n]; {
		case m.State == applying && in != nil:
			in.mu.Lock()
			if e := in.unwritten[m.ID]; e != nil {
				*m = *e.mend
			}
			in.mu.Unlock()
		case m.State == "proposed" && i.Over():
			m.State, m.Error = lapsed, "nobody confirmed it before the incident was over"
		}
	}
}

// isApplying reports whether a mend is under way, or waits to be stored.
func (in *integration) isApplying(mend int64) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.applying == mend || in.unwritten[mend] != nil
}

// mendedAfter reports whether a mend of an incident ended after a check began.
func (in *integration) mendedAfter(incident int64, began time.Time) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.mended[incident].After(began)
}
