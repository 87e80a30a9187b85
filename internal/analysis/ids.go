package analysis

import (
	"fmt"
	"slices"

	"pleth/internal/oximetry"
	"pleth/internal/stream"
)

// ID describes one metric id of the document.
type ID struct {
	ID      string // "spo2.mean"
	Unit    string // UCUM; "1" for counts and pure numbers
	Meaning string // one line, without a full stop
	Clean   bool   // the id ends in CleanSuffix
}

// CleanSuffix ends the id of a metric that leaves suspect and artefact samples
// out. Every metric has such a twin.
const CleanSuffix = ".clean"

// IDs returns every metric id in a fixed order, each followed by its twin. Each
// session has a value for it, or says why not.
func IDs() []ID { return slices.Clone(ids) }

var ids = buildIDs()

// cleanID holds the twin of each plain id.
var cleanID = func() map[string]string {
	m := make(map[string]string, len(ids)/2)
	for _, id := range ids {
		if !id.Clean {
			m[id.ID] = id.ID + CleanSuffix
		}
	}
	return m
}()

// idList collects ids and their twins.
type idList []ID

func (l *idList) add(id, unit, meaning string) {
	*l = append(*l, ID{id, unit, meaning, false},
		ID{id + CleanSuffix, unit, meaning + ", without suspect and artefact samples", true})
}

func buildIDs() []ID {
	var l idList
	l.level()
	l.below()
	l.windows()
	l.events()
	l.pulse()
	l.patterns()
	l.complexity()
	return l
}

func (l *idList) level() {
	l.add("time.span_s", "s", "all row slots of the session, leading and trailing missing ones included")
	l.add("time.valid_s", "s", "time with a valid SpO2")
	l.add("time.valid_pct", "%", "valid share of the span")
	l.add("spo2.mean", "%", "mean SpO2 over valid time")
	l.add("spo2.sd", "%", "standard deviation of SpO2 over valid time, population")
	l.add("spo2.median", "%", "median SpO2")
	l.add("spo2.min", "%", "lowest single sample")
	l.add("spo2.min_3s", "%", "lowest value that SpO2 stayed at or below for 3 s")
	l.add("spo2.max", "%", "highest single sample")
	for _, p := range percentiles {
		l.add(fmt.Sprintf("spo2.p%g", p), "%", fmt.Sprintf("SpO2 that %g %% of valid time lies at or below", p))
	}
	for i, name := range [...]string{"80 % or less", "81 to 84 %", "85 to 89 %", "90 to 94 %", "95 % or more"} {
		l.add(binIDs[i], "%", "share of valid time at "+name+", to whole percent")
	}
	l.add("nhs", "1", "nocturnal hypoxaemia score: shares of time at 90-94, 85-89, 80-84, 79 and below, weighed 1 to 4")
}

func (l *idList) below() {
	for i, q := range stream.BelowLimits {
		n := &belowNames[i]
		l.add(n.seconds, "s", fmt.Sprintf("time strictly below %d %%", q))
		l.add(n.pct, "%", fmt.Sprintf("share of valid time strictly below %d %%", q))
		l.add(n.secondsLE, "s", fmt.Sprintf("time at or below %d %%", q))
		l.add(n.pctLE, "%", fmt.Sprintf("share of valid time at or below %d %%", q))
		l.add(n.longest, "s", fmt.Sprintf("longest unbroken time strictly below %d %%", q))
		l.add(n.runs, "1", fmt.Sprintf("unbroken runs strictly below %d %%", q))
		l.add(n.area, "%.s", fmt.Sprintf("area between SpO2 and %d %%", q))
		l.add(n.areaPerH, "%.min/h", fmt.Sprintf("the same per hour of valid time, below %d %%", q))
	}
	for i, q := range stream.BelowLimits {
		if !countsRuns(q) {
			continue
		}
		for k, d := range oximetry.RunMinimums {
			l.add(runNames[i][k].count, "1", fmt.Sprintf("runs of %d s or more strictly below %d %%", d, q))
			l.add(runNames[i][k].seconds, "s", fmt.Sprintf("time in runs of %d s or more strictly below %d %%", d, q))
		}
	}
}

func (l *idList) windows() {
	for i, w := range stream.RollingSpans {
		n := &rollingNames[i]
		l.add(n.meanMin, "%", fmt.Sprintf("lowest mean of a trailing window of %d s", w))
		l.add(n.meanMax, "%", fmt.Sprintf("highest mean of a trailing window of %d s", w))
		l.add(n.sdMax, "%", fmt.Sprintf("highest standard deviation of a trailing window of %d s", w))
	}
	l.add("di12", "%", "delta index: mean difference between the means of adjacent blocks of 12 s")
	l.add("variability.high_s", "s", "seconds at which the standard deviation of the last 300 s is 2 points or more")
}

