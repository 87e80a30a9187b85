package evaluate

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// The hand-made sessions. Each is a night somebody could have had; the texts
// it must give lie in testdata.

func ptr(v float64) *float64 { return &v }

// evening is a start by the wall clock of a recording without a zone.
var evening = time.Date(2026, 11, 17, 22, 41, 0, 0, time.UTC)

func hm(h, m int) float64 { return float64(h*3600 + m*60) }

// quiet is a night with next to nothing below 90 %.
func quiet() *Input {
	return &Input{
		Metrics: map[string]float64{
			"time.span_s": 29460, "time.valid_s": 28860, "time.valid_pct": 97.96,
			"spo2.mean": 96.84, "spo2.median": 97, "spo2.p5": 95, "spo2.p95": 98, "spo2.min": 89, "spo2.min_3s": 91, "spo2.min.clean": 89,
			"below.95.seconds": 320, "below.95.pct": 1.11, "below.92.seconds": 12, "below.92.pct": 0.04,
			"below.90.seconds": 2, "below.90.pct": 0.007, "below.90.area_pct_min_per_h": 0.004,
			"below.88.seconds": 0, "below.88.pct": 0, "below.85.seconds": 0, "below.85.pct": 0, "below.80.seconds": 0, "below.80.pct": 0,
			"episodes.90.count": 0, "episodes.88.count": 0, "episodes.85.count": 0,
			"odi3.count": 21, "odi3.per_h": 2.62, "odi4.count": 6, "odi4.per_h": 0.748,
			"burden.desat": 1.31, "di12": 0.31, "clusters.count": 0, "variability.high_s": 0,
			"psd.band_ratio": 0.16, "psd.peak_hz": 0.0156, "trend.mann_kendall_p": 0.4, "trend.change": -0.5, "pulse.mean": 78.3, "pulse.min": 61, "pulse.max": 118, "pulse.rises6.per_h": 14.2,
			"thirds.1.below.90.seconds": 2, "thirds.2.below.90.seconds": 0, "thirds.3.below.90.seconds": 0,
		},
		NotComputed: map[string]string{},
		Quality:     Quality{Grade: "good", Score: 97.2, LongestGapS: 364, SuspectS: 150},
		IntervalS:   1, AveragingS: 3, ODIMethod: "abosa", EpisodeMinS: 10,
		Start: evening, AgeYears: ptr(6.3),
	}
}

// events are dips from the start times given, so many seconds long, as they
// stand in a document: each below 90 % is there again below 88 % and 85 % if
// it went so deep.
func events(in *Input, nadir float64, length float64, suspect float64, pulse *float64, starts ...float64) {
	for _, at := range starts {
		for _, limit := range []int{90, 88, 85} {
			if nadir >= float64(limit) {
				continue
			}
			cut := float64(90-limit) * 2
			e := Episode{ID: fmt.Sprintf("e%d-%d", limit, int(at+cut)*1000), Limit: limit, StartS: at + cut, EndS: at + length - cut,
				Nadir: nadir, NadirS: at + length/2, SuspectPct: suspect, PulseResponse: pulse}
			e.BelowS = e.EndS - e.StartS
			in.Episodes = append(in.Episodes, e)
			in.Metrics[fmt.Sprintf("episodes.%d.count", limit)]++
		}
	}
	in.Metrics["spo2.min"] = min(in.Metrics["spo2.min"], nadir)
}

// position is a night among thirteen earlier ones.
func position(v, median, q1, q3 float64, rank int) Position {
	return Position{Value: v, Median: median, Q1: q1, Q3: q3, Rank: rank, Of: 14}
}

