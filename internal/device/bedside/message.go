package bedside

import (
	"bytes"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/segmentio/encoding/json"

	"pleth"
	"pleth/internal/device"
)

// message is one line. Its texts and raw values are parts of the line.
type message struct {
	Device  json.RawMessage `json:"devid"`
	SysTime int64           `json:"systime"`
	Type    string          `json:"type"`
	Name    string          `json:"mname"`
	Time    int64           `json:"mtime"`
	Unit    string          `json:"uom"`
	Rate    float64         `json:"freq"`
	Value   json.RawMessage `json:"val"`
}

// maxMessage is the longest line that is parsed: a second of a waveform has 5
// KB. The parser descends into what a line nests, so its length bounds that too.
const maxMessage = 64 << 10

// Bounds of what a message may hold: the longest id of a bed, and the year
// 2116, so that no time overflows.
const (
	maxBed  = 64
	maxTime = 1 << 62
)

// parse reads a line into m, and reports whether it is a message.
func (m *message) parse(line []byte) bool {
	*m = message{}
	if len(line) > maxMessage {
		return false
	}
	rest, err := json.Parse(line, m, json.ZeroCopy)
	return err == nil && len(rest) == 0 && m.Type != "" && m.Name != "" && m.Time > 0 && m.Time < maxTime && m.SysTime < maxTime &&
		len(m.Device) > 0 && len(m.Device) <= maxBed && utf8.Valid(m.Device)
}

// text returns the inside of a JSON text, or a JSON number as it stands. Ids
// and numbers need no escapes; those that have some keep them.
func text(raw []byte) []byte {
	if len(raw) >= 2 && raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	return bytes.TrimSpace(raw)
}

// kind is what a measure is to the reader.
type kind struct {
	metric pleth.Metric
	sensor int // of saturation and perfusion
}

// sensors of a bed.
const (
	plain = iota
	preDuctal
	postDuctal
	sensors
)

var timelines = [sensors]pleth.Metric{pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal}

// kinds are the measures that are read, by their names without the MDC_ or NOM_.
var kinds = map[string]kind{
	"PULS_OXIM_SAT_O2":             {pleth.SpO2, plain},
	"PULS_OXIM_SAT_O2_PRE_DUCTAL":  {pleth.SpO2PreDuctal, preDuctal},
	"PULS_OXIM_SAT_O2_PREDUCTAL":   {pleth.SpO2PreDuctal, preDuctal},
	"PULS_OXIM_SAT_O2_POST_DUCTAL": {pleth.SpO2PostDuctal, postDuctal},
	"PULS_OXIM_SAT_O2_POSTDUCTAL":  {pleth.SpO2PostDuctal, postDuctal},

	"PULS_OXIM_PERF_REL":             {pleth.PerfusionIndex, plain},
	"PULS_OXIM_PERF_REL_PRE_DUCTAL":  {pleth.PerfusionIndex, preDuctal},
	"PULS_OXIM_PERF_REL_PREDUCTAL":   {pleth.PerfusionIndex, preDuctal},
	"PULS_OXIM_PERF_REL_POST_DUCTAL": {pleth.PerfusionIndex, postDuctal},
	"PULS_OXIM_PERF_REL_POSTDUCTAL":  {pleth.PerfusionIndex, postDuctal},

	"PLETH_PULS_RATE":     {metric: pleth.PulseRate},
	"PULS_OXIM_PULS_RATE": {metric: pleth.PulseRate},
	"ECG_CARD_BEAT_RATE":  {metric: pleth.HeartRate},
	"ECG_HEART_RATE":      {metric: pleth.HeartRate},
	"RESP_RATE":           {metric: pleth.RespRate},
}

// kind returns what the measure of m is, and whether it is of any interest.
func (m *message) kind() (kind, bool) {
	name, ok := strings.CutPrefix(m.Name, "MDC_")
	if !ok {
		if name, ok = strings.CutPrefix(m.Name, "NOM_"); !ok {
			return kind{}, false
		}
	}
	k, ok := kinds[name]
	return k, ok
}

// isSaturation reports whether k makes a timeline.
func (k kind) isSaturation() bool { return k.metric == timelines[k.sensor] }

// notAvailable is the mark of ISO/IEEE 11073 for a value that is not there.
const notAvailable = 8388607

// value returns the number of m for a metric, Missing where it is none.
func (m *message) value(of pleth.Metric) pleth.Value {
	v, ok := pleth.ParseValue(text(m.Value))
	if !ok {
		return pleth.Missing()
	}
	if f := v.Float(); of != pleth.PerfusionIndex && f < 1 || f >= notAvailable {
		return pleth.Missing()
	}
	return v
}

// interval returns the time between values of m, 0 where it is aperiodic.
func (m *message) interval() time.Duration {
	if !(m.Rate > 1e-6 && m.Rate < 1e6) {
		return 0
	}
	return time.Duration(math.Round(float64(device.Second) / m.Rate))
}
