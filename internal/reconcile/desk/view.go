package desk

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"pleth/internal/reconcile"
)

// Overview is everything on one page.
type Overview struct {
	Colour Colour         `json:"colour"`
	Counts map[Colour]int `json:"counts"`
	At     time.Time      `json:"at"`
	Groups []Group        `json:"groups"`
	// Dashboard is the address of a board of everything; empty: none is named.
	Dashboard string `json:"dashboard,omitempty"`
}

// Group are integrations that belong together.
type Group struct {
	Name         string `json:"name"`
	Colour       Colour `json:"colour"`
	Integrations []Tile `json:"integrations"`
}

// Tile is how one integration is.
type Tile struct {
	Name      string     `json:"name"`
	Title     string     `json:"title"`
	About     string     `json:"about"`
	Group     string     `json:"group"`
	Kind      string     `json:"kind"` // pair or probe
	Colour    Colour     `json:"colour"`
	Why       string     `json:"why"`
	Since     *time.Time `json:"since"`
	Checked   *time.Time `json:"checked"` // the last check that did not fail
	Tried     *time.Time `json:"tried"`
	LastGood  *time.Time `json:"last_good"`
	Last      *time.Time `json:"last_message"`
	Rate      *float64   `json:"rate_per_s"`
	DelayP50  *float64   `json:"delay_p50_s"`
	DelayP99  *float64   `json:"delay_p99_s"`
	Findings  int        `json:"findings"` // that are confirmed and stand
	Waiting   int        `json:"provisional"`
	Oldest    *time.Time `json:"oldest_finding"`
	Incidents int        `json:"incidents"`
	Strip     []Colour   `json:"strip"` // quarters of an hour, the oldest first
	Paused    *time.Time `json:"paused_until"`
	Progress  *Progress  `json:"progress"`
	Cadence   float64    `json:"cadence_s"`
	Rows      [2]int64   `json:"rows"`
	Dashboard string     `json:"dashboard,omitempty"` // address of a board
	// Hints are what most of the differences may have in common.
	Hints []reconcile.Hint `json:"hints,omitempty"`
}

// board returns the address of the board of an integration; nil: of everything.
func (d *Desk) board(in *integration) string {
	name := ""
	if in != nil {
		if in.pair != nil && in.pair.Dashboard != "" {
			return in.pair.Dashboard
		}
		name = in.name()
	}
	return strings.ReplaceAll(d.cfg.Dashboard, "{integration}", url.QueryEscape(name))
}

// stripLength is how many quarters of an hour a tile shows: eight hours.
const stripLength = 32

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// Overview returns everything on one page.
func (d *Desk) Overview(ctx context.Context) (*Overview, error) {
	out := &Overview{Counts: map[Colour]int{}, At: d.cfg.Clock().UTC(), Groups: []Group{}, Colour: Grey, Dashboard: d.board(nil)}
	s, err := d.sheet(ctx, d.all, d.cfg.Clock(), stripLength)
	if err != nil {
		return nil, err
	}
	for _, in := range d.all {
		t := d.tile(in, s, stripLength)
		i := slices.IndexFunc(out.Groups, func(g Group) bool { return g.Name == t.Group })
		if i < 0 {
			i = len(out.Groups)
			out.Groups = append(out.Groups, Group{Name: t.Group, Colour: Grey})
		}
		g := &out.Groups[i]
		g.Integrations = append(g.Integrations, *t)
		g.Colour = Worst(g.Colour, t.Colour)
		out.Colour = Worst(out.Colour, t.Colour)
		out.Counts[t.Colour]++
	}
	return out, nil
}

// Tile returns how one integration is, with the strip of so many quarters of an
// hour.
func (d *Desk) Tile(ctx context.Context, name string, quarters int) (*Tile, error) {
	in := d.byName[name]
	if in == nil {
		return nil, ErrUnknown
	}
	s, err := d.sheet(ctx, []*integration{in}, d.cfg.Clock(), quarters)
	if err != nil {
		return nil, err
	}
	return d.tile(in, s, quarters), nil
}

