package quality

import (
	"pleth"
)

// Live marks rows with what is known the moment they come. A Marker knows
// better whether a fast fall was a lone spike, SpikeReturn later; until then
// Live doubts everything from the fall on. The zero Live is ready.
type Live struct {
	m     Marker
	until int64 // event time until which a lone spike may be under way
	fell  bool
}

// Mark returns the reasons to doubt row r, r.Reasons included. Rows go in by
// their times; one that rides along is not marked.
func (l *Live) Mark(r *Row) pleth.Reasons {
	if !r.measured() {
		l.m.flat = l.m.flat && r.Rides
		return r.Reasons
	}
	m := &l.m
	before := m.spo2
	m.mark(r)
	m.any, m.at, m.spo2, m.pulse = true, r.At, r.SpO2, r.Pulse
	switch {
	case r.Reasons&pleth.RateOfChange != 0:
		if !l.fell {
			m.base = before
		}
		l.fell, l.until = true, r.At+SpikeReturn
	case l.fell && (r.At > l.until || r.SpO2 >= m.base-spikeBack):
		l.fell = false
	case l.fell:
		r.Reasons |= pleth.RateOfChange
	}
	return r.Reasons
}
