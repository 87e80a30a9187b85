package intake

import (
	"time"

	"pleth/internal/session"
)

// clockReader turns the stamps of a wall clock in a known zone into instants.
// Clocks of devices may or may not be moved when the zone changes its offset:
// as long as stamps run on, the offset stays what it was. It is looked up for
// the first row, after a long gap, and where the stamps jump.
type clockReader struct {
	zone   *time.Location
	origin int64 // seconds, of the header
	any    bool  // a stamp was read
	wall   int64 // the last one
	offset int64 // and the offset it was read with
}

// instant returns the instant of wall time t (nanoseconds as if UTC), for a
// row after one at instant last, where rows are usually so far apart. A stamp
// that goes back is in an hour that occurs twice if it follows the row before
// as rows do when read an hour later, which repeated says.
func (c *clockReader) instant(t, last, usual int64) (at int64, repeated bool) {
	step := t - c.wall
	first := !c.any
	c.wall, c.any = t, true
	switch {
	case first:
		at, c.offset = c.lookUp(t, -1)
		return at, false
	case step >= int64(session.Gap):
		if at, offset := c.lookUp(t, -1); at > last {
			c.offset = offset
			return at, false
		}
	case step <= 0:
		if at, offset := c.lookUp(t, 1); offset != c.offset && at > last && 2*(at-last) <= 5*usual {
			c.offset = offset
			return at, true
		}
	}
	return t - c.offset, false
}

// lookUp returns the earlier (side -1) or later (side 1) instant of wall time
// t, and the offset used. A time that the clock skips is read as if it had not
// gone forward yet.
func (c *clockReader) lookUp(t int64, side int64) (at, offset int64) {
	const day = int64(26 * time.Hour)
	a, b := c.offsetAt(t-day), c.offsetAt(t+day)
	first, second := t-a, t-b
	firstFits, secondFits := c.offsetAt(first) == a, c.offsetAt(second) == b
	switch {
	case firstFits && (!secondFits || side < 0 && first <= second || side > 0 && first >= second):
		return first, a
	case secondFits:
		return second, b
	}
	return first, a
}

// offsetAt returns the offset of the zone in ns at instant t.
func (c *clockReader) offsetAt(t int64) int64 {
	_, seconds := time.Unix(c.origin, t).In(c.zone).Zone()
	return int64(seconds) * int64(time.Second)
}
