package desk

import (
	"context"
	"time"
)

// Standing is how an integration is, without what a page shows besides.
type Standing struct {
	Name, Group   string
	Colour        Colour
	Checked, Good time.Time // zero: never
	Findings      int64     // that are confirmed and stand
	Incidents     int64     // open ones
}

// Standings returns how all integrations are. It asks no system and opens no
// finding: it may be called often.
func (d *Desk) Standings(ctx context.Context) ([]Standing, error) {
	findings, err := d.store.counts(ctx, `SELECT integration, count(*) FROM finding WHERE closed IS NULL AND due <= last GROUP BY integration`)
	if err != nil {
		return nil, err
	}
	incidents, err := d.store.counts(ctx, `SELECT integration, count(*) FROM incident WHERE resolved IS NULL GROUP BY integration`)
	if err != nil {
		return nil, err
	}
	now := d.cfg.Clock()
	out := make([]Standing, 0, len(d.all))
	for _, in := range d.all {
		in.mu.Lock()
		st := in.state
		in.mu.Unlock()
		colour, _, known := unknown(in, &st, now)
		if !known {
			colour = st.Colour
		}
		out = append(out, Standing{Name: in.name(), Group: in.group(), Colour: colour, Checked: st.Checked, Good: st.LastGood, Findings: findings[in.name()], Incidents: incidents[in.name()]})
	}
	return out, nil
}

// counts reads numbers by name.
func (s *store) counts(ctx context.Context, query string) (map[string]int64, error) {
	rows, err := s.file.Read.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, rows.Err()
}
