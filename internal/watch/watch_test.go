package watch_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/analysis"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
	"pleth/internal/watch"
)

// ward is a road with a watch, in the bubble of a synctest.
type ward struct {
	t     testing.TB
	log   *roadtest.Memory
	store watch.Store
	road  *road.Road
	watch *watch.Watch
	stop  func()
}

// start opens a road on stores.
func start(t testing.TB, log *roadtest.Memory, store watch.Store, change ...func(*watch.Config)) *ward {
	t.Helper()
	w := &ward{t: t, log: log, store: store}
	cfg := watch.Config{Store: store}
	for _, f := range change {
		f(&cfg)
	}
	w.watch = watch.New(cfg)
	settings := analysis.Settings{Config: analysis.Config{ODI: "abosa"}}
	if err := settings.Resolve(); err != nil {
		t.Fatal(err)
	}
	var err error
	if w.road, err = road.Open(road.Config{Log: log, Series: log, Settings: settings, Follow: w.watch.Follow, SealRows: 50}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	wait := w.watch.Start(ctx, w.road)
	w.stop = func() {
		cancel()
		wait()
		if err := w.road.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	return w
}

// values are those of one reading.
type values map[pleth.Metric]int64

// send submits one reading of a device at time at.
func (w *ward) send(device string, at time.Time, v values) {
	w.t.Helper()
	b := &reading.Batch{Partition: reading.Partition{Device: device}, Received: time.Now().UnixNano()}
	b.Rows.AddRow(at.UnixNano())
	for m, n := range v {
		b.Rows.Set(m, pleth.Num(n, 0))
	}
	if _, err := w.road.Submit(context.Background(), b); err != nil {
		w.t.Fatal(err)
	}
}

// stream sends one reading a second for d.
func (w *ward) stream(device string, d time.Duration, v values) {
	for range d / time.Second {
		w.send(device, time.Now(), v)
		time.Sleep(time.Second)
	}
}

// alerts returns what q selects.
func (w *ward) alerts(q watch.Query) []*watch.Alert {
	w.t.Helper()
	list, _, err := w.watch.Alerts(q)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// want fails unless the alerts are those, each "rule state priority", the
// newest first.
func (w *ward) want(q watch.Query, want ...string) []*watch.Alert {
	w.t.Helper()
	list := w.alerts(q)
	var got []string
	for _, a := range list {
		got = append(got, a.Rule.ID+" "+a.State()+" "+a.Priority())
	}
	if len(got) != len(want) {
		w.t.Fatalf("got %q, want %q", got, want)
	}
	for i := range want {
		found := false
		for k := range got {
			found = found || got[k] == want[i]
		}
		if !found {
			w.t.Fatalf("got %q, want %q", got, want)
		}
	}
	return list
}

func TestSpotCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, roadtest.NewMemory(), &watch.Memory{})
		defer func() { w.stop() }()
		at := time.Date(2025, 11, 28, 20, 15, 0, 0, time.UTC) // long before now, or after
		w.send("ECG-001", at, values{pleth.HeartRate: 130, pleth.SpO2: 90, pleth.Temperature: 39})
		w.want(watch.Query{})
		time.Sleep(4 * time.Second)
		list := w.want(watch.Query{Device: "ECG-001"}, "heart_rate.high active medium", "temperature.high active low")
		for _, a := range list {
			if !a.Spot() || a.Onset != at.UnixNano() {
				t.Errorf("%s: spot %v, onset %v", a.Rule.ID, a.Spot(), time.Unix(0, a.Onset))
			}
		}
		if len(w.alerts(watch.Query{Device: "ECG-002"})) != 0 || len(w.alerts(watch.Query{Priority: []string{"low"}})) != 1 {
			t.Error("the filters do not filter")
		}
		// A restart, from the log and from nothing: the same.
		w.stop()
		again := start(t, w.log, &watch.Memory{})
		again.want(watch.Query{}, "heart_rate.high active medium", "temperature.high active low")
		w.stop = again.stop
	})
}

