package desk

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Summary is what happened in a stretch of time.
type Summary struct {
	From         time.Time      `json:"from"`
	To           time.Time      `json:"to"`
	Integrations []SummaryLine  `json:"integrations"`
	Incidents    []Incident     `json:"incidents"` // opened, or still open, in it
	MTTD         *float64       `json:"mttd_s"`    // medians of those that have it
	MTTA         *float64       `json:"mtta_s"`
	MTTR         *float64       `json:"mttr_s"`
	Colours      map[Colour]int `json:"colours"` // as they are now
}

// SummaryLine is one integration in a Summary.
type SummaryLine struct {
	Name     string             `json:"name"`
	Title    string             `json:"title"`
	Group    string             `json:"group"`
	Colour   Colour             `json:"colour"`
	Why      string             `json:"why"`
	Share    map[Colour]float64 `json:"share"` // of the quarters of an hour that were checked
	Opened   int                `json:"incidents_opened"`
	Resolved int                `json:"incidents_resolved"`
}

// Summary returns what happened from one instant to another.
func (d *Desk) Summary(ctx context.Context, from, to time.Time) (*Summary, error) {
	out := &Summary{From: from.UTC(), To: to.UTC(), Integrations: []SummaryLine{}, Colours: map[Colour]int{}}
	var err error
	out.Incidents, err = d.store.incidents(ctx, `id IN (SELECT id FROM incident WHERE resolved IS NULL UNION ALL SELECT id FROM incident WHERE resolved >= ?) AND opened < ? ORDER BY id`, from.UnixNano(), to.UnixNano())
	if err != nil {
		return nil, err
	}
	s, err := d.sheet(ctx, d.all, to, 1)
	if err != nil {
		return nil, err
	}
	shares, err := d.store.shares(ctx, d.Names(), from, to)
	if err != nil {
		return nil, err
	}
	of := map[string][]*Incident{}
	for i := range out.Incidents {
		of[out.Incidents[i].Integration] = append(of[out.Incidents[i].Integration], &out.Incidents[i])
	}
	for _, in := range d.all {
		t := d.tile(in, s, 1)
		line := SummaryLine{Name: t.Name, Title: t.Title, Group: t.Group, Colour: t.Colour, Why: t.Why, Share: map[Colour]float64{}}
		known := 0
		for _, n := range shares[in.name()] {
			known += n
		}
		for c, n := range shares[in.name()] {
			line.Share[c] = float64(n) / float64(known)
		}
		for _, one := range of[t.Name] {
			if !one.Opened.Before(from) {
				line.Opened++
			}
			if !one.Resolved.IsZero() {
				line.Resolved++
			}
		}
		out.Colours[t.Colour]++
		out.Integrations = append(out.Integrations, line)
	}
	var took [3][]float64
	for i := range out.Incidents {
		a, b, c := out.Incidents[i].Took()
		for k, v := range []*float64{a, b, c} {
			if v != nil {
				took[k] = append(took[k], *v)
			}
		}
	}
	for k, to := range []**float64{&out.MTTD, &out.MTTA, &out.MTTR} {
		if len(took[k]) > 0 {
			slices.SortFunc(took[k], cmp.Compare)
			m := took[k][len(took[k])/2]
			*to = &m
		}
	}
	return out, nil
}
