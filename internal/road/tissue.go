package road

import (
	"context"
	"fmt"

	"pleth"
	"pleth/internal/oximetry"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// TissueQuery selects a stretch of tissue oxygen of one device.
type TissueQuery struct {
	Device    string
	Recording string
	Metric    pleth.Metric // pleth.TissuePO2 or pleth.RSO2
	From, To  int64        // event time, nanoseconds; From <= t < To. The baseline is at From
}

// mostTissue is the longest stretch that is measured at once.
const mostTissue = int64(7*24*3600) * signal.Second

// Tissue measures a stretch by the rules of docs/definitions/tissue.md, on
// calibrated values. It returns ErrNotFound where the stretch has no value.
func (r *Road) Tissue(ctx context.Context, q TissueQuery) (*oximetry.Tissue, error) {
	switch {
	case q.Metric != pleth.TissuePO2 && q.Metric != pleth.RSO2:
		return nil, refuse("metric: %s is no tissue oxygen; ask for local_tissue_o2 or rso2", q.Metric)
	case q.To <= q.From || q.To-q.From > mostTissue:
		return nil, refuse("from, to: a stretch of up to seven days is measured at once")
	}
	g, err := r.held(ctx, q, q.Metric)
	if err != nil {
		return nil, err
	}
	if g.Len() == 0 {
		return nil, fmt.Errorf("%s of device %s in that time: %w", q.Metric, q.Device, ErrNotFound)
	}
	spo2, err := r.held(ctx, q, pleth.SpO2)
	if err != nil {
		return nil, err
	}
	out := oximetry.TissueOf(q.Metric, g, spo2)
	return &out, nil
}

// held returns a metric held at one value a second from q.From on.
func (r *Road) held(ctx context.Context, q TissueQuery, m pleth.Metric) (*window.Grid, error) {
	g := new(window.Grid)
	var last signal.Sample
	any := false
	add := func(until int64) {
		if any {
			last.Hold = min(until-last.At, stands)
			g.Add(last)
		}
	}
	rows := Query{Devices: []string{q.Device}, Recording: &q.Recording, Metrics: []pleth.Metric{m}, From: q.From, To: q.To}
	err := r.Derived(ctx, rows, func(s Sample) (bool, error) {
		at := s.At - q.From
		if any && at <= last.At {
			return true, nil // says something else of the same time
		}
		add(at)
		v, _ := signal.FromValue(s.Value)
		last, any = signal.Sample{At: at, V: v, R: s.Reasons}, true
		return true, nil
	})
	if err == nil {
		add(min(q.To-q.From, last.At+signal.Second))
	}
	return g, err
}
