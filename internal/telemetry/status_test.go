package telemetry

import (
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pleth/internal/analysis"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// watched returns instruments by a clock that the test moves, with readings as
// told.
func watched(now *int64, accepted *int64) *Telemetry {
	t := New(func() int64 { return *now }, analysis.Program{})
	t.Watch(Sources{
		Totals:  func() road.Counts { return road.Counts{Accepted: *accepted} },
		Devices: func() []road.DeviceState { return nil }, Waiting: func() int64 { return 7 },
		Letters: func() (int64, int64, int64) { return 1, 2, 3 }, Clients: func() (int, int) { return 4, 5 },
		Messages: func() (int64, int64) { return 8, 9 }, Integrations: func() ([]Integration, error) { return nil, nil },
		Sync: func() prometheus.Metric { return nil }, Disk: func() (uint64, int64) { return 10, 11 },
		Written: func() (uint64, uint64, uint64) { return 0, 0, 0 }})
	return t
}

// TestStatus: rates and delays are those of five minutes, budgets those since
// the start and of an hour; what did not happen is null.
func TestStatus(t *testing.T) {
	t.Parallel()
	now, accepted := int64(1e18), int64(1000)
	s := watched(&now, &accepted)
	first := s.Status()
	if first.Lag != nil || first.Doors[0].P50 != nil || first.Objectives[0].Good != nil || first.Objectives[0].Burn != nil || first.Doors[0].Rate != 0 {
		t.Errorf("nothing has happened: %+v", first)
	}
	batch := func(took time.Duration) *reading.Batch {
		return &reading.Batch{Origin: reading.Origin{Door: "rest"}, Received: now - int64(took)}
	}
	// 90 minutes: slow in the first half hour, then 99 of 100 in time.
	for minute := range 90 {
		for i := range 100 {
			took := 3 * time.Millisecond
			if minute < 30 && i < 10 || i == 0 {
				took = 3 * time.Second
			}
			s.Acknowledged(batch(took))
			accepted += 6
		}
		for range 4 {
			now += int64(SampleEvery)
			s.Sample()
		}
	}
	got := s.Status()
	door := got.Doors[0]
	if door.Name != "rest" || door.Batches != 9000 || math.Abs(door.Rate-100.0/60) > 0.01 {
		t.Errorf("%+v", door)
	}
	if *door.P50 < .002 || *door.P50 > .005 || *door.P99 > .005 {
		t.Errorf("p50 %g, p99 %g", *door.P50, *door.P99)
	}
	if r := got.Readings[0]; r.Total != 1000+9000*6 || math.Abs(r.Rate-10) > 0.1 {
		t.Errorf("%+v", r)
	}
	o := got.Objectives[0]
	if o.Count != 9000 || math.Abs(*o.Good-(1-360.0/9000)) > 1e-9 || math.Abs(*o.Left-(1-4)) > 1e-9 || math.Abs(*o.Burn-1) > 0.01 {
		t.Errorf("good %g, left %g, burn %g", *o.Good, *o.Left, *o.Burn)
	}
	if got.Objectives[1].Good != nil {
		t.Error("nothing was fresh or stale")
	}
	if got.Waiting != 7 || got.Letters != 1 || got.LetterRows != 2 || got.GivenUp != 9 || got.Storage != 10 || got.Since.UnixNano() != 1e18 {
		t.Errorf("%+v", got)
	}
	if n := len(s.past.samples); n > int(BurnWindow/SampleEvery)+3 {
		t.Errorf("%d samples are kept", n)
	}
}

// TestStatusOfWhatCameLater: a reading that was counted as lost in the hour
// before and comes now is no loss of this hour, and none below zero.
func TestStatusOfWhatCameLater(t *testing.T) {
	t.Parallel()
	now, accepted := int64(1e18), int64(0)
	s := watched(&now, &accepted)
	s.expected.Add(100)
	s.arrived.Add(40)
	now += int64(SampleEvery)
	s.Sample()
	now += int64(BurnWindow)
	s.expected.Add(10)
	s.arrived.Add(70)
	if o := s.Status().Objectives[4]; o.Name != "loss" || o.Count != 110 || *o.Good != 1 || *o.Burn != 0 {
		t.Errorf("%+v, good %g, burn %g", o, *o.Good, *o.Burn)
	}
}

// TestStatusAfterSleep: a machine that slept for a day, and one whose clock was
// set back, begin their windows anew.
func TestStatusAfterSleep(t *testing.T) {
	t.Parallel()
	now, accepted := int64(1e18), int64(1000)
	s := watched(&now, &accepted)
	for _, by := range []time.Duration{24 * time.Hour, -2 * time.Hour} {
		accepted += 500
		now += int64(by)
		if got := s.Status(); got.Readings[0].Rate != 0 || got.Over != 0 || got.Burned != 0 {
			t.Errorf("after %s: %g readings a second over %g s", by, got.Readings[0].Rate, got.Over)
		}
		accepted += 150
		now += int64(SampleEvery)
		if got := s.Status(); got.Readings[0].Rate != 10 {
			t.Errorf("%s later: %g readings a second", SampleEvery, got.Readings[0].Rate)
		}
	}
}
