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

// set gives id a value; NaN and infinities are not values.
func (m *measures) set(id string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		m.not(id, "no valid signal")
		return
	}
	m.values[id] = v
}

// not says why id has no value.
func (m *measures) not(id, reason string) { m.absent[id] = reason }

func seconds(ns int64) float64 { return float64(ns) / float64(signal.Second) }

func hours(ns int64) float64 { return float64(ns) / float64(signal.Second) / 3600 }

var percentiles = [...]float64{1, 5, 10, 25, 75, 90, 95, 99}

// belowIDs are the ids of one limit, put together once.
type belowIDs struct {
	seconds, pct, secondsLE, pctLE, longest, runs, area, areaPerH string
}

var belowNames = func() (ids [len(stream.BelowLimits)]belowIDs) {
	for i, q := range stream.BelowLimits {
		p := fmt.Sprintf("below.%d.", q)
		ids[i] = belowIDs{p + "seconds", p + "pct", p + "seconds_le", p + "pct_le", p + "longest_s", p + "runs", p + "area_pct_s", p + "area_pct_min_per_h"}
	}
	return ids
}()

// level measures the level of SpO2 and the time below limits.
func (m *measures) level(d *stream.Derived) {
	m.set("time.span_s", seconds(d.Span))
	m.set("time.valid_s", seconds(d.Valid))
	if d.Span > 0 {
		m.set("time.valid_pct", 100*float64(d.Valid)/float64(d.Span))
	}
	bins := d.All.Bins()
	mean, sd := window.Moments(bins)
	m.set("spo2.mean", mean)
	m.set("spo2.sd", sd)
	held := d.Seconds.Bins()
	m.set("spo2.median", window.Percentile(held, 50))
	for _, p := range percentiles {
		m.set(fmt.Sprintf("spo2.p%g", p), window.Percentile(held, p))
	}
	if len(bins) > 0 {
		m.set("spo2.min", bins[0].V.Float())
		m.set("spo2.max", bins[len(bins)-1].V.Float())
	}
	for i, q := range stream.BelowLimits {
		m.below(&belowNames[i], q, bins, &d.Below[i], d.Valid)
	}
	for i, q := range stream.BelowLimits {
		if q > 90 || q < 80 {
			continue
		}
		for k, minimum := range oximetry.RunMinimums {
			p := fmt.Sprintf("runs.%d.min_%d.", q, minimum)
			m.set(p+"count", float64(d.Below[i].ByMin[k].Count))
			m.set(p+"seconds", seconds(d.Below[i].ByMin[k].Time))
		}
	}
	m.bins(bins, d.Valid)
	for i, w := range stream.RollingSpans {
		p := fmt.Sprintf("rolling.%d.", w)
		r := &d.Rolling[i]
		if !r.Exists {
			for _, id := range []string{"mean_min", "mean_max", "sd_max"} {
				m.not(p+id, fmt.Sprintf("needs a window of %d s that is at least half valid", w))
			}
			continue
		}
		m.set(p+"mean_min", r.MeanMin)
		m.set(p+"mean_max", r.MeanMax)
		m.set(p+"sd_max", r.SDMax)
	}
	if v := d.DI12.Value(); math.IsNaN(v) {
		m.not("di12", "needs two adjacent blocks of 12 s without a gap")
	} else {
		m.set("di12", v)
	}
}

func (m *measures) below(ids *belowIDs, q int, bins []window.Bin, runs *oximetry.Below, valid int64) {
	limit := signal.Whole(q)
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
	pct := func(ns int64) float64 { return 100 * float64(ns) / float64(valid) }
	m.set("bins.le80", pct(le80))
	m.set("bins.81_84", pct(b81))
	m.set("bins.85_89", pct(b85))
	m.set("bins.90_94", pct(b90))
	m.set("bins.95_100", pct(b95))
	m.set("nhs", 100*float64(b90+2*b85+3*b80+4*le79)/float64(valid))
}

// events measures the absolute episodes and the falls.
func (m *measures) events(d *stream.Derived) {
	for _, q := range stream.EpisodeLimits {
		n := 0
		var total, longest int64
		for i := range d.Episodes {
			if e := &d.Episodes[i]; e.Limit == q {
				n++
				total += e.End - e.Start
				longest = max(longest, e.End-e.Start)
			}
		}
		p := fmt.Sprintf("episodes.%d.", q)
		m.set(p+"count", float64(n))
		m.set(p+"per_h", float64(n)/hours(d.Valid))
		m.set(p+"total_s", seconds(total))
		m.set(p+"longest_s", seconds(longest))
	}
	n3, n4 := len(d.Falls), len(d.Falls4)
	m.set("odi3.count", float64(n3))
	m.set("odi3.per_h", float64(n3)/hours(d.Valid))
	m.set("odi4.count", float64(n4))
	m.set("odi4.per_h", float64(n4)/hours(d.Valid))
}
