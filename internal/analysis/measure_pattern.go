package analysis

import (
	"pleth/internal/oximetry"
	"pleth/internal/signal"
)

// patterns measures the course of the level over the session.
func (m *measures) patterns(w *whole) {
	m.trend(w.trend, w.hasTrend, "needs 12 blocks of 5 min that are at least half valid",
		"slope.theil_sen", "trend.change", "trend.mann_kendall_p")
	last, ok := oximetry.TrendLastHour(w.levels, w.d.Grid.Len())
	m.trend(last, ok, "needs 6 blocks of 5 min in the last hour that are at least half valid",
		"trend.last60.slope", "trend.last60.change", "trend.last60.mann_kendall_p")
	shift, ok := oximetry.ShiftOf(w.series)
	const twoHalfHours = "needs two half hours in a row that are at least half valid"
	m.setIf("shift.count", float64(shift.Count), ok, twoHalfHours)
	m.setIf("shift.max", shift.Largest.Float(), ok, twoHalfHours)
	m.thirds(w)
}

func (m *measures) trend(t oximetry.Trend, ok bool, reason, perHour, change, p string) {
	m.setIf(perHour, t.PerHour, ok, reason)
	m.setIf(change, t.Change, ok, reason)
	m.setIf(p, t.P, ok, reason)
}

// thirds measures the three thirds of the session by its seconds.
func (m *measures) thirds(w *whole) {
	seconds := w.d.Grid.Len()
	for i := range thirdNames {
		n := &thirdNames[i]
		p := partOf(w, i*seconds/3, (i+1)*seconds/3)
		m.set(n.valid, float64(p.valid))
		m.set(n.below, float64(p.below90))
		if p.valid == 0 {
			m.not("no valid signal in this third", n.mean, n.low, n.belowPct, n.falls)
			continue
		}
		m.set(n.mean, p.mean())
		m.set(n.low, p.low.Float())
		m.set(n.belowPct, 100*float64(p.below90)/float64(p.valid))
		m.set(n.falls, float64(p.falls4)*3600/float64(p.valid))
	}
}

// part is what some seconds of a session come to.
type part struct {
	valid   int // seconds
	below90 int // seconds
	sum     int64
	low     signal.Fixed
	falls4  int // that begin in it
}

// partOf measures the seconds from..end-1.
func partOf(w *whole, from, end int) part {
	var p part
	for _, r := range w.series.Between(from, end) {
		if r.Rank == oximetry.Missing {
			continue
		}
		v, n := w.series.Values[r.Rank], min(int(r.End), end)-max(int(r.From), from)
		if p.valid == 0 || v < p.low {
			p.low = v
		}
		p.valid += n
		p.sum += int64(v) * int64(n)
		if v < 90*signal.One {
			p.below90 += n
		}
	}
	for i := range w.d.Falls4 {
		if at := w.d.Falls4[i].Start; at >= from && at < end {
			p.falls4++
		}
	}
	return p
}

func (p *part) mean() float64 { return float64(p.sum) / float64(p.valid) / float64(signal.One) }

// complexity measures how regular and how periodic the signal is.
func (m *measures) complexity(s *oximetry.Series) {
	e := oximetry.EntropiesOf(s)
	m.setIf("entropy.approximate", e.Approximate, e.ApproximateOk, "needs 3 s without a gap")
	m.setIf("entropy.sample", e.Sample, e.SampleOk, "no stretch of 4 s occurs twice")
	lz, ok := oximetry.LempelZiv76(s)
	m.setIf("entropy.lz76", float64(lz.Phrases), ok, "needs 2 s of valid signal")
	m.setIf("entropy.lz76_normalised", lz.Normalised, ok, "needs 2 s of valid signal")
	ctm, ok := oximetry.CentralTendency(s)
	m.setIf("entropy.ctm", ctm, ok, "needs 3 s without a gap")
	alpha, ok := oximetry.DFA(s)
	m.setIf("dfa.alpha", alpha, ok, "needs a signal that varies, 16 min of it with long stretches without a gap")
	p, ok := oximetry.PRSAOf(s)
	const noAnchor = "needs a fall from one second to the next with 10 s before and 9 s after it without a gap"
	m.setIf("prsa.c", p.Capacity, ok, noAnchor)
	m.setIf("prsa.ad", p.Amplitude, ok, noAnchor)
	m.setIf("prsa.os", p.Slope, ok, noAnchor)
	m.setIf("prsa.sb", p.Before, ok, noAnchor)
	m.setIf("prsa.sa", p.After, ok, noAnchor)
	sp, ok := oximetry.SpectrumOf(s)
	const noWindow = "needs a signal that varies, 256 s of it without a gap"
	m.setIf("psd.total", sp.Total, ok, noWindow)
	m.setIf("psd.band", sp.Band, ok, noWindow)
	m.setIf("psd.band_ratio", sp.Ratio, ok, noWindow)
	m.setIf("psd.peak_hz", sp.PeakHz, ok, noWindow)
}
