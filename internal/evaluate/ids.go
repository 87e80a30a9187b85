package evaluate

import "slices"

// metricIDs are the ids of the analysis document that the rules read, all of
// them: what a producer must supply for every rule to speak. Each may be
// absent. Where an id with the suffix ".clean" (without doubtful samples) is
// there too, levels rest on it.
var metricIDs = []string{
	"time.span_s", "time.valid_s", "time.valid_pct",
	"spo2.mean", "spo2.median", "spo2.p5", "spo2.p95", "spo2.min", "spo2.min_3s",
	"below.95.seconds", "below.95.pct", "below.92.seconds", "below.92.pct",
	"below.90.seconds", "below.90.pct", "below.90.pct_le", "below.90.area_pct_min_per_h",
	"below.88.seconds", "below.88.pct", "below.85.seconds", "below.85.pct", "below.80.seconds", "below.80.pct",
	"episodes.90.count", "episodes.88.count", "episodes.85.count",
	"odi3.count", "odi3.per_h", "odi4.count", "odi4.per_h",
	"burden.desat", "di12",
	"clusters.count", "trend.change", "trend.mann_kendall_p", "variability.high_s", "psd.band_ratio", "psd.peak_hz",
	"thirds.1.below.90.seconds", "thirds.2.below.90.seconds", "thirds.3.below.90.seconds",
	"pulse.mean", "pulse.min", "pulse.max", "pulse.rises6.per_h",
	"mcgill.score",
}

// MetricIDs returns the metric ids that the rules read. Published bands may
// add others.
func MetricIDs() []string { return slices.Clone(metricIDs) }

// The numbers that rules compare with and texts print.
const (
	needValidS   = 4 * 3600 // no child changed category with 4 h or more: ERS 461650
	needValidPct = 80       // own
	needScore    = 60       // of the grade "adequate": oximetry, recording quality
	wantValidS   = 6 * 3600 // many laboratories ask for it; general knowledge
	usualNights  = 3        // reference nights before anything is called usual; own
	doubtfulPct  = 50       // of an episode below its limit: mostly doubtful; own
	prolongedS   = 60       // an episode as long is prolonged: Poets 2015, general knowledge
	deepBelow    = 80       // nadir of a deep dip: the limit of infant research, PMC4433009
	pulseRise    = 6        // /min; pulse.rises6
	shortAvgS    = 3        // longest averaging that keeps short dips: ADC 101:1082
	infantBelow  = 1        // years
)

// constants are the numbers that texts may print without a metric, by
// reference.
var constants = map[string]float64{
	"need.valid_s":      needValidS,
	"need.valid_pct":    needValidPct,
	"need.score":        needScore,
	"want.valid_s":      wantValidS,
	"scale.score":       100,
	"limit.95":          95,
	"limit.92":          92,
	"limit.90":          90,
	"limit.88":          88,
	"limit.85":          85,
	"limit.80":          80,
	"fall.small":        3,
	"fall.large":        4,
	"odi.small":         3,
	"odi.large":         4,
	"hold.min_s":        3,
	"block.di_s":        12,
	"sd.high":           2,
	"rise.pulse":        pulseRise,
	"short.averaging_s": shortAvgS,
	"mcgill.low":        1,
	"mcgill.high":       4,
	"accuracy.low":      2,
	"accuracy.high":     3,
}
