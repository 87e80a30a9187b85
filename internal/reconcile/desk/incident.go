package desk

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"pleth/internal/reconcile"
)

// State is where an incident is.
type State string

// The states. Resolved and false_positive are its ends.
const (
	Opened        State = "open"
	Acknowledged  State = "acknowledged"
	Investigating State = "investigating"
	Repairing     State = "repairing"
	Verifying     State = "verifying"
	Resolved      State = "resolved"
	FalsePositive State = "false_positive"
	Accepted      State = "accepted"
)

// Causes are what an incident may come from.
func Causes() []string {
	return []string{"network", "credential", "mapping", "schema", "source defect", "our defect", "clock", "unknown"}
}

// reopenWindow is how soon the same trouble counts as the same incident.
const reopenWindow = 15 * time.Minute

// Incident is what people deal with: everything of one class in one channel of
// one integration.
type Incident struct {
	ID           int64           `json:"id"`
	Integration  string          `json:"integration"`
	Channel      string          `json:"channel,omitempty"`
	Class        reconcile.Class `json:"class"`
	State        State           `json:"state"`
	Severity     string          `json:"severity"` // red or yellow, as it was at its worst
	Opened       time.Time       `json:"opened"`
	Occurred     time.Time       `json:"occurred"` // the oldest record, or when it was opened
	Last         time.Time       `json:"last_seen"`
	Acknowledged time.Time       `json:"acknowledged,omitzero"`
	Resolved     time.Time       `json:"resolved,omitzero"`
	Until        time.Time       `json:"until,omitzero"` // of what is accepted
	Owner        string          `json:"owner,omitempty"`
	Cause        string          `json:"cause,omitempty"`
	Records      int             `json:"records"`
	Reopened     int             `json:"reopened"`
	Text         string          `json:"text"` // in a line, without content of records
	// Hints are what its findings may have in common, where it stands still: of
	// one incident that is asked for.
	Hints []reconcile.Hint `json:"hints,omitempty"`
}

// Over reports whether the incident is at its end.
func (i *Incident) Over() bool { return i.State == Resolved || i.State == FalsePositive }

// Took returns the seconds from the trouble to its detection, from there to the
// acknowledgement and to the end; nil: it has not come to that.
func (i *Incident) Took() (detect, acknowledge, resolve *float64) {
	seconds := func(from, to time.Time) *float64 {
		if to.IsZero() {
			return nil
		}
		s := max(0, to.Sub(from).Seconds())
		return &s
	}
	return seconds(i.Occurred, i.Opened), seconds(i.Opened, i.Acknowledged), seconds(i.Opened, i.Resolved)
}

// Step is one thing that happened to an incident. Steps are never changed.
type Step struct {
	Number int64     `json:"number"`
	At     time.Time `json:"at"`
	Who    string    `json:"who"`
	What   string    `json:"what"`
	Why    string    `json:"why,omitempty"`
	State  State     `json:"state,omitempty"` // that it came into
	// Of a mend: what was done to which record, with the hashes of the record in
	// B before and after; empty: there was none.
	Mend   int64    `json:"mend,omitempty"`
	Key    []string `json:"key,omitempty"`
	Before string   `json:"before,omitempty"`
	After  string   `json:"after,omitempty"`
}

const incidentColumns = `id, integration, channel, class, state, severity, opened, occurred, last, acknowledged, resolved, until, owner, cause, records, reopened`

