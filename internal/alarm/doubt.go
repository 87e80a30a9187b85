package alarm

import (
	"pleth"
	"pleth/internal/quality"
	"pleth/internal/signal"
)

// motionLasts is how long a movement speaks against the readings after it: an
// oximeter averages, and shows for some seconds more what it saw in it.
const motionLasts = 20 * signal.Second

// Doubter tells what is known at once against the pulse signal of readings.
// The zero Doubter is ready.
type Doubter struct {
	live  quality.Live
	moved int64 // until which the last movement counts
}

// Doubt returns what is known at once against r: the marks of quality, for as
// long as a fall faster than blood can make may still turn out to be a lone
// spike, and for twenty seconds after a movement. Readings go in by their times.
func (d *Doubter) Doubt(r *Reading) pleth.Reasons {
	row := quality.Row{At: r.At, Reasons: r.Doubt}
	m := pleth.SpO2
	for _, other := range []pleth.Metric{pleth.SpO2PreDuctal, pleth.SpO2PostDuctal} {
		if !r.Carries(m) && r.Carries(other) {
			m = other
		}
	}
	v, ok := r.Value(m)
	row.Rides = !r.Carries(m)
	if row.SpO2 = v; !ok {
		row.Reasons |= pleth.NoValue
	}
	number := func(m pleth.Metric) quality.Number {
		v, ok := r.Value(m)
		return quality.Number{V: v, Ok: ok, Missing: r.Carries(m) && !ok}
	}
	row.Pulse, row.Motion, row.Perfusion = number(pleth.PulseRate), number(pleth.Motion), number(pleth.PerfusionIndex)
	why := d.live.Mark(&row)
	if why&pleth.InMotion != 0 {
		d.moved = r.At + motionLasts
	} else if d.moved != 0 && r.At < d.moved && ok {
		why |= pleth.InMotion
	}
	return why
}
