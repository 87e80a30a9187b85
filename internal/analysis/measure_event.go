package analysis

import (
	"slices"

	"pleth/internal/oximetry"
	"pleth/internal/signal"
	"pleth/internal/stream"
	"pleth/internal/window"
)

// fourHours of valid signal are the least that clusters are rated on: no child
// changed category with as much (ERS abstract 461650).
const fourHours = 4 * 3600 * signal.Second

// events measures the absolute episodes, the falls and what falls make.
func (m *measures) events(w *whole) {
	d := w.d
	for i, q := range stream.EpisodeLimits {
		n := 0
		var total, longest int64
		for k := range d.Episodes {
			if e := &d.Episodes[k]; e.Limit == q {
				n++
				total += e.End - e.Start
				longest = max(longest, e.End-e.Start)
			}
		}
		m.set(episodeNames[i].count, float64(n))
		m.set(episodeNames[i].perH, float64(n)/hours(d.Valid))
		m.set(episodeNames[i].total, seconds(total))
		m.set(episodeNames[i].longest, seconds(longest))
	}
	m.set("odi3.count", float64(len(d.Falls)))
	m.set("odi3.per_h", float64(len(d.Falls))/hours(d.Valid))
	m.set("odi4.count", float64(len(d.Falls4)))
	m.set("odi4.per_h", float64(len(d.Falls4))/hours(d.Valid))
	burden := oximetry.BurdenOf(&d.Grid, d.Falls)
	m.set("burden.desat", float64(burden.Area)/float64(signal.One)/60/hours(d.Valid))
	rate, ok := oximetry.SteepestFall(&w.d.Grid, 0, d.Grid.Len())
	m.setIf("rate.max_fall", rate, ok, "needs 10 s without a gap")
	ratio, ok := oximetry.PlateauRatio(d.Falls)
	m.setIf("pattern.plateau_ratio", ratio, ok, "no falls")
	m.set("clusters.count", float64(len(w.clusters)))
	m.setIf("rate.cluster.per_h", float64(len(w.clusters))/hours(d.Valid), d.Valid >= fourHours, needs4h)
	m.mcgill(w)
}

// mcgill measures the McGill score where the age allows it.
func (m *measures) mcgill(w *whole) {
	reason := ""
	switch {
	case !w.age.Known():
		reason = "needs the age"
	case w.age.Infant():
		reason = "not valid below one year of age"
	case w.d.Valid < fourHours:
		reason = needs4h
	}
	if reason != "" {
		m.not(reason, "mcgill.score", "mcgill.clusters", "mcgill.baseline", "mcgill.dips90", "mcgill.dips85", "mcgill.dips80")
		return
	}
	s := oximetry.McGillScore(w.d.Falls4, len(w.clusters))
	m.set("mcgill.score", float64(s.Score))
	m.set("mcgill.clusters", float64(s.Clusters))
	m.set("mcgill.baseline", m.values["spo2.median"])
	m.set("mcgill.dips90", float64(s.Dips90))
	m.set("mcgill.dips85", float64(s.Dips85))
	m.set("mcgill.dips80", float64(s.Dips80))
}

// pulse measures the pulse rate, which may be there without SpO2.
func (m *measures) pulse(w *whole) {
	d := w.d
	bins := d.PulseAll.Bins()
	if len(bins) == 0 {
		m.not(noPulse, "pulse.mean", "pulse.sd", "pulse.min", "pulse.max", "pulse.rises6.per_h")
		m.not(noPulse, pulsePercentileNames[:]...)
	} else {
		mean, sd := window.Moments(bins)
		m.set("pulse.mean", mean)
		m.set("pulse.sd", sd)
		m.set("pulse.min", bins[0].V.Float())
		m.set("pulse.max", bins[len(bins)-1].V.Float())
		var held window.Distribution
		for k, v := range d.Pulse.V {
			if d.Pulse.Ok(k) {
				held.Add(v, 1)
			}
		}
		inSeconds := held.Bins()
		for i, p := range pulsePercentiles {
			m.set(pulsePercentileNames[i], window.Percentile(inSeconds, p))
		}
		m.set("pulse.rises6.per_h", float64(oximetry.Rises(&d.Pulse))/hours(d.PulseValid))
	}
	m.pulseResponse(d)
}

// pulseResponse sums up how the pulse rate answers the falls of four points.
func (m *measures) pulseResponse(d *stream.Derived) {
	var responses []signal.Fixed
	for i := range d.Falls4 {
		if v, ok := oximetry.PulseResponse(&d.Pulse, d.Falls4[i].Start, d.Falls4[i].Nadir); ok {
			responses = append(responses, v)
		}
	}
	m.set("pulse.response.count", float64(len(responses)))
	if len(responses) == 0 {
		m.not("no fall of 4 points or more with a pulse rate around it", "pulse.response.median", "pulse.response.max")
		return
	}
	slices.Sort(responses)
	n := len(responses)
	m.set("pulse.response.median", (responses[(n-1)/2].Float()+responses[n/2].Float())/2)
	m.set("pulse.response.max", responses[n-1].Float())
}
