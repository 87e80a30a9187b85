package simulate_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"pleth/internal/simulate"
)

// BenchmarkNight makes nights of eight hours at one row a second; the figure
// to hold is 50 nights a second on one core.
func BenchmarkNight(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		if _, err := simulate.Night(simulate.Params{Seed: uint64(i)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "nights/s")
}

// BenchmarkLength shows that the cost is linear in the length.
func BenchmarkLength(b *testing.B) {
	for _, hours := range []int{8, 80} {
		b.Run(fmt.Sprintf("%dh", hours), func(b *testing.B) {
			for b.Loop() {
				if _, err := simulate.Night(simulate.Params{Length: time.Duration(hours) * time.Hour}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCSV(b *testing.B) {
	r := night(b, simulate.Params{})
	for b.Loop() {
		if err := r.WriteCSV(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
