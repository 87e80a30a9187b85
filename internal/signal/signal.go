// Package signal holds what the engines compute with: fixed-point numbers whose
// sums do not depend on order, and the Sample, one SpO2 value with the time it
// stands for.
package signal

import (
	"math"
	"math/bits"

	"pleth"
)

// Second is one second of event time in nanoseconds.
const Second = int64(1e9)

// Fixed is a number in units of 1e-9. Percent, beats per minute and their
// thresholds are exact in it; a recorded value with more than nine decimals is
// rounded half to even for arithmetic, while the record keeps its own digits.
type Fixed int64

// Decimals is the number of decimals that a Fixed has.
const Decimals = 9

// One is the Fixed number 1.
const One Fixed = 1e9

// Whole returns the Fixed number n.
func Whole(n int) Fixed { return Fixed(n) * One }

// FromValue returns v as a Fixed, and whether v is a number.
func FromValue(v pleth.Value) (Fixed, bool) {
	if !v.Ok() {
		return 0, false
	}
	m, scale := v.Mantissa()
	if scale > Decimals {
		return Fixed(pleth.DivRound(m, pleth.Pow10(scale-Decimals))), true
	}
	f := pleth.Pow10(Decimals - scale)
	if m > math.MaxInt64/f || m < -math.MaxInt64/f {
		if m < 0 {
			return -math.MaxInt64, true
		}
		return math.MaxInt64, true
	}
	return Fixed(m * f), true
}

// Float returns f as a float64.
func (f Fixed) Float() float64 {
	if f%One == 0 {
		return float64(f / One)
	}
	return float64(f) / float64(One)
}

// Round returns f rounded half to even to a whole number, as a Fixed.
func (f Fixed) Round() Fixed { return Fixed(pleth.DivRound(int64(f), int64(One))) * One }

// Sample is one SpO2 value of a session and the time it stands for.
type Sample struct {
	At   int64 // since the start of the session, ns
	Hold int64 // ns that the value stands for, from At on; the slot of a missing one
	V    Fixed // percent; 0 where R says that nothing was measured
	R    pleth.Reasons
}

// Ok reports whether the sample was measured, suspect or not.
func (s Sample) Ok() bool { return !s.R.Missing() }

// Sum is a 128-bit integer sum of products. The zero Sum is 0.
type Sum struct {
	hi int64
	lo uint64
}

// Add adds a*b.
func (s *Sum) Add(a, b int64) {
	neg := (a < 0) != (b < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(b))
	if neg {
		var borrow uint64
		s.lo, borrow = bits.Sub64(s.lo, lo, 0)
		h, _ := bits.Sub64(uint64(s.hi), hi, borrow)
		s.hi = int64(h)
		return
	}
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	h, _ := bits.Add64(uint64(s.hi), hi, carry)
	s.hi = int64(h)
}

// Plus adds t.
func (s *Sum) Plus(t Sum) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, t.lo, 0)
	h, _ := bits.Add64(uint64(s.hi), uint64(t.hi), carry)
	s.hi = int64(h)
}

// Float returns the sum as a float64, correct to two roundings.
func (s Sum) Float() float64 {
	if s.hi < 0 {
		lo, carry := bits.Add64(^s.lo, 1, 0)
		hi := ^uint64(s.hi) + carry
		return -(float64(hi)*(1<<64) + float64(lo))
	}
	return float64(s.hi)*(1<<64) + float64(s.lo)
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}
