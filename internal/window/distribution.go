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
	var sum signal.Sum
	total := int64(0)
	for _, b := range bins {
		sum.Add(int64(b.V), b.Weight)
		total += b.Weight
	}
	if total == 0 {
		return math.NaN(), math.NaN()
	}
	mean = sum.Float() / float64(total) / float64(signal.One)
	ss := 0.0
	for _, b := range bins {
		d := b.V.Float() - mean
		ss += float64(b.Weight) * (d * d)
	}
	return mean, math.Sqrt(ss / float64(total))
}

// Percentile returns the value below which the share p (0..100) of the weight
// lies, by linear interpolation between the two nearest of total equal parts,
// as numpy's default does on a series of total samples. NaN without values.
func Percentile(bins []Bin, p float64) float64 {
	total := int64(0)
	for _, b := range bins {
		total += b.Weight
	}
	if total == 0 {
		return math.NaN()
	}
	at := p / 100 * float64(total-1)
	low := math.Floor(at)
	a, b := nth(bins, int64(low)), nth(bins, min(int64(low)+1, total-1))
	return a + (b-a)*(at-low)
}

func nth(bins []Bin, n int64) float64 {
	for _, b := range bins {
		if n < b.Weight {
			return b.V.Float()
		}
		n -= b.Weight
	}
	return math.NaN()
}