func (d *Desk) tile(in *integration, s *sheet, quarters int) *Tile {
	now := d.cfg.Clock()
	in.mu.Lock()
	st, progress := in.state, in.progress
	in.mu.Unlock()
	open := s.findings[in.name()]
	w := &incidentWork{desk: d, in: in, now: now}
	w.take(s.incidents[in.name()], open)
	t := &Tile{Name: in.name(), Title: in.title(), Group: in.group(), Kind: "pair", Checked: when(st.Checked), Tried: when(st.Tried), LastGood: when(st.LastGood), Since: when(st.Since), Paused: when(st.PausedUntil), Cadence: in.cadence().Seconds(), Incidents: len(w.open), Rows: st.Rows, Dashboard: d.board(in), Hints: hintsOf(st.Hints, open)}
	if !now.Before(st.PausedUntil) {
		t.Paused = nil
	}
	if progress != nil {
		p := *progress
		t.Progress = &p
	}
	seconds := func(x time.Duration) *float64 { s := x.Seconds(); return &s }
	last := st.LastB
	if in.pair != nil {
		t.About = in.pair.A.System + " → " + in.pair.B.System
		if in.pair.Spec.Arrived != "" {
			t.DelayP50, t.DelayP99 = seconds(st.P50), seconds(st.P99)
		}
	} else {
		t.Kind, t.About, last = "probe", in.probe.About, st.LastA
		if st.Note != "" {
			t.About = st.Note
		}
		if !st.NotSetUp {
			t.DelayP50, t.DelayP99 = seconds(st.P50), seconds(st.P99)
			if st.Rate >= 0 {
				t.Rate = &st.Rate
			}
		}
	}
	t.Last = when(last)
	for i := range open {
		f := &open[i]
		switch {
		case f.Accepted:
		case !f.standing():
			t.Waiting++
		default:
			t.Findings++
			if t.Oldest == nil || f.First.Before(*t.Oldest) {
				t.Oldest = when(f.First)
			}
		}
	}
	t.Colour, t.Why = judge(in, &st, open, now)
	if t.Strip = s.strips[in.name()]; t.Strip == nil {
		t.Strip = make([]Colour, quarters)
	}
	return t
}

// Buckets returns the matrix of days and channels from one day to another, both
// included; empty: without a bound.
func (d *Desk) Buckets(ctx context.Context, name, from, to string) ([]BucketState, error) {
	if d.byName[name] == nil {
		return nil, ErrUnknown
	}
	if to == "" {
		to = "~"
	}
	return d.store.buckets(ctx, name, from, to)
}

// FindingQuery says which findings are wanted. Zero fields: any.
type FindingQuery struct {
	Integration, Day string
	Channel          *string
	Class            reconcile.Class
	Incident         int64
	Closed           bool // those that are closed too
	Limit            int  // 0: 200
}

// Findings returns findings, the newest first.
func (d *Desk) Findings(ctx context.Context, q FindingQuery) ([]Finding, error) {
	where, args := `1 = 1`, []any{}
	add := func(cond string, v any) {
		where += " AND " + cond
		args = append(args, v)
	}
	if q.Integration != "" {
		if d.byName[q.Integration] == nil {
			return nil, ErrUnknown
		}
		where, args = "integration = ?", []any{q.Integration}
	}
	if q.Day != "" {
		add("day = ?", q.Day)
	}
	if q.Channel != nil {
		add("channel = ?", *q.Channel)
	}
	if q.Class != "" {
		add("class = ?", string(q.Class))
	}
	if q.Incident != 0 {
		add("incident = ?", q.Incident)
	}
	if !q.Closed {
		where = "closed IS NULL AND " + where
	}
	if q.Limit <= 0 {
		q.Limit = 200
	}
	args = append(args, q.Limit)
	out, err := d.store.findings(ctx, where+" ORDER BY first DESC, id LIMIT ?", args...)
	for i := range out {
		out[i].Confirmed = out[i].standing()
	}
	return out, err
}

// Runs returns the last checks of an integration, the newest first.
func (d *Desk) Runs(ctx context.Context, name string, limit int) ([]Check, error) {
	if d.byName[name] == nil {
		return nil, ErrUnknown
	}
	return d.store.runs(ctx, name, limit)
}

// Timeline is one record on both sides, with what happened to it.
type Timeline struct {
	Finding Finding            `json:"finding"`
	Key     []string           `json:"key_columns"`
	A       []reconcile.Record `json:"a"`
	B       []reconcile.Record `json:"b"`
	NameA   string             `json:"name_a"`
	NameB   string             `json:"name_b"`
	Fields  []Field            `json:"fields"` // side by side
	Events  []Event            `json:"events"`
}

// Field is one compared column of both sides.
type Field struct {
	A     string  `json:"column_a"`
	B     string  `json:"column_b"`
	RawA  *string `json:"raw_a"` // as it stands; nil is null, or no record
	RawB  *string `json:"raw_b"`
	Equal bool    `json:"equal"`
}

