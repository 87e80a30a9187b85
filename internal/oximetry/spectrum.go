package oximetry

import "math"

// The parameters of the spectrum. Source: docs/definitions/spectrum.md.
const (
	SpectrumWindow = 256 // seconds; windows overlap by half
	BandLow        = 0.014
	BandHigh       = 0.033 // Hz: cycles of 30 to 70 s
)

// Spectrum is the power of the signal by frequency after Welch (1967).
type Spectrum struct {
	Total   float64 // %^2, all frequencies above 0
	Band    float64 // %^2, between BandLow and BandHigh
	Ratio   float64 // Band / Total
	PeakHz  float64 // where the band is strongest
	Windows int
}

// SpectrumOf averages the periodograms of all complete windows of s, each
// without its mean and under a Hamming window. It returns false if no stretch
// holds a window, or if the signal is constant in all of them.
func SpectrumOf(s *Series) (Spectrum, bool) {
	density, windows := welch(s)
	const step = 1.0 / SpectrumWindow // Hz between bins
	sp := Spectrum{Windows: windows}
	peak := -1.0
	for i := 1; i < len(density); i++ {
		f, power := float64(i)*step, density[i]*step
		sp.Total += power
		if f > BandLow && f < BandHigh {
			sp.Band += power
			if power > peak {
				peak, sp.PeakHz = power, f
			}
		}
	}
	if windows == 0 || !(sp.Total > 0) {
		return Spectrum{}, false
	}
	sp.Ratio = sp.Band / sp.Total
	return sp, true
}

// welch returns the one-sided power density in %^2/Hz of the frequencies
// 0, 1/256 .. 1/2 Hz, and the number of windows it is the mean of.
func welch(s *Series) (density []float64, windows int) {
	const n = SpectrumWindow
	fft := newFFT()
	taper, energy := hamming()
	var sums [n/2 + 1]float64
	for _, part := range s.Stretches {
		for from := part.From; from+n <= part.End; from += n / 2 {
			ranks := s.Ranks[from : from+n]
			mean := s.meanOf(ranks)
			for i, r := range ranks {
				fft.a[i] = (s.Floats[r] - mean) * taper[i]
			}
			fft.power(&sums)
			windows++
		}
	}
	density = sums[:]
	for i := range density {
		density[i] /= energy * float64(max(windows, 1))
		if i > 0 && i < n/2 {
			density[i] *= 2 // the negative frequencies
		}
	}
	return density, windows
}

// meanOf returns the mean of seconds that are all valid.
func (s *Series) meanOf(ranks []int32) float64 {
	sum := 0.0
	for _, r := range ranks {
		sum += s.Floats[r]
	}
	return sum / float64(len(ranks))
}

// hamming returns the periodic Hamming window and the sum of its squares.
func hamming() (taper [SpectrumWindow]float64, energy float64) {
	for i := range taper {
		taper[i] = 0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/SpectrumWindow)
		energy += float64(taper[i] * taper[i])
	}
	return taper, energy
}
