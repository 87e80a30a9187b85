package app

import (
	"context"
	"time"

	"pleth/internal/road"
)

// RetentionSettings say how long what is not needed to answer questions about
// readings is kept. Readings, sessions and their figures are kept for good.
type RetentionSettings struct {
	// Log is how long records of the log are kept after their rows lie in
	// chunks; 0: for good. A replay begins at the first record kept.
	Log Duration `yaml:"log"`
	// Alerts is how long alarms of live streams are kept after they are over,
	// with what was sent to people about them; 0: for good.
	Alerts Duration `yaml:"alerts"`
}

// retainEvery is how often what is too old is dropped.
const retainEvery = time.Hour

// openRetention drops what is too old, now and every hour, until the server
// stops.
func (s *Server) openRetention(p *parts) {
	if s.settings.Retention == (RetentionSettings{}) {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		every := time.NewTicker(retainEvery)
		defer every.Stop()
		for ctx.Err() == nil {
			s.retain(ctx, p)
			select {
			case <-ctx.Done():
			case <-every.C:
			}
		}
	}()
	s.onStop("retention", func(context.Context) error {
		cancel()
		<-done
		return nil
	})
}

// retain drops what is too old.
func (s *Server) retain(ctx context.Context, p *parts) {
	set, now := s.settings.Retention, s.clock()
	if set.Log > 0 {
		err := p.road.Retain(ctx, now.Add(-time.Duration(set.Log)).UnixNano(), nil, func(one road.Retained) {
			s.log.Info("old records of the log are dropped", "device", one.Device, "records", one.Records)
		})
		if err != nil && ctx.Err() == nil {
			s.log.Error("old records of the log stay", "error", err)
		}
	}
	if set.Alerts <= 0 {
		return
	}
	before := now.Add(-time.Duration(set.Alerts))
	n, err := p.alerts.Forget(before.UnixNano())
	if err == nil && p.outbox != nil {
		err = p.outbox.Forget(ctx, before)
	}
	switch {
	case err != nil && ctx.Err() == nil:
		s.log.Error("old alarms stay", "error", err)
	case n > 0:
		s.log.Info("old alarms are dropped", "alarms", n)
	}
}
