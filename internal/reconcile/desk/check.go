package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pleth/internal/reconcile"
)

// Check is one look at an integration.
type Check struct {
	ID          int64                   `json:"id"`
	Integration string                  `json:"integration"`
	Full        bool                    `json:"full"`
	Started     time.Time               `json:"started"`
	Ended       time.Time               `json:"ended"`
	Colour      Colour                  `json:"colour"`
	Why         string                  `json:"why"`
	Error       string                  `json:"error,omitempty"` // why it failed; without content of records
	From        time.Time               `json:"from,omitzero"`   // of what was looked at
	Rows        [2]int64                `json:"rows"`            // read of A and of B
	Compared    []string                `json:"compared,omitempty"`
	Confirmed   map[reconcile.Class]int `json:"confirmed"` // findings that stand
	Provisional int                     `json:"provisional"`
	New         int                     `json:"new"`
	Closed      int                     `json:"closed"`
	Delay       *float64                `json:"delay_p99_s,omitempty"` // of arrivals, where it is known
	Hints       []reconcile.Hint        `json:"hints,omitempty"`       // what most differences may have in common
}

// window is a stretch of time that is compared at once. Zero bounds are none.
type window struct{ from, to time.Time }

// sight is what one look saw and what it looked at.
type sight struct {
	now      time.Time
	findings []reconcile.Finding
	window   window
	days     [2]string                // first and last day that were compared whole; empty: no bound
	closed   string                   // buckets up to this day will not change by themselves
	whole    bool                     // records of those days were all compared: what is not seen is gone
	judged   map[reconcile.Class]bool // classes that were looked at as a whole
	columns  map[string]bool          // whose content was looked at
	rows     [2]int64
	buckets  []BucketState
	first    bool // nobody looked before
	partly   bool // compared columns have gone: what differs in them is not known
}

// covers reports whether a finding would have been seen if it still stood.
func (s *sight) covers(f *Finding) bool {
	switch f.Class {
	case reconcile.SchemaDrift:
		return s.judged[f.Class] && (len(f.Key) == 0 || s.columns[strings.Join(f.Key, ".")])
	case reconcile.Stale, reconcile.Unmapped, reconcile.CheckFailed, reconcile.Late, reconcile.OutOfOrder, reconcile.Volume:
		return s.judged[f.Class]
	}
	if !s.whole || s.partly && (f.Class == reconcile.MismatchValue || f.Class == reconcile.MismatchStatus || f.Class == reconcile.MismatchTotal) {
		return false
	}
	return f.Day == "" || (s.days[0] == "" || f.Day >= s.days[0]) && (s.days[1] == "" || f.Day <= s.days[1])
}

// check looks at an integration once and stores what it saw, window by window.
func (d *Desk) check(ctx context.Context, in *integration, full bool) (*Check, error) {
	in.run.Lock()
	defer in.run.Unlock()
	in.mu.Lock()
	st := in.state
	now := d.cfg.Clock()
	in.progress = &Progress{Started: now, Full: full}
	in.mu.Unlock()
	defer func() {
		in.mu.Lock()
		in.progress = nil
		in.mu.Unlock()
	}()
	if err := d.sweep(ctx, in); err != nil {
		return nil, err
	}
	if now.Before(st.PausedUntil) {
		return &Check{Integration: in.name(), Started: now, Ended: now, Colour: Grey, Why: "paused"}, nil
	}
	c := &Check{Integration: in.name(), Started: now, Full: full}
	var err error
	if in.probe != nil {
		err = d.lookAt(ctx, in, &st, c)
	} else {
		err = d.compareAll(ctx, in, &st, c)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err() // what is stored stays; the rest is done the next time
	}
	var broken *storeError
	if errors.As(err, &broken) {
		return nil, err
	}
	return c, d.conclude(ctx, in, &st, c, err)
}

// storeError is an error of the own store, which is none of the integration.
type storeError struct{ error }

func (e *storeError) Unwrap() error { return e.error }

// lookAt asks a probe.
func (d *Desk) lookAt(ctx context.Context, in *integration, st *state, c *Check) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	p, err := in.probe.Look(ctx, c.Started)
	if err != nil {
		return err
	}
	st.NotSetUp, st.Note, st.Rate, st.P99, st.P50 = p.NotSetUp, p.Note, p.Rate, p.Delay, p.Delay
	if p.Last.After(st.LastA) {
		st.LastA = p.Last
	}
	s := &sight{now: c.Started, findings: p.Findings, whole: true, judged: map[reconcile.Class]bool{}, columns: map[string]bool{}}
	for _, class := range sortedClasses {
		s.judged[class] = true
	}
	for _, f := range p.Findings {
		if f.Class == reconcile.SchemaDrift {
			s.columns[strings.Join(f.Key, ".")] = true
		}
	}
	return d.settle(ctx, in, st, s, c)
}

