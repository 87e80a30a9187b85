package format

import (
	"fmt"
	"math"
	"time"
)

// Duration returns a length of time in seconds: "43 s", "10 min 12 s",
// "8 h 11 min". Seconds are rounded to the nearest; beside hours only whole
// minutes count, so that no duration reads longer than it was.
func Duration(seconds float64) string {
	if math.IsNaN(seconds) || math.IsInf(seconds, 0) {
		return Dash
	}
	if seconds < 0 {
		return Minus + Duration(-seconds)
	}
	s := int64(math.Round(seconds))
	switch h, m := s/3600, s/60%60; {
	case h > 0:
		return With(fmt.Sprint(h), "h") + Joined + With(fmt.Sprintf("%02d", m), "min")
	case m > 0:
		return With(fmt.Sprint(m), "min") + Joined + With(fmt.Sprintf("%02d", s%60), "s")
	}
	if s == 0 && seconds > 0 {
		return "<" + Thin + With("1", "s")
	}
	return With(fmt.Sprint(s), "s")
}

// Figure returns a length of time in seconds as one short number and its
// unit: "43", "s"; "3.4", "min"; "17", "min"; "2 h 05", "min".
func Figure(seconds float64) (number, unit string) {
	switch minutes := seconds / 60; {
	case math.IsNaN(seconds) || math.IsInf(seconds, 0):
		return Dash, ""
	case math.Round(seconds) < 60:
		return Number(seconds, 0), "s"
	case minutes < 9.95:
		return Number(minutes, 1), "min"
	case minutes < 99.5:
		return Number(minutes, 0), "min"
	}
	s := int64(math.Round(seconds))
	return With(fmt.Sprint(s/3600), "h") + Joined + fmt.Sprintf("%02d", s/60%60), "min"
}

// Short returns Figure as one text.
func Short(seconds float64) string {
	number, unit := Figure(seconds)
	if unit == "" {
		return number
	}
	return With(number, unit)
}

// Clock tells what the clock on the wall showed at an offset from the start
// of a session. The zero Clock has none: it tells the time since the start.
type Clock struct {
	start time.Time // of the session, in its zone; zero: no clock
}

// NewClock returns the clock of a session that starts at start, whose
// location is the zone of the page.
func NewClock(start time.Time) Clock { return Clock{start} }

// Known reports whether there is a time of day.
func (c Clock) Known() bool { return !c.start.IsZero() }

// At returns the wall time at offset seconds after the start; the zero time
// without a clock.
func (c Clock) At(offset float64) time.Time {
	if !c.Known() {
		return time.Time{}
	}
	return c.start.Add(time.Duration(math.Floor(offset * 1e9)))
}

// HM returns the time of day in hours and minutes, "03:22", or the time since
// the start, "3:22".
func (c Clock) HM(offset float64) string {
	if c.Known() {
		return c.At(offset).Format("15:04")
	}
	s := int64(math.Floor(offset))
	return fmt.Sprintf("%d:%02d", s/3600, s/60%60)
}

// HMS returns the time of day with seconds, or the time since the start.
func (c Clock) HMS(offset float64) string {
	if c.Known() {
		return c.At(offset).Format("15:04:05")
	}
	s := int64(math.Floor(offset))
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// DaySeconds returns the seconds of the wall clock since midnight at the
// start; 0 without a clock.
func (c Clock) DaySeconds() float64 {
	if !c.Known() {
		return 0
	}
	h, m, s := c.start.Clock()
	return float64(h*3600+m*60+s) + float64(c.start.Nanosecond())/1e9
}

// Shift is a change of the wall clock: at At seconds after the start it moved
// on by By seconds.
type Shift struct{ At, By int }

// Shifts returns the changes of the wall clock (summer time) within span
// seconds after the start.
func (c Clock) Shifts(span float64) []Shift {
	if !c.Known() {
		return nil
	}
	var shifts []Shift
	offset := func(s int) int { _, o := c.At(float64(s)).Zone(); return o }
	const step = 900
	for s := 0; s < int(span); s += step {
		low, high := s, min(s+step, int(math.Ceil(span)))
		before, after := offset(low), offset(high)
		if before == after {
			continue
		}
		for high-low > 1 {
			if mid := (low + high) / 2; offset(mid) == before {
				low = mid
			} else {
				high = mid
			}
		}
		shifts = append(shifts, Shift{high, after - before})
	}
	return shifts
}
