package pleth

import (
	"cmp"
	"math/bits"
)

// Compare orders values: absent, missing, then numbers by size. Equal numbers
// are equal however many decimals they were written with.
func (v Value) Compare(w Value) int {
	if v.state != w.state {
		return cmp.Compare(v.state, w.state)
	}
	if v.scale == w.scale || v.state != present {
		return cmp.Compare(v.mantissa, w.mantissa)
	}
	if (v.mantissa < 0) != (w.mantissa < 0) {
		return cmp.Compare(v.mantissa, w.mantissa)
	}
	scale := max(v.scale, w.scale)
	vh, vl := bits.Mul64(digits(v.mantissa), uint64(pow10[scale-v.scale]))
	wh, wl := bits.Mul64(digits(w.mantissa), uint64(pow10[scale-w.scale]))
	c := cmp.Or(cmp.Compare(vh, wh), cmp.Compare(vl, wl))
	if v.mantissa < 0 {
		return -c
	}
	return c
}

// digits returns the size of m.
func digits(m int64) uint64 {
	if m < 0 {
		return -uint64(m)
	}
	return uint64(m)
}

// CompareRows orders row i of a and row j of b by their values, metric by
// metric, and then by what the device said against them. Times do not matter.
func CompareRows(a *Batch, i int, b *Batch, j int) int {
	for m := Metric(1); m < metricEnd; m++ {
		if len(a.cols[m].m) == 0 && len(b.cols[m].m) == 0 {
			continue
		}
		if c := a.Value(m, i).Compare(b.Value(m, j)); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.Marks(i), b.Marks(j))
}
