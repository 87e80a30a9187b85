package oximetry

import (
	"fmt"

	"pleth/internal/signal"
)

// The parameters of the default fall detector, "abosa". Meaning and source:
// docs/definitions/falls.md.
const (
	FallDrop      = 3 * signal.One  // least drop, points
	FallMinimum   = 10              // least seconds from start to nadir
	FallMaximum   = 180             // most seconds from start to nadir, and from there to the end
	FallSnap      = 3               // seconds either way to the raw extremum
	FallPlateau   = 15              // seconds without fallSlope, or without a new low, that end a descent
	fallSlope     = signal.One / 10 // %/s smoothed: below it the signal does not fall
	fallEndSlope  = signal.One / 20 // %/s smoothed: the last second of a descent
	fallRise      = signal.One      // points of smoothed rise that end a descent, or of smoothed fall that end a recovery
	fallMeanMin   = signal.One / 20 // %/s mean of an accepted fall
	fallMeanMax   = 4 * signal.One  // %/s
	fallStep      = 6 * signal.One  // %/s in one step of the recording: the sensor came off, rejected
	fallRecovered = signal.One      // within so much of From: recovered
)

// Fall is a drop from the signal's own level. Times are whole seconds since
// the start of the session. What From and End mean beyond that is a matter of
// the Method that found it.
type Fall struct {
	Start int
	Nadir int // the first second of the lowest value
	End   int // of the recovery: docs/definitions/falls.md
	From  signal.Fixed
	Low   signal.Fixed
	Area  int64 // sum over Start..End of From - value where positive, 1e-9 % * s
}

// FallLag is the delay in seconds after which a fall is certain.
const FallLag = FallPlateau + SmoothLag + FallSnap

// ID names the fall inside its session.
func (f *Fall) ID() string { return fmt.Sprintf("f%d", f.Start) }

// Drop returns how far it fell.
func (f *Fall) Drop() signal.Fixed { return f.From - f.Low }

// MeanRate returns the mean fall in %/s from start to nadir. The nadir may be
// the first second of a fall, for some methods; that counts as one second.
func (f *Fall) MeanRate() float64 { return f.Drop().Float() / float64(max(1, f.Nadir-f.Start)) }

// BridgeSeconds returns the longest gap in seconds that is interpolated for
// the continuity of events: 10 s, or 2.5 intervals if that is more.
func BridgeSeconds(interval int64) int {
	return int(max(10*signal.Second, interval*5/2) / signal.Second)
}

// Falls finds falls of at least three points in a 1 Hz series: the signal,
// smoothed by a symmetric filter, falls by 0.1 %/s and reaches new lows without
// a pause of 15 s; start and nadir are then moved to the raw extremum within
// 3 s. Gaps too long to bridge end a stretch, and no fall crosses them.
//
// A fall is certain at the latest FallLag seconds after its nadir. It is handed
// out when its recovery has ended too, which is at the latest FallMaximum +
// SmoothLag seconds after its nadir; a gap that is being bridged adds to both.
// Falls come in order, and each starts at or after the nadir of the one before.
// Use NewFalls.
type Falls struct {
	bridge  bridge
	maxStep signal.Fixed // points in one second of the grid that reject a fall

	raw  []signal.Fixed // the stretch since grid second base
	base int
	next int // grid second of the next raw value
	k    int // grid second of the next smoothed value

	smooth smoother

	fresh     bool  // no smoothed value of this stretch yet
	prev      int64 // the last smoothed value
	falling   bool
	top       int // grid second before the first one of the descent
	topValue  int64
	low       int
	lowValue  int64
	lastFall  int // last second with fallSlope
	lastSteep int // last second with fallEndSlope

	free    int // no fall may begin before
	pending bool
	fall    Fall // waits for its end, if pending
	seen    int  // next second to test against the end of fall
	peak    int64
	peakAt  int
}

// NewFalls returns a finder for a grid of samples interval ns apart. On the
// grid a recording of one row every 4 s falls in steps: what it lost in 4 s is
// lost in one of them, so the rate that rejects a fall is taken over a row.
func NewFalls(interval int64) *Falls {
	row := signal.Fixed(max(1, interval/signal.Second))
	return &Falls{bridge: bridge{max: BridgeSeconds(interval)}, maxStep: fallStep * row, raw: make([]signal.Fixed, 0, forgetAt+256)}
}

// Add takes the next seconds of the grid, which are all equal, and passes falls
// that have ended to out.
func (f *Falls) Add(v signal.Fixed, ok bool, seconds int, out func(Fall)) {
	if ok && f.bridge.gap == 0 {
		f.bridge.last, f.bridge.any = v, true
		f.take(v, seconds, out)
		return
	}
	for range seconds {
		f.bridge.add(v, ok,
			func(v signal.Fixed) { f.take(v, 1, out) },
			func(missing int) { f.cut(out); f.next += missing })
	}
}

// Flush ends the session.
func (f *Falls) Flush(out func(Fall)) { f.cut(out) }

// take takes equal seconds of a stretch.
func (f *Falls) take(v signal.Fixed, seconds int, out func(Fall)) {
	if len(f.raw) == 0 {
		f.base, f.k, f.free, f.falling, f.fresh = f.next, f.next, f.next, false, true
		f.smooth.begin(f.next, v)
	}
	f.smooth.add(f.next, v)
	for range seconds {
		f.raw = append(f.raw, v)
		f.next++
		if f.next-f.k > SmoothLag {
			f.step(f.smooth.take(), out)
		}
	}
	if len(f.raw) >= forgetAt {
		f.forget()
	}
}

