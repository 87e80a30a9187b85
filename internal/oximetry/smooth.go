package oximetry

import (
	"pleth"
	"pleth/internal/signal"
)

// SmoothLag is the delay of the smoothing filter in seconds.
const SmoothLag = 12

// smoothTaps is a symmetric low-pass of 25 taps at 1 Hz: a Hamming-windowed
// sinc with its cut-off at 0.12 Hz, rounded to integers that sum to smoothUnit
// so that smoothing is exact and the same on every machine.
var smoothTaps = [2*SmoothLag + 1]int64{51, 164, 280, 239, -201, -1057, -1840, -1613, 502, 4625, 9746, 14024, 15696,
	14024, 9746, 4625, 502, -1613, -1840, -1057, -201, 239, 280, 164, 51}

const smoothUnit = 1 << 16

// bridge fills gaps of at most max seconds in a 1 Hz series by straight lines,
// for the continuity of falls only, and cuts the series at longer ones.
type bridge struct {
	max  int
	last signal.Fixed
	any  bool // inside a stretch
	gap  int  // missing seconds since last, or outside a stretch
}

// add takes the next second. It calls next for every second that is certain,
// and cut with the number of missing seconds since, where a stretch ends or
// missing seconds lie outside of any.
func (b *bridge) add(v signal.Fixed, ok bool, next func(v signal.Fixed), cut func(missing int)) {
	if !ok {
		b.gap++
		if b.any && b.gap <= b.max {
			return
		}
		b.any = false
		cut(b.gap)
		b.gap = 0
		return
	}
	for j := 1; j <= b.gap; j++ {
		step := int64(v-b.last) * int64(j)
		next(b.last + signal.Fixed(pleth.DivRound(step, int64(b.gap+1))))
	}
	next(v)
	b.last, b.any, b.gap = v, true, 0
}

// smoother applies smoothTaps to a stretch; before its first and after its
// last second the value there is repeated.
type smoother struct {
	ring [2*SmoothLag + 1]signal.Fixed
	at   int // where the next value goes
	n    int // values of the stretch so far
}

// add takes the next value and returns the smoothed value SmoothLag seconds
// earlier, in 1e-9/smoothUnit percent, and whether there is one yet.
func (s *smoother) add(v signal.Fixed) (int64, bool) {
	if s.n == 0 {
		for i := range s.ring {
			s.ring[i] = v
		}
	}
	s.n++
	s.put(v)
	return s.value(), s.n > SmoothLag
}

func (s *smoother) put(v signal.Fixed) {
	s.ring[s.at] = v
	if s.at++; s.at == len(s.ring) {
		s.at = 0
	}
}

func (s *smoother) value() int64 {
	i, j := s.at, s.at-1
	if j < 0 {
		j = len(s.ring) - 1
	}
	sum := int64(0)
	for k := range SmoothLag {
		sum += smoothTaps[k] * int64(s.ring[i]+s.ring[j])
		if i++; i == len(s.ring) {
			i = 0
		}
		if j--; j < 0 {
			j = len(s.ring) - 1
		}
	}
	return sum + smoothTaps[SmoothLag]*int64(s.ring[i])
}

// flush passes the smoothed values that are still owed to out; the stretch ends.
func (s *smoother) flush(out func(int64)) {
	if s.n == 0 {
		return
	}
	last := s.ring[(s.at+len(s.ring)-1)%len(s.ring)]
	for range min(SmoothLag, s.n) {
		s.put(last)
		if s.n++; s.n > SmoothLag {
			out(s.value())
		}
	}
	*s = smoother{}
}