// compareAll compares every window that is due.
func (d *Desk) compareAll(ctx context.Context, in *integration, st *state, c *Check) error {
	p := pairOf{in.pair}
	st.Note = ""
	first := st.Checked.IsZero()
	if !c.Full && (first || p.Full > 0 && c.Started.Sub(st.FullAt) >= p.Full || !st.FullNext.IsZero()) {
		c.Full = true
	}
	if p.Spec.Time == (reconcile.Column{}) {
		if err := d.compare(ctx, in, st, window{}, c, first); err != nil {
			return err
		}
		st.FullAt = c.Started
		return nil
	}
	list, err := d.windows(ctx, in, st, c)
	if err != nil {
		return err
	}
	for n, w := range list {
		in.mu.Lock()
		in.progress = &Progress{Full: c.Full, Started: c.Started, Done: n, Of: len(list)}
		in.mu.Unlock()
		if c.From.IsZero() || w.from.Before(c.From) {
			c.From = w.from
		}
		if c.Full && n > 0 { // the first window is the newest, the rest go on from where they were
			st.FullNext = w.from
		}
		if err := d.compare(ctx, in, st, w, c, first); err != nil {
			return err
		}
	}
	if c.Full {
		st.FullAt, st.FullNext, st.FullBegan = c.Started, time.Time{}, time.Time{}
	}
	return nil
}

// windows returns what is to be compared: what is new, the days of older
// findings, and everything else where a full check is due.
func (d *Desk) windows(ctx context.Context, in *integration, st *state, c *Check) ([]window, error) {
	p := pairOf{in.pair}
	since := c.Started
	if !st.Checked.IsZero() && st.Checked.Before(since) {
		since = st.Checked
	}
	recent := window{from: p.midnight(since.Add(-p.Window))}
	oldest := p.midnight(c.Started.Add(-p.History))
	if recent.from.Before(oldest) {
		recent.from = oldest
	}
	out := []window{recent}
	if !c.Full {
		open, err := d.store.findings(ctx, `closed IS NULL AND integration = ? AND day <> '' AND day < ?`, p.Name, recent.from.In(p.zone()).Format(time.DateOnly))
		if err != nil {
			return nil, &storeError{err}
		}
		days := map[string]bool{}
		for i := range open {
			days[open[i].Day] = true
		}
		for _, day := range slices.Backward(slices.Sorted(maps.Keys(days))) {
			at, err := time.ParseInLocation(time.DateOnly, day, p.zone())
			if err == nil && len(out) < 32 {
				out = append(out, window{p.midnight(at), p.midnight(at.Add(36 * time.Hour))})
			}
		}
		return out, nil
	}
	if st.FullBegan.IsZero() {
		st.FullBegan = c.Started
	}
	if ok, err := narrows(p); err != nil {
		return nil, err
	} else if !ok {
		return []window{{from: oldest}}, nil // every window would read everything
	}
	from := oldest
	if st.FullNext.After(from) {
		from = st.FullNext // a full check that was cut off goes on here
	}
	for from.Before(recent.from) {
		to := p.midnight(from.Add(7*24*time.Hour + 12*time.Hour))
		if to.After(recent.from) {
			to = recent.from
		}
		out = append(out, window{from, to})
		from = to
	}
	return out, nil
}

// narrows reports whether both sides can be read by windows.
func narrows(p pairOf) (bool, error) {
	for name, side := range map[string]func() (reconcile.Source, error){"A": p.A.Open, "B": p.B.Open} {
		src, err := side()
		if err != nil {
			return false, fmt.Errorf("side %s: %w", name, err)
		}
		if _, ok := src.(reconcile.Narrower); !ok {
			return false, nil
		}
	}
	return true, nil
}

