package desk

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pleth/internal/reconcile"
)

// idOf names what is wrong, so that it is known again the next time.
func idOf(f *reconcile.Finding) string {
	place := []string{string(f.Class), f.Channel}
	if len(f.Key) == 0 || f.Class == reconcile.NoKey {
		place = append(place, f.Day)
	}
	b, _ := json.Marshal([2][]string{place, f.Key})
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:10])
}

// atOnce reports whether a finding of a class is a fault at first sight. The
// others may still come right.
func atOnce(c reconcile.Class) bool {
	switch c {
	case reconcile.Missing, reconcile.Extra, reconcile.Duplicate, reconcile.MismatchStatus, reconcile.MismatchValue, reconcile.NoKey, reconcile.Rejected, reconcile.NeverAttempted:
		return false
	}
	return true
}

// due returns from when on a finding is a fault: its grace runs from the newest
// of the times of its record and of the first sight of it. Nobody waits for
// what was there before the very first look.
func due(in *integration, f *Finding, first bool) time.Time {
	if in.pair == nil || atOnce(f.Class) {
		return f.First
	}
	base := f.At
	for _, t := range []time.Time{f.Changed, f.Arrived} {
		if t.After(base) {
			base = t
		}
	}
	if base.After(f.First) && !f.Changed.After(f.First) {
		base = f.First // a clock ahead of ours
	}
	if !first && f.First.After(base) || base.IsZero() {
		base = f.First
	}
	return base.Add(in.pair.Grace)
}

// settle stores what a look saw: what is new begins, what stands goes on, what
// was looked at and is not there any more ends.
func (d *Desk) settle(ctx context.Context, in *integration, st *state, s *sight, c *Check) error {
	if in.pair != nil {
		if err := d.volumes(ctx, in, s); err != nil {
			return err
		}
	}
	open, err := d.store.findings(ctx, `closed IS NULL AND integration = ?`, in.name())
	if err != nil {
		return &storeError{err}
	}
	known := map[string]*Finding{}
	for i := range open {
		known[open[i].ID] = &open[i]
	}
	var write []*Finding
	seen := map[string]bool{}
	for i := range s.findings {
		id := idOf(&s.findings[i])
		if seen[id] {
			continue
		}
		seen[id] = true
		if f := known[id]; f != nil {
			changed := f.Finding.Hashes != s.findings[i].Hashes || f.Text != s.findings[i].Text || f.Hint != s.findings[i].Hint || !slices.Equal(f.Like, s.findings[i].Like) || !f.Changed.Equal(s.findings[i].Changed)
			if changed || s.now.Sub(f.Last) >= 10*time.Minute || !f.standing() && !f.Due.After(s.now) {
				f.Finding, f.Last = s.findings[i], s.now
				if f.Changed.After(f.First) && !atOnce(f.Class) && in.pair != nil && f.Changed.Add(in.pair.Grace).After(f.Due) {
					f.Due = f.Changed.Add(in.pair.Grace)
				}
				write = append(write, f)
			}
			continue
		}
		f := &Finding{ID: id, Integration: in.name(), Finding: s.findings[i], First: s.now, Last: s.now}
		f.Due = due(in, f, s.first)
		write = append(write, f)
		c.New++
	}
	for id, f := range known {
		if !seen[id] && s.covers(f) {
			f.Closed = s.now
			write = append(write, f)
			c.Closed++
		}
	}
	var buckets []*BucketState
	for i := range s.buckets {
		b := &s.buckets[i]
		key := b.Day + "\x00" + b.Channel
		old, ok := in.kept[key]
		if ok && old.A == b.A && old.B == b.B && old.Equal == b.Equal && old.Digests == b.Digests && slices.Equal(old.Sums, b.Sums) && b.Checked.Sub(old.Checked) < time.Hour {
			continue
		}
		buckets = append(buckets, b)
	}
	unfinished := !st.FullNext.IsZero()
	if len(write) == 0 && len(buckets) == 0 && !unfinished {
		return nil
	}
	err = d.store.file.InTx(ctx, func(tx *sql.Tx) error {
		for _, f := range write {
			if err := d.store.putFinding(ctx, tx, f); err != nil {
				return err
			}
		}
		for _, b := range buckets {
			if err := d.store.putBucket(ctx, tx, in.name(), b); err != nil {
				return err
			}
		}
		if unfinished {
			in.mu.Lock()
			in.state.FullNext, in.state.FullBegan = st.FullNext, st.FullBegan
			half := in.state
			in.mu.Unlock()
			return d.store.put(ctx, tx, in.name(), &half)
		}
		return nil
	})
	if err != nil {
		return &storeError{err}
	}
	if in.kept == nil || len(in.kept) > 5000 {
		in.kept = map[string]BucketState{}
	}
	for _, b := range buckets {
		in.kept[b.Day+"\x00"+b.Channel] = *b
	}
	return nil
}

