package watch_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/reading"
	"pleth/internal/road/roadtest"
	"pleth/internal/watch"
)

// BenchmarkStorm sends 2,000 devices at 1 Hz in real time, each with the rules of
// an adult and five in words, 10,000 of these in all. After ten seconds all fall
// at once and stay low. Reported is how long after its time, which is that of the
// event and the stated delay, each transition is told. One run takes 25 s:
//
//	go test ./internal/watch -run - -bench Storm -benchtime 1x
func BenchmarkStorm(b *testing.B) {
	const devices, words = 2000, 5
	for b.Loop() {
		var mu sync.Mutex
		var waits []time.Duration
		rules := map[string]int{}
		w := start(b, roadtest.NewMemory(), &watch.Memory{}, func(c *watch.Config) {
			c.Changed = func(c watch.Change) {
				now := time.Now()
				mu.Lock()
				defer mu.Unlock()
				for i := range c.Steps {
					if s := &c.Steps[i]; s.To == "active" && s.From != "active" {
						waits = append(waits, now.Sub(time.Unix(0, s.At)))
						rules[c.Alert.Rule.ID]++
					}
				}
			}
		})
		limits := watch.Limits{}
		for i, text := range []string{"spo2 < 89 for 3s priority medium", "avg(spo2) over tumbling 5s < 88 for 0s priority high", "pulse_rate > 130 for 2s priority low",
			"max(pulse_rate) over sliding 10s > 150 for 1s priority medium", "min(spo2) over sliding 5s < 86 for 0s priority high"} {
			limits.Edits = append(limits.Edits, alarm.Edit{Rule: fmt.Sprint("word.", i), Text: text})
		}
		if _, err := w.watch.PutLimits(context.Background(), "key", "", limits); err != nil {
			b.Fatal(err)
		}
		second := func(spo2, pulse int64) time.Duration {
			began := time.Now()
			batches := make([]*reading.Batch, devices)
			for i := range batches {
				one := &reading.Batch{Partition: reading.Partition{Device: fmt.Sprintf("d%04d", i)}, Received: began.UnixNano()}
				one.Rows.AddRow(began.UnixNano())
				one.Rows.Set(pleth.SpO2, pleth.Num(spo2, 0))
				one.Rows.Set(pleth.PulseRate, pleth.Num(pulse, 0))
				batches[i] = one
			}
			if _, err := w.road.Submit(context.Background(), batches...); err != nil {
				b.Fatal(err)
			}
			took := time.Since(began)
			time.Sleep(time.Until(began.Add(time.Second)))
			return took
		}
		var took []time.Duration
		for range 10 {
			second(97, 70)
		}
		for range 14 {
			took = append(took, second(79, 160))
		}
		w.stop()
		slices.Sort(waits)
		slices.Sort(took)
		if len(waits) == 0 || rules["word.0"] != devices {
			b.Fatalf("%d transitions: %v", len(waits), rules)
		}
		b.ReportMetric(float64(len(waits)), "transitions")
		b.ReportMetric(float64(waits[len(waits)/2])/1e6, "p50-ms")
		b.ReportMetric(float64(waits[len(waits)*99/100])/1e6, "p99-ms")
		b.ReportMetric(float64(waits[len(waits)-1])/1e6, "max-ms")
		b.ReportMetric(float64(took[len(took)-1])/1e6, "slowest-second-ms")
		b.ReportMetric(words*devices, "rules")
		b.Log(rules)
	}
}
