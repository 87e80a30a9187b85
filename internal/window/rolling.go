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
	sums
	ring []signal.Fixed // notValid where a second is missing
	at   int
}

// sums are those of the valid seconds in a window.
type sums struct {
	size   int64 // of the window, in seconds
	n      int64 // valid seconds
	sum    int64
	sumSq  uint128
	spread uint128 // n*sum(x^2) - sum(x)^2, exact
}

const notValid = signal.Fixed(math.MinInt64)

// NewRolling returns an empty trailing window of seconds.
func NewRolling(seconds int) *Rolling {
	r := &Rolling{sums: sums{size: int64(seconds)}, ring: make([]signal.Fixed, seconds)}
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
	old := r.ring[r.at]
	r.ring[r.at] = v
	if r.at++; r.at == len(r.ring) {
		r.at = 0
	}
	if old != v {
		r.exchange(old, v, 1)
	}
	return old != v
}

// exchange takes some seconds with the value old out of the sums and as many
// with v in.
func (s *sums) exchange(old, v signal.Fixed, seconds int64) {
	if old != notValid {
		s.n -= seconds
		s.sum -= int64(old) * seconds
		s.sumSq = s.sumSq.sub(square(int64(old)).mul(uint64(seconds)))
	}
	if v != notValid {
		s.n += seconds
		s.sum += int64(v) * seconds
		s.sumSq = s.sumSq.add(square(int64(v)).mul(uint64(seconds)))
	}
	// Exact in 128 bits for windows of a day and values below 1e11 (100 %).
	s.spread = s.sumSq.mul(uint64(s.n)).sub(square(s.sum))
}

// Exists reports whether the window holds enough for a mean and a deviation.
func (s *sums) Exists() bool { return s.n >= 2 && 2*s.n >= s.size }

// Mean returns the mean of the valid seconds in percent.
func (s *sums) Mean() float64 { return float64(s.sum) / float64(s.n) / float64(signal.One) }

// SD returns the sample standard deviation of the valid seconds in percent.
func (s *sums) SD() float64 { return s.sd(s.spread) }

// sd returns the deviation of as many valid seconds with a spread.
func (s *sums) sd(spread uint128) float64 {
	n := float64(s.n)
	return math.Sqrt(spread.float()/(n*(n-1))) / float64(signal.One)
}

// atLeast reports whether the standard deviation of n valid seconds with a
// spread is limit or more, exactly.
func atLeast(n int64, spread uint128, limit signal.Fixed) bool {
	return !spread.less(square(int64(limit)).mul(uint64(n * (n - 1))))
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

// add looks at the window that ends at second k.
func (e *Extremes) add(k int, s *sums) {
	if !s.Exists() {
		return
	}
	if !e.Exists {
		e.MeanMin, e.MeanMax, e.SDMax = math.Inf(1), math.Inf(-1), -1
		e.Exists = true
	}
	e.means(k, s)
	if e.wider(s.n, s.spread) {
		e.deviation(k, s.n, s.spread, s.SD())
	}
}

// means looks at the mean of the window that ends at second k.
func (e *Extremes) means(k int, s *sums) {
	if s.n != e.low.n || s.sum < e.low.sum {
		if mean := s.Mean(); mean < e.MeanMin {
			e.MeanMin, e.MeanMinAt = mean, k
			e.low.n, e.low.sum = s.n, s.sum
		}
	}
	if s.n != e.high.n || s.sum > e.high.sum {
		if mean := s.Mean(); mean > e.MeanMax {
			e.MeanMax, e.MeanMaxAt = mean, k
			e.high.n, e.high.sum = s.n, s.sum
		}
	}
}

// wider reports whether n valid seconds with a spread may deviate more than any
// window before.
func (e *Extremes) wider(n int64, spread uint128) bool {
	return n != e.wide.n || e.wide.spread.less(spread)
}

// deviation looks at the deviation of a window that ends at second k.
func (e *Extremes) deviation(k int, n int64, spread uint128, sd float64) {
	if sd > e.SDMax {
		e.SDMax, e.SDMaxAt = sd, k
		e.wide.n, e.wide.spread = n, spread
	}
}
