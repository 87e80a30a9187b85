package desk

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"pleth/internal/reconcile"
)

// sheet is what pages say of integrations, read at once: one by one they would
// be three questions each.
type sheet struct {
	findings  map[string][]Finding // that are not closed, as briefs returns them
	incidents map[string][]Incident
	strips    map[string][]Colour
}

// sheet reads what is known of integrations, with the strips of so many quarters
// of an hour up to an instant.
func (d *Desk) sheet(ctx context.Context, list []*integration, to time.Time, quarters int) (*sheet, error) {
	names := []string{}
	for _, in := range list {
		names = append(names, in.name())
	}
	b, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	out := &sheet{findings: map[string][]Finding{}, incidents: map[string][]Incident{}}
	findings, err := d.store.briefs(ctx, string(b))
	if err != nil {
		return nil, err
	}
	for _, f := range findings {
		out.findings[f.Integration] = append(out.findings[f.Integration], f)
	}
	incidents, err := d.store.alive(ctx, string(b), d.cfg.Clock())
	if err != nil {
		return nil, err
	}
	for _, i := range incidents {
		out.incidents[i.Integration] = append(out.incidents[i.Integration], i)
	}
	before := 0
	for _, in := range list {
		before = max(before, in.carries())
	}
	if out.strips, err = d.store.strips(ctx, string(b), to, quarters+before); err != nil {
		return nil, err
	}
	for _, in := range list {
		if strip := out.strips[in.name()]; strip != nil {
			out.strips[in.name()] = carry(strip, in.carries())[before:]
		}
	}
	return out, nil
}

// briefs returns what a colour is found from: of the open findings of
// integrations, a JSON list of names, what stands in columns. Their bodies are
// opened where they are part of the sentence about them.
func (s *store) briefs(ctx context.Context, names string) ([]Finding, error) {
	worded, err := json.Marshal(slices.DeleteFunc(Classes(), func(c reconcile.Class) bool { return sentence(c, 1, &Finding{}) != string(c) }))
	if err != nil {
		return nil, err
	}
	rows, err := s.file.Read.QueryContext(ctx, `SELECT integration, id, class, channel, day, first, last, due, incident, CASE WHEN class IN (SELECT value FROM json_each(?)) THEN body END
		FROM finding INDEXED BY finding_open WHERE closed IS NULL AND integration IN (SELECT value FROM json_each(?))`, string(worded), names)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Finding
	for rows.Next() {
		var f Finding
		var first, last, due int64
		var incident sql.NullInt64
		var body []byte
		if err := rows.Scan(&f.Integration, &f.ID, &f.Class, &f.Channel, &f.Day, &first, &last, &due, &incident, &body); err != nil {
			return nil, err
		}
		if body != nil {
			if err := s.open(body, "finding "+f.Integration+" "+f.ID, &f.Finding); err != nil {
				return nil, err
			}
		}
		f.First, f.Last, f.Due, f.Incident = at(first), at(last), at(due), incident.Int64
		out = append(out, f)
	}
	return out, rows.Err()
}

// alive returns the incidents of integrations, a JSON list of names, that new
// findings may join: open ones, those that ended lately, and those that people
// called false.
func (s *store) alive(ctx context.Context, names string, now time.Time) ([]Incident, error) {
	const of = `SELECT id FROM incident WHERE integration IN (SELECT value FROM json_each(?1)) AND `
	return s.incidents(ctx, `id IN (`+of+`resolved IS NULL UNION `+of+`resolved > ?2 UNION `+of+`state = 'false_positive') ORDER BY id`, names, now.Add(-reopenWindow).UnixNano())
}
