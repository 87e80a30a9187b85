package oximetry

import "math"

// TemplateMaximum is the longest template that Templates counts.
const TemplateMaximum = 8

// Templates counts the templates of a series of whole numbers 0..255: the runs
// of m successive values, two being the same if they are equal in every place.
// With a tolerance below 1 this is exactly what approximate and sample entropy
// compare, so both come out of counts, in time linear in the series:
//
//	approximate entropy of order m: Phi of m minus Phi of m+1
//	sample entropy of order m: -ln(A/B), A and B the Pairs of m+1 and of m
//	among the first N-m templates of a series of N (Richman and Moorman 2000)
//
// The zero Templates is ready. It may be used again, and keeps its memory.
type Templates struct {
	slots []templateSlot // open addressing; the length is a power of two
	used  int            // slots taken: how many different templates there are
	total int            // templates counted
	last  int            // slot of the last template
}

type templateSlot struct {
	key uint64 // the values of a template, the newest in the lowest byte
	n   uint32 // how often it occurs; 0: the slot is free
}

// templateStart is the first number of slots; it grows with the templates.
const templateStart = 1 << 10

// Count counts the templates x[i:i+m] for i in 0..n-1, and forgets what was
// counted before. It panics unless 1 <= m <= TemplateMaximum and the n
// templates lie inside x.
func (t *Templates) Count(x []uint8, m, n int) {
	if m < 1 || m > TemplateMaximum || n < 0 || n > 0 && n > len(x)-m+1 {
		panic("oximetry: templates outside of the series")
	}
	if t.slots == nil {
		t.slots = make([]templateSlot, templateStart)
	}
	clear(t.slots)
	t.used, t.total, t.last = 0, n, 0
	if n == 0 {
		return
	}
	mask := ^uint64(0) >> (64 - 8*m)
	key := uint64(0)
	for _, v := range x[:m-1] {
		key = key<<8 | uint64(v)
	}
	before := uint64(0)
	for i, v := range x[m-1 : m-1+n] {
		key = (key<<8 | uint64(v)) & mask
		if i == 0 || key != before {
			t.last = t.slot(key)
			before = key
		}
		t.slots[t.last].n++
	}
}

// slot returns the slot of a template, which the caller counts.
func (t *Templates) slot(key uint64) int {
	if 2*t.used >= len(t.slots) {
		t.grow()
	}
	i := t.find(key)
	if t.slots[i].n == 0 {
		t.slots[i].key = key
		t.used++
	}
	return i
}

// find returns the slot that holds key or that it would take.
func (t *Templates) find(key uint64) int {
	h := key * 0x9e3779b97f4a7c15
	mask := uint64(len(t.slots) - 1)
	i := (h ^ h>>32) & mask
	for t.slots[i].n != 0 && t.slots[i].key != key {
		i = (i + 1) & mask
	}
	return int(i)
}

func (t *Templates) grow() {
	old := t.slots
	t.slots = make([]templateSlot, 2*len(old))
	for _, s := range old {
		if s.n > 0 {
			t.slots[t.find(s.key)] = s
		}
	}
}

// Last returns how often the last template counted occurs, itself included; 0
// if none was counted.
func (t *Templates) Last() int {
	if t.total == 0 {
		return 0
	}
	return int(t.slots[t.last].n)
}

// Pairs returns the number of ordered pairs of equal templates at different
// places: the sum of k*(k-1) over the different templates that occur k times.
func (t *Templates) Pairs() int64 {
	sum := int64(0)
	for i := range t.slots {
		k := int64(t.slots[i].n)
		sum += k * (k - 1)
	}
	return sum
}

// Phi returns the mean over all templates of the logarithm of the share of
// templates equal to it, itself included; NaN if none was counted.
func (t *Templates) Phi() float64 {
	sum := 0.0
	for i := range t.slots {
		if k := float64(t.slots[i].n); k > 1 {
			sum += k * math.Log(k)
		}
	}
	n := float64(t.total)
	return sum/n - math.Log(n)
}
