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

// Motion counts below ten are no reason to doubt a sample; those above make
// the session be measured twice.
const still, restless = 9, 30

func BenchmarkDerive(b *testing.B) {
	for _, hours := range []int{2, 8, 20} {
		s := only(b, pleth.Header{}, plethtest.Night(hours*3600, still, 7))
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
		s := only(b, pleth.Header{}, plethtest.Night(hours*3600, still, 7))
		b.Run(fmt.Sprintf("%dh", hours), func(b *testing.B) {
			b.ReportAllocs()
			defer plethtest.CPU(b)()
			for b.Loop() {
				analysis.Analyse(s, "key", analysis.Settings{})
			}
		})
	}
}

func BenchmarkAnalyseDoubted(b *testing.B) {
	s := only(b, pleth.Header{}, plethtest.Night(8*3600, restless, 7))
	b.ReportAllocs()
	defer plethtest.CPU(b)()
	for b.Loop() {
		analysis.Analyse(s, "key", analysis.Settings{})
	}
}

// BenchmarkAnalyseTenths measures a night whose values have one decimal.
func BenchmarkAnalyseTenths(b *testing.B) {
	whole, fine := plethtest.Night(8*3600, still, 7), new(pleth.Batch)
	r := plethtest.NewRandom(7)
	for i := range whole.Len() {
		fine.AppendRow(whole, i)
		if m, scale := whole.Value(pleth.SpO2, i).Mantissa(); m > 0 {
			fine.Set(pleth.SpO2, pleth.Num(10*m+int64(r.Intn(3)), scale+1))
		}
	}
	s := only(b, pleth.Header{}, fine)
	b.ReportAllocs()
	defer plethtest.CPU(b)()
	for b.Loop() {
		analysis.Analyse(s, "key", analysis.Settings{})
	}
}

func BenchmarkIntake(b *testing.B) {
	rows := plethtest.Night(8*3600, still, 7)
	b.ReportAllocs()
	defer plethtest.CPU(b)()
	for b.Loop() {
		in := intake.New(intake.Options{})
		_ = in.Start(pleth.Header{})
		_ = in.Rows(rows)
		in.Close()
	}
}
