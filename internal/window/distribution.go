// Package window holds the incremental measures over time: the distribution of
// values by the time they stood, the one-second grid, trailing windows and
// consecutive blocks. All keep integer sums, so the order of additions never
// changes a bit.
package window

import (
	"maps"
	"math"
	"slices"

	"pleth/internal/signal"
)

// Distribution is how long each value stood. The zero Distribution is empty.
type Distribution struct {
	whole [wholeEnd]int64 // weight of the whole numbers 0..wholeEnd-1
	other map[signal.Fixed]int64
	total int64
}

// wholeEnd covers percent and pulse rates, which come as whole numbers.
const wholeEnd = 351

// Clone returns a copy of d.
func (d *Distribution) Clone() Distribution {
	c := *d
	c.other = maps.Clone(d.other)
	return c
}

// Add counts value v with a weight: nanoseconds, or one per second. A negative
// weight takes back what was added before.
func (d *Distribution) Add(v signal.Fixed, weight int64) {
	d.total += weight
	if n := v / signal.One; v >= 0 && n < wholeEnd && n*signal.One == v {
		d.whole[n] += weight
		return
	}
	if d.other == nil {
		d.other = map[signal.Fixed]int64{}
	}
	if d.other[v] += weight; d.other[v] == 0 {
		delete(d.other, v)
	}
	if len(d.other) == 0 {
		d.other = nil
	}
}

// Total returns the sum of all weights.
func (d *Distribution) Total() int64 { return d.total }

// Bin is one value of a distribution with its weight.
type Bin struct {
	V      signal.Fixed
	Weight int64
}

// Bins returns the values that occur in rising order.
func (d *Distribution) Bins() []Bin {
	bins := make([]Bin, 0, 64)
	for n, w := range d.whole {
		if w > 0 {
			bins = append(bins, Bin{signal.Whole(n), w})
		}
	}
	if len(d.other) == 0 {
		return bins
	}
	for v, w := range d.other {
		bins = append(bins, Bin{v, w})
	}
	slices.SortFunc(bins, func(a, b Bin) int { return compare(a.V, b.V) })
	return bins
}

func compare(a, b signal.Fixed) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Moments returns the weighted mean and the population standard deviation;
// NaN without values.
func Moments(bins []Bin) (mean, sd float64) {
	mean, total := meanOf(bins)
	if total == 0 {
		return math.NaN(), math.NaN()
	}
	ss := 0.0
	for _, b := range bins {
		d := b.V.Float() - mean
		ss += float64(b.Weight) * (d * d)
	}
	return mean, math.Sqrt(ss / float64(total))
}

// Mean returns the weighted mean, as Moments does.
func Mean(bins []Bin) float64 {
	mean, _ := meanOf(bins)
	return mean
}

// meanOf returns the weighted mean and the sum of the weights.
func meanOf(bins []Bin) (mean float64, total int64) {
	var sum signal.Sum
	for _, b := range bins {
		sum.Add(int64(b.V), b.Weight)
		total += b.Weight
	}
	if total == 0 {
		return math.NaN(), 0
	}
	return sum.Float() / float64(total) / float64(signal.One), total
}

// Percentile returns the value below which the share p (0..100) of the weight
// lies, by linear interpolation between the two nearest of total equal parts,
// as numpy's default does on a series of total samples. NaN without values.
func Percentile(bins []Bin, p float64) float64 {
	var out [1]float64
	Percentiles(bins, out[:], p)
	return out[0]
}

// Percentiles sets out to the Percentile of each of ps, which rise, in one look
// at the bins. out is as long as ps.
func Percentiles(bins []Bin, out []float64, ps ...float64) {
	total := int64(0)
	for _, b := range bins {
		total += b.Weight
	}
	k, before := 0, int64(0) // bin at hand, weight of those before it
	for i, p := range ps {
		if total == 0 {
			out[i] = math.NaN()
			continue
		}
		at := p / 100 * float64(total-1)
		low := math.Floor(at)
		n := min(int64(low), total-1)
		for n-before >= bins[k].Weight {
			before += bins[k].Weight
			k++
		}
		a := bins[k].V.Float()
		b := a
		if n = min(n+1, total-1); n-before >= bins[k].Weight {
			next := k + 1
			for bins[next].Weight == 0 {
				next++
			}
			b = bins[next].V.Float()
		}
		out[i] = a + (b-a)*(at-low)
	}
}
