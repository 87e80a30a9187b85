package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/signal"
	"pleth/internal/ward"
	"pleth/internal/watch"
)

// openDemo starts the simulated ward.
func (s *Server) openDemo(p *parts) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := s.furnish(ctx, p)
		if err == nil {
			err = ward.Demo(ctx, p.counted, s.now)
		}
		if ctx.Err() != nil {
			err = nil
		}
		done <- err
	}()
	s.onStop("demo", func(context.Context) error {
		cancel()
		return <-done
	})
}

// furnish puts the devices of the demo on their beds and people, where that has
// not been done: what somebody has changed since then stays.
func (s *Server) furnish(ctx context.Context, p *parts) error {
	// They sleep: a pulse below 50 is nothing.
	forty := 40 * signal.One
	sleepers := []alarm.Edit{{Rule: "pulse_rate.low", Limit: &forty}}
	if len(p.watch.Limits("", "")) == 0 {
		var names []string
		for _, b := range ward.DemoBeds() {
			names = append(names, b.Name)
		}
		if _, err := p.watch.PutLimits(ctx, "demo", "", watch.Limits{Beds: names}); err != nil {
			return fmt.Errorf("the beds of the demo: %w", err)
		}
	}
	for _, b := range ward.DemoBeds() {
		if b.Empty {
			continue
		}
		if len(p.watch.Limits(b.Device, "")) == 0 {
			_, err := p.watch.PutLimits(ctx, "demo", "", watch.Limits{Device: b.Device, Bed: b.Name, Gateway: b.Gateway, Edits: sleepers})
			if err != nil {
				return fmt.Errorf("bed %s of the demo: %w", b.Name, err)
			}
		}
		if len(p.road.Assignments(b.Device)) > 0 {
			continue
		}
		// since an hour ago: the clock of one of them is behind
		as := road.Assignment{Device: b.Device, From: s.now() - int64(time.Hour)}
		names, err := p.people.Pseudonyms(ctx, []string{"demo " + b.Label})
		if err != nil {
			return fmt.Errorf("bed %s of the demo: %w", b.Name, err)
		}
		as.Subject, as.Label = names[0], p.api.Sealed(b.Label)
		payload, err := json.Marshal(as)
		if err == nil {
			_, err = p.road.Control(ctx, reading.Partition{Device: b.Device}, eventlog.Control{Kind: eventlog.KindAssignment, Actor: "demo", Payload: payload})
		}
		var refused *road.ErrControl
		if errors.As(err, &refused) {
			continue // somebody is there already
		}
		if err != nil {
			return fmt.Errorf("bed %s of the demo: %w", b.Name, err)
		}
	}
	return nil
}
