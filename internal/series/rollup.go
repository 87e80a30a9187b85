package series

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/big"
	"slices"

	"pleth"
	"pleth/internal/column"
	"pleth/internal/reading"
)

// Bin is one value of a rollup and how often it was there.
type Bin struct{ Digits, Count int64 }

// Rollup is the numbers of one metric in a stretch of time, without their
// order: everything that is asked of a stretch follows from it. Missing values
// and rows in conflict are not in it. The zero Rollup is empty. It is not safe
// for concurrent use.
type Rollup struct {
	Scale uint8 // decimals of the digits
	Bins  []Bin // in order of their digits, each once
	// What was added and is not yet in the bins.
	pending []int64
}

// AddRows adds rows i to j of t.
func (r *Rollup) AddRows(t *reading.Table, m pleth.Metric, i, j int) {
	c := t.Rows.Column(m)
	v := c.Mantissas()
	j = min(j, len(v))
	if i >= j {
		return
	}
	factor := r.align(c.Scale())
	for row, x := range v[i:j] {
		if x > pleth.AbsentMantissa && t.FlagsOf(i+row)&reading.IsConflict == 0 {
			r.pending = append(r.pending, raised(x, factor))
		}
	}
	r.settle()
}

// align brings r to at least that scale and returns the factor for digits of
// that scale.
func (r *Rollup) align(scale uint8) int64 {
	if len(r.Bins) == 0 {
		r.Scale = scale
	}
	if scale > r.Scale {
		r.raise(scale)
	}
	return pleth.Pow10(r.Scale - scale)
}

// raise gives r more decimals. Digits that no longer fit become the largest
// that do, as in a column of a batch.
func (r *Rollup) raise(scale uint8) {
	factor := pleth.Pow10(scale - r.Scale)
	bins := r.Bins[:0]
	for _, b := range r.Bins {
		b.Digits = raised(b.Digits, factor)
		if n := len(bins); n > 0 && bins[n-1].Digits == b.Digits {
			bins[n-1].Count += b.Count
			continue
		}
		bins = append(bins, b)
	}
	r.Bins, r.Scale = bins, scale
}

func raised(x, factor int64) int64 {
	switch {
	case factor == 1:
		return x
	case x > math.MaxInt64/factor:
		return math.MaxInt64
	case x < -math.MaxInt64/factor:
		return -math.MaxInt64
	}
	return x * factor
}

// narrowRange is how far apart the digits are that are counted in an array
// instead of being sorted.
const narrowRange = 4096

// settle counts what is pending into the bins.
func (r *Rollup) settle() {
	if len(r.pending) == 0 {
		return
	}
	lo, hi := slices.Min(r.pending), slices.Max(r.pending)
	if uint64(hi-lo) < narrowRange {
		var counts [narrowRange]int32
		for _, x := range r.pending {
			counts[x-lo]++
		}
		r.pending = r.pending[:0]
		fresh := make([]Bin, 0, min(int(hi-lo)+1, 64))
		for i, n := range counts[:hi-lo+1] {
			if n > 0 {
				fresh = append(fresh, Bin{lo + int64(i), int64(n)})
			}
		}
		r.merge(fresh)
		return
	}
	slices.Sort(r.pending)
	var fresh []Bin
	for _, x := range r.pending {
		if n := len(fresh); n > 0 && fresh[n-1].Digits == x {
			fresh[n-1].Count++
			continue
		}
		fresh = append(fresh, Bin{x, 1})
	}
	r.pending = r.pending[:0]
	r.merge(fresh)
}

// merge adds bins in order, of the scale of r.
func (r *Rollup) merge(other []Bin) {
	if len(r.Bins) == 0 {
		r.Bins = append(r.Bins, other...)
		return
	}
	out := make([]Bin, 0, len(r.Bins)+len(other))
	a, b := r.Bins, other
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].Digits < b[0].Digits:
			out, a = append(out, a[0]), a[1:]
		case a[0].Digits > b[0].Digits:
			out, b = append(out, b[0]), b[1:]
		default:
			out = append(out, Bin{a[0].Digits, a[0].Count + b[0].Count})
			a, b = a[1:], b[1:]
		}
	}
	r.Bins = append(append(out, a...), b...)
}

// Add adds what is in o.
func (r *Rollup) Add(o *Rollup) {
	if len(o.Bins) == 0 {
		return
	}
	factor := r.align(o.Scale)
	bins := o.Bins
	if factor != 1 {
		s := Rollup{Scale: o.Scale, Bins: slices.Clone(bins)}
		s.raise(r.Scale)
		bins = s.Bins
	}
	r.merge(bins)
}

// Reset empties r and keeps its memory.
func (r *Rollup) Reset() { r.Bins, r.Scale = r.Bins[:0], 0 }

// Count returns how many numbers there are.
func (r *Rollup) Count() int64 {
	n := int64(0)
	for _, b := range r.Bins {
		n += b.Count
	}
	return n
}

