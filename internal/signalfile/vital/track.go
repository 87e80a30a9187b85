package vital

import (
	"slices"
	"strings"

	"pleth"
)

// names of numeric tracks, in upper case.
var (
	saturationNames = []string{"PLETH_SAT_O2", "PLETH_SPO2", "SPO2", "SAT_O2", "SAO2", "PULS_OXIM_SAT_O2"}
	pulseNames      = []string{"PLETH_HR", "PLETH_PR", "PULS", "PULSE", "PULSE_RATE", "PULS_RATE", "PR", "SPO2_PR", "SPO2_HR"}
	heartNames      = []string{"ECG_HR", "HR"} // that of the ECG first
	perfusionNames  = []string{"PLETH_PERF_REL", "PERF_REL", "PERF", "PI", "SPO2_PI"}
	respNames       = []string{"RR", "RESP_RR", "RESP_RATE"}
)

// metric returns the metric of a numeric track by its name, 0 if it is of no interest.
func metric(name string) pleth.Metric {
	name = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(name), " ", "_"))
	for _, s := range []struct {
		suffix string
		metric pleth.Metric
	}{
		{"_PRE_DUCTAL", pleth.SpO2PreDuctal}, {"_PREDUCTAL", pleth.SpO2PreDuctal},
		{"_POST_DUCTAL", pleth.SpO2PostDuctal}, {"_POSTDUCTAL", pleth.SpO2PostDuctal},
	} {
		if base, ok := strings.CutSuffix(name, s.suffix); ok && slices.Contains(saturationNames, base) {
			return s.metric
		}
	}
	switch {
	case slices.Contains(saturationNames, name):
		return pleth.SpO2
	case slices.Contains(pulseNames, name):
		return pleth.PulseRate
	case slices.Contains(heartNames, name):
		return pleth.HeartRate
	case slices.Contains(perfusionNames, name):
		return pleth.PerfusionIndex
	case slices.Contains(respNames, name):
		return pleth.RespRate
	}
	return 0
}

func isSaturation(m pleth.Metric) bool {
	return m == pleth.SpO2 || m == pleth.SpO2PreDuctal || m == pleth.SpO2PostDuctal
}

// beside returns the track of metric m that belongs to the saturation track
// of, or nil: that of the same device, and for heart and respiration rate, if
// that device has none, of any; that of the ECG before another heart rate,
// then the first in the file.
func beside(tracks []*values, of *values, m pleth.Metric) *values {
	var best *values
	rank := func(t *values) int {
		r := 0
		if t.device == of.device {
			r = 2
		} else if m == pleth.PulseRate || m == pleth.PerfusionIndex {
			return -1
		}
		if m == pleth.HeartRate && strings.EqualFold(t.name, heartNames[0]) {
			r++
		}
		return r
	}
	highest := -1
	for _, t := range tracks {
		if t.metric == m && t.collected.Len() > 0 && rank(t) > highest {
			best, highest = t, rank(t)
		}
	}
	return best
}
