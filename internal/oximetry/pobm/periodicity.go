package pobm

import (
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// The numbers of the periodicity blocks.
const (
	prsaReach = 10 // PRSA_Window: samples before the anchor, and from it on
	prsaLag   = 2  // K_AC: AC multiplies samples prsaReach - prsaLag apart

	psdWindow = 256 // samples of a segment; the next one begins half of it later
	psdBins   = 64  // the lower half of its spectrum: 0 up to 0.25 Hz
	psdLow    = 0.014
	psdHigh   = 0.033
)

// prsa averages the series around its anchors, the samples lower than the one
// before; all NaN without an anchor.
func prsa(x []uint8) Block[PRSA] {
	var sum [2 * prsaReach]int
	anchors := 0
	for i := prsaReach; i <= len(x)-prsaReach; i++ {
		if x[i-1] <= x[i] {
			continue
		}
		anchors++
		for k, v := range x[i-prsaReach : i+prsaReach] {
			sum[k] += int(v)
		}
	}
	var w [2 * prsaReach]float64
	low, high := math.Inf(1), math.Inf(-1)
	for k, s := range sum {
		w[k] = float64(s) / float64(anchors)
		low, high = min(low, w[k]), max(high, w[k])
	}
	ac := 0.0
	for k := range len(w) - (prsaReach - prsaLag) {
		ac += w[k] * w[k+prsaReach-prsaLag]
	}
	const at = prsaReach
	return Block[PRSA]{Params{"PRSA_Window": prsaReach, "K_AC": prsaLag}, PRSA{
		PRSAc: Number((w[at] + w[at+1] - w[at-1] - w[at-2]) / 4), PRSAad: Number(high - low),
		PRSAos: Number(slopeOf(w[:])), PRSAsb: Number(slopeOf(w[:at])), PRSAsa: Number(slopeOf(w[at:])), AC: Number(ac),
	}}
}

// slopeOf returns the least-squares slope per sample.
func slopeOf(y []float64) float64 {
	middle := float64(len(y)-1) / 2
	sty, stt := 0.0, 0.0
	for t, v := range y {
		d := float64(t) - middle
		sty += d * v
		stt += d * d
	}
	return sty / stt
}

// spectra computes spectra and keeps what they need.
type spectra struct {
	fft    *fourier.FFT
	window [psdWindow]float64 // periodic Hamming
	energy float64            // sum of its squares
	in     [psdWindow]float64
	out    []complex128
}

func (s *spectra) prepare() {
	if s.fft != nil {
		return
	}
	s.fft = fourier.NewFFT(psdWindow)
	s.out = make([]complex128, psdWindow/2+1)
	for i := range s.window {
		s.window[i] = 0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/psdWindow)
		s.energy += s.window[i] * s.window[i]
	}
}

// psd returns Welch's one-sided spectral density of the series at 1 Hz,
// divided by the number of samples; NaN for less than one segment.
func (s *spectra) psd(x []uint8) Block[PSD] {
	s.prepare()
	var power [psdBins]float64
	segments := 0
	for at := 0; at+psdWindow <= len(x); at += psdWindow / 2 {
		s.segment(x[at:at+psdWindow], &power)
		segments++
	}
	scale := 1 / (s.energy * float64(segments) * float64(len(x)))
	total, band, peak := 0.0, 0.0, 0.0
	for k, p := range power {
		if p *= scale; k > 0 {
			p *= 2
		}
		total += p
		if f := float64(k) / psdWindow; f > psdLow && f < psdHigh {
			band += p
			peak = max(peak, p)
		}
	}
	if segments == 0 {
		total, band, peak = math.NaN(), math.NaN(), math.NaN()
	}
	return Block[PSD]{Params{"frequency_low_threshold": psdLow, "frequency_high_threshold": psdHigh},
		PSD{Total: Number(total), Band: Number(band), Ratio: Number(band / total), Peak: Number(peak)}}
}

// segment adds the periodogram of one segment to power.
func (s *spectra) segment(x []uint8, power *[psdBins]float64) {
	sum := 0
	for _, v := range x {
		sum += int(v)
	}
	mean := float64(sum) / psdWindow
	for i, v := range x {
		s.in[i] = (float64(v) - mean) * s.window[i]
	}
	for k, c := range s.fft.Coefficients(s.out, s.in[:])[:psdBins] {
		power[k] += real(c)*real(c) + imag(c)*imag(c)
	}
}