// Min and Max return the least and the largest; absent of none.
func (r *Rollup) Min() pleth.Value {
	if len(r.Bins) == 0 {
		return pleth.Value{}
	}
	return pleth.Num(r.Bins[0].Digits, r.Scale)
}

// Max is the counterpart of Min.
func (r *Rollup) Max() pleth.Value {
	if len(r.Bins) == 0 {
		return pleth.Value{}
	}
	return pleth.Num(r.Bins[len(r.Bins)-1].Digits, r.Scale)
}

// Mean returns the mean; NaN of none. The sum is taken in integers, so that
// order does not matter.
func (r *Rollup) Mean() float64 {
	if len(r.Bins) == 0 {
		return math.NaN()
	}
	sum, n, fits := int64(0), r.Count(), true
	for _, b := range r.Bins {
		p := b.Digits * b.Count
		if b.Digits > math.MaxInt64/4/n || b.Digits < -math.MaxInt64/4/n {
			fits = false
		}
		sum += p
	}
	unit := pleth.Pow10(r.Scale)
	if fits && sum < 1<<53 && sum > -1<<53 && n < (1<<53)/unit {
		return float64(sum) / float64(n*unit)
	}
	total := new(big.Int)
	for _, b := range r.Bins {
		total.Add(total, new(big.Int).Mul(big.NewInt(b.Digits), big.NewInt(b.Count)))
	}
	f, _ := new(big.Rat).SetFrac(total, new(big.Int).Mul(big.NewInt(n), big.NewInt(unit))).Float64()
	return f
}

// Quantile returns the value that the share p (0 to 1) of the numbers does not
// exceed, interpolated between ranks as in docs/metrics.md; NaN of none.
func (r *Rollup) Quantile(p float64) float64 {
	n := r.Count()
	if n == 0 {
		return math.NaN()
	}
	at := p * float64(n-1)
	k := int64(at)
	lo, hi := r.rank(k), r.rank(min(k+1, n-1))
	f := at - float64(k)
	if lo == hi || f == 0 {
		return pleth.Float(lo, r.Scale)
	}
	a, b := pleth.Float(lo, r.Scale), pleth.Float(hi, r.Scale)
	return a + f*(b-a)
}

// rank returns the digits of the number with k numbers before it.
func (r *Rollup) rank(k int64) int64 {
	for _, b := range r.Bins {
		if k < b.Count {
			return b.Digits
		}
		k -= b.Count
	}
	return r.Bins[len(r.Bins)-1].Digits
}

// rollupVersion is the first byte of a rollup.
const rollupVersion = 1

// AppendRollup appends the bytes of r to dst.
func AppendRollup(dst []byte, r *Rollup) []byte {
	start := len(dst)
	scale, unit := r.Scale, int64(1)
	// Decimals that no number uses are left out, so that equal rollups have
	// equal bytes.
	for scale > 0 && r.divisible(unit*10) {
		scale--
		unit *= 10
	}
	b := append(dst, rollupVersion, scale)
	b = binary.AppendUvarint(b, uint64(len(r.Bins)))
	last := int64(0)
	for _, bin := range r.Bins {
		b = column.AppendUvarint(b, column.Zigzag(bin.Digits/unit-last))
		b = column.AppendUvarint(b, uint64(bin.Count))
		last = bin.Digits / unit
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

func (r *Rollup) divisible(by int64) bool {
	for _, b := range r.Bins {
		if b.Digits%by != 0 {
			return false
		}
	}
	return true
}

// DecodeRollup reads what AppendRollup wrote into r, whose memory it uses.
// Bytes that were changed are ErrCorrupt, an unknown format is ErrNewer.
func DecodeRollup(b []byte, r *Rollup) error {
	r.Reset()
	if len(b) < 7 || binary.LittleEndian.Uint32(b[len(b)-4:]) != crc32.Checksum(b[:len(b)-4], castagnoli) {
		return ErrCorrupt
	}
	if b[0] != rollupVersion {
		return fmt.Errorf("rollup of format %d: %w", b[0], ErrNewer)
	}
	d := decoder{b: b[2 : len(b)-4]}
	r.Scale = b[1]
	n := d.uvarint()
	if r.Scale > pleth.MaxScale || n > uint64(len(d.b)) {
		return ErrCorrupt
	}
	r.Bins = slices.Grow(r.Bins, int(n))
	last := int64(0)
	for i := range n {
		// Most take a byte each.
		var by int64
		var count uint64
		if len(d.b) > 1 && d.b[0] < 0x80 && d.b[1] < 0x80 {
			by, count = column.Unzigzag(uint64(d.b[0])), uint64(d.b[1])
			d.b = d.b[2:]
		} else {
			by, count = d.varint(), d.uvarint()
		}
		if i > 0 && by <= 0 || count == 0 || count > 1<<40 {
			return ErrCorrupt
		}
		last += by
		r.Bins = append(r.Bins, Bin{last, int64(count)})
	}
	if d.err != nil || len(d.b) > 0 {
		return ErrCorrupt
	}
	return nil
}