// design is the night of the one-page design.
func design() *Input {
	in := quiet()
	maps.Copy(in.Metrics, map[string]float64{
		"spo2.mean": 95.42, "spo2.median": 96, "spo2.p5": 91, "spo2.min": 80, "spo2.min_3s": 81, "spo2.min.clean": 80,
		"below.95.seconds": 3100, "below.95.pct": 10.7, "below.92.seconds": 1610, "below.92.pct": 5.58,
		"below.90.seconds": 1022, "below.90.pct": 3.541, "below.90.area_pct_min_per_h": 7.1,
		"below.88.seconds": 612, "below.88.pct": 2.12, "below.85.seconds": 209, "below.85.pct": 0.724, "below.80.seconds": 0,
		"odi3.count": 61, "odi3.per_h": 7.61, "odi4.count": 48, "odi4.per_h": 5.99, "burden.desat": 21.4, "di12": 0.58,
		"clusters.count": 3, "variability.high_s": 1860, "psd.band_ratio": 0.34,
		"thirds.1.below.90.seconds": 243, "thirds.2.below.90.seconds": 564, "thirds.3.below.90.seconds": 215,
	})
	in.AveragingS = 8
	events(in, 89, 24, 0, ptr(4), hm(0, 55), hm(1, 2))
	events(in, 86, 40, 0, ptr(11), hm(2, 20), hm(2, 31), hm(2, 44), hm(6, 40), hm(6, 52))
	events(in, 83, 55, 0, ptr(14), hm(4, 28), hm(4, 36), hm(4, 44), hm(4, 58), hm(5, 1), hm(5, 3), hm(5, 6), hm(5, 9))
	events(in, 82, 59, 0, ptr(20), hm(5, 13))
	events(in, 80, 79, 0, ptr(18), hm(4, 40)+34)
	in.Clusters = []Cluster{
		{"c8280000", hm(2, 18), hm(3, 0), 14, 85},
		{"c16080000", hm(4, 28), hm(5, 16), 18, 80},
		{"c23880000", hm(6, 38), hm(7, 10), 9, 86},
	}
	in.Falls = []Fall{{"f2", hm(4, 40), hm(4, 42), 80, 17}, {"f1", hm(2, 20), hm(2, 21), 86, 9}}
	in.Earlier = true
	in.Comparison = map[string]Position{
		"below.90.seconds": position(1022, 366, 250, 560, 14),
		"below.88.seconds": position(612, 177, 90, 240, 14),
		"below.85.seconds": position(209, 40, 0, 80, 14),
		"spo2.mean":        position(95.42, 95.8, 95.6, 96.1, 2),
		"spo2.min":         position(80, 83, 82, 84, 1),
		"odi4.per_h":       position(5.99, 3.2, 2.6, 4.4, 13),
	}
	return in
}

// severe is a night with hours of deep, long dips.
func severe() *Input {
	in := quiet()
	maps.Copy(in.Metrics, map[string]float64{
		"spo2.mean": 89.46, "spo2.median": 90, "spo2.p5": 79, "spo2.p95": 97, "spo2.min": 67, "spo2.min_3s": 68, "spo2.min.clean": 67,
		"below.95.seconds": 19793, "below.95.pct": 71.17, "below.92.seconds": 15097, "below.92.pct": 54.28,
		"below.90.seconds": 12767, "below.90.pct": 45.9, "below.90.area_pct_min_per_h": 160.2,
		"below.88.seconds": 10457, "below.88.pct": 37.6, "below.85.seconds": 6755, "below.85.pct": 24.29,
		"below.80.seconds": 1791, "below.80.pct": 6.44,
		"odi3.count": 574, "odi3.per_h": 74.3, "odi4.count": 550, "odi4.per_h": 71.2, "burden.desat": 310.4, "di12": 2.6,
		"clusters.count": 2, "variability.high_s": 24100, "psd.band_ratio": 0.755, "psd.peak_hz": 0.0234,
		"pulse.mean": 62.1, "pulse.min": 44, "pulse.max": 109, "pulse.rises6.per_h": 66,
		"thirds.1.below.90.seconds": 4267, "thirds.2.below.90.seconds": 4500, "thirds.3.below.90.seconds": 4000,
	})
	in.AgeYears = ptr(46)
	in.Start = time.Time{}
	events(in, 78, 70, 0, ptr(9), hm(0, 20), hm(1, 10), hm(2, 40), hm(3, 30), hm(5, 0))
	events(in, 67, 210, 5, ptr(12), hm(4, 2))
	in.Episodes[len(in.Episodes)-1].Truncated = true
	in.Clusters = []Cluster{{"c600000", 600, hm(3, 50), 240, 70}, {"c14400000", hm(4, 0), hm(7, 40), 300, 67}}
	return in
}

