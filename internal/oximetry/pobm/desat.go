package pobm

import (
	"math"

	"pleth/internal/oximetry"
)

// desatSetting is one detector of desaturations with its parameters: the
// relative one if rules has a threshold, else the one below a fixed limit:
// hard in %, or else the quantile of the series.
type desatSetting struct {
	name     string
	params   Params
	rules    oximetry.RelativeRules
	hard     int
	quantile float64
}

var desatSettings = [...]desatSetting{
	{name: "odi3_relative_default", params: Params{"ODI_Threshold": 3},
		rules: oximetry.RelativeRules{Threshold: 3, MaxLength: oximetry.RelativeMaximum}},
	{name: "odi4_relative", params: Params{"ODI_Threshold": 4},
		rules: oximetry.RelativeRules{Threshold: 4, MaxLength: oximetry.RelativeMaximum}},
	{name: "odi3_relative_max120", params: Params{"ODI_Threshold": 3, "desat_max_length": 120},
		rules: oximetry.RelativeRules{Threshold: 3, MaxLength: 120}},
	{name: "odi3_meta30_min10", params: Params{"ODI_Threshold": 3, "min_dist_meta_event": 30, "desat_min_length": 10},
		rules: oximetry.RelativeRules{Threshold: 3, MaxLength: oximetry.RelativeMaximum, MinLength: 10, Merge: 30}},
	{name: "hard90", params: Params{"hard_threshold": 90, "threshold_method": "Hard"}, hard: 90},
	{name: "hard88", params: Params{"hard_threshold": 88, "threshold_method": "Hard"}, hard: 88},
	{name: "hard85", params: Params{"hard_threshold": 85, "threshold_method": "Hard"}, hard: 85},
	{name: "quantile10", params: Params{"quantile_threshold": 0.1, "threshold_method": "Quantile"}, quantile: 0.1},
}

// eventSums are the sums over the events of one setting that burdens need.
type eventSums struct{ length, areaMax, area100 int }

// event is what one desaturation measures; times in samples.
type event struct {
	begin, length, fall, rise int
	area100, areaMax          int
	depth100, depthMax        int
}

// desats finds and measures desaturations; it keeps its memory.
type desats struct {
	onsets [2][]oximetry.Onset // for thresholds of 3 and 4 points
	dips   []oximetry.Dip
	events []event
	slopes []float64
}

// scan finds what the relative settings share.
func (m *desats) scan(x []uint8) {
	for i := range m.onsets {
		m.onsets[i] = oximetry.Onsets(m.onsets[i][:0], x, 3+i)
	}
}

// measure returns the block of one setting for the series last scanned, and
// the sums over its events.
func (m *desats) measure(x []uint8, d *distribution, s *desatSetting) (*Desat, eventSums) {
	b := &Desat{Params: s.params}
	if s.rules.Threshold > 0 {
		m.dips, b.Before = s.rules.Dips(m.dips[:0], x, m.onsets[s.rules.Threshold-3])
	} else {
		limit := s.hard
		if limit == 0 && d.n > 0 {
			limit = int(math.Ceil(d.quantile(s.quantile)))
		}
		m.dips = below(m.dips[:0], x, limit)
		b.Before = len(m.dips)
	}
	m.events, m.slopes = m.events[:0], m.slopes[:0]
	var sums eventSums
	for _, dip := range m.dips {
		e := m.event(x, dip)
		m.events = append(m.events, e)
		sums.length += e.length
		sums.areaMax += e.areaMax
		sums.area100 += e.area100
	}
	b.Events = len(m.dips)
	b.Values = m.values(d.n)
	list := make([]int, 2*len(m.dips))
	b.Begin, b.End = list[:len(m.dips)], list[len(m.dips):]
	for i, dip := range m.dips {
		b.Begin[i], b.End[i] = dip.Begin, dip.End
	}
	return b, sums
}

// below finds the time below limit: from the first sample below to the first
// one that is not. What is below at the start or at the end is left out.
func below(dst []oximetry.Dip, x []uint8, limit int) []oximetry.Dip {
	begin := -1
	for i := 1; i < len(x); i++ {
		was, is := int(x[i-1]) < limit, int(x[i]) < limit
		switch {
		case is && !was:
			begin = i
		case was && !is && begin >= 0:
			dst = append(dst, oximetry.Dip{Begin: begin, Nadir: oximetry.Lowest(x, begin, i), End: i})
		}
	}
	return dst
}

// event measures one dip, and keeps its slope unless its highest sample comes
// after its lowest.
func (m *desats) event(x []uint8, dip oximetry.Dip) event {
	y := x[dip.Begin : dip.End+1]
	sum, top, bottom := 0, 0, 0 // first highest, last lowest
	for i, v := range y {
		sum += int(v)
		if v > y[top] {
			top = i
		}
		if v <= y[bottom] {
			bottom = i
		}
	}
	if top <= bottom {
		m.slopes = append(m.slopes, slope(y[top:bottom+1]))
	}
	high, low := int(y[top]), int(y[bottom])
	return event{begin: dip.Begin, length: dip.End - dip.Begin, fall: dip.Nadir - dip.Begin, rise: dip.End - dip.Nadir,
		area100: 100*len(y) - sum, areaMax: high*len(y) - sum, depth100: 100 - low, depthMax: high - low}
}

// slope returns the least-squares slope per sample of two samples or more.
func slope(y []uint8) float64 {
	n, sy, sty := len(y), 0, 0
	for t, v := range y {
		sy += int(v)
		sty += t * int(v)
	}
	st, stt := n*(n-1)/2, n*(n-1)*(2*n-1)/6
	return float64(n*sty-st*sy) / float64(n*stt-st*st)
}

// values returns the means and deviations over the events of a series of n
// samples.
func (m *desats) values(n int) DesatValues {
	if len(m.events) == 0 {
		return DesatValues{}
	}
	v := DesatValues{ODI: Number(float64(len(m.events)) / float64(n) * 3600)}
	over := func(of func(e *event) int) (Number, Number) {
		return spread(len(m.events), func(i int) float64 { return float64(of(&m.events[i])) })
	}
	v.DLu, v.DLsd = over(func(e *event) int { return e.length })
	v.DA100u, v.DA100sd = over(func(e *event) int { return e.area100 })
	v.DAmaxu, v.DAmaxsd = over(func(e *event) int { return e.areaMax })
	v.DD100u, v.DD100sd = over(func(e *event) int { return e.depth100 })
	v.DDmaxu, v.DDmaxsd = over(func(e *event) int { return e.depthMax })
	v.DSu, v.DSsd = spread(len(m.slopes), func(i int) float64 { return m.slopes[i] })
	v.TDu, v.TDsd = spread(len(m.events)-1, func(i int) float64 { return float64(m.events[i+1].begin - m.events[i].begin) })
	v.DLau, v.DLasd = over(func(e *event) int { return e.fall })
	v.DLbu, v.DLbsd = over(func(e *event) int { return e.rise })
	return v
}

// spread returns the mean and the population standard deviation of n values;
// NaN of none.
func spread(n int, at func(i int) float64) (mean, sd Number) {
	sum := 0.0
	for i := range n {
		sum += at(i)
	}
	m := sum / float64(n)
	ss := 0.0
	for i := range n {
		d := at(i) - m
		ss += d * d
	}
	return Number(m), Number(math.Sqrt(ss / float64(n)))
}
