package intake

import (
	"time"
)

// clockReader turns the stamps of a wall clock in a known zone into instants.
type clockReader struct {
	zone   *time.Location
	origin int64 // seconds, of the header
	// The offset in force between from and to (instants), to look it up rarely.
	from, to int64
	offset   int64
}

// instant returns the instant of wall time t (nanoseconds as if UTC). Where the
// clock goes back and t occurs twice, it is the first, unless that would not
// come after the row before, at last. A time that the clock skips is read as
// if it had not gone forward yet.
func (c *clockReader) instant(t, last int64, any bool) int64 {
	if at := t - c.offset; c.from < c.to && at > c.from && at < c.to {
		return at
	}
	at, offset := c.lookUp(t, -1)
	if any && at <= last {
		if later, o := c.lookUp(t, 1); later > last {
			at, offset = later, o
		}
	}
	// An offset holds for at least some hours; a margin keeps clear of changes.
	const margin = int64(3 * time.Hour)
	before, _ := c.lookUp(t-margin, -1)
	after, _ := c.lookUp(t+margin, 1)
	if before == t-margin-offset && after == t+margin-offset {
		c.offset, c.from, c.to = offset, at-margin/3, at+margin/3
	} else {
		c.from, c.to = 0, 0
	}
	return at
}

// lookUp returns the earlier (side -1) or later (side 1) instant of wall time
// t, and the offset used.
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
