package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/app"
	"pleth/internal/plethtest"
	"pleth/internal/simulate"
)

// nightFile writes a simulated night of the given length as CSV.
func nightFile(tb testing.TB, dir string, seed uint64, length time.Duration) string {
	tb.Helper()
	night, err := simulate.Night(simulate.Params{Seed: seed, Length: length})
	if err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	if err := night.WriteCSV(&b); err != nil {
		tb.Fatal(err)
	}
	path := filepath.Join(dir, "night.csv")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
	return path
}

// BenchmarkNight takes a night from its CSV file to the complete document:
// reading, digest, core, all measures, findings, JSON. It reports CPU time.
func BenchmarkNight(b *testing.B) {
	app.Headroom()
	for _, c := range []struct {
		name   string
		length time.Duration
		opt    app.Options
	}{
		{"8h", 8 * time.Hour, app.Options{}},
		{"8h-compat", 8 * time.Hour, app.Options{Compat: []string{"pobm"}}},
		{"2h", 2 * time.Hour, app.Options{}},
		{"20h", 20 * time.Hour, app.Options{}},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := nightFile(b, b.TempDir(), 1, c.length)
			a, err := app.NewAnalyzer(c.opt, analysis.Program{}, nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			start := plethtest.CPUTime(b)
			for b.Loop() {
				analyseFile(b, a, path)
			}
			b.ReportMetric(float64(plethtest.CPUTime(b)-start)/float64(b.N)/1e6, "cpu-ms/op")
		})
	}
}