// TestNursesAtOnce: of many who acknowledge at the same time one is first, and
// the log holds one record.
func TestNursesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, roadtest.NewMemory(), &watch.Memory{})
		defer func() { w.stop() }()
		w.stream("o2-1", 60*time.Second, values{pleth.SpO2: 97})
		w.stream("o2-1", 14*time.Second, values{pleth.SpO2: 87})
		id := w.want(watch.Query{}, "spo2.moderate active medium")[0].ID
		var wait sync.WaitGroup
		var first atomic.Int64
		for i := range 20 {
			wait.Go(func() {
				_, err := w.watch.Act(context.Background(), eventlog.KindAcknowledge, "key", watch.Action{Alert: id, Actor: fmt.Sprint("nurse ", i)})
				var late *alarm.ActionError
				switch {
				case err == nil:
					first.Add(1)
				case !errors.As(err, &late) || late.Code != "acknowledged":
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if first.Load() != 1 {
			t.Errorf("%d were first", first.Load())
		}
		acks := 0
		for _, s := range w.want(watch.Query{}, "spo2.moderate acknowledged medium")[0].Steps {
			if s.Cause == "ack" {
				acks++
			}
		}
		if acks != 1 {
			t.Errorf("%d acknowledgements", acks)
		}
	})
}

func TestADeviceFallsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, roadtest.NewMemory(), &watch.Memory{})
		defer func() { w.stop() }()
		w.stream("o2-1", 90*time.Second, values{pleth.SpO2: 97})
		w.want(watch.Query{})
		time.Sleep(31 * time.Second)
		w.want(watch.Query{}, "signal.no_data active low")
		time.Sleep(2 * time.Minute)
		w.want(watch.Query{}, "signal.no_data active medium")
		w.stream("o2-1", time.Second, values{pleth.SpO2: 97})
		w.want(watch.Query{}, "signal.no_data cleared medium")
		w.stream("o2-1", time.Minute, values{pleth.SpO2: 97})
		list := w.want(watch.Query{}, "signal.no_data cleared medium")
		if a := list[0]; a.Open || a.Final != len(a.Steps) {
			t.Errorf("%+v is not final", a)
		}
	})
}

func TestAcknowledge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, roadtest.NewMemory(), &watch.Memory{})
		defer func() { w.stop() }()
		w.stream("o2-1", 60*time.Second, values{pleth.SpO2: 97})
		w.stream("o2-1", 14*time.Second, values{pleth.SpO2: 87})
		list := w.want(watch.Query{}, "spo2.moderate active medium")
		id := list[0].ID
		a, err := w.watch.Act(context.Background(), eventlog.KindAcknowledge, "key", watch.Action{Alert: id, Actor: "nurse"})
		if err != nil || a.State() != "acknowledged" {
			t.Fatalf("%+v, %v", a, err)
		}
		if _, err := w.watch.Act(context.Background(), eventlog.KindAcknowledge, "key", watch.Action{Alert: id, Actor: "doctor"}); err == nil {
			t.Error("acknowledged twice")
		}
		if _, err := w.watch.Act(context.Background(), eventlog.KindNote, "key", watch.Action{Alert: id, Actor: "doctor", Note: "turned"}); err != nil {
			t.Error(err)
		}
		w.stream("o2-1", 100*time.Second, values{pleth.SpO2: 97})
		list = w.want(watch.Query{}, "spo2.moderate cleared medium")
		if a := list[0]; len(a.Notes) != 1 || a.Acknowledged() == 0 || a.Ended() == 0 {
			t.Errorf("%+v", a)
		}
		if _, err := w.watch.Act(context.Background(), eventlog.KindSilence, "key", watch.Action{Alert: id, Until: time.Now().Add(time.Minute).UnixNano()}); err == nil {
			t.Error("silenced what is over")
		}
	})
}

// TestStorm: 2,000 devices fall below the limit in the same second. Every alarm
// is there within a second of its delay.
func TestStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2000
		w := start(t, roadtest.NewMemory(), &watch.Memory{})
		defer func() { w.stop() }()
		send := func(v int64) {
			batches := make([]*reading.Batch, n)
			for i := range batches {
				b := &reading.Batch{Partition: reading.Partition{Device: fmt.Sprintf("d%04d", i)}, Received: time.Now().UnixNano()}
				b.Rows.AddRow(time.Now().UnixNano())
				b.Rows.Set(pleth.SpO2, pleth.Num(v, 0))
				batches[i] = b
			}
			if _, err := w.road.Submit(context.Background(), batches...); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		for range 10 {
			send(97)
		}
		for range 6 {
			send(84) // severe after 5 s
		}
		if got := len(w.alerts(watch.Query{Priority: []string{"high"}})); got != n {
			t.Errorf("%d alarms, want %d", got, n)
		}
	})
}

// TestLateReadingsRaiseNothing: they are counted with the alarm that they touch.
func TestLateReadingsRaiseNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, roadtest.NewMemory(), &watch.Memory{})
		defer func() { w.stop() }()
		w.stream("o2-1", 60*time.Second, values{pleth.SpO2: 97})
		begin := time.Now()
		w.stream("o2-1", 90*time.Second, values{pleth.SpO2: 89})
		for i := range 20 {
			w.send("o2-1", begin.Add(time.Duration(-30+i*2)*time.Second+time.Millisecond), values{pleth.SpO2: 79})
		}
		list := w.want(watch.Query{}, "spo2.low active low")
		if list[0].Late != 5 {
			t.Errorf("%d late readings, want 5", list[0].Late)
		}
	})
}
