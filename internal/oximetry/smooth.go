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

// smoother applies smoothTaps to the seconds of a stretch. Before its first and
// after its last second the value there is repeated. A value of a finger sensor
// stands for some seconds, so what counts are its changes: the filter makes of
// the newest value what it makes of a constant, less what it would have made of
// the changes in its window before they came.
type smoother struct {
	newest signal.Fixed
	next   int               // second to take next
	at     int               // its place in less
	less   [smoothRoom]int64 // by second, from next on; what lies before or beyond the window is zero
}

const (
	smoothWindow = 2 * SmoothLag     // seconds that a change may come before it is felt
	smoothRoom   = 16 * smoothWindow // they move on in it and are moved back at its end
)

// smoothBefore[i] is the sum of the first smoothWindow-i taps: what a change
// counts for, i seconds after the first one that feels it.
var smoothBefore = func() (sums [smoothWindow]int64) {
	sum := int64(0)
	for i, tap := range smoothTaps[:smoothWindow] {
		sum += tap
		sums[smoothWindow-1-i] = sum
	}
	return sums
}()

// begin begins a stretch whose first value is v, at second k.
func (s *smoother) begin(k int, v signal.Fixed) { *s = smoother{newest: v, next: k} }

// add takes the value of second k, which follows the one before.
func (s *smoother) add(k int, v signal.Fixed) {
	if v == s.newest {
		return
	}
	by := int64(v - s.newest)
	s.newest = v
	// The window ends before second k+SmoothLag; of a new stretch less of it is left.
	n := min(k+SmoothLag-s.next, smoothWindow)
	less := s.less[s.at+k+SmoothLag-s.next-n:][:n]
	before := smoothBefore[smoothWindow-n:][:n]
	for i := range less {
		less[i] += by * before[i]
	}
}

// take returns the next second smoothed, in 1e-9/smoothUnit percent. The second
// SmoothLag after it, or the last one of the stretch if that comes before, is
// the last one added.
func (s *smoother) take() int64 {
	sum := smoothUnit*int64(s.newest) - s.less[s.at]
	s.less[s.at] = 0
	s.next++
	if s.at++; s.at == smoothRoom-smoothWindow {
		copy(s.less[:], s.less[s.at:])
		clear(s.less[s.at:])
		s.at = 0
	}
	return sum
}
