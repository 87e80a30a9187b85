package analysis

import (
	"fmt"

	"pleth/internal/oximetry"
	"pleth/internal/stream"
)

// The ids of families, put together once: a document needs them for every
// session.

var percentiles = [...]float64{1, 5, 10, 25, 75, 90, 95, 99}

var pulsePercentiles = [...]float64{5, 50, 95}

var percentileNames = func() (names [len(percentiles)]string) {
	for i, p := range percentiles {
		names[i] = fmt.Sprintf("spo2.p%g", p)
	}
	return names
}()

var pulsePercentileNames = func() (names [len(pulsePercentiles)]string) {
	for i, p := range pulsePercentiles {
		names[i] = fmt.Sprintf("pulse.p%g", p)
	}
	return names
}()

var binIDs = [...]string{"bins.le80", "bins.81_84", "bins.85_89", "bins.90_94", "bins.95_100"}

type belowIDs struct {
	seconds, pct, secondsLE, pctLE, longest, runs, area, areaPerH string
}

var belowNames = func() (names [len(stream.BelowLimits)]belowIDs) {
	for i, q := range stream.BelowLimits {
		p := fmt.Sprintf("below.%d.", q)
		names[i] = belowIDs{p + "seconds", p + "pct", p + "seconds_le", p + "pct_le", p + "longest_s", p + "runs", p + "area_pct_s", p + "area_pct_min_per_h"}
	}
	return names
}()

// countsRuns reports whether runs below a limit are counted by their length.
func countsRuns(limit int) bool { return limit <= 90 && limit >= 80 }

type runIDs struct{ count, seconds string }

var runNames = func() (names [len(stream.BelowLimits)][len(oximetry.RunMinimums)]runIDs) {
	for i, q := range stream.BelowLimits {
		for k, d := range oximetry.RunMinimums {
			p := fmt.Sprintf("runs.%d.min_%d.", q, d)
			names[i][k] = runIDs{p + "count", p + "seconds"}
		}
	}
	return names
}()

type rollingIDs struct{ meanMin, meanMax, sdMax string }

var rollingNames = func() (names [len(stream.RollingSpans)]rollingIDs) {
	for i, w := range stream.RollingSpans {
		p := fmt.Sprintf("rolling.%d.", w)
		names[i] = rollingIDs{p + "mean_min", p + "mean_max", p + "sd_max"}
	}
	return names
}()

type episodeIDs struct{ count, perH, total, longest string }

var episodeNames = func() (names [len(stream.EpisodeLimits)]episodeIDs) {
	for i, q := range stream.EpisodeLimits {
		p := fmt.Sprintf("episodes.%d.", q)
		names[i] = episodeIDs{p + "count", p + "per_h", p + "total_s", p + "longest_s"}
	}
	return names
}()

type thirdIDs struct{ valid, mean, low, below, belowPct, falls string }

var thirdNames = func() (names [3]thirdIDs) {
	for i := range names {
		p := fmt.Sprintf("thirds.%d.", i+1)
		names[i] = thirdIDs{p + "valid_s", p + "spo2.mean", p + "spo2.min", p + "below.90.seconds", p + "below.90.pct", p + "odi4.per_h"}
	}
	return names
}()
