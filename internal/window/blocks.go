package window

import (
	"math"

	"pleth/internal/signal"
)

// Delta is the delta index: the mean absolute difference between the means of
// consecutive blocks of seconds. A block with a missing second is dropped, and
// only blocks adjacent in time are compared.
type Delta struct {
	size     int
	k        int
	sum      int64
	whole    bool
	last     int64
	lastOk   bool
	total    int64
	compared int64
}

// NewDelta returns an empty delta index over blocks of size seconds.
func NewDelta(size int) *Delta { return &Delta{size: size, whole: true} }

// Add takes the next seconds, which are all equal.
func (d *Delta) Add(v signal.Fixed, ok bool, seconds int) {
	for seconds > 0 {
		n := min(seconds, d.size-d.k)
		seconds -= n
		d.k += n
		d.sum += int64(v) * int64(n)
		d.whole = d.whole && ok
		if d.k == d.size {
			d.next()
		}
	}
}

// next ends a block.
func (d *Delta) next() {
	if d.whole && d.lastOk {
		diff := d.sum - d.last
		if diff < 0 {
			diff = -diff
		}
		d.total += diff
		d.compared++
	}
	d.last, d.lastOk = d.sum, d.whole
	d.k, d.sum, d.whole = 0, 0, true
}

// Value returns the index in percent; NaN if no two blocks could be compared.
func (d *Delta) Value() float64 {
	if d.compared == 0 {
		return math.NaN()
	}
	return float64(d.total) / float64(d.compared) / float64(d.size) / float64(signal.One)
}