// explain says why a check failed, in a line.
func explain(err error) string {
	text := err.Error()
	var column *reconcile.ColumnError
	if errors.As(err, &column) { // what stands in the place of names may be a record
		text = fmt.Sprintf("%s has no column %q; it has %d columns", column.Side, column.Column, len(column.Has))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		text = "it took too long"
	}
	if first, rest, two := strings.Cut(text, "\n"); two { // a line for each address that was tried
		text = first
		if !strings.Contains(first, rest) {
			text += "; " + strings.ReplaceAll(rest, "\n", "; ")
		}
	}
	if len(text) > 500 {
		text = text[:500] + "…"
	}
	return text
}

// conclude ends a check: failed says why it failed. Incidents are opened and
// resolved, the colour is found, everything is stored, people are told.
func (d *Desk) conclude(ctx context.Context, in *integration, st *state, c *Check, failed error) error {
	st.Tried = c.Started
	if failed != nil {
		st.Failed, c.Error = explain(failed), explain(failed)
		s := &sight{now: c.Started, judged: map[reconcile.Class]bool{}}
		var column *reconcile.ColumnError
		if errors.As(failed, &column) {
			s.findings = append(s.findings, reconcile.Finding{Class: reconcile.SchemaDrift, Text: st.Failed})
		} else {
			s.findings = append(s.findings, reconcile.Finding{Class: reconcile.CheckFailed, Text: st.Failed})
		}
		if err := d.settle(ctx, in, st, s, c); err != nil {
			return err
		}
		d.cfg.Log.Warn("a check failed", "integration", in.name(), "error", st.Failed)
	} else {
		st.Failed, st.Checked, st.Rows, st.Hints = "", c.Started, c.Rows, c.Hints
	}
	w, err := d.judgeCheck(ctx, in, st, c, failed == nil)
	if err != nil {
		return err
	}
	for _, n := range w.news {
		d.cfg.Tell(n)
	}
	return d.mendByItself(ctx, in, w)
}

// judgeCheck opens and resolves incidents, finds the colour and stores it all.
func (d *Desk) judgeCheck(ctx context.Context, in *integration, st *state, c *Check, whole bool) (*incidentWork, error) {
	in.write.Lock()
	defer in.write.Unlock()
	in.mu.Lock() // people may have changed these since the check began
	st.PausedUntil, st.Remaps, st.Mended = in.state.PausedUntil, in.state.Remaps, in.state.Mended
	in.mu.Unlock()
	open, err := d.store.findings(ctx, `closed IS NULL AND integration = ?`, in.name())
	if err != nil {
		return nil, err
	}
	w := &incidentWork{desk: d, in: in, now: c.Started}
	if err := w.read(ctx, open); err != nil {
		return nil, err
	}
	w.group(open)
	if err := w.explain(ctx, st.Hints); err != nil {
		return nil, err
	}
	st.Colour, st.Why, st.Since = d.coloured(in, st, open, c.Started)
	if st.Colour == Green {
		st.LastGood = c.Started
	}
	c.Colour, c.Why, c.Ended = st.Colour, st.Why, d.cfg.Clock()
	if whole && (in.probe != nil && !st.NotSetUp || in.pair != nil && in.pair.Spec.Arrived != "") {
		s := st.P99.Seconds()
		c.Delay = &s
	}
	c.Confirmed = map[reconcile.Class]int{}
	for i := range open {
		switch f := &open[i]; {
		case f.Accepted:
		case !f.standing():
			c.Provisional++
		default:
			c.Confirmed[f.Class]++
		}
	}
	err = d.store.file.InTx(ctx, func(tx *sql.Tx) error {
		if err := w.write(ctx, tx); err != nil {
			return err
		}
		if err := d.store.put(ctx, tx, in.name(), st); err != nil {
			return err
		}
		if err := d.store.putStrip(ctx, tx, in.name(), c.Started, st.Colour); err != nil {
			return err
		}
		if err := d.store.putDelay(ctx, tx, c); err != nil {
			return err
		}
		return d.store.putRun(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	in.mu.Lock()
	in.state = *st
	in.mu.Unlock()
	return w, nil
}

// coloured returns the colour, why, and since when.
func (d *Desk) coloured(in *integration, st *state, open []Finding, now time.Time) (Colour, string, time.Time) {
	c, why := judge(in, st, open, now)
	since := st.Since
	if c != st.Colour || since.IsZero() {
		since = now
	}
	return c, why, since
}
