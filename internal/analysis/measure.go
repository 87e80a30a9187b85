package analysis

import (
	"fmt"
	"math"

	"pleth/internal/oximetry"
	"pleth/internal/signal"
	"pleth/internal/stream"
	"pleth/internal/window"
)

// measures collects metric values by id, and why some are not there.
type measures struct {
	values map[string]float64
	absent map[string]string
}

func newMeasures() *measures {
	return &measures{make(map[string]float64, len(ids)), map[string]string{}}
}

// Reasons for which a metric has no value.
const (
	noSignal = "no valid signal"
	noPulse  = "no pulse rate"
	needs4h  = "needs 4 h of valid signal"
)

// set gives id a value; NaN and infinities are not values.
func (m *measures) set(id string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		m.not(noSignal, id)
		return
	}
	m.values[id] = v
}

// not says why ids have no value.
func (m *measures) not(reason string, ids ...string) {
	for _, id := range ids {
		m.absent[id] = reason
	}
}

// setIf gives id a value if ok, and says why not otherwise.
func (m *measures) setIf(id string, v float64, ok bool, reason string) {
	if !ok {
		m.not(reason, id)
		return
	}
	m.set(id, v)
}

// whole is a session with what several measures of it are read from.
type whole struct {
	d        *stream.Derived
	age      oximetry.Age
	series   *oximetry.Series
	clusters []oximetry.Cluster
	levels   []oximetry.Level
	trend    oximetry.Trend
	hasTrend bool
}

func newWhole(d *stream.Derived, age oximetry.Age) *whole {
	w := &whole{d: d, age: age, series: oximetry.NewSeries(&d.Grid), clusters: oximetry.Clusters(d.Falls4)}
	w.levels = oximetry.Levels(w.series)
	w.trend, w.hasTrend = oximetry.TrendOf(w.levels)
	return w
}

// measure returns the plain ids of a session.
func (w *whole) measure() *measures {
	m := newMeasures()
	m.time(w.d)
	m.pulse(w)
	if w.d.Valid == 0 {
		m.nothing()
		return m
	}
	bins := w.d.All.Bins()
	m.level(w, bins)
	m.below(w.d, bins)
	m.windows(w.d)
	m.events(w)
	m.patterns(w)
	m.complexity(w.series)
	return m
}

// nothing says of every id that has no value yet that there is no signal.
func (m *measures) nothing() {
	for _, id := range ids {
		_, has := m.values[id.ID]
		if !has && m.absent[id.ID] == "" && !id.Clean {
			m.not(noSignal, id.ID)
		}
	}
}

// clean adds the twins of the plain ids from the measures of the session
// without its doubted samples.
func (m *measures) clean(of *measures) {
	if of != m {
		for id, v := range of.values {
			m.values[cleanID[id]] = v
		}
		for id, reason := range of.absent {
			m.absent[cleanID[id]] = reason
		}
		return
	}
	for _, id := range ids {
		if id.Clean {
			continue
		}
		if v, ok := m.values[id.ID]; ok {
			m.values[cleanID[id.ID]] = v
		} else {
			m.absent[cleanID[id.ID]] = m.absent[id.ID]
		}
	}
}

func seconds(ns int64) float64 { return float64(ns) / float64(signal.Second) }

func hours(ns int64) float64 { return seconds(ns) / 3600 }

func (m *measures) time(d *stream.Derived) {
	m.set("time.span_s", seconds(d.Span))
	m.set("time.valid_s", seconds(d.Valid))
	m.set("time.valid_pct", 100*float64(d.Valid)/float64(d.Span))
}

func (m *measures) level(w *whole, bins []window.Bin) {
	mean, sd := window.Moments(bins)
	m.set("spo2.mean", mean)
	m.set("spo2.sd", sd)
	held := w.d.Seconds.Bins()
	m.set("spo2.median", window.Percentile(held, 50))
	for i, p := range percentiles {
		m.set(percentileNames[i], window.Percentile(held, p))
	}
	m.set("spo2.min", bins[0].V.Float())
	m.set("spo2.max", bins[len(bins)-1].V.Float())
	lowest, ok := oximetry.LowestHeld(w.series)
	m.setIf("spo2.min_3s", lowest.Float(), ok, "needs 3 s without a gap")
	m.bins(bins, w.d.Valid)
}

// bins measures the neonatal bins and the nocturnal hypoxaemia score; a value
// between whole percents belongs to the nearest, half to even.
func (m *measures) bins(bins []window.Bin, valid int64) {
	var le80, b81, b85, b90, b95, le79, b80 int64
	for _, b := range bins {
		switch v := b.V.Round() / signal.One; {
		case v >= 95:
			b95 += b.Weight
		case v >= 90:
			b90 += b.Weight
		case v >= 85:
			b85 += b.Weight
		case v >= 81:
			b81 += b.Weight
			b80 += b.Weight
		default:
			le80 += b.Weight
			if v >= 80 {
				b80 += b.Weight
			} else {
				le79 += b.Weight
			}
		}
	}
	for i, ns := range [...]int64{le80, b81, b85, b90, b95} {
		m.set(binIDs[i], 100*float64(ns)/float64(valid))
	}
	m.set("nhs", 100*float64(b90+2*b85+3*b80+4*le79)/float64(valid))
}

func (m *measures) below(d *stream.Derived, bins []window.Bin) {
	for i := range d.Below {
		m.belowLimit(&belowNames[i], bins, &d.Below[i], d.Valid)
		if !countsRuns(d.Below[i].Limit) {
			continue
		}
		for k, run := range d.Below[i].ByMin {
			m.set(runNames[i][k].count, float64(run.Count))
			m.set(runNames[i][k].seconds, seconds(run.Time))
		}
	}
}

func (m *measures) belowLimit(ids *belowIDs, bins []window.Bin, runs *oximetry.Below, valid int64) {
	limit := signal.Whole(runs.Limit)
	var lt, le int64
	var area signal.Sum
	for _, b := range bins {
		if b.V > limit {
			break
		}
		le += b.Weight
		if b.V < limit {
			lt += b.Weight
			area.Add(int64(limit-b.V), b.Weight)
		}
	}
	m.set(ids.seconds, seconds(lt))
	m.set(ids.secondsLE, seconds(le))
	m.set(ids.longest, seconds(runs.Longest))
	m.set(ids.runs, float64(runs.Runs))
	areaPctS := area.Float() / 1e18
	m.set(ids.area, areaPctS)
	m.set(ids.pct, 100*float64(lt)/float64(valid))
	m.set(ids.pctLE, 100*float64(le)/float64(valid))
	m.set(ids.areaPerH, areaPctS/60/hours(valid))
}

// windows measures what moves along the session second by second.
func (m *measures) windows(d *stream.Derived) {
	for i, span := range stream.RollingSpans {
		r, n := &d.Rolling[i], &rollingNames[i]
		if !r.Exists {
			m.not(fmt.Sprintf("needs a window of %d s that is at least half valid", span), n.meanMin, n.meanMax, n.sdMax)
			continue
		}
		m.set(n.meanMin, r.MeanMin)
		m.set(n.meanMax, r.MeanMax)
		m.set(n.sdMax, r.SDMax)
	}
	m.setIf("variability.high_s", float64(d.HighSD), d.Rolling[stream.LongSpan].Exists, "needs a window of 300 s that is at least half valid")
	di12 := d.DI12.Value()
	m.setIf("di12", di12, !math.IsNaN(di12), "needs two adjacent blocks of 12 s without a gap")
}
