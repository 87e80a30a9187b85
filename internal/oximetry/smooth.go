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

// smoothed returns second k of a stretch smoothed by smoothTaps, in
// 1e-9/smoothUnit percent; before its first and after its last second the
// value there is repeated.
func smoothed(stretch []signal.Fixed, k int) int64 {
	if k >= SmoothLag && k+SmoothLag < len(stretch) {
		return weigh((*[2*SmoothLag + 1]signal.Fixed)(stretch[k-SmoothLag:]))
	}
	var w [2*SmoothLag + 1]signal.Fixed
	for i := range w {
		w[i] = stretch[min(max(k+i-SmoothLag, 0), len(stretch)-1)]
	}
	return weigh(&w)
}

func weigh(w *[2*SmoothLag + 1]signal.Fixed) int64 {
	sum := smoothTaps[SmoothLag] * int64(w[SmoothLag])
	for i := range SmoothLag {
		sum += smoothTaps[i] * int64(w[i]+w[2*SmoothLag-i])
	}
	return sum
}
