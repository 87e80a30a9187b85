package watch_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
	"pleth/internal/signal"
	"pleth/internal/watch"
)

// sample is one reading of a drawn stream.
type sample struct {
	at, arrives int64
	seq         int64
	v           map[pleth.Metric]int64
}

// drawStream draws a stream with falls, gaps, lone readings and conflicts.
func drawStream(t *rapid.T) []sample {
	at := int64(1_700_000_000) * signal.Second
	var out []sample
	seq := int64(0)
	for range rapid.IntRange(1, 8).Draw(t, "stretches") {
		n := rapid.IntRange(1, 60).Draw(t, "length")
		v := rapid.Int64Range(78, 99).Draw(t, "spo2")
		pulse := rapid.SampledFrom([]int64{70, 70, 140, 40}).Draw(t, "pulse")
		for range n {
			seq++
			one := sample{at: at, seq: seq, v: map[pleth.Metric]int64{pleth.SpO2: v, pleth.PulseRate: pulse}}
			if seq%4 == 0 {
				one.v[pleth.RSO2] = 60 + (v-90)*2
			}
			out = append(out, one)
			if rapid.IntRange(0, 20).Draw(t, "conflict") == 0 {
				out = append(out, sample{at: at, seq: seq, v: map[pleth.Metric]int64{pleth.SpO2: v - 7}})
			}
			at += signal.Second
		}
		at += rapid.SampledFrom([]int64{0, 0, 5, 40, 90, 2000}).Draw(t, "gap") * signal.Second
	}
	for i := range out {
		out[i].arrives = out[i].at + rapid.SampledFrom([]int64{0, 0, 0, 1, 7, 29}).Draw(t, "delay")*signal.Second
	}
	return out
}