func (s *store) incidents(ctx context.Context, where string, args ...any) ([]Incident, error) {
	rows, err := s.file.Read.QueryContext(ctx, `SELECT `+incidentColumns+` FROM incident WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Incident
	for rows.Next() {
		var i Incident
		var opened, occurred, last int64
		var acked, resolved, until sql.NullInt64
		if err := rows.Scan(&i.ID, &i.Integration, &i.Channel, &i.Class, &i.State, &i.Severity, &opened, &occurred, &last, &acked, &resolved, &until, &i.Owner, &i.Cause, &i.Records, &i.Reopened); err != nil {
			return nil, err
		}
		i.Opened, i.Occurred, i.Last = at(opened), at(occurred), at(last)
		for _, t := range []struct {
			from sql.NullInt64
			to   *time.Time
		}{{acked, &i.Acknowledged}, {resolved, &i.Resolved}, {until, &i.Until}} {
			if t.from.Valid {
				*t.to = at(t.from.Int64)
			}
		}
		i.Text = sentence(i.Class, i.Records, &Finding{})
		out = append(out, i)
	}
	return out, rows.Err()
}

// putIncident stores an incident; a new one gets its number.
func (s *store) putIncident(ctx context.Context, tx execer, i *Incident) error {
	when := func(t time.Time) sql.NullInt64 { return sql.NullInt64{Int64: t.UnixNano(), Valid: !t.IsZero()} }
	if i.ID == 0 {
		res, err := tx.ExecContext(ctx, `INSERT INTO incident (integration, channel, class, state, severity, opened, occurred, last, owner, cause, records, reopened) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			i.Integration, i.Channel, string(i.Class), string(i.State), i.Severity, i.Opened.UnixNano(), i.Occurred.UnixNano(), i.Last.UnixNano(), i.Owner, i.Cause, i.Records, i.Reopened)
		if err != nil {
			return err
		}
		i.ID, err = res.LastInsertId()
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE incident SET state = ?, severity = ?, occurred = ?, last = ?, acknowledged = ?, resolved = ?, until = ?, owner = ?, cause = ?, records = ?, reopened = ? WHERE id = ?`,
		string(i.State), i.Severity, i.Occurred.UnixNano(), i.Last.UnixNano(), when(i.Acknowledged), when(i.Resolved), when(i.Until), i.Owner, i.Cause, i.Records, i.Reopened, i.ID)
	return err
}

func (s *store) addStep(ctx context.Context, tx execer, incident int64, step *Step) error {
	body, err := s.seal(step, fmt.Sprint("step ", incident))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO step (incident, at, body) VALUES (?, ?, ?)`, incident, step.At.UnixNano(), body)
	return err
}

func (s *store) steps(ctx context.Context, incident int64) ([]Step, error) {
	rows, err := s.file.Read.QueryContext(ctx, `SELECT number, body FROM step WHERE incident = ? ORDER BY number`, incident)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Step
	for rows.Next() {
		var n int64
		var body []byte
		if err := rows.Scan(&n, &body); err != nil {
			return nil, err
		}
		var step Step
		if err := s.open(body, fmt.Sprint("step ", incident), &step); err != nil {
			return nil, err
		}
		step.Number = n
		out = append(out, step)
	}
	return out, rows.Err()
}

// incidentWork brings the incidents of an integration up to its findings.
type incidentWork struct {
	desk *Desk
	in   *integration
	now  time.Time

	open    map[string]*Incident // that are not over, by channel and class
	over    map[int64]*Incident  // false positives that findings belong to
	recent  map[string]*Incident // resolved a moment ago
	changed []*change
	news    []News
}

// change is an incident with what happened to it.
type change struct {
	incident *Incident
	steps    []Step
	attach   []*Finding
	event    string // for people; empty: nothing to tell
}

func place(channel string, class reconcile.Class) string { return channel + "\x00" + string(class) }

// read reads the incidents and marks what people accepted.
func (w *incidentWork) read(ctx context.Context, findings []Finding) error {
	name, err := json.Marshal([]string{w.in.name()})
	if err != nil {
		return err
	}
	all, err := w.desk.store.alive(ctx, string(name), w.now)
	if err == nil {
		w.take(all, findings)
	}
	return err
}

// take takes the incidents and marks what people accepted.
func (w *incidentWork) take(all []Incident, findings []Finding) {
	w.open, w.over, w.recent = map[string]*Incident{}, map[int64]*Incident{}, map[string]*Incident{}
	byID := map[int64]*Incident{}
	for i := range all {
		one := &all[i]
		byID[one.ID] = one
		switch {
		case one.State == FalsePositive:
			w.over[one.ID] = one
		case !one.Resolved.IsZero():
			w.recent[place(one.Channel, one.Class)] = one
		default:
			w.open[place(one.Channel, one.Class)] = one
		}
	}
	for i := range findings {
		f := &findings[i]
		if one := byID[f.Incident]; one != nil {
			f.Accepted = one.State == FalsePositive || one.State == Accepted && w.now.Before(one.Until)
		}
	}
}

