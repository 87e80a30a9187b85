package stream

import (
	"slices"

	"pleth"
	"pleth/internal/quality"
	"pleth/internal/signal"
)

// columns are the columns of a batch that the core reads.
type columns struct {
	batch                          *pleth.Batch
	spo2, pulse, motion, perfusion column
}

func newColumns(timeline pleth.Metric) *columns {
	return &columns{spo2: column{metric: timeline}, pulse: column{metric: pleth.PulseRate},
		motion: column{metric: pleth.Motion}, perfusion: column{metric: pleth.PerfusionIndex}}
}

// attach makes c read b as it is now.
func (c *columns) attach(b *pleth.Batch) {
	c.batch = b
	c.spo2.attach(b)
	c.pulse.attach(b)
	c.motion.attach(b)
	c.perfusion.attach(b)
}

// read reads row i into r and reports whether the core has any use for it.
func (c *columns) read(r *quality.Row, i int) bool {
	v, reasons, carried := c.spo2.at(i)
	r.At, r.SpO2, r.Reasons, r.Rides = c.batch.Time(i), v, reasons|c.batch.Marks(i), !carried
	c.pulse.number(&r.Pulse, i)
	c.motion.number(&r.Motion, i)
	c.perfusion.number(&r.Perfusion, i)
	return carried || r.Pulse.Ok || r.Pulse.Missing
}

// column reads one column of a batch as fixed-point numbers.
type column struct {
	metric    pleth.Metric
	digits    []int64
	scale     uint8 // of what follows
	low, high int64 // bounds of what the metric can be, as mantissas
	up        int64 // mantissa * up is Fixed, or
	down      int64 // mantissa / down, where the column has more decimals than Fixed; else 0
}

func (c *column) attach(b *pleth.Batch) {
	of := b.Column(c.metric)
	c.digits = of.Mantissas()
	scale := of.Scale()
	if c.high != 0 && scale == c.scale {
		return
	}
	info := c.metric.Info()
	c.scale, c.low, c.high = scale, info.Low*pleth.Pow10(scale), info.High*pleth.Pow10(scale)
	if scale <= signal.Decimals {
		c.up, c.down = pleth.Pow10(signal.Decimals-scale), 0
	} else {
		c.up, c.down = 1, pleth.Pow10(scale-signal.Decimals)
	}
}

// fixed returns the number that m stands for, which is within the bounds.
func (c *column) fixed(m int64) signal.Fixed {
	if c.down != 0 {
		return signal.Fixed(pleth.DivRound(m, c.down))
	}
	return signal.Fixed(m * c.up)
}

// at returns the number in row i, or why there is none, and whether the row
// carries the metric.
func (c *column) at(i int) (v signal.Fixed, why pleth.Reasons, carried bool) {
	if i >= len(c.digits) {
		return 0, pleth.NoValue, false
	}
	switch m := c.digits[i]; {
	case m >= c.low && m <= c.high:
		return c.fixed(m), 0, true
	case m == pleth.MissingMantissa || m == pleth.AbsentMantissa:
		return 0, pleth.NoValue, m == pleth.MissingMantissa
	}
	return 0, pleth.OutOfRange, true
}

// number is at for a metric that goes along with the one of the timeline. It
// sets the parts of n: a Number returned whole costs a wait for its parts.
func (c *column) number(n *quality.Number, i int) {
	m := pleth.AbsentMantissa
	if i < len(c.digits) {
		m = c.digits[i]
	}
	if m >= c.low && m <= c.high {
		n.V, n.Ok, n.Missing = c.fixed(m), true, false
		return
	}
	n.V, n.Ok, n.Missing = 0, false, m != pleth.AbsentMantissa
}

// decimator turns rows that come twice a second or faster into one a second:
// the median of the valid values, where at least half of them are valid.
type decimator struct {
	second int64
	rows   []quality.Row
	values []signal.Fixed
}

func (d *decimator) push(r *quality.Row, out func(*quality.Row)) {
	if len(d.rows) > 0 && r.At/signal.Second != d.second {
		d.flush(out)
	}
	d.second = r.At / signal.Second
	d.rows = append(d.rows, *r)
}

func (d *decimator) flush(out func(*quality.Row)) {
	if len(d.rows) == 0 {
		return
	}
	r := quality.Row{At: d.second * signal.Second, First: d.rows[0].First, Last: d.rows[len(d.rows)-1].Last}
	var missing, doubts pleth.Reasons
	d.values = d.values[:0]
	own := 0
	for i := range d.rows {
		one := &d.rows[i]
		switch {
		case one.Rides:
			continue
		case one.Reasons.Missing():
			missing |= one.Reasons
		default:
			d.values = append(d.values, one.SpO2)
			doubts |= one.Reasons
		}
		own++
	}
	switch {
	case own == 0:
		r.Reasons, r.Rides = pleth.NoValue, true
	case 2*len(d.values) >= own:
		r.SpO2, r.Reasons = median(d.values), doubts
	default:
		r.Reasons = missing
	}
	r.Pulse = d.companion(func(r *quality.Row) quality.Number { return r.Pulse }, median)
	r.Perfusion = d.companion(func(r *quality.Row) quality.Number { return r.Perfusion }, median)
	r.Motion = d.companion(func(r *quality.Row) quality.Number { return r.Motion }, slices.Max[[]signal.Fixed])
	d.rows = d.rows[:0]
	out(&r)
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
