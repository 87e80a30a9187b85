package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/app"
	"pleth/internal/plethtest"
)

// BenchmarkTenfold says how many times the CPU of a night of 2 h one of 20 h
// takes, both measured in the same run: "times" is at most 11.
func BenchmarkTenfold(b *testing.B) {
	app.Headroom()
	a, err := app.NewAnalyzer(app.Options{}, analysis.Program{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	short, long := nightFile(b, b.TempDir(), 1, 2*time.Hour), nightFile(b, b.TempDir(), 1, 20*time.Hour)
	took := func(path string, n int) int64 {
		start := plethtest.CPUTime(b)
		for range n {
			analyseFile(b, a, path)
		}
		return plethtest.CPUTime(b) - start
	}
	var one, ten int64
	for b.Loop() {
		one += took(short, 10) / 10
		ten += took(long, 1)
	}
	b.ReportMetric(float64(ten)/float64(max(one, 1)), "times")
}

// BenchmarkNights takes a folder of nights of 8 h through one run with as many
// files at a time as there are processors. "live-MB" is what the collector
// found in use at most: it hardly grows from a hundred nights to a thousand.
// "peak-MB" is the highest heap seen, garbage included.
func BenchmarkNights(b *testing.B) {
	app.Headroom()
	const different = 10
	var files []string
	for seed := range different {
		files = append(files, nightFile(b, b.TempDir(), uint64(seed), 8*time.Hour))
	}
	for _, n := range []int{100, 1000} {
		dir := b.TempDir()
		var paths []string
		for i := range n {
			path := filepath.Join(dir, fmt.Sprintf("night-%04d.csv", i))
			if err := os.Link(files[i%different], path); err != nil {
				b.Fatal(err)
			}
			paths = append(paths, path)
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a, err := app.NewAnalyzer(app.Options{}, analysis.Program{}, nil)
			if err != nil {
				b.Fatal(err)
			}
			var peak, live atomic.Uint64
			run := &app.Run{Analyzer: a, Progress: func(done, _ int) {
				if done%10 == 0 {
					m := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
					metrics.Read(m)
					peak.Store(max(peak.Load(), m[0].Value.Uint64()))
					live.Store(max(live.Load(), m[1].Value.Uint64()))
				}
			}}
			start := plethtest.CPUTime(b)
			for b.Loop() {
				err := run.Each(context.Background(), paths,
					func(r *app.Recording) any {
						body, err := analysis.Encode(r.Doc)
						if r.Err != nil || err != nil {
							return fmt.Errorf("%s: %v, %v", r.Name, r.Err, err)
						}
						return len(body)
					},
					func(v any) error {
						if err, failed := v.(error); failed {
							return err
						}
						return nil
					})
				if err != nil {
					b.Fatal(err)
				}
			}
			nights := float64(b.N * n)
			b.ReportMetric(nights/b.Elapsed().Seconds(), "nights/s")
			b.ReportMetric(float64(plethtest.CPUTime(b)-start)/1e6/nights, "cpu-ms/night")
			b.ReportMetric(float64(peak.Load()-app.HeadroomBytes)/(1<<20), "peak-MB")
			b.ReportMetric(float64(live.Load()-app.HeadroomBytes)/(1<<20), "live-MB")
		})
	}
}

// analyseFile takes a file to its encoded document.
func analyseFile(b *testing.B, a *app.Analyzer, path string) {
	b.Helper()
	for _, r := range a.File(context.Background(), path) {
		if r.Err != nil {
			b.Fatal(r.Err)
		}
		analysis.Evaluate(r.Doc)
		if _, err := analysis.Encode(r.Doc); err != nil {
			b.Fatal(err)
		}
	}
}