// cut ends the stretch.
func (f *Falls) cut(out func(Fall)) {
	if len(f.raw) == 0 {
		return
	}
	for f.k < f.next {
		f.step(f.smooth.take(), out)
	}
	if f.falling {
		f.close(min(f.lastSteep, f.low), out)
	}
	if f.pending {
		f.finish(f.next, out)
	}
	f.raw = f.raw[:0]
}

// step takes the next smoothed value.
func (f *Falls) step(s int64, out func(Fall)) {
	k := f.k
	f.k++
	prev := f.prev
	f.prev = s
	if f.fresh {
		f.fresh = false
		return
	}
	if f.pending {
		f.watchRecovery(k, s, out)
	}
	fall := prev - s
	if !f.falling {
		if fall >= smoothUnit*int64(fallSlope) {
			f.falling = true
			f.top, f.topValue = k-1, prev
			f.low, f.lowValue, f.lastFall, f.lastSteep = k, s, k, k
		}
		return
	}
	if fall >= smoothUnit*int64(fallEndSlope) {
		f.lastSteep = k
	}
	if fall >= smoothUnit*int64(fallSlope) {
		f.lastFall = k
	}
	if s < f.lowValue {
		f.low, f.lowValue = k, s
	}
	switch {
	case s >= f.topValue:
		f.falling = false
	case s-f.lowValue >= smoothUnit*int64(fallRise):
		f.close(min(f.lastSteep, f.low), out)
	case k-f.lastFall >= FallPlateau:
		f.close(f.lastFall, out)
	case k-f.low >= FallPlateau:
		f.close(f.low, out)
	}
}

// close ends the descent at bottom and keeps it if it is a fall.
func (f *Falls) close(bottom int, out func(Fall)) {
	f.falling = false
	if bottom-f.top > FallMaximum+2*FallSnap {
		return
	}
	start := f.extreme(max(f.top-FallSnap, f.free), f.top+FallSnap, 1)
	nadir := f.extreme(bottom-FallSnap, bottom+FallSnap, -1)
	if nadir <= start || !f.accept(start, nadir) {
		return
	}
	if f.pending {
		f.finish(start, out)
	}
	f.free = nadir
	f.fall = Fall{Start: start, Nadir: nadir, From: f.raw[start-f.base], Low: f.raw[nadir-f.base]}
	f.pending, f.seen = true, nadir+1
	f.peak, f.peakAt = f.prev, f.k-1
	f.watchRecovery(f.k-1, f.prev, out)
}

func (f *Falls) accept(start, nadir int) bool {
	drop, length := f.raw[start-f.base]-f.raw[nadir-f.base], signal.Fixed(nadir-start)
	if drop < FallDrop || length < FallMinimum || length > FallMaximum ||
		drop < fallMeanMin*length || drop > fallMeanMax*length {
		return false
	}
	for k := start; k < nadir; k++ {
		if f.raw[k-f.base]-f.raw[k+1-f.base] >= f.maxStep {
			return false
		}
	}
	return true
}

// extreme returns the first second of the highest (sign 1) or lowest (-1) raw
// value of from..to inside the stretch.
func (f *Falls) extreme(from, to int, sign signal.Fixed) int {
	from, to = max(from, f.base), min(to, f.next-1)
	best := min(from, to)
	for k := from + 1; k <= to; k++ {
		if sign*f.raw[k-f.base] > sign*f.raw[best-f.base] {
			best = k
		}
	}
	return best
}

// watchRecovery looks for the end of the pending fall in what is known when
// smoothed second k has the value s.
func (f *Falls) watchRecovery(k int, s int64, out func(Fall)) {
	for ; f.seen <= k; f.seen++ {
		if f.raw[f.seen-f.base] >= f.fall.From-fallRecovered || f.seen-f.fall.Nadir >= FallMaximum {
			f.finish(f.seen, out)
			return
		}
	}
	if s > f.peak {
		f.peak, f.peakAt = s, k
	}
	if f.peak-s >= smoothUnit*int64(fallRise) {
		f.finish(f.peakAt, out)
	}
}

// finish hands out the pending fall with its end.
func (f *Falls) finish(end int, out func(Fall)) {
	fall := &f.fall
	fall.End = max(end, fall.Nadir+1)
	for k := fall.Start; k < fall.End; k++ {
		if d := fall.From - f.raw[k-f.base]; d > 0 {
			fall.Area += int64(d)
		}
	}
	f.pending = false
	out(*fall)
}

// Of the raw values keepRaw are kept at least, and the others forgotten from time to time.
const (
	keepRaw  = 2*FallMaximum + 4*SmoothLag + 2*FallPlateau
	forgetAt = 4 * keepRaw
)

// forget drops the raw values that no fall can need any more.
func (f *Falls) forget() {
	n := len(f.raw) - keepRaw
	if f.pending {
		n = min(n, f.fall.Start-f.base)
	}
	if f.falling && f.k-f.top <= FallMaximum+2*FallSnap+FallPlateau {
		n = min(n, f.top-FallSnap-f.base)
	}
	if n <= 0 {
		return
	}
	f.raw = f.raw[:copy(f.raw, f.raw[n:])]
	f.base += n
}
