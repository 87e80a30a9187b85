package stream

import (
	"slices"

	"pleth"
	"pleth/internal/quality"
	"pleth/internal/signal"
)

// readRow reads what the core needs from row i: own says that the row carries
// the metric of the timeline, beat that it carries a pulse rate.
func readRow(b *pleth.Batch, i int, timeline pleth.Metric) (r quality.Row, own, beat bool) {
	r.At, r.First, r.Last = b.Time(i), i, i
	v := b.Value(timeline, i)
	own = !v.IsAbsent()
	r.SpO2, r.Reasons = measure(timeline, v)
	r.Reasons |= b.Marks(i)
	r.Pulse = number(b, pleth.PulseRate, i)
	r.Motion = number(b, pleth.Motion, i)
	r.Perfusion = number(b, pleth.PerfusionIndex, i)
	return r, own, r.Pulse.Ok || r.Pulse.Missing
}

// measure returns the number of v, or why there is none.
func measure(m pleth.Metric, v pleth.Value) (signal.Fixed, pleth.Reasons) {
	f, ok := signal.FromValue(v)
	if !ok {
		return 0, pleth.NoValue
	}
	info := m.Info()
	if f < signal.Fixed(info.Low)*signal.One || f > signal.Fixed(info.High)*signal.One {
		return 0, pleth.OutOfRange
	}
	return f, 0
}

func number(b *pleth.Batch, m pleth.Metric, i int) quality.Number {
	v := b.Value(m, i)
	if v.IsAbsent() {
		return quality.Number{}
	}
	f, reasons := measure(m, v)
	if reasons != 0 {
		return quality.Number{Missing: true}
	}
	return quality.Number{V: f, Ok: true}
}

// decimator turns rows that come twice a second or faster into one a second:
// the median of the valid values, where at least half of them are valid.
type decimator struct {
	second int64
	rows   []quality.Row
	values []signal.Fixed
}

func (d *decimator) push(r quality.Row, out func(quality.Row)) {
	if len(d.rows) > 0 && r.At/signal.Second != d.second {
		d.flush(out)
	}
	d.second = r.At / signal.Second
	d.rows = append(d.rows, r)
}

func (d *decimator) flush(out func(quality.Row)) {
	if len(d.rows) == 0 {
		return
	}
	r := quality.Row{At: d.second * signal.Second, First: d.rows[0].First, Last: d.rows[len(d.rows)-1].Last}
	var missing, doubts pleth.Reasons
	d.values = d.values[:0]
	for i := range d.rows {
		if one := &d.rows[i]; one.Reasons.Quality() != pleth.NotMeasured {
			d.values = append(d.values, one.SpO2)
			doubts |= one.Reasons
		} else {
			missing |= one.Reasons
		}
	}
	if 2*len(d.values) >= len(d.rows) {
		r.SpO2, r.Reasons = median(d.values), doubts
	} else {
		r.Reasons = missing
	}
	r.Pulse = d.companion(func(r *quality.Row) quality.Number { return r.Pulse }, median)
	r.Perfusion = d.companion(func(r *quality.Row) quality.Number { return r.Perfusion }, median)
	r.Motion = d.companion(func(r *quality.Row) quality.Number { return r.Motion }, slices.Max[[]signal.Fixed])
	d.rows = d.rows[:0]
	out(r)
}

func (d *decimator) companion(of func(*quality.Row) quality.Number, reduce func([]signal.Fixed) signal.Fixed) quality.Number {
	d.values = d.values[:0]
	missing := 0
	for i := range d.rows {
		n := of(&d.rows[i])
		if n.Ok {
			d.values = append(d.values, n.V)
		}
		if n.Missing {
			missing++
		}
	}
	if len(d.values) == 0 || len(d.values) < missing {
		return quality.Number{Missing: missing > 0}
	}
	return quality.Number{V: reduce(d.values), Ok: true}
}

// median sorts values and returns the middle, or the mean of the two middles.
func median(values []signal.Fixed) signal.Fixed {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return signal.Fixed(pleth.DivRound(int64(values[n/2-1]+values[n/2]), 2))
}
