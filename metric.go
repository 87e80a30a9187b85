package pleth

import "fmt"

// Metric is a measured quantity. The zero Metric is none.
type Metric uint8

// The metrics pleth carries. Pre- and post-ductal SpO2 are metrics of their
// own and are never merged with SpO2 or with each other.
const (
	SpO2           Metric = iota + 1 // arterial oxygen saturation by pulse oximetry
	SpO2PreDuctal                    // the same, right hand of a newborn
	SpO2PostDuctal                   // the same, foot of a newborn
	PulseRate                        // pulse rate from the plethysmogram
	HeartRate                        // heart rate from the ECG
	TissuePO2                        // local tissue oxygen partial pressure
	RSO2                             // regional (cerebral, somatic) oxygen saturation
	Temperature                      // body temperature
	PerfusionIndex                   // pulsatile share of the infrared signal
	RespRate                         // respiration rate
	Motion                           // motion as the device counts it, no common unit
	SignalQuality                    // signal quality as the device rates it
	Battery                          // battery voltage
	metricEnd
)

// MetricInfo describes one Metric.
type MetricInfo struct {
	Metric Metric
	Name   string // wire name, lower case: "spo2"
	Unit   string // UCUM
	MDC    string // ISO/IEEE 11073-10101 reference identifier, empty if there is none
	Scale  uint8  // usual decimals of a value; a value may have more
	// Low and High bound what can be a reading of this metric at all, both
	// inclusive, in Unit. A value outside is missing with the reason OutOfRange.
	Low, High int64
}

// Source of the identifiers: ISO/IEEE 11073-10101. The SpO2 range 50..100 is
// docs/definitions/quality.md; the others bound sensors, not patients.
var metricTable = [metricEnd]MetricInfo{
	SpO2:           {SpO2, "spo2", "%", "MDC_PULS_OXIM_SAT_O2", 0, 50, 100},
	SpO2PreDuctal:  {SpO2PreDuctal, "spo2_preductal", "%", "MDC_PULS_OXIM_SAT_O2_PREDUCTAL", 0, 50, 100},
	SpO2PostDuctal: {SpO2PostDuctal, "spo2_postductal", "%", "MDC_PULS_OXIM_SAT_O2_POSTDUCTAL", 0, 50, 100},
	PulseRate:      {PulseRate, "pulse_rate", "/min", "MDC_PULS_OXIM_PULS_RATE", 0, 20, 350},
	HeartRate:      {HeartRate, "heart_rate", "/min", "MDC_ECG_HEART_RATE", 0, 20, 350},
	TissuePO2:      {TissuePO2, "tissue_po2", "mm[Hg]", "", 1, 0, 150},
	RSO2:           {RSO2, "rso2", "%", "MDC_SAT_O2_TISSUE", 0, 15, 95},
	Temperature:    {Temperature, "temperature", "Cel", "MDC_TEMP_BODY", 2, 20, 45},
	PerfusionIndex: {PerfusionIndex, "perfusion_index", "%", "MDC_BLD_PERF_INDEX", 2, 0, 30},
	RespRate:       {RespRate, "resp_rate", "/min", "MDC_RESP_RATE", 0, 0, 200},
	Motion:         {Motion, "motion", "1", "", 0, 0, 1 << 20},
	SignalQuality:  {SignalQuality, "signal_quality", "%", "", 0, 0, 100},
	Battery:        {Battery, "battery", "mV", "MDC_ATTR_BATT_CHARGE", 0, 0, 100000},
}

// Info returns the description of m. It panics if m is not a metric of this
// package: metrics come from code, never from input.
func (m Metric) Info() MetricInfo {
	if m == 0 || m >= metricEnd {
		panic(fmt.Sprintf("pleth: metric %d does not exist", uint8(m)))
	}
	return metricTable[m]
}

// String returns the wire name of m.
func (m Metric) String() string { return m.Info().Name }

// ParseMetric returns the Metric with the wire name s, and whether there is one.
func ParseMetric(s string) (Metric, bool) {
	for m := Metric(1); m < metricEnd; m++ {
		if metricTable[m].Name == s {
			return m, true
		}
	}
	return 0, false
}

// Metrics returns every metric in its fixed order.
func Metrics() []Metric {
	out := make([]Metric, 0, metricEnd-1)
	for m := Metric(1); m < metricEnd; m++ {
		out = append(out, m)
	}
	return out
}
