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
// stands for some seconds, so it is taken by its changes: what the filter makes
// of the newest value alone, less the share that each change came too late for.
type smoother struct {
	newest  signal.Fixed
	changes []change // those that the filter may still see, in order
}

// change says that the value rose by so much at a second of the grid.
type change struct {
	at int
	by int64
}

// smoothBefore[n] is the sum of the first n taps.
var smoothBefore = func() (sums [len(smoothTaps)]int64) {
	for i, tap := range smoothTaps[:len(smoothTaps)-1] {
		sums[i+1] = sums[i] + tap
	}
	return sums
}()

// begin begins a stretch whose first value is v.
func (s *smoother) begin(v signal.Fixed) { s.newest, s.changes = v, s.changes[:0] }

// add takes the value of second k, which follows the one before.
func (s *smoother) add(k int, v signal.Fixed) {
	if v != s.newest {
		s.changes = append(s.changes, change{k, int64(v - s.newest)})
		s.newest = v
	}
}

// at returns second k smoothed, in 1e-9/smoothUnit percent. Second k+SmoothLag,
// or the last one of the stretch if that is before it, is the last one added,
// and k is greater than in the call before.
func (s *smoother) at(k int) int64 {
	first, gone := k-SmoothLag, 0
	sum := smoothUnit * int64(s.newest)
	for _, c := range s.changes {
		if c.at <= first {
			gone++
			continue
		}
		sum -= c.by * smoothBefore[c.at-first]
	}
	if gone > 0 {
		s.changes = s.changes[:copy(s.changes, s.changes[gone:])]
	}
	return sum
}