// infant is a baby of seven weeks.
func infant() *Input {
	in := quiet()
	maps.Copy(in.Metrics, map[string]float64{
		"spo2.mean": 97.1, "spo2.median": 97, "spo2.p5": 94, "spo2.min": 80, "spo2.min.clean": 80, "spo2.min_3s": 82,
		"below.95.seconds": 2420, "below.95.pct": 8.39, "below.92.seconds": 236, "below.92.pct": 0.82, "below.90.area_pct_min_per_h": 0.81, "burden.desat": 14.9,
		"below.90.seconds": 112, "below.90.pct": 0.39, "thirds.1.below.90.seconds": 40, "thirds.2.below.90.seconds": 44, "thirds.3.below.90.seconds": 28, "below.88.seconds": 51, "below.88.pct": 0.18, "below.85.seconds": 9, "below.85.pct": 0.03,
		"odi3.count": 202, "odi3.per_h": 25.2, "odi4.count": 130, "odi4.per_h": 16.2, "clusters.count": 4, "di12": 0.96,
		"pulse.mean": 131, "pulse.min": 98, "pulse.max": 176,
	})
	in.EpisodeMinS = 5
	in.AgeYears = ptr(7.0 / 52)
	in.NotComputed["mcgill.score"] = "needs an age of 1 year or more"
	events(in, 87, 12, 0, ptr(8), hm(1, 10), hm(3, 15), hm(6, 1))
	in.Clusters = []Cluster{{"c3600000", hm(1, 0), hm(1, 20), 7, 84}, {"c6000000", hm(1, 40), hm(2, 0), 6, 88}, {"c11400000", hm(3, 10), hm(3, 25), 5, 87}, {"c21000000", hm(5, 50), hm(6, 5), 5, 87}}
	in.Bands = []Band{
		{"spo2.median", 96.59, 97.52, "95 % confidence interval of the mean", false, "45 infants of 1 month, recorded at home", "Evans 2018, Arch Dis Child 103:868"},
		{"odi4.per_h", 13.7, 18.6, "95 % confidence interval of the mean", false, "45 infants of 1 month, recorded at home", "Evans 2018, Arch Dis Child 103:868"},
	}
	return in
}

// short is an hour and a half, with low values if low.
func short(low bool) *Input {
	in := quiet()
	maps.Copy(in.Metrics, map[string]float64{"time.span_s": 5096, "time.valid_s": 5090, "time.valid_pct": 99.9})
	in.Quality = Quality{Grade: "inadequate", Score: 23.6}
	in.AveragingS = 0
	in.AgeYears = nil
	in.NotComputed["clusters.count"] = "needs 4 h of valid signal"
	delete(in.Metrics, "clusters.count")
	maps.Copy(in.Metrics, map[string]float64{"odi3.count": 4, "odi3.per_h": 2.83, "odi4.count": 1, "odi4.per_h": 0.707, "below.95.seconds": 60, "below.95.pct": 1.18})
	if low {
		maps.Copy(in.Metrics, map[string]float64{"spo2.mean": 88.2, "spo2.median": 89, "spo2.p5": 74, "spo2.p95": 95, "spo2.min": 71, "spo2.min_3s": 72, "spo2.min.clean": 71,
			"below.95.seconds": 4700, "below.95.pct": 92.3, "below.92.seconds": 3900, "below.92.pct": 76.6, "below.80.seconds": 410, "below.80.pct": 8.06,
			"below.90.area_pct_min_per_h": 201.5, "burden.desat": 222.1, "odi3.count": 31, "odi3.per_h": 21.9, "odi4.count": 24, "odi4.per_h": 17, "di12": 1.9,
			"thirds.1.below.90.seconds": 900, "thirds.2.below.90.seconds": 700, "thirds.3.below.90.seconds": 800,
			"below.90.seconds": 2400, "below.90.pct": 47.1, "below.88.seconds": 1300, "below.88.pct": 25.5, "below.85.seconds": 700, "below.85.pct": 13.8})
		events(in, 71, 240, 0, ptr(10), hm(0, 12), hm(0, 40))
	}
	return in
}

// noPulse is an adult's ring without a pulse column and without an age.
func noPulse() *Input {
	in := quiet()
	for id := range in.Metrics {
		if len(id) > 6 && id[:6] == "pulse." {
			delete(in.Metrics, id)
		}
	}
	maps.Copy(in.Metrics, map[string]float64{
		"time.span_s": 31272, "time.valid_s": 31260, "time.valid_pct": 99.96,
		"spo2.mean": 94.05, "spo2.median": 94, "spo2.p5": 91, "spo2.p95": 97, "spo2.min": 87, "spo2.min.clean": 87,
		"below.95.seconds": 17960, "below.95.pct": 57.45, "below.92.seconds": 2984, "below.92.pct": 9.55,
		"below.90.seconds": 396, "below.90.pct": 1.2668, "below.88.seconds": 24, "below.88.pct": 0.0768,
		"spo2.min_3s": 87, "below.90.area_pct_min_per_h": 1.02, "burden.desat": 19.8, "di12": 0.71,
		"thirds.1.below.90.seconds": 96, "thirds.2.below.90.seconds": 212, "thirds.3.below.90.seconds": 88,
		"odi3.count": 254, "odi3.per_h": 29.3, "odi4.count": 140, "odi4.per_h": 16.1,
	})
	in.IntervalS, in.AveragingS, in.AgeYears = 4, 0, nil
	events(in, 88, 44, 0, nil, hm(1, 7), hm(4, 1))
	events(in, 87, 28, 0, nil, hm(4, 3))
	return in
}

