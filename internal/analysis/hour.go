package analysis

import (
	"time"

	"pleth"
	"pleth/internal/intake"
	"pleth/internal/session"
	"pleth/internal/signal"
	"pleth/internal/stream"
)

// hoursOf returns the session by the hours of its clock in its own zone, or by
// the hours since its start where there is no clock. The first and the last
// may be shorter.
func hoursOf(s *session.Session, d *stream.Derived) []Hour {
	hours := []Hour{}
	for from := int64(0); from < d.Span; {
		to := min(from+untilNextHour(s, from), d.Span)
		p := partOf(d, gridSecond(from), gridSecond(to))
		h := Hour{StartS: seconds(from), EndS: seconds(to), ValidS: float64(p.valid), Below90S: float64(p.below90), Falls4: p.falls4}
		if p.valid > 0 {
			mean, low := p.mean(), p.low.Float()
			h.Mean, h.Min = &mean, &low
		}
		if p.pulseValid > 0 {
			mean := p.pulseMean()
			h.PulseMean = &mean
		}
		hours = append(hours, h)
		from = to
	}
	return hours
}

// untilNextHour returns the time from t, counted from the start of the
// session, to the next full hour.
func untilNextHour(s *session.Session, t int64) int64 {
	const hour = 3600 * signal.Second
	if s.Header.Clock == pleth.NoClock {
		return hour - t%hour
	}
	clock := time.Unix(s.Header.Origin, s.Start+t).In(intake.Zone(s.Header))
	since := time.Duration(clock.Minute())*time.Minute + time.Duration(clock.Second())*time.Second + time.Duration(clock.Nanosecond())
	return hour - int64(since)
}
