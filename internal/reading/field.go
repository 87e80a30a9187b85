package reading

import "pleth"

// Field is one value of a reading as senders write it.
type Field struct {
	Name   string // "spo2", "local_tissue_o2"
	Metric pleth.Metric
	Unit   string // UCUM
	// Low and High bound what a sensor can say at all, both inclusive. A
	// reading outside is refused. They are wider than the bounds of
	// pleth.MetricInfo, outside which a value is kept but counts as missing.
	Low, High int64
}

// fields are the values of a reading, in the order of answers.
var fields = []Field{
	{"spo2", pleth.SpO2, "%", 0, 100},
	{"spo2_preductal", pleth.SpO2PreDuctal, "%", 0, 100},
	{"spo2_postductal", pleth.SpO2PostDuctal, "%", 0, 100},
	{"pulse_rate", pleth.PulseRate, "/min", 0, 500},
	{"heart_rate", pleth.HeartRate, "/min", 0, 500},
	{"local_tissue_o2", pleth.TissuePO2, "mm[Hg]", 0, 800},
	{"rso2", pleth.RSO2, "%", 0, 100},
	{"temperature_c", pleth.Temperature, "Cel", -20, 60},
	{"perfusion_index", pleth.PerfusionIndex, "%", 0, 100},
	{"resp_rate", pleth.RespRate, "/min", 0, 300},
	{"motion", pleth.Motion, "1", 0, 1 << 31},
	{"signal_quality", pleth.SignalQuality, "%", 0, 100},
	{"battery_mv", pleth.Battery, "mV", 0, 100000},
}

// Fields returns every field in the order of answers. The slice is shared:
// callers do not change it.
func Fields() []Field { return fields }

// FieldNamed returns the field with that name, and whether there is one.
func FieldNamed(name string) (Field, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// FieldOf returns the field that carries metric m.
func FieldOf(m pleth.Metric) Field {
	for i := range fields {
		if fields[i].Metric == m {
			return fields[i]
		}
	}
	panic("reading: metric " + m.String() + " has no field")
}
