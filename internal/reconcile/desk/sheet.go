package desk

import (
	"context"
	"encoding/json"
	"time"
)

// sheet is what pages say of integrations, read at once: one by one they would
// be three questions each.
type sheet struct {
	findings  map[string][]Finding // that are not closed
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
	findings, err := d.store.findings(ctx, `closed IS NULL AND integration IN (SELECT value FROM json_each(?))`, string(b))
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
	out.strips, err = d.store.strips(ctx, string(b), to, quarters)
	return out, err
}

// alive returns the incidents of integrations, a JSON list of names, that new
// findings may join: open ones, those that ended lately, and those that people
// called false.
func (s *store) alive(ctx context.Context, names string, now time.Time) ([]Incident, error) {
	const of = `SELECT id FROM incident WHERE integration IN (SELECT value FROM json_each(?1)) AND `
	return s.incidents(ctx, `id IN (`+of+`resolved IS NULL UNION `+of+`resolved > ?2 UNION `+of+`state = 'false_positive') ORDER BY id`, names, now.Add(-reopenWindow).UnixNano())
}

// strips returns the colours of the last n quarters of an hour of integrations,
// the oldest first; empty where nothing was checked.
func (s *store) strips(ctx context.Context, names string, now time.Time, n int) (map[string][]Colour, error) {
	last := now.UnixNano() / int64(slot)
	rows, err := s.file.Read.QueryContext(ctx, `SELECT integration, slot, colour FROM strip WHERE integration IN (SELECT value FROM json_each(?)) AND slot > ? AND slot <= ?`, names, last-int64(n), last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string][]Colour{}
	var name string
	for rows.Next() {
		var at int64
		var c int
		if err := rows.Scan(&name, &at, &c); err != nil {
			return nil, err
		}
		if out[name] == nil {
			out[name] = make([]Colour, n)
		}
		out[name][int64(n)-1-(last-at)] = colourOfRank(c)
	}
	return out, rows.Err()
}

// shares counts the colours of the last n quarters of an hour by integration.
func (s *store) shares(ctx context.Context, now time.Time, n int) (map[string]map[Colour]int, error) {
	last := now.UnixNano() / int64(slot)
	rows, err := s.file.Read.QueryContext(ctx, `SELECT i.name, s.colour, count(*) FROM integration AS i CROSS JOIN strip AS s ON s.integration = i.name AND s.slot > ? AND s.slot <= ? GROUP BY i.name, s.colour`, last-int64(n), last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]map[Colour]int{}
	for rows.Next() {
		var name string
		var c, n int
		if err := rows.Scan(&name, &c, &n); err != nil {
			return nil, err
		}
		if out[name] == nil {
			out[name] = map[Colour]int{}
		}
		if colour := colourOfRank(c); colour != "" {
			out[name][colour] += n
		}
	}
	return out, rows.Err()
}