// final returns the alarm log of a store, as it is kept.
func final(t *rapid.T, s watch.Store) string {
	text := ""
	err := s.List("", 0, "", func(a *watch.Alert) (bool, error) {
		b, err := json.Marshal(a)
		text += string(b) + "\n"
		return true, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// openAt opens a road with a watch without a clock of its own.
func openAt(t *rapid.T, log *roadtest.Memory, store watch.Store, now *atomic.Int64, changed func(watch.Change)) (*road.Road, *watch.Watch) {
	settings := analysis.Settings{Config: analysis.Config{ODI: "abosa"}}
	if err := settings.Resolve(); err != nil {
		t.Fatal(err)
	}
	clock := func() int64 { return now.Load() }
	w := watch.New(watch.Config{Store: store, Clock: clock, Changed: changed})
	r, err := road.Open(road.Config{Log: log, Series: log, Settings: settings, Follow: w.Follow, SealRows: 20, Shards: 1, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// play sends a stream in batches, with crashes at times, until everything is
// final, and returns the alarm log and the stores.
func play(t *rapid.T, stream []sample, crashes bool) (string, *roadtest.Memory) {
	var now atomic.Int64
	log, store := roadtest.NewMemory(), &watch.Memory{}
	r, w := openAt(t, log, store, &now, nil)
	newest := int64(0)
	for i := 0; i < len(stream); {
		n := min(len(stream)-i, rapid.IntRange(1, 12).Draw(t, "batch"))
		b := &reading.Batch{Partition: reading.Partition{Device: "d"}}
		for _, s := range stream[i : i+n] {
			b.Rows.AddRow(s.at)
			b.Seq = append(b.Seq, s.seq)
			for m, v := range s.v {
				b.Rows.Set(m, pleth.Num(v, 0))
			}
			newest = max(newest, s.at)
		}
		now.Store(newest)
		b.Received = newest
		i += n
		if _, err := r.Submit(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		if crashes && rapid.IntRange(0, 6).Draw(t, "crash") == 0 {
			if err := r.Close(context.Background()); err != nil {
				t.Fatal(err)
			}
			log = log.Crash(func(n int) int { return rapid.IntRange(0, n).Draw(t, "kept") })
			r, w = openAt(t, log, store, &now, nil)
		}
	}
	_ = w
	end := &reading.Batch{Partition: reading.Partition{Device: "d"}, Received: newest}
	end.Rows.AddRow(newest + 3600*signal.Second)
	end.Rows.Set(pleth.SpO2, pleth.Num(97, 0))
	if _, err := r.Submit(context.Background(), end); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return final(t, store), log
}

// TestTheAlarmLogIsTheSame: in whatever order readings come within the lateness
// bound, in whatever batches, with crashes that lose any of the snapshots, and
// in a replay of the log, the alarm log has the same bytes.
func TestTheAlarmLogIsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stream := drawStream(t)
		want, _ := play(t, stream, false)
		permuted := slices.Clone(stream)
		slices.SortStableFunc(permuted, func(a, b sample) int { return int((a.arrives - b.arrives) / 1e6) })
		got, log := play(t, permuted, true)
		if got != want {
			t.Fatalf("permuted, with crashes\n%s\nin order\n%s", got, want)
		}
		var now atomic.Int64
		again := &watch.Memory{}
		r, _ := openAt(t, log.Crash(func(int) int { return 0 }), again, &now, nil)
		if err := r.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if replayed := final(t, again); replayed != want {
			t.Fatalf("replayed\n%s\nfirst\n%s", replayed, want)
		}
	})
}

// said is what a page holds that is told of every change.
type said struct {
	mu   sync.Mutex
	open map[string]bool
}

func (s *said) take(c watch.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[string]bool{}
	}
	if s.open[c.Alert.ID] = !c.Withdrawn && c.Alert.Open && c.Alert.State() != "pending"; !s.open[c.Alert.ID] {
		delete(s.open, c.Alert.ID)
	}
}

// TestLateReadings: with readings that come later than the bound, people who
// act in between and batches that come together, a replay makes the same alarm
// log, and who is told of every change knows which alarms stand.
func TestLateReadings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		stream := drawStream(t)
		for i := range stream {
			if rapid.IntRange(0, 12).Draw(t, "far behind") == 0 {
				stream[i].arrives += rapid.SampledFrom([]int64{31, 60, 400}).Draw(t, "by") * signal.Second
			}
		}
		slices.SortStableFunc(stream, func(a, b sample) int { return int((a.arrives - b.arrives) / 1e6) })
		var now atomic.Int64
		now.Store(stream[0].at)
		log, store, told := roadtest.NewMemory(), &watch.Memory{}, &said{}
		r, w := openAt(t, log, store, &now, told.take)
		ctx, cancel := context.WithCancel(context.Background())
		wait := w.Start(ctx, r)
		for i := 0; i < len(stream); {
			var together sync.WaitGroup
			for range rapid.IntRange(1, 4).Draw(t, "together") {
				n := min(len(stream)-i, rapid.IntRange(0, 12).Draw(t, "batch"))
				if n == 0 {
					continue
				}
				b := &reading.Batch{Partition: reading.Partition{Device: "d"}}
				for _, s := range stream[i : i+n] {
					b.Rows.AddRow(s.at)
					b.Seq = append(b.Seq, s.seq)
					for m, v := range s.v {
						b.Rows.Set(m, pleth.Num(v, 0))
					}
					now.Store(max(now.Load(), s.at))
				}
				b.Received = now.Load()
				i += n
				together.Go(func() {
					if _, err := r.Submit(ctx, b); err != nil {
						panic(err)
					}
				})
			}
			list, _, err := w.Alerts(watch.Query{States: []string{"active", "latched"}})
			if err != nil {
				t.Fatal(err)
			}
			if len(list) > 0 && rapid.IntRange(0, 3).Draw(t, "act") == 0 {
				kind := rapid.SampledFrom([]string{eventlog.KindAcknowledge, eventlog.KindSilence, eventlog.KindNote}).Draw(t, "kind")
				// It may be over by now: then it cannot be done, or is not there any more.
				_, _ = w.Act(ctx, kind, "key", watch.Action{Alert: list[0].ID, Actor: "n", Note: "x", Until: now.Load() + int64(time.Minute)})
			}
			together.Wait()
		}
		cancel()
		wait()
		list, _, err := w.Alerts(watch.Query{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			if a.Open != told.open[a.ID] {
				t.Fatalf("%s %s: open %t, and told open %t", a.ID, a.State(), a.Open, told.open[a.ID])
			}
			delete(told.open, a.ID)
		}
		if len(told.open) > 0 {
			t.Fatalf("told open, and not there: %v", told.open)
		}
		if err := r.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		want := final(t, store)
		again := &watch.Memory{}
		r, _ = openAt(t, log.Crash(func(int) int { return 0 }), again, &now, nil)
		if err := r.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if replayed := final(t, again); replayed != want {
			t.Fatalf("replayed\n%s\nfirst\n%s", replayed, want)
		}
	})
}

// TestReplayWithActions: what people did is part of the log.
func TestReplayWithActions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var now atomic.Int64
		now.Store(1_700_000_000 * signal.Second)
		log, store := roadtest.NewMemory(), &watch.Memory{}
		r, w := openAt(t, log, store, &now, nil)
		ctx, cancel := context.WithCancel(context.Background())
		wait := w.Start(ctx, r)
		for i := range 240 {
			at := now.Add(signal.Second)
			b := &reading.Batch{Partition: reading.Partition{Device: "d"}, Received: at}
			b.Rows.AddRow(at)
			v := int64(97)
			if i/40%2 == 1 {
				v = 86
			}
			b.Rows.Set(pleth.SpO2, pleth.Num(v, 0))
			if _, err := r.Submit(context.Background(), b); err != nil {
				t.Fatal(err)
			}
			list, _, err := w.Alerts(watch.Query{States: []string{"active", "latched"}})
			if err != nil {
				t.Fatal(err)
			}
			if len(list) > 0 && rapid.IntRange(0, 5).Draw(t, "act") == 0 {
				kind := rapid.SampledFrom([]string{eventlog.KindAcknowledge, eventlog.KindSilence, eventlog.KindNote}).Draw(t, "kind")
				if _, err := w.Act(context.Background(), kind, "key", watch.Action{Alert: list[0].ID, Actor: "n", Note: "x", Until: at + int64(time.Minute)}); err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
			}
		}
		cancel()
		wait()
		if err := r.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		want := final(t, store)
		again := &watch.Memory{}
		r, _ = openAt(t, log.Crash(func(int) int { return 0 }), again, &now, nil)
		if err := r.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if replayed := final(t, again); replayed != want || want == "" {
			t.Fatalf("replayed\n%s\nfirst\n%s", replayed, want)
		}
	})
}
