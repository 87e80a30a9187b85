package oximetry

import "math"

// fft transforms real windows of SpectrumWindow values: four passes of radix 4
// after FFTPACK (Swarztrauber 1982). It is our own because the length is fixed,
// which makes it several times quicker than a transform of any length, and
// because every product is rounded before it is added, so that all machines
// give the same bits. Use newFFT.
type fft struct {
	passes [4]pass
	a, b   [SpectrumWindow]float64
}

// pass joins transforms of ido values into those of four times as many.
type pass struct {
	ido     int
	twiddle [3][]float64 // cosine and sine by turns
}

const fftQuarter = SpectrumWindow / 4

func newFFT() *fft {
	t := new(fft)
	ido := 1
	for i := range t.passes {
		p := &t.passes[i]
		p.ido = ido
		step := 2 * math.Pi / SpectrumWindow
		for j := range p.twiddle {
			angle := float64((j+1)*fftQuarter/ido) * step
			p.twiddle[j] = make([]float64, 0, ido)
			for k := 1; 2*k < ido; k++ {
				at := float64(k) * angle
				p.twiddle[j] = append(p.twiddle[j], math.Cos(at), math.Sin(at))
			}
		}
		ido *= 4
	}
	return t
}

// power adds the squared magnitudes of the frequencies 0..SpectrumWindow/2 of
// the values that the caller has put into t.a, which are used up.
func (t *fft) power(sum *[SpectrumWindow/2 + 1]float64) {
	x, y := &t.a, &t.b
	for i := range t.passes {
		t.passes[i].run(x, y)
		x, y = y, x
	}
	sum[0] += float64(x[0] * x[0])
	for i := 1; i < SpectrumWindow/2; i++ {
		re, im := x[2*i-1], x[2*i]
		sum[i] += float64(re*re) + float64(im*im)
	}
	sum[SpectrumWindow/2] += float64(x[SpectrumWindow-1] * x[SpectrumWindow-1])
}

// run transforms in into out. The names are those of FFTPACK's radf4.
func (p *pass) run(in, out *[SpectrumWindow]float64) {
	ido := p.ido
	x0 := (*[fftQuarter]float64)(in[0*fftQuarter:])
	x1 := (*[fftQuarter]float64)(in[1*fftQuarter:])
	x2 := (*[fftQuarter]float64)(in[2*fftQuarter:])
	x3 := (*[fftQuarter]float64)(in[3*fftQuarter:])
	for at := 0; at < fftQuarter; at += ido {
		ch := out[4*at : 4*at+4*ido]
		tr1, tr2 := x1[at]+x3[at], x0[at]+x2[at]
		ch[0] = tr1 + tr2
		ch[4*ido-1] = tr2 - tr1
		ch[2*ido-1] = x0[at] - x2[at]
		ch[2*ido] = x3[at] - x1[at]
		if ido == 1 {
			continue
		}
		p.inner(at, x0, x1, x2, x3, ch)
		last := at + ido - 1
		const half = math.Sqrt2 / 2
		ti1 := -half * (x1[last] + x3[last])
		tr1 = half * (x1[last] - x3[last])
		ch[ido-1] = x0[last] + float64(tr1)
		ch[3*ido-1] = x0[last] - float64(tr1)
		ch[ido] = float64(ti1) - x2[last]
		ch[3*ido] = float64(ti1) + x2[last]
	}
}

// inner joins the values between the first and the last of a run of ido.
func (p *pass) inner(at int, x0, x1, x2, x3 *[fftQuarter]float64, ch []float64) {
	ido := p.ido
	w1, w2, w3 := p.twiddle[0], p.twiddle[1], p.twiddle[2]
	c0, c1, c2, c3 := ch[:ido], ch[ido:2*ido], ch[2*ido:3*ido], ch[3*ido:4*ido]
	for i := 2; i < ido; i += 2 {
		k, ic := at+i, ido-i
		c2r, c2i := turned(x1[k-1], x1[k], w1[i-2], w1[i-1])
		c3r, c3i := turned(x2[k-1], x2[k], w2[i-2], w2[i-1])
		c4r, c4i := turned(x3[k-1], x3[k], w3[i-2], w3[i-1])
		t1r, t1i := c2r+c4r, c2i+c4i
		t2r, t2i := x0[k-1]+c3r, x0[k]+c3i
		t3r, t3i := x0[k-1]-c3r, x0[k]-c3i
		t4r, t4i := c4r-c2r, c4i-c2i
		c0[i-1], c0[i] = t1r+t2r, t1i+t2i
		c3[ic-1], c3[ic] = t2r-t1r, t1i-t2i
		c2[i-1], c2[i] = t3r-t4i, t3i+t4r
		c1[ic-1], c1[ic] = t3r+t4i, t4r-t3i
	}
}

// turned returns the complex number re + im i times cos - sin i.
func turned(re, im, cos, sin float64) (float64, float64) {
	return float64(cos*re) + float64(sin*im), float64(cos*im) - float64(sin*re)
}
