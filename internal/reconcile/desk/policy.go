package desk

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// policyName is who mends where nobody did.
const policyName = "policy"

// mostTries is how often an incident is mended by itself before people are
// asked.
const mostTries = 3

// mendByItself mends what the pair lets mend by itself; what is too much for
// that is left to people, who are told so once. The integration is held.
func (d *Desk) mendByItself(ctx context.Context, in *integration, w *incidentWork) error {
	if in.pair == nil || len(in.pair.Auto) == 0 {
		return nil
	}
	release, err := in.mending.take(ctx, 0)
	if err != nil {
		return nil // somebody mends something, and the next check comes
	}
	defer release()
	for _, seen := range w.open {
		i, _, err := d.find(ctx, seen.ID)
		if err != nil {
			return err
		}
		action := in.pair.Auto[i.Class]
		if action == "" || i.Over() || i.State == Accepted || i.State == Verifying || i.State == Repairing || w.now.Sub(i.Opened) < in.pair.After {
			continue
		}
		done, err := d.store.mends(ctx, `incident = ?`, i.ID)
		if err != nil {
			return err
		}
		tries := 0
		for n := range done {
			if done[n].By == policyName {
				tries++
			}
		}
		day := w.now.UTC().Format(time.DateOnly)
		in.mu.Lock()
		today := in.state.Mended[day]
		in.mu.Unlock()
		why := ""
		switch {
		case i.Records > in.pair.Most:
			why = fmt.Sprintf("%d records are more than the %d that are mended by themselves", i.Records, in.pair.Most)
		case tries >= mostTries:
			why = fmt.Sprintf("it was tried %d times", tries)
		case today+i.Records > in.pair.PerDay:
			why = fmt.Sprintf("%d records were mended today", today)
		}
		if why != "" {
			if err := d.escalate(ctx, in, i, why); err != nil {
				return err
			}
			continue
		}
		m, err := d.prepare(ctx, in, i, MendRequest{Actor: policyName, Why: "the settings of the pair let " + string(i.Class) + " be mended by " + action, Action: action})
		if err != nil {
			d.cfg.Log.Warn("nothing is mended by itself", "integration", in.name(), "incident", i.ID, "error", explain(err))
			continue
		}
		if err := d.tally(ctx, in, day, len(m.Effects)); err != nil {
			return err
		}
		if err := d.apply(ctx, in, m); err != nil {
			return err
		}
	}
	return nil
}

// tally notes how many records were mended by themselves on a day.
func (d *Desk) tally(ctx context.Context, in *integration, day string, n int) error {
	in.write.Lock()
	defer in.write.Unlock()
	return d.change(ctx, in, func(st *state) {
		st.Mended = map[string]int{day: st.Mended[day] + n}
	})
}

// escalate tells people once that an incident does not mend by itself.
func (d *Desk) escalate(ctx context.Context, in *integration, i *Incident, why string) error {
	steps, err := d.store.steps(ctx, i.ID)
	if err != nil {
		return err
	}
	for n := range steps {
		if steps[n].What == "left to people" {
			return nil
		}
	}
	err = d.store.file.InTx(ctx, func(tx *sql.Tx) error {
		return d.store.addStep(ctx, tx, i.ID, &Step{At: d.cfg.Clock(), Who: policyName, What: "left to people", Why: why})
	})
	if err == nil {
		d.cfg.Tell(d.newsOf(in, i, "escalate"))
	}
	return err
}
