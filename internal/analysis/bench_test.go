package analysis_test

import (
	"fmt"
	"testing"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/intake"
	"pleth/internal/plethtest"
	"pleth/internal/stream"
)

// night returns a made-up night of some hours as a session.
func night(tb testing.TB, hours int) *pleth.Batch {
	tb.Helper()
	return plethtest.Night(hours*3600, 7)
}

func BenchmarkDerive(b *testing.B) {
	for _, hours := range []int{2, 8, 20} {
		s := only(b, pleth.Header{}, night(b, hours))
		b.Run(fmt.Sprintf("%dh", hours), func(b *testing.B) {
			b.ReportAllocs()
			defer plethtest.CPU(b)()
			for b.Loop() {
				stream.Derive(s, stream.Config{})
			}
		})
	}
}

func BenchmarkAnalyse(b *testing.B) {
	for _, hours := range []int{2, 8, 20} {
		s := only(b, pleth.Header{}, night(b, hours))
		b.Run(fmt.Sprintf("%dh", hours), func(b *testing.B) {
			b.ReportAllocs()
			defer plethtest.CPU(b)()
			for b.Loop() {
				analysis.Analyse(s, "key", analysis.Settings{})
			}
		})
	}
}

func BenchmarkIntake(b *testing.B) {
	rows := night(b, 8)
	b.ReportAllocs()
	defer plethtest.CPU(b)()
	for b.Loop() {
		in := intake.New(intake.Options{})
		_ = in.Start(pleth.Header{})
		_ = in.Rows(rows)
		in.Close()
	}
}