// group puts confirmed findings to their incidents.
func (w *incidentWork) group(findings []Finding) {
	groups := map[string][]*Finding{}
	for i := range findings {
		f := &findings[i]
		if f.standing() && w.over[f.Incident] == nil {
			k := place(f.Channel, f.Class)
			groups[k] = append(groups[k], f)
		}
	}
	for k, list := range groups {
		w.attach(k, list)
	}
	for k, one := range w.open {
		if len(groups[k]) > 0 {
			continue
		}
		one.Resolved, one.State, one.Until = w.now, Resolved, time.Time{}
		w.changed = append(w.changed, &change{incident: one, event: "resolve", steps: []Step{{At: w.now, Who: "check", What: "resolved", Why: "a check of the same buckets found nothing any more", State: Resolved}}})
	}
	slices.SortFunc(w.changed, func(x, y *change) int { return cmp.Compare(x.incident.ID, y.incident.ID) })
}

// attach puts findings of one place to its incident, and opens one if needed.
func (w *incidentWork) attach(k string, list []*Finding) {
	c := &change{}
	first := list[0]
	worst, occurred := Colour(""), w.now
	for _, f := range list {
		worst = Worst(worst, graveness(f, w.now, 1))
		if !f.At.IsZero() && f.At.Before(occurred) {
			occurred = f.At
		}
	}
	one := w.open[k]
	switch {
	case one == nil && w.recent[k] != nil:
		one = w.recent[k]
		one.State, one.Resolved, one.Reopened = Opened, time.Time{}, one.Reopened+1
		c.event = "trigger"
		c.steps = append(c.steps, Step{At: w.now, Who: "check", What: "reopened", Why: "it is there again", State: Opened})
	case one == nil:
		owner := ""
		if w.in.pair != nil {
			owner = w.in.pair.Owner
		}
		one = &Incident{Integration: w.in.name(), Channel: first.Channel, Class: first.Class, State: Opened, Opened: w.now, Occurred: occurred, Owner: owner}
		c.event = "trigger"
		c.steps = append(c.steps, Step{At: w.now, Who: "check", What: "opened", Why: sentence(first.Class, len(list), first), State: Opened})
	case one.State == Accepted && !w.now.Before(one.Until):
		one.State, one.Until = Opened, time.Time{}
		c.event = "trigger"
		c.steps = append(c.steps, Step{At: w.now, Who: "check", What: "opened again", Why: "what was accepted has run out", State: Opened})
	case one.State == Verifying && w.in.mendedAfter(one.ID, w.now):
		// What was seen may be older than the mend.
	case one.State == Verifying:
		one.State = Investigating
		c.steps = append(c.steps, Step{At: w.now, Who: "check", What: "not mended", Why: sentence(first.Class, len(list), first), State: Investigating})
	}
	for _, f := range list {
		if f.Incident != one.ID || one.ID == 0 {
			c.attach = append(c.attach, f)
		}
		f.Accepted = one.State == Accepted
	}
	severity := string(Worst(Colour(one.Severity), worst))
	if len(c.steps) == 0 && len(c.attach) == 0 && one.Records == len(list) && severity == one.Severity && w.now.Sub(one.Last) < 10*time.Minute {
		return
	}
	one.Last, one.Records, one.Severity = w.now, len(list), severity
	if occurred.Before(one.Occurred) {
		one.Occurred = occurred
	}
	if len(c.steps) == 0 && len(c.attach) > 0 {
		c.steps = append(c.steps, Step{At: w.now, Who: "check", What: fmt.Sprintf("%d more", len(c.attach))})
	}
	c.incident = one
	w.open[k] = one
	w.changed = append(w.changed, c)
}

// write stores what changed.
func (w *incidentWork) write(ctx context.Context, tx *sql.Tx) error {
	for _, c := range w.changed {
		if err := w.desk.store.putIncident(ctx, tx, c.incident); err != nil {
			return err
		}
		for i := range c.steps {
			if err := w.desk.store.addStep(ctx, tx, c.incident.ID, &c.steps[i]); err != nil {
				return err
			}
		}
		for _, f := range c.attach {
			f.Incident = c.incident.ID
			if err := w.desk.store.putFinding(ctx, tx, f); err != nil {
				return err
			}
		}
		if c.event != "" {
			w.news = append(w.news, w.desk.newsOf(w.in, c.incident, c.event))
		}
	}
	return nil
}

