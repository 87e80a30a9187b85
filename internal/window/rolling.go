package window

import (
	"math"
	"math/bits"

	"pleth/internal/signal"
)

// Rolling is a trailing window of some seconds that moves second by second.
// Its mean and standard deviation exist as soon as half of its nominal
// seconds are valid, so the first, partial windows count.
type Rolling struct {
	ring  []signal.Fixed
	ok    []bool
	at    int
	n     int64
	sum   int64
	sumSq uint128
}

// NewRolling returns an empty trailing window of seconds.
func NewRolling(seconds int) *Rolling {
	return &Rolling{ring: make([]signal.Fixed, seconds), ok: make([]bool, seconds)}
}

// Add moves the window by one second. It returns the mean, the sample standard
// deviation, and whether they exist.
func (r *Rolling) Add(v signal.Fixed, ok bool) (mean, sd float64, exists bool) {
	if r.ok[r.at] {
		old := r.ring[r.at]
		r.n--
		r.sum -= int64(old)
		r.sumSq = r.sumSq.sub(square(int64(old)))
	}
	r.ring[r.at], r.ok[r.at] = v, ok
	if ok {
		r.n++
		r.sum += int64(v)
		r.sumSq = r.sumSq.add(square(int64(v)))
	}
	if r.at++; r.at == len(r.ring) {
		r.at = 0
	}
	if 2*r.n < int64(len(r.ring)) || r.n < 2 {
		return 0, 0, false
	}
	n := float64(r.n)
	mean = float64(r.sum) / n / float64(signal.One)
	// n*sum(x^2) - sum(x)^2 is exact in 128 bits for values below 1e11 (100 %).
	spread := r.sumSq.mul(uint64(r.n)).sub(square(r.sum))
	sd = math.Sqrt(spread.float()/(n*(n-1))) / float64(signal.One)
	return mean, sd, true
}

type uint128 struct{ hi, lo uint64 }

func square(a int64) uint128 {
	if a < 0 {
		a = -a
	}
	hi, lo := bits.Mul64(uint64(a), uint64(a))
	return uint128{hi, lo}
}

func (u uint128) add(v uint128) uint128 {
	lo, c := bits.Add64(u.lo, v.lo, 0)
	hi, _ := bits.Add64(u.hi, v.hi, c)
	return uint128{hi, lo}
}

func (u uint128) sub(v uint128) uint128 {
	lo, c := bits.Sub64(u.lo, v.lo, 0)
	hi, _ := bits.Sub64(u.hi, v.hi, c)
	return uint128{hi, lo}
}

func (u uint128) mul(n uint64) uint128 {
	hi, lo := bits.Mul64(u.lo, n)
	return uint128{hi + u.hi*n, lo}
}

func (u uint128) float() float64 { return float64(u.hi)*(1<<64) + float64(u.lo) }

// Extremes keeps the lowest and highest mean and the highest standard
// deviation of a rolling window, with the second they were reached first.
type Extremes struct {
	MeanMin, MeanMax, SDMax       float64
	MeanMinAt, MeanMaxAt, SDMaxAt int
	Exists                        bool
}

// Add takes one result of Rolling.Add at second k.
func (e *Extremes) Add(k int, mean, sd float64) {
	if !e.Exists {
		*e = Extremes{mean, mean, sd, k, k, k, true}
		return
	}
	if mean < e.MeanMin {
		e.MeanMin, e.MeanMinAt = mean, k
	}
	if mean > e.MeanMax {
		e.MeanMax, e.MeanMaxAt = mean, k
	}
	if sd > e.SDMax {
		e.SDMax, e.SDMaxAt = sd, k
	}
}
