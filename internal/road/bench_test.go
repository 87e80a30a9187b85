package road_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"pleth"
	"pleth/internal/eventlog"
	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/pebbledb"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road"
	onpebble "pleth/internal/road/pebble"
	"pleth/internal/road/roadtest"
	chunks "pleth/internal/series/pebble"
)

// onDisk is the configuration of a road on Pebble in dir, and what closes it.
func onDisk(tb testing.TB, dir string) (road.Config, func()) {
	tb.Helper()
	db, err := pebbledb.Open(dir, pebbledb.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	cfg := config(nil)
	cfg.Log, cfg.Series = onpebble.Log{Log: logs.Open(db)}, onpebble.Series{Store: chunks.Open(db)}
	return cfg, func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	}
}

// openOnDisk opens a road on Pebble in a folder of its own until tb ends.
func openOnDisk(tb testing.TB) *road.Road {
	tb.Helper()
	cfg, end := onDisk(tb, tb.TempDir())
	tb.Cleanup(end)
	r, err := road.Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return r
}

// wardBatch returns n readings of a device with four values each, from a second on.
func wardBatch(device string, second int64, n int) *reading.Batch {
	b := &reading.Batch{Partition: reading.Partition{Device: device}, Origin: reading.Origin{Door: "bench"}}
	for k := range int64(n) {
		s := second + k
		b.Rows.AddRow(epoch + s*1e9)
		b.Rows.SetInt(pleth.SpO2, 92+(s/7)%7)
		b.Rows.SetInt(pleth.PulseRate, 60+(s/3)%20)
		b.Rows.Set(pleth.Temperature, pleth.Num(3700+(s/60)%20, 2))
		b.Rows.Set(pleth.PerfusionIndex, pleth.Num(100+(s/2)%50, 2))
	}
	b.Received = epoch + (second+int64(n))*1e9
	return b
}