func (d *Desk) newsOf(in *integration, i *Incident, event string) News {
	n := News{Incident: *i, Title: in.title(), Event: event}
	n.Incident.Text = sentence(i.Class, max(1, i.Records), &Finding{})
	if in.pair != nil {
		n.Channels = in.pair.Notify
	}
	return n
}

// ActionError is an action on an incident that cannot be.
type ActionError struct{ Text string }

// Error returns why not.
func (e *ActionError) Error() string { return e.Text }

// Action is what a person does to an incident. Empty fields change nothing.
type Action struct {
	Actor string
	What  string // acknowledge, investigate, note, resolve, accept, false_positive
	Note  string
	Owner *string
	Cause *string
	Until time.Time // of accept
}

// Act does what a person wants to an incident.
func (d *Desk) Act(ctx context.Context, id int64, a Action) (*Incident, error) {
	_, in, err := d.find(ctx, id)
	if err != nil {
		return nil, err
	}
	i, event, err := d.act(ctx, in, id, a)
	if err != nil {
		return nil, err
	}
	if event != "" {
		d.cfg.Tell(d.newsOf(in, i, event))
	}
	d.recolour(ctx, in)
	return i, nil
}

// act changes an incident and says what people are to be told of it.
func (d *Desk) act(ctx context.Context, in *integration, id int64, a Action) (i *Incident, event string, err error) {
	in.write.Lock() // no check changes it under our hands
	defer in.write.Unlock()
	if i, _, err = d.find(ctx, id); err != nil {
		return nil, "", err
	}
	now := d.cfg.Clock()
	step := Step{At: now, Who: a.Actor, What: a.What, Why: a.Note}
	if i.Over() && a.What != "note" {
		return nil, "", &ActionError{"the incident is over"}
	}
	switch a.What {
	case "acknowledge":
		if !i.Acknowledged.IsZero() && i.State != Opened {
			return nil, "", &ActionError{"it is acknowledged already"}
		}
		i.Acknowledged, i.State, event = now, Acknowledged, "acknowledge"
	case "investigate":
		i.State = Investigating
	case "note":
	case "resolve":
		if a.Note == "" {
			return nil, "", &ActionError{"who resolves by hand says why"}
		}
		// What still stands opens it again at the next check after the window.
		i.State, i.Resolved, event = Resolved, now, "resolve"
	case "accept":
		if a.Note == "" || !a.Until.After(now) || a.Until.After(now.AddDate(1, 0, 0)) {
			return nil, "", &ActionError{"who accepts says why, and until when: a year at most"}
		}
		i.State, i.Until, event = Accepted, a.Until, "resolve"
	case "false_positive":
		if a.Note == "" {
			return nil, "", &ActionError{"who calls it false says why"}
		}
		i.State, i.Resolved, event = FalsePositive, now, "resolve"
	default:
		return nil, "", &ActionError{fmt.Sprintf("%q: acknowledge, investigate, note, resolve, accept or false_positive", a.What)}
	}
	if a.Owner != nil {
		i.Owner = *a.Owner
	}
	if a.Cause != nil {
		if !slices.Contains(Causes(), *a.Cause) && *a.Cause != "" {
			return nil, "", &ActionError{fmt.Sprintf("the cause %q is none of %v", *a.Cause, Causes())}
		}
		i.Cause = *a.Cause
	}
	step.State = i.State
	if i.Acknowledged.IsZero() && a.What != "note" {
		i.Acknowledged = now
	}
	err = d.store.file.InTx(ctx, func(tx *sql.Tx) error {
		if err := d.store.putIncident(ctx, tx, i); err != nil {
			return err
		}
		return d.store.addStep(ctx, tx, id, &step)
	})
	return i, event, err
}

// recolour finds the colour anew, after people have changed something.
func (d *Desk) recolour(ctx context.Context, in *integration) {
	open, err := d.store.findings(ctx, `closed IS NULL AND integration = ?`, in.name())
	w := &incidentWork{desk: d, in: in, now: d.cfg.Clock()}
	if err == nil {
		err = w.read(ctx, open)
	}
	if err != nil {
		d.cfg.Log.Error("findings cannot be read", "integration", in.name(), "error", err)
		return
	}
	in.mu.Lock()
	in.state.Colour, in.state.Why, in.state.Since = d.coloured(in, &in.state, open, w.now)
	in.mu.Unlock()
}
