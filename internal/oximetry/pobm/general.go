package pobm

import "math"

// levels is the number of values a sample can have: 0..100 %.
const levels = 101

// distribution is how often each value occurs in a series.
type distribution struct {
	n     int
	count [levels]int
	sum   int
	mean  float64
}

func newDistribution(x []uint8) *distribution {
	d := &distribution{n: len(x)}
	for _, v := range x {
		d.count[v]++
	}
	for v, c := range d.count {
		d.sum += v * c
	}
	d.mean = float64(d.sum) / float64(d.n)
	return d
}

// share returns part as a percentage of all samples.
func (d *distribution) share(part int) float64 { return 100 * float64(part) / float64(d.n) }

// moment returns the mean of the p-th power of the distance from the mean.
func (d *distribution) moment(p int) float64 {
	sum := 0.0
	for v, c := range d.count {
		if c == 0 {
			continue
		}
		power := 1.0
		for range p {
			power *= float64(v) - d.mean
		}
		sum += float64(c) * power
	}
	return sum / float64(d.n)
}

// quantile returns the value below which the share q (0..1) of the samples
// lies, by linear interpolation between the two nearest; NaN without samples.
func (d *distribution) quantile(q float64) float64 { return quantile(d.count[:], d.n, q) }

// quantile is the same for counts of the whole numbers from 0, n in all.
func quantile(count []int, n int, q float64) float64 {
	if n == 0 {
		return math.NaN()
	}
	at := float64(n-1) * q
	low := int(at)
	a, b := nth(count, low), nth(count, min(low+1, n-1))
	return float64(a) + float64(b-a)*(at-float64(low))
}

// nth returns the value of the n-th smallest sample, from 0.
func nth(count []int, n int) int {
	for v, c := range count {
		if n < c {
			return v
		}
		n -= c
	}
	return len(count) - 1
}

// mad returns the median distance from the median.
func (d *distribution) mad(median float64) float64 {
	// A median is a whole or a half number: twice the distance is whole.
	var twice [2 * levels]int
	for v, c := range d.count {
		if c > 0 {
			twice[int(math.Abs(2*float64(v)-2*median))] += c
		}
	}
	return quantile(twice[:], d.n, 0.5) / 2
}

// generalSetting are the parameters of a general block.
type generalSetting struct {
	baseline   float64 // of ZC; 0: the mean
	percentile int
	threshold  int // of M
}

var (
	generalDefault = generalSetting{percentile: 1, threshold: 2}
	generalZC90M1  = generalSetting{baseline: 90, percentile: 5, threshold: 1}
)

// deltaBlock is the length of the blocks of the delta index.
const deltaBlock = 12

func general(x []uint8, d *distribution, s generalSetting) Block[General] {
	p := Params{"ZC_Baseline": nil, "percentile": s.percentile, "M_Threshold": s.threshold, "DI_Window": deltaBlock}
	baseline := d.mean
	if s.baseline != 0 {
		p["ZC_Baseline"], baseline = s.baseline, s.baseline
	}
	nan := Number(math.NaN())
	g := General{AV: nan, MED: nan, Min: nan, SD: nan, RG: nan, P: nan, M: nan, DI: nan, K: nan, SK: nan, MAD: nan}
	if d.n == 0 {
		return Block[General]{p, g}
	}
	median := d.quantile(0.5)
	low, high := nth(d.count[:], 0), nth(d.count[:], d.n-1)
	below := 0
	for v, c := range d.count {
		if float64(v) < median-float64(s.threshold) {
			below += c
		}
	}
	m2 := d.moment(2)
	return Block[General]{p, General{
		AV: Number(d.mean), MED: Number(median), Min: Number(low), SD: Number(math.Sqrt(m2)), RG: Number(high - low),
		P: Number(d.quantile(float64(s.percentile) / 100)), M: Number(d.share(below)), ZC: crossings(x, baseline), DI: Number(delta(x)),
		K: Number(d.moment(4)/(m2*m2) - 3), SK: Number(d.moment(3) / (m2 * math.Sqrt(m2))), MAD: Number(d.mad(median)),
	}}
}

// crossings counts how often the series crosses a baseline between its second
// and its last but one sample: one for a change of side from a sample to the
// next, one for a change of side with a single sample on the baseline between,
// two for each pair of successive samples on the baseline.
func crossings(x []uint8, baseline float64) int {
	var side [levels]int8
	for v := range side {
		switch f := float64(v); {
		case f > baseline:
			side[v] = 1
		case f < baseline:
			side[v] = -1
		}
	}
	n := 0
	for i := 2; i < len(x)-1; i++ {
		here, before := side[x[i]], side[x[i-1]]
		switch {
		case here*before < 0:
			n++
		case here == 0 && before == 0:
			n += 2
		case here == 0 && before*side[x[i+1]] < 0:
			n++
		}
	}
	return n
}

// delta returns the mean absolute difference between the means of successive
// whole blocks; NaN with fewer than two.
func delta(x []uint8) float64 {
	blocks := len(x) / deltaBlock
	total, last := 0, 0
	for b := range blocks {
		sum := 0
		for _, v := range x[b*deltaBlock : (b+1)*deltaBlock] {
			sum += int(v)
		}
		if b > 0 {
			total += max(sum-last, last-sum)
		}
		last = sum
	}
	if blocks < 2 {
		return math.NaN()
	}
	return float64(total) / deltaBlock / float64(blocks-1)
}
