package window

import (
	"math"
	"math/bits"

	"pleth/internal/signal"
)

// Rolling is a trailing window of some seconds that moves second by second.
// Its mean and standard deviation exist as soon as half of its nominal
// seconds are valid, so the first, partial windows count. Use NewRolling.
type Rolling struct {
	ring   []signal.Fixed // notValid where a second is missing
	at     int
	n      int64 // valid seconds
	sum    int64
	sumSq  uint128
	spread uint128 // n*sum(x^2) - sum(x)^2, exact
}

const notValid = signal.Fixed(math.MinInt64)

// NewRolling returns an empty trailing window of seconds.
func NewRolling(seconds int) *Rolling {
	r := &Rolling{ring: make([]signal.Fixed, seconds)}
	for i := range r.ring {
		r.ring[i] = notValid
	}
	return r
}

// Push moves the window by one second. It returns false if what is in the
// window comes to the same as before.
func (r *Rolling) Push(v signal.Fixed, ok bool) bool {
	if !ok {
		v = notValid
	}
	old := r.turn(v)
	if old != v {
		r.exchange(old, v)
	}
	return old != v
}

// turn puts v into the ring and returns what it takes the place of.
func (r *Rolling) turn(v signal.Fixed) (old signal.Fixed) {
	at := r.at
	old, r.ring[at] = r.ring[at], v
	if at++; at == len(r.ring) {
		at = 0
	}
	r.at = at
	return old
}

// exchange takes a second with the value old out of the sums and one with v in.
func (r *Rolling) exchange(old, v signal.Fixed) {
	if old != notValid {
		r.n--
		r.sum -= int64(old)
		r.sumSq = r.sumSq.sub(square(int64(old)))
	}
	if v != notValid {
		r.n++
		r.sum += int64(v)
		r.sumSq = r.sumSq.add(square(int64(v)))
	}
	// Exact in 128 bits for windows of a day and values below 1e11 (100 %).
	r.spread = r.sumSq.mul(uint64(r.n)).sub(square(r.sum))
}

// Exists reports whether the window holds enough for a mean and a deviation.
func (r *Rolling) Exists() bool { return r.n >= 2 && 2*r.n >= int64(len(r.ring)) }

// Mean returns the mean of the valid seconds in percent.
func (r *Rolling) Mean() float64 { return float64(r.sum) / float64(r.n) / float64(signal.One) }

// SD returns the sample standard deviation of the valid seconds in percent.
func (r *Rolling) SD() float64 {
	n := float64(r.n)
	return math.Sqrt(r.spread.float()/(n*(n-1))) / float64(signal.One)
}

// SDAtLeast reports whether the standard deviation is limit or more, exactly.
func (r *Rolling) SDAtLeast(limit signal.Fixed) bool {
	return !r.spread.less(square(int64(limit)).mul(uint64(r.n * (r.n - 1))))
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

func (u uint128) less(v uint128) bool { return u.hi < v.hi || u.hi == v.hi && u.lo < v.lo }

func (u uint128) float() float64 { return float64(u.hi)*(1<<64) + float64(u.lo) }

// Extremes keeps the lowest and highest mean and the highest standard
// deviation of a rolling window, with the second they were reached first.
type Extremes struct {
	// Limit is the standard deviation that makes a window wide; 0: none does.
	Limit signal.Fixed
	Wide  int // seconds at which the window is wide

	MeanMin, MeanMax, SDMax       float64
	MeanMinAt, MeanMaxAt, SDMaxAt int
	Exists                        bool

	// The windows that the extremes were seen in: a window of as many valid
	// seconds is compared by its integers, which costs no division.
	low, high, wide struct {
		n, sum int64
		spread uint128
	}
	isWide bool
}

// Follow moves r over the seconds of g from the given one on, and looks at each.
func (e *Extremes) Follow(r *Rolling, g *Grid, from int) {
	reasons := g.R[from:]
	for i, v := range g.V[from:] {
		if reasons[i].Missing() {
			v = notValid
		}
		if old := r.turn(v); old != v {
			r.exchange(old, v)
			e.Add(from+i, r)
			e.isWide = e.Limit > 0 && r.Exists() && r.SDAtLeast(e.Limit)
		}
		if e.isWide {
			e.Wide++
		}
	}
}

// Add looks at the window that ends at second k.
func (e *Extremes) Add(k int, r *Rolling) {
	if !r.Exists() {
		return
	}
	if !e.Exists {
		e.MeanMin, e.MeanMax, e.SDMax = math.Inf(1), math.Inf(-1), -1
		e.Exists = true
	}
	if r.n != e.low.n || r.sum < e.low.sum {
		if mean := r.Mean(); mean < e.MeanMin {
			e.MeanMin, e.MeanMinAt = mean, k
			e.low.n, e.low.sum = r.n, r.sum
		}
	}
	if r.n != e.high.n || r.sum > e.high.sum {
		if mean := r.Mean(); mean > e.MeanMax {
			e.MeanMax, e.MeanMaxAt = mean, k
			e.high.n, e.high.sum = r.n, r.sum
		}
	}
	if r.n != e.wide.n || e.wide.spread.less(r.spread) {
		if sd := r.SD(); sd > e.SDMax {
			e.SDMax, e.SDMaxAt = sd, k
			e.wide.n, e.wide.spread = r.n, r.spread
		}
	}
}
