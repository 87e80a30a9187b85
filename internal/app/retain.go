package app

import (
	"context"
	"time"

	"pleth/internal/reading"
	"pleth/internal/road"
	chunks "pleth/internal/series/pebble"
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

// Times of the upkeep.
const (
	retainEvery = time.Hour
	// Chunks of live streams are merged mergeEvery, those that ended between
	// mergeBehind and mergeBack ago: what is older was merged before.
	mergeEvery  = 6 * time.Hour
	mergeBehind = 2 * time.Hour
	mergeBack   = 7 * 24 * time.Hour
	mergeLeast  = 8 // chunks that become one, at least
)

// openUpkeep drops what is too old, now and every hour, and merges small chunks
// every six, until the server stops.
func (s *Server) openUpkeep(p *parts) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		every, merge := time.NewTicker(retainEvery), time.NewTicker(mergeEvery)
		defer every.Stop()
		defer merge.Stop()
		s.retain(ctx, p)
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				s.retain(ctx, p)
			case <-merge.C:
				now := s.clock()
				n, err := mergeChunks(ctx, p.series, p.db.Partitions(), now.Add(-mergeBack), now.Add(-mergeBehind))
				if err != nil && ctx.Err() == nil {
					s.log.Error("small chunks are not merged", "error", err)
				}
				s.log.Debug("small chunks are merged", "chunks", n)
			}
		}
	}()
	s.onStop("upkeep", func(context.Context) error {
		cancel()
		<-done
		return nil
	})
}

// mergeChunks merges chunks of live streams that ended in from <= t < before,
// and returns how many are now in others.
func mergeChunks(ctx context.Context, store *chunks.Store, all []reading.Partition, from, before time.Time) (n int, err error) {
	for _, p := range all {
		if p.Recording != "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		k, err := store.Merge(p, from.UnixNano(), before.UnixNano(), mergeLeast)
		if n += k; err != nil {
			return n, err
		}
	}
	return n, nil
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
