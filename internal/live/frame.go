package live

import (
	"encoding/binary"
	"encoding/json"
	"time"

	"pleth"
	"pleth/internal/reading"
)

// Version is that of the format.
const Version = 1

// kindSamples is the second byte of a frame of samples.
const kindSamples = 1

// Bits of a record and states of a value.
const (
	bitLate = 1

	stateMissing = 0
	stateNumber  = 1
)

// hello is the first message.
type hello struct {
	Type      string         `json:"type"`
	Version   int            `json:"version"`
	Program   string         `json:"program"`
	Now       string         `json:"now"`
	Heartbeat int64          `json:"heartbeat_ms"`
	Metrics   map[int]string `json:"metrics"`
}

// deviceJSON names a device of later frames.
type deviceJSON struct {
	Number  uint32  `json:"n"`
	Device  string  `json:"device_id"`
	Subject *string `json:"subject_id"`
}

// devicesJSON names devices, before their first sample and when somebody else
// wears them.
type devicesJSON struct {
	Type    string       `json:"type"`
	Devices []deviceJSON `json:"devices"`
}

// alarmJSON is one change of an alarm.
type alarmJSON struct {
	ID    string          `json:"id"`
	Open  bool            `json:"open"`
	Alert json.RawMessage `json:"alert,omitempty"`
}

// alarmsJSON tells of changes, or with Reset of all that stand.
type alarmsJSON struct {
	Type   string      `json:"type"`
	Reset  bool        `json:"reset"`
	Alarms []alarmJSON `json:"alarms"`
}

// clockJSON is the heartbeat, and the end of the first state.
type clockJSON struct {
	Type string `json:"type"`
	Now  string `json:"now"`
	Seq  uint64 `json:"seq"`
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

func fieldName(m pleth.Metric) string { return reading.FieldOf(m).Name }

// metricNames are the metrics by number.
func metricNames() map[int]string {
	out := map[int]string{}
	for _, m := range pleth.Metrics() {
		out[int(m)] = fieldName(m)
	}
	return out
}

// appendRecord appends what of d changed behind seq.
func appendRecord(b []byte, d *device, seq uint64) []byte {
	b = binary.BigEndian.AppendUint32(b, d.number)
	b = binary.BigEndian.AppendUint64(b, uint64(d.at))
	b = binary.BigEndian.AppendUint64(b, uint64(d.received))
	var bits byte
	if d.late {
		bits = bitLate
	}
	b = append(b, bits, 0)
	count := len(b) - 1
	for i := range d.values {
		v := &d.values[i]
		if v.seq <= seq {
			continue
		}
		b[count]++
		state := byte(stateMissing)
		if v.Value.Ok() {
			state = stateNumber
		}
		mantissa, scale := v.Value.Mantissa()
		b = append(b, byte(v.Metric), state, scale)
		b = binary.BigEndian.AppendUint64(b, uint64(v.At))
		b = binary.BigEndian.AppendUint64(b, uint64(mantissa))
	}
	return b
}