func (l *idList) events() {
	for i, q := range stream.EpisodeLimits {
		n := &episodeNames[i]
		l.add(n.count, "1", fmt.Sprintf("episodes below %d %%", q))
		l.add(n.perH, "/h", fmt.Sprintf("episodes below %d %% per hour of valid time", q))
		l.add(n.total, "s", fmt.Sprintf("time in episodes below %d %%", q))
		l.add(n.longest, "s", fmt.Sprintf("longest episode below %d %%", q))
	}
	for _, n := range [...]string{"3", "4"} {
		l.add("odi"+n+".count", "1", "falls of "+n+" points or more, by the method the document names")
		l.add("odi"+n+".per_h", "/h", "falls of "+n+" points or more per hour of valid time")
	}
	l.add("burden.desat", "%.min/h", "area of the falls under the level before them, per hour of valid time")
	l.add("rate.max_fall", "%/s", "greatest robust rate of fall over 10 s")
	l.add("clusters.count", "1", "clusters of falls of 4 points or more")
	l.add("rate.cluster.per_h", "/h", "clusters per hour of valid time")
	l.add("pattern.plateau_ratio", "1", "area of the falls as a share of drop times duration: 1/2 saw-tooth, 1 plateau")
	l.add("mcgill.score", "1", "McGill oximetry score, 1 normal or inconclusive to 4 severe; from one year of age")
	l.add("mcgill.clusters", "1", "clusters that the McGill score rests on")
	l.add("mcgill.baseline", "%", "level that the McGill score rests on, the median")
	for _, q := range [...]string{"90", "85", "80"} {
		l.add("mcgill.dips"+q, "1", "falls of 4 points or more to below "+q+" % that the McGill score rests on")
	}
}

func (l *idList) pulse() {
	l.add("pulse.mean", "/min", "mean pulse rate")
	l.add("pulse.sd", "/min", "standard deviation of the pulse rate, population")
	l.add("pulse.min", "/min", "lowest pulse rate")
	l.add("pulse.max", "/min", "highest pulse rate")
	for _, p := range pulsePercentiles {
		l.add(fmt.Sprintf("pulse.p%g", p), "/min", fmt.Sprintf("pulse rate that %g %% of its time lies at or below", p))
	}
	l.add("pulse.rises6.per_h", "/h", "rises of the pulse rate by 6 /min or more per hour with a pulse")
	l.add("pulse.response.count", "1", "falls of 4 points or more whose pulse response is known")
	l.add("pulse.response.median", "/min", "median rise of the pulse rate after those falls")
	l.add("pulse.response.max", "/min", "greatest rise of the pulse rate after those falls")
}

func (l *idList) patterns() {
	l.add("slope.theil_sen", "%/h", "robust slope of the 5 min medians over the session")
	l.add("trend.change", "%", "that slope over the time from the first block to the last, in points")
	l.add("trend.mann_kendall_p", "1", "two-sided p of the test that the session has no trend")
	l.add("trend.last60.slope", "%/h", "robust slope of the 5 min medians over the last 60 min")
	l.add("trend.last60.change", "%", "that slope over the blocks of the last 60 min, in points")
	l.add("trend.last60.mann_kendall_p", "1", "two-sided p of the test that the last 60 min have no trend")
	l.add("shift.count", "1", "changes of the level by 2 points or more from one half hour to the next")
	l.add("shift.max", "%", "greatest change of the level from one half hour to the next, in points, negative down")
	for i := range thirdNames {
		n, name := &thirdNames[i], [...]string{"first", "second", "last"}[i]
		l.add(n.valid, "s", "valid time in the "+name+" third of the session")
		l.add(n.mean, "%", "mean SpO2 in the "+name+" third")
		l.add(n.low, "%", "lowest SpO2 in the "+name+" third")
		l.add(n.below, "s", "time strictly below 90 % in the "+name+" third")
		l.add(n.belowPct, "%", "share of its valid time strictly below 90 % in the "+name+" third")
		l.add(n.falls, "/h", "falls of 4 points or more per hour of its valid time in the "+name+" third")
	}
}

func (l *idList) complexity() {
	l.add("entropy.approximate", "1", "approximate entropy, m = 2, r = 0.25 points")
	l.add("entropy.sample", "1", "sample entropy, m = 3, r = 0.2 points")
	l.add("entropy.lz76", "1", "phrases of the series above or below its median, after Lempel and Ziv 1976")
	l.add("entropy.lz76_normalised", "1", "those phrases times log2(n)/n")
	l.add("entropy.ctm", "1", "central tendency measure, r = 0.25 points")
	l.add("dfa.alpha", "1", "scaling exponent of the detrended fluctuation analysis from 16 s up")
	l.add("prsa.c", "%", "capacity of the phase-rectified signal average around falling seconds")
	l.add("prsa.ad", "%", "amplitude of that average")
	l.add("prsa.os", "%/s", "slope of that average")
	l.add("prsa.sb", "%/s", "slope of that average before the anchor")
	l.add("prsa.sa", "%/s", "slope of that average from the anchor on")
	l.add("psd.total", "%2", "power of SpO2 at all frequencies above 0")
	l.add("psd.band", "%2", "power of SpO2 between 0.014 and 0.033 Hz, cycles of 30 to 70 s")
	l.add("psd.band_ratio", "1", "share of the power in that band")
	l.add("psd.peak_hz", "Hz", "frequency at which that band is strongest")
}
