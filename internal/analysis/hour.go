package analysis

import (
	"pleth/internal/signal"
	"pleth/internal/stream"
)

// hoursOf returns the session by the hours since its start; the last may be
// shorter. They do not follow the clock: a zone that is set right later, or a
// start that was never known, changes nothing inside a session.
func hoursOf(d *stream.Derived) []Hour {
	hours := []Hour{}
	for from := int64(0); from < d.Span; {
		to := min(from+3600*signal.Second, d.Span)
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
