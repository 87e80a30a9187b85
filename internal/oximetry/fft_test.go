package oximetry

import (
	"math"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"

	"pleth/internal/plethtest"
)

// TestFFTAgreesWithTheGeneralOne: to the bit where the compiler does not fuse
// products and sums in the general one, which it may on other processors.
func TestFFTAgreesWithTheGeneralOne(t *testing.T) {
	t.Parallel()
	r := plethtest.NewRandom(3)
	general, own := fourier.NewFFT(SpectrumWindow), newFFT()
	for range 200 {
		x := make([]float64, SpectrumWindow)
		for i := range x {
			x[i] = float64(r.Intn(2000)-1000) / 64
		}
		copy(own.a[:], x)
		var got [SpectrumWindow/2 + 1]float64
		own.power(&got)
		for i, c := range general.Coefficients(nil, x) {
			want := float64(real(c)*real(c)) + float64(imag(c)*imag(c))
			if got[i] != want && (runtime.GOARCH == "amd64" || math.Abs(got[i]-want) > 1e-9*want+1e-9) {
				t.Fatalf("frequency %d has power %v, want %v", i, got[i], want)
			}
		}
	}
}

func BenchmarkFFT(b *testing.B) {
	x := make([]float64, SpectrumWindow)
	for i := range x {
		x[i] = float64(i % 7)
	}
	b.Run("own", func(b *testing.B) {
		own := newFFT()
		var sum [SpectrumWindow/2 + 1]float64
		for b.Loop() {
			copy(own.a[:], x)
			own.power(&sum)
		}
	})
	b.Run("general", func(b *testing.B) {
		general := fourier.NewFFT(SpectrumWindow)
		coeff := make([]complex128, SpectrumWindow/2+1)
		for b.Loop() {
			general.Coefficients(coeff, x)
		}
	})
}