// compare compares one window and stores what it saw.
func (d *Desk) compare(ctx context.Context, in *integration, st *state, w window, c *Check, first bool) error {
	p := pairOf{in.pair}
	a, err := p.A.Open()
	if err != nil {
		return fmt.Errorf("side A: %w", err)
	}
	b, err := p.B.Open()
	if err != nil {
		return fmt.Errorf("side B: %w", err)
	}
	spec := p.Spec
	spec.From, spec.To = w.from, w.to
	spec.Status = withRemaps(spec.Status, st.Remaps)
	lost, err := leaveOut(ctx, &spec, a, b)
	if err != nil {
		return err
	}
	r, err := reconcile.Diff(ctx, spec, a, b)
	if err != nil {
		return err
	}
	c.Rows[0] += r.A.Rows
	c.Rows[1] += r.B.Rows
	c.Compared = r.Compared
	c.Hints = reconcile.MergeHints(append(c.Hints, r.Hints...)...)
	s := &sight{now: c.Started, window: w, whole: r.Left == 0, judged: map[reconcile.Class]bool{reconcile.CheckFailed: true}, columns: map[string]bool{}, rows: [2]int64{r.A.Rows, r.B.Rows}, first: first, partly: len(lost) > 0}
	if !w.from.IsZero() {
		s.days[0] = w.from.In(p.zone()).Format(time.DateOnly)
	}
	if !w.to.IsZero() {
		s.days[1] = w.to.Add(-time.Nanosecond).In(p.zone()).Format(time.DateOnly)
	}
	s.closed = c.Started.Add(-p.Grace).In(p.zone()).AddDate(0, 0, -1).Format(time.DateOnly)
	if err := d.attempts(ctx, p, r); err != nil {
		return err
	}
	s.findings = slices.Clone(r.Findings)
	if !p.Totals {
		doubles(s, r)
	}
	for n, side := range []*reconcile.Side{&r.A, &r.B} {
		if side.Doubt != "" && st.Note == "" {
			st.Note = []string{"A", "B"}[n] + ": " + side.Doubt
		}
	}
	s.takeBuckets(p, &spec, r)
	s.lacks(p, lost)
	s.unmapped(r)
	drift(s, st, r)
	if w.to.IsZero() {
		for n, last := range []time.Time{r.A.Last, r.B.Last} {
			to := []*time.Time{&st.LastA, &st.LastB}[n]
			if last.After(*to) {
				*to = last
			}
		}
		if err := d.arrivals(ctx, in, st, s, b); err != nil {
			return err
		}
		stale(p, st, s)
	}
	return d.settle(ctx, in, st, s, c)
}

// withRemaps adds images that people added to a status map.
func withRemaps(m, more map[string]map[string]string) map[string]map[string]string {
	if len(more) == 0 {
		return m
	}
	out := map[string]map[string]string{}
	for column, of := range m {
		out[column] = maps.Clone(of)
	}
	for column, of := range more {
		if out[column] == nil {
			out[column] = map[string]string{}
		}
		maps.Copy(out[column], of)
	}
	return out
}

// attempts tells what was never sent, or was refused, from what is missing.
func (d *Desk) attempts(ctx context.Context, p pairOf, r *reconcile.Result) error {
	if p.Attempts == nil || r.Counts[reconcile.Missing] == 0 {
		return nil
	}
	src, err := p.Attempts.Open()
	if err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	names, err := src.Columns(ctx)
	if err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	part := func(k int, c reconcile.Cell) string {
		return reconcile.Key(c, p.Spec.Fold, p.Spec.Numbers[p.Spec.Key[k].A])
	}
	missing, want := map[string]int{}, reconcile.Want{Key: p.Attempts.Key, Loose: p.Spec.Fold || len(p.Spec.Numbers) > 0}
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Class == reconcile.Missing {
			var key []string
			for k, text := range f.Key {
				key = append(key, part(k, reconcile.Cell{Text: []byte(text)}))
			}
			missing[strings.Join(key, "\x00")] = i
			want.Keys = append(want.Keys, key)
		}
	}
	var index []int
	for _, name := range append(slices.Clone(p.Attempts.Key), p.Attempts.State) {
		i := slices.Index(names, name)
		if i < 0 && name != "" {
			return &reconcile.ColumnError{Side: src.Name(), Column: name, Has: names}
		}
		index = append(index, i)
	}
	if n, ok := src.(reconcile.Narrower); ok {
		src = n.Narrow(want)
	}
	tried := map[string]string{}
	err = src.Scan(ctx, func(_ int64, cells []reconcile.Cell) error {
		var parts []string
		for k, i := range index[:len(index)-1] {
			parts = append(parts, part(k, cells[i]))
		}
		key := strings.Join(parts, "\x00")
		if _, ok := missing[key]; ok {
			word := ""
			if i := index[len(index)-1]; i >= 0 {
				word = strings.TrimSpace(string(cells[i].Text))
			}
			if before, again := tried[key]; !again || slices.Contains(p.Attempts.Rejected, before) {
				tried[key] = word // refused is what nobody sent again with another end
			}
		}
		return nil
	}, func(int64, string) error { return nil })
	if err != nil {
		return fmt.Errorf("attempts: %w", err)
	}
	for key, i := range missing {
		f := &r.Findings[i]
		switch word, ok := tried[key]; {
		case !ok:
			f.Class, f.Text = reconcile.NeverAttempted, "there is no attempt to send it"
		case slices.Contains(p.Attempts.Rejected, word):
			f.Class, f.Text = reconcile.Rejected, "it was sent and refused"
		}
	}
	return nil
}