// artefact is a quiet night with one stretch of low readings during movement.
func artefact() *Input {
	in := quiet()
	maps.Copy(in.Metrics, map[string]float64{
		"below.92.seconds": 52, "below.92.pct": 0.18, "below.90.area_pct_min_per_h": 0.27, "thirds.2.below.90.seconds": 41, "spo2.min_3s": 63,
		"spo2.min": 62, "spo2.min.clean": 90, "below.90.seconds": 41, "below.90.pct": 0.142, "below.90.seconds.clean": 0, "below.90.pct.clean": 0,
		"below.88.seconds": 38, "below.88.pct": 0.13, "below.88.seconds.clean": 0, "below.85.seconds": 35, "below.85.pct": 0.12, "below.85.seconds.clean": 0, "below.85.pct.clean": 0,
	})
	events(in, 62, 41, 100, ptr(2), hm(3, 29))
	return in
}

// empty knows nothing.
func empty() *Input { return &Input{} }

// noReadings is a recording with no oximetry in it.
func noReadings() *Input {
	return &Input{
		Metrics:     map[string]float64{"time.span_s": 27060, "time.valid_s": 0, "time.valid_pct": 0},
		NotComputed: map[string]string{"spo2.mean": "no valid signal", "odi4.per_h": "no valid signal"},
		Quality:     Quality{Grade: "inadequate"}, IntervalS: 1, Start: evening,
	}
}

// gaps is a long night of which two fifths are missing.
func gaps() *Input {
	in := quiet()
	maps.Copy(in.Metrics, map[string]float64{"time.span_s": 36000, "time.valid_s": 22000, "time.valid_pct": 61.1})
	in.Quality = Quality{Grade: "limited", Score: 22.1, LongestGapS: 7200, SuspectS: 900}
	return in
}

// fewNights is a second night.
func fewNights() *Input {
	in := quiet()
	in.Comparison = map[string]Position{"below.90.seconds": {Value: 2, Median: 30, Q1: 30, Q3: 30, Rank: 1, Of: 2}}
	return in
}

// bestNight is better than all nights before.
func bestNight() *Input {
	in := quiet()
	in.Comparison = map[string]Position{
		"below.90.seconds": position(2, 366, 250, 560, 1), "below.88.seconds": position(0, 177, 90, 240, 1),
		"spo2.mean": position(96.84, 95.8, 95.6, 96.1, 14), "odi4.per_h": position(0.748, 3.2, 2.6, 4.4, 1), "spo2.min": position(89, 83, 82, 84, 14),
		"below.85.seconds": position(0, 40, 0, 80, 1),
	}
	return in
}

// drift is a night that went down from evening to morning, with the lowest
// mean of all nights.
func drift() *Input {
	in := quiet()
	maps.Copy(in.Metrics, map[string]float64{"spo2.mean": 93.9, "spo2.median": 94, "spo2.p5": 91, "mcgill.score": 1,
		"below.95.seconds": 17100, "below.95.pct": 59.3, "below.92.seconds": 2020, "below.92.pct": 7})
	in.Metrics["trend.mann_kendall_p"], in.Metrics["trend.change"] = 0.0004, -3.24
	in.AgeYears = ptr(9.4)
	in.Bands = []Band{{"spo2.median", 97.57, 97.57, "average of the group", false, "66 children of 6 months to 12 years", "Arch Dis Child 2021;106:583"},
		{"spo2.p5", 95, 100, "from the 5th centile up", true, "90 children of 9 years", "Urschitz 2003, Chest 123:96"},
		{"odi4.per_h", 0, 3.9, "up to the 95th centile", true, "90 children of 9 years", "Urschitz 2003, Chest 123:96"}}
	in.Comparison = map[string]Position{
		"below.90.seconds": position(2, 4, 0, 12, 5), "spo2.mean": position(93.9, 96.3, 96, 96.6, 1), "odi4.per_h": position(0.748, 0.9, 0.6, 1.4, 4),
	}
	return in
}

// noClock is the night of the design from a device without a clock.
func noClock() *Input {
	in := design()
	in.Start = time.Time{}
	return in
}

// makers make the hand-made sessions, by the name of their file in testdata.
var makers = map[string]func() *Input{
	"quiet": quiet, "design": design, "severe": severe, "infant": infant, "no-pulse": noPulse, "no-clock": noClock, "artefact": artefact,
	"short": func() *Input { return short(false) }, "short-low": func() *Input { return short(true) },
	"empty": empty, "no-readings": noReadings, "gaps": gaps, "few-nights": fewNights, "best-night": bestNight, "drift": drift,
}

// caseNames are the names of the makers in order.
var caseNames = slices.Sorted(maps.Keys(makers))
