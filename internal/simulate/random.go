package simulate

import (
	"math/bits"
	"math/rand/v2"

	"pleth/internal/signal"
)

// A purpose has random numbers of its own, so that a change to one part of the
// model leaves the others as they were for the same seed.
type purpose uint64

const (
	forPerson purpose = iota + 1
	forSleep
	forEvents
	forLevel
	forNoise
	forMotion
	forLosses
	forPulse
	forRows
)

// random draws integers. Only the 64-bit output of PCG is used, which is fixed
// by its definition; everything made of it is integer arithmetic.
type random struct{ pcg *rand.PCG }

func newRandom(seed uint64, p purpose) *random {
	return &random{rand.NewPCG(seed, uint64(p))}
}

// below returns a number from 0 to n-1; n must be positive.
func (r *random) below(n int64) int64 {
	hi, _ := bits.Mul64(r.pcg.Uint64(), uint64(n))
	return int64(hi)
}

// within returns a number of s, both ends included.
func (r *random) within(s span) int64 { return s.low + r.below(s.high-s.low+1) }

// chance reports true in perMille of a thousand cases.
func (r *random) chance(perMille int64) bool { return r.below(1000) < perMille }

// normal returns a number that is nearly normal with standard deviation sd:
// the sum of four uniform ones, within 3.5 standard deviations.
func (r *random) normal(sd signal.Fixed) signal.Fixed {
	u := r.pcg.Uint64()
	const mask = 1<<16 - 1
	sum := int64(u&mask + u>>16&mask + u>>32&mask + u>>48)
	const mean, deviation = 2 * mask, 37837 // of sum: 65535.5 / sqrt(3)
	return signal.Fixed((sum - mean) * int64(sd) / deviation)
}

// exponential returns a number of exponential distribution with the mean given,
// by comparing uniform numbers alone (J. von Neumann, 1951).
func (r *random) exponential(mean int64) int64 {
	for whole := int64(0); ; whole++ {
		first := r.pcg.Uint64() >> 32
		last, n := first, 1
		for {
			next := r.pcg.Uint64() >> 32
			if next > last {
				break
			}
			last = next
			n++
		}
		if n%2 == 1 {
			hi, lo := bits.Mul64(uint64(mean), first)
			return whole*mean + int64(hi<<32|lo>>32)
		}
	}
}

// span is a range of whole numbers, both ends included.
type span struct{ low, high int64 }

// wander is a number that drifts about zero: it forgets with a time constant
// and is pushed at random every second (an Ornstein-Uhlenbeck process).
type wander struct {
	tau  int64
	push signal.Fixed
	at   signal.Fixed
}

// newWander returns a wander of standard deviation sd and time constant tau
// seconds that has been going on for long.
func newWander(r *random, sd signal.Fixed, tau int64) wander {
	// The variance of the process is push^2 * tau / 2.
	const unit = 1 << 16
	push := signal.Fixed(int64(sd) * root(2*unit*unit/tau) / unit)
	return wander{tau, push, r.normal(sd)}
}

// next moves on by a second and returns the number.
func (w *wander) next(r *random) signal.Fixed {
	w.at += r.normal(w.push) - w.at/signal.Fixed(w.tau)
	return w.at
}

// root returns the whole part of the square root of n.
func root(n int64) int64 {
	if n < 2 {
		return n
	}
	x := n
	for y := (x + 1) / 2; y < x; {
		x, y = y, (y+n/y)/2
	}
	return x
}