// Event is something that happened to a record.
type Event struct {
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// Timeline returns the record of a finding as it stands on both sides now.
func (d *Desk) Timeline(ctx context.Context, name, finding string) (*Timeline, error) {
	in := d.byName[name]
	if in == nil {
		return nil, ErrUnknown
	}
	list, err := d.store.findings(ctx, `integration = ? AND id = ? ORDER BY first DESC LIMIT 1`, name, finding)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, ErrUnknown
	}
	t := &Timeline{Finding: list[0], A: []reconcile.Record{}, B: []reconcile.Record{}, Fields: []Field{}}
	f := &t.Finding
	f.Confirmed = f.standing()
	event := func(at time.Time, text string) {
		if !at.IsZero() {
			t.Events = append(t.Events, Event{at.UTC(), text})
		}
	}
	if in.pair != nil && len(f.Key) == len(in.pair.Spec.Key) && len(f.Key) > 0 {
		a, b, err := d.records(ctx, in, [][]string{f.Key})
		if err != nil {
			return nil, err
		}
		t.NameA, t.NameB = in.pair.A.System, in.pair.B.System
		t.A, t.B = append(t.A, a[0]...), append(t.B, b[0]...)
		spec := &in.pair.Spec
		for _, c := range spec.Key {
			t.Key = append(t.Key, c.String())
		}
		for _, c := range slices.Concat(spec.Key, spec.Compare) {
			one := Field{A: c.A, B: c.B}
			var x, y *string
			if len(t.A) > 0 {
				one.RawA, x = t.A[0].Raw[c.A], t.A[0].Parsed[c.A]
			}
			if len(t.B) > 0 {
				one.RawB, y = t.B[0].Raw[c.B], t.B[0].Parsed[c.B]
			}
			one.Equal = len(t.A) > 0 && len(t.B) > 0 && (x == nil && y == nil || x != nil && y != nil && *x == *y)
			t.Fields = append(t.Fields, one)
		}
		for i := range t.A {
			event(t.A[i].At, "happened, as "+t.NameA+" says")
			event(t.A[i].Changed, "changed in "+t.NameA)
		}
		for i := range t.B {
			event(t.B[i].Arrived, "arrived in "+t.NameB)
			event(t.B[i].Changed, "changed in "+t.NameB)
		}
	}
	event(f.First, "first seen to differ")
	if f.Due.After(f.First) && f.Confirmed {
		event(f.Due, "grace over: it is a fault")
	}
	event(f.Closed, "agrees again")
	if f.Incident != 0 {
		steps, err := d.store.steps(ctx, f.Incident)
		if err != nil {
			return nil, err
		}
		for i := range steps {
			if s := &steps[i]; s.Key == nil || slices.Equal(s.Key, f.Key) {
				event(s.At, fmt.Sprintf("incident %d: %s by %s", f.Incident, s.What, s.Who))
			}
		}
	}
	slices.SortStableFunc(t.Events, func(x, y Event) int { return x.At.Compare(y.At) })
	return t, nil
}

// IncidentQuery says which incidents are wanted. Zero fields: any.
type IncidentQuery struct {
	Integration string
	State       State
	Class       reconcile.Class
	Over        *bool  // only those that are, or are not
	Text        string // in notes, causes, owners, titles; or the key of a record
	Before      int64  // id: of the page before
	Limit       int    // 0: 50
}

// Incidents returns incidents, the newest first.
func (d *Desk) Incidents(ctx context.Context, q IncidentQuery) ([]Incident, error) {
	where, args := `1 = 1`, []any{}
	add := func(cond string, v ...any) {
		where += " AND " + cond
		args = append(args, v...)
	}
	if q.Integration != "" {
		add("integration = ?", q.Integration)
	}
	if q.State != "" {
		add("state = ?", string(q.State))
	}
	if q.Class != "" {
		add("class = ?", string(q.Class))
	}
	if q.Over != nil && *q.Over {
		add("resolved IS NOT NULL")
	} else if q.Over != nil {
		add("resolved IS NULL")
	}
	if q.Before != 0 {
		add("id < ?", q.Before)
	}
	if q.Limit <= 0 {
		q.Limit = 50
	}
	if q.Text != "" {
		return d.search(ctx, &q, where, args)
	}
	return d.store.incidents(ctx, where+fmt.Sprintf(" ORDER BY id DESC LIMIT %d", q.Limit), args...)
}

// Title returns what people call an integration; its name where it is not
// declared any more.
func (d *Desk) Title(name string) string {
	if in := d.byName[name]; in != nil {
		return in.title()
	}
	return name
}

// Incident returns one incident with its steps and mends, and up to limit of
// its findings.
func (d *Desk) Incident(ctx context.Context, id int64, limit int) (*Incident, []Step, []Mend, []Finding, error) {
	list, err := d.store.incidents(ctx, `id = ?`, id)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	if len(list) == 0 {
		return nil, nil, nil, nil, ErrUnknown
	}
	steps, err := d.store.steps(ctx, id)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	mends, err := d.store.mends(ctx, `incident = ?`, id)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	d.endings(&list[0], mends)
	d.likely(&list[0])
	findings, err := d.Findings(ctx, FindingQuery{Incident: id, Closed: true, Limit: limit})
	return &list[0], steps, mends, findings, err
}