// BenchmarkSubmit sends batches of 1000 readings with 4 values each from 20
// devices, four under way at a time.
func BenchmarkSubmit(b *testing.B) {
	for _, store := range []string{"memory", "disk"} {
		b.Run(store, func(b *testing.B) {
			cfg := config(roadtest.NewMemory())
			if store == "memory" {
				cfg.Log, cfg.Series = nowhere{}, nowhere{}
			} else {
				var end func()
				cfg, end = onDisk(b, b.TempDir())
				defer end()
			}
			r, err := road.Open(cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer r.Close(context.Background())
			var batches []*reading.Batch
			for i := range b.N {
				batches = append(batches, wardBatch(fmt.Sprint("dev-", i%20), int64(i/20)*1000, 1000))
			}
			done := make(chan error, b.N)
			slots := make(chan bool, 8)
			runtime.GC()
			report := plethtest.CPU(b)
			b.ResetTimer()
			for _, batch := range batches {
				slots <- true
				err := r.SubmitAsync(batch, func(_ []reading.Outcome, err error) { <-slots; done <- err })
				if err != nil {
					b.Fatal(err)
				}
			}
			for range b.N {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			report()
			b.ReportMetric(float64(b.N)*4000/b.Elapsed().Seconds(), "values/s")
		})
	}
}

// nowhere are stores that keep nothing.
type nowhere struct{}

func (nowhere) Append([]eventlog.Record) error { return nil }
func (nowhere) Read(reading.Partition, eventlog.Offset, func(*eventlog.Record) error) error {
	return nil
}
func (nowhere) Partitions(func(reading.Partition, eventlog.Offset, eventlog.Offset) error) error {
	return nil
}
func (nowhere) Commit(*road.Sealed) error                                { return nil }
func (nowhere) State(reading.Partition) ([]byte, eventlog.Offset, error) { return nil, 0, nil }
func (nowhere) Scan(reading.Partition, int64, int64, []pleth.Metric, func(*reading.Table) (bool, error)) error {
	return nil
}

// BenchmarkWard sends single readings of 2,000 devices, and says how much
// memory the road holds for them at the end.
func BenchmarkWard(b *testing.B) {
	const devices = 2000
	cfg, end := onDisk(b, b.TempDir())
	defer end()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := road.Open(cfg)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close(context.Background())
	names := make([]string, devices)
	for i := range names {
		names[i] = fmt.Sprint("dev-", i)
	}
	slots := make(chan bool, 256)
	report := plethtest.CPU(b)
	for i := range b.N {
		slots <- true
		err := r.SubmitAsync(wardBatch(names[i%devices], int64(i/devices), 1), func(_ []reading.Outcome, err error) {
			<-slots
			if err != nil {
				b.Error(err)
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for range cap(slots) {
		slots <- true
	}
	report()
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapInuse-before.HeapInuse)/1e6, "MB")
	list := names[:1000]
	start := time.Now()
	for range 100 {
		if n := len(r.Latest(list...)); n != min(1000, b.N) {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(time.Since(start).Microseconds())/100, "µs/latest-of-1000")
}

// BenchmarkRecovery opens a road on 10 million readings of 2,000 devices.
func BenchmarkRecovery(b *testing.B) {
	const devices, each = 2000, 5000
	dir := b.TempDir()
	cfg, end := onDisk(b, dir)
	r, err := road.Open(cfg)
	if err != nil {
		b.Fatal(err)
	}
	slots := make(chan bool, 16)
	for i := range devices * each / 500 {
		slots <- true
		batch := wardBatch(fmt.Sprint("dev-", i%devices), int64(i/devices)*500, 500)
		if err := r.SubmitAsync(batch, func([]reading.Outcome, error) { <-slots }); err != nil {
			b.Fatal(err)
		}
	}
	for range cap(slots) {
		slots <- true
	}
	if err := r.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	end()
	for b.Loop() {
		cfg, end := onDisk(b, dir)
		r, err := road.Open(cfg)
		if err != nil {
			b.Fatal(err)
		}
		if n := len(r.Latest()); n != devices {
			b.Fatal(n)
		}
		if err := r.Close(context.Background()); err != nil {
			b.Fatal(err)
		}
		end()
	}
}

// BenchmarkQueries asks a device with 33 days of readings each second.
func BenchmarkQueries(b *testing.B) {
	const each, batches = 2000, 1440
	r := openOnDisk(b)
	slots := make(chan bool, 8)
	for i := range batches {
		slots <- true
		if err := r.SubmitAsync(wardBatch("a", int64(i)*each, each), func([]reading.Outcome, error) { <-slots }); err != nil {
			b.Fatal(err)
		}
	}
	for range cap(slots) {
		slots <- true
	}
	for range cap(slots) {
		<-slots
	}
	// And one with a reading each minute of a year.
	const minutes = 365 * 24 * 60
	for from := 0; from < minutes; from += 960 {
		b := wardBatch("year", int64(from), min(960, minutes-from))
		for i := range b.Rows.Len() {
			b.Rows.SetTime(i, epoch+int64(from+i)*60e9)
		}
		slots <- true
		if err := r.SubmitAsync(b, func([]reading.Outcome, error) { <-slots }); err != nil {
			panic(err)
		}
	}
	for range cap(slots) {
		slots <- true
	}
	spo2 := []pleth.Metric{pleth.SpO2}
	last := epoch + each*batches*1e9
	for _, c := range []struct {
		name string
		run  func(i int64) int
	}{
		{"ten-minutes", func(i int64) int {
			from := epoch + i*7919%(each*batches-600)*1e9
			return rows(b, r, road.Query{Devices: []string{"a"}, From: from, To: from + 600e9}).Rows.Len()
		}},
		{"night-in-buckets", func(i int64) int {
			from := epoch + i*7919%(each*batches-28800)*1e9
			return len(buckets(b, r, road.Query{Devices: []string{"a"}, Metrics: spo2, From: from, To: from + 28800e9}, 29e9))
		}},
		{"all-by-hour", func(int64) int { return len(buckets(b, r, road.Query{Devices: []string{"a"}, Metrics: spo2}, 3600e9)) }},
		{"year-by-hour", func(int64) int {
			return len(buckets(b, r, road.Query{Devices: []string{"year"}, Metrics: spo2}, 3600e9))
		}},
		{"year-by-day", func(int64) int {
			return len(buckets(b, r, road.Query{Devices: []string{"year"}, Metrics: spo2}, 24*3600e9))
		}},
		{"derived-ten-minutes", func(i int64) int {
			return len(derived(b, r, road.Query{Devices: []string{"a"}, Metrics: spo2, From: last - 600e9}))
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			n := 0
			report := plethtest.CPU(b)
			for i := range b.N {
				n = c.run(int64(i))
			}
			report()
			b.ReportMetric(float64(n), "results")
		})
	}
}

// BenchmarkListOpen lists the sessions of 20 devices that are open for eight
// hours, each with a reading more since the last time.
func BenchmarkListOpen(b *testing.B) {
	const devices, rows = 20, 8 * 3600
	r := openOnDisk(b)
	for d := range devices {
		for from := int64(0); from < rows; from += 1200 {
			submit(b, r, wardBatch(fmt.Sprint("dev-", d), from, 1200))
		}
	}
	list := func() {
		found, _, err := r.Sessions(context.Background(), road.SessionQuery{})
		if err != nil || len(found) != devices {
			b.Fatal(len(found), err)
		}
	}
	list()
	report := plethtest.CPU(b)
	b.ResetTimer()
	for i := range b.N {
		for d := range devices {
			submit(b, r, wardBatch(fmt.Sprint("dev-", d), rows+int64(i), 1))
		}
		list()
	}
	b.StopTimer()
	report()
}
