package watch_test

import (
	"context"
	"fmt"
	"testing"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road/roadtest"
	"pleth/internal/watch"
)

// TestReport: dips of 20 s below the limit sound after 15 s and not after 30 s.
func TestReport(t *testing.T) {
	t.Parallel()
	log := roadtest.NewMemory()
	const begin = int64(1_700_000_000e9)
	for d := range 2 {
		p := reading.Partition{Device: fmt.Sprint("d", d)}
		b := &reading.Batch{Partition: p}
		for i := range int64(3600) {
			b.Rows.AddRow(begin + i*1e9)
			v := int64(97)
			if i%600 >= 300 && i%600 < 320 {
				v = 89
			}
			b.Rows.Set(pleth.SpO2, pleth.Num(v, 0))
		}
		if err := log.Append([]eventlog.Record{{Partition: p, Readings: b}}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := watch.MakeReport(context.Background(), log, 0, []string{"delay=30s", "spo2.low.limit=88", "mine: spo2 < 90 for 0s priority low"}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if r.Devices != 2 || r.DeviceHours < 1.99 || r.DeviceHours > 2 || len(r.Settings) != 4 {
		t.Errorf("%+v", r)
	}
	// Three dips within ten minutes there are none: only the level sounds, and
	// nobody clears it.
	for i, want := range []int{12, 0, 0, 24} {
		if got := r.Settings[i]; got.Alarms != want {
			t.Errorf("%s: %d alarms, want %d: %+v", got.Settings, got.Alarms, want, got.Conditions)
		}
	}
	for _, bad := range []string{"delay", "delay=x", "spo2.nothing.off", "limit=3", "x: avg(spo2)", "spo2.low.limit=3"} {
		if _, err := watch.MakeReport(context.Background(), log, 0, []string{bad}, 0, 0); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// BenchmarkFollow is the stream core with alarms: readings at 1 Hz with four
// values through tracker and records. The figure is readings a second.
func BenchmarkFollow(b *testing.B) {
	const begin = int64(1_700_000_000e9)
	var rows pleth.Batch
	for i := range int64(3600) {
		rows.AddRow(begin + i*1e9)
		rows.Set(pleth.SpO2, pleth.Num(96+i%3, 0))
		rows.Set(pleth.PulseRate, pleth.Num(70+i%5, 0))
		rows.Set(pleth.PerfusionIndex, pleth.Num(35, 1))
		rows.Set(pleth.Motion, pleth.Num(0, 0))
	}
	b.ReportAllocs()
	defer plethtest.CPU(b)()
	n := 0
	for b.Loop() {
		f := watch.NewBenchFollower()
		for i := range rows.Len() {
			f.Push(&rows, i)
		}
		n += rows.Len()
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "readings/s")
}
