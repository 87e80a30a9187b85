// Package cmf reads the lines in which a gateway stores what bedside monitors
// say: one JSON object for each value and each block of a waveform. Layout and
// traps: docs/formats/bedside-jsonl.md. The reader of files and the door that
// follows a stream both use it.
package cmf

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/segmentio/encoding/json"

	"pleth"
)

// Message is one line. Its texts and raw values are parts of the line.
type Message struct {
	Device  json.RawMessage `json:"devid"`   // the bed: a number or a text
	SysTime int64           `json:"systime"` // when the gateway took it, ns UTC
	Type    string          `json:"type"`    // "met" or "wav"
	Name    string          `json:"mname"`
	Time    int64           `json:"mtime"` // when the monitor measured it, ns UTC by its clock
	Unit    string          `json:"uom"`
	Rate    float64         `json:"freq"` // values per second; 0: aperiodic
	Value   json.RawMessage `json:"val"`
}

// MaxLine is the longest line that is parsed: a second of a waveform has 5
// KB. The parser descends into what a line nests, so its length bounds that too.
const MaxLine = 64 << 10

// Bounds of what a message may hold: the longest id of a bed, and the year
// 2116, so that no time overflows.
const (
	maxBed  = 64
	maxTime = 1 << 62
)

// Parse reads a line into m, and reports whether it is a message.
func (m *Message) Parse(line []byte) bool {
	*m = Message{}
	if len(line) > MaxLine {
		return false
	}
	rest, err := json.Parse(line, m, json.ZeroCopy)
	return err == nil && len(rest) == 0 && m.Type != "" && m.Name != "" && m.Time > 0 && m.Time < maxTime && m.SysTime < maxTime &&
		len(m.Device) > 0 && len(m.Device) <= maxBed && utf8.Valid(m.Device)
}

// Bed returns the id of the bed. It is a part of the line.
func (m *Message) Bed() []byte { return Text(m.Device) }

// Text returns the inside of a JSON text, or a JSON number as it stands. Ids
// and numbers need no escapes; those that have some keep them.
func Text(raw []byte) []byte {
	if len(raw) >= 2 && raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	return bytes.TrimSpace(raw)
}

// Measure is what a name of a measure stands for.
type Measure struct {
	Metric pleth.Metric
	Sensor Sensor // of saturation and perfusion
}

// Sensor is one of the oximeters that a bed may have.
type Sensor int

// The oximeters of a bed.
const (
	Plain Sensor = iota
	PreDuctal
	PostDuctal
	Sensors // how many there are
)

// timelines are the saturations, by sensor.
var timelines = [Sensors]pleth.Metric{pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal}

// Timeline returns the saturation that the sensor measures.
func (s Sensor) Timeline() pleth.Metric { return timelines[s] }

// measures are what is read, by names without the MDC_ or NOM_.
var measures = map[string]Measure{
	"PULS_OXIM_SAT_O2":             {pleth.SpO2, Plain},
	"PULS_OXIM_SAT_O2_PRE_DUCTAL":  {pleth.SpO2PreDuctal, PreDuctal},
	"PULS_OXIM_SAT_O2_PREDUCTAL":   {pleth.SpO2PreDuctal, PreDuctal},
	"PULS_OXIM_SAT_O2_POST_DUCTAL": {pleth.SpO2PostDuctal, PostDuctal},
	"PULS_OXIM_SAT_O2_POSTDUCTAL":  {pleth.SpO2PostDuctal, PostDuctal},

	"PULS_OXIM_PERF_REL":             {pleth.PerfusionIndex, Plain},
	"PULS_OXIM_PERF_REL_PRE_DUCTAL":  {pleth.PerfusionIndex, PreDuctal},
	"PULS_OXIM_PERF_REL_PREDUCTAL":   {pleth.PerfusionIndex, PreDuctal},
	"PULS_OXIM_PERF_REL_POST_DUCTAL": {pleth.PerfusionIndex, PostDuctal},
	"PULS_OXIM_PERF_REL_POSTDUCTAL":  {pleth.PerfusionIndex, PostDuctal},

	"PLETH_PULS_RATE":     {Metric: pleth.PulseRate},
	"PULS_OXIM_PULS_RATE": {Metric: pleth.PulseRate},
	"ECG_CARD_BEAT_RATE":  {Metric: pleth.HeartRate},
	"ECG_HEART_RATE":      {Metric: pleth.HeartRate},
	"RESP_RATE":           {Metric: pleth.RespRate},
}

// Measure returns what m measures, and whether it is read at all.
func (m *Message) Measure() (Measure, bool) {
	name, ok := strings.CutPrefix(m.Name, "MDC_")
	if !ok {
		if name, ok = strings.CutPrefix(m.Name, "NOM_"); !ok {
			return Measure{}, false
		}
	}
	k, ok := measures[name]
	return k, ok
}

// IsSaturation reports whether k makes a timeline.
func (k Measure) IsSaturation() bool { return k.Metric == timelines[k.Sensor] }

// UnitFits reports whether the unit of m is the one that k is read in: a
// saturation may come as a fraction.
func (m *Message) UnitFits(k Measure) bool { return !k.IsSaturation() || m.Unit == "MDC_DIM_PERCENT" }

// notAvailable is the mark of ISO/IEEE 11073 for a value that is not there.
const notAvailable = 8388607

// Number returns the number of m for a metric, Missing where it is none or the
// mark of a monitor that has none: below 1, but for perfusion, or notAvailable.
func (m *Message) Number(of pleth.Metric) pleth.Value {
	v, ok := pleth.ParseValue(Text(m.Value))
	if !ok {
		return pleth.Missing()
	}
	if f := v.Float(); of != pleth.PerfusionIndex && f < 1 || f >= notAvailable {
		return pleth.Missing()
	}
	return v
}

// Garbled reports whether m has a value that is no number: neither a number nor
// nothing.
func (m *Message) Garbled() bool {
	said := Text(m.Value)
	if len(said) == 0 || string(m.Value) == "null" {
		return false
	}
	_, ok := pleth.ParseValue(said)
	return !ok
}
