package alarm

import (
	"pleth"
	"pleth/internal/quality"
)

// Doubt returns what is known at once against the pulse signal of r: the marks
// of quality, and for as long as a fall faster than blood can make may still
// turn out to be a lone spike. Readings go in by their times.
func Doubt(live *quality.Live, r *Reading) pleth.Reasons {
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
	return live.Mark(&row)
}
