package mqtt

import (
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	"pleth"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// Fields of Readings and Reading in pleth.proto.
const (
	fieldReadings = 2
	fieldPatient  = 3
	fieldFirmware = 4

	fieldTime    = 1
	fieldSeq     = 2
	fieldMissing = 3
	firstValue   = 10
)

// valueFields are the metrics by field number less firstValue.
var valueFields = [...]pleth.Metric{pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal, pleth.PulseRate, pleth.HeartRate, pleth.TissuePO2,
	pleth.RSO2, pleth.Temperature, pleth.PerfusionIndex, pleth.RespRate, pleth.Motion, pleth.SignalQuality, pleth.Battery}

var nameSeq = []byte("seq")

// common is what the readings of a message share.
type common struct{ patient, firmware []byte }

// decodeProtobuf adds the readings of a message to b. It returns what is wrong
// where data is no such message, and has then added nothing.
func decodeProtobuf(b *readings.Builder, data []byte) (fault string) {
	var shared common
	n := 0
	// Twice: what the readings share may stand behind them, and a message that
	// ends badly adds nothing.
	fault = fields(data, func(f *field) string {
		switch {
		case f.content == nil:
		case f.number == fieldReadings:
			n++
			return fields(f.content, func(*field) string { return "" })
		case f.number == fieldPatient:
			shared.patient = f.content
		case f.number == fieldFirmware:
			shared.firmware = f.content
		}
		return ""
	})
	if fault != "" {
		return fault
	}
	if n == 0 {
		return "the message holds no readings"
	}
	return fields(data, func(f *field) string {
		if f.number == fieldReadings && f.content != nil {
			decodeReading(b, &shared, f.content, f.at)
		}
		return ""
	})
}

// decodeReading adds one reading, which stands at from in its message and is
// known to be well formed.
func decodeReading(b *readings.Builder, shared *common, data []byte, from int) {
	b.Start()
	if len(shared.patient) > 0 {
		b.Text([]byte("patient_id"), shared.patient)
	}
	if len(shared.firmware) > 0 {
		b.Text([]byte("firmware_version"), shared.firmware)
	}
	_ = fields(data, func(f *field) string {
		switch {
		case f.number == fieldTime && f.kind == protowire.Fixed64Type:
			b.Time(int64(f.bits))
		case f.number == fieldSeq && f.kind == protowire.VarintType:
			b.Number(nameSeq, strconv.AppendUint(nil, f.bits, 10))
		case f.number == fieldMissing && f.kind == protowire.VarintType:
			missing(b, f.bits)
		case f.number == fieldMissing && f.kind == protowire.BytesType: // packed, as proto3 does
			for rest := f.content; len(rest) > 0; {
				one, n := protowire.ConsumeVarint(rest)
				if n < 0 {
					b.Number([]byte("missing"), rest)
					break
				}
				missing(b, one)
				rest = rest[n:]
			}
		case f.number >= firstValue && int(f.number-firstValue) < len(valueFields) && f.kind == protowire.Fixed64Type:
			value(b, valueFields[f.number-firstValue], math.Float64frombits(f.bits))
		default: // no field of ours, which is refused as one of JSON would be
			b.Number([]byte("field "+strconv.Itoa(int(f.number))), []byte("0"))
		}
		return ""
	})
	b.Finish(from, from+len(data))
}

// value sets a metric to the shortest decimal that reads back as f.
func value(b *readings.Builder, m pleth.Metric, f float64) {
	name := []byte(reading.FieldOf(m).Name)
	switch {
	case math.IsNaN(f):
		b.Number(name, []byte("NaN"))
	case math.IsInf(f, 0):
		b.Number(name, []byte("Infinity"))
	default:
		b.Number(name, strconv.AppendFloat(nil, f, 'g', -1, 64))
	}
}

// missing sets the metric with the field number to missing.
func missing(b *readings.Builder, field uint64) {
	if field >= firstValue && field-firstValue < uint64(len(valueFields)) {
		b.Value(valueFields[field-firstValue], pleth.Missing())
		return
	}
	b.Number([]byte("missing "+strconv.FormatUint(field, 10)), []byte("0")) // no field of ours
}

// field is one field of a message as it stands on the wire.
type field struct {
	number  protowire.Number
	kind    protowire.Type
	bits    uint64 // of a varint or a fixed number
	content []byte // of a field with a length; nil: it is none
	at      int    // where the content begins in the message
}

// fields calls f for every field of a message, until f finds something wrong.
func fields(data []byte, f func(*field) string) (fault string) {
	const broken = "this is no message of pleth.v1.Readings"
	for at := 0; at < len(data); {
		var one field
		var n int
		if one.number, one.kind, n = protowire.ConsumeTag(data[at:]); n < 0 {
			return broken
		}
		at += n
		switch one.kind {
		case protowire.VarintType:
			one.bits, n = protowire.ConsumeVarint(data[at:])
		case protowire.Fixed64Type:
			one.bits, n = protowire.ConsumeFixed64(data[at:])
		case protowire.Fixed32Type:
			_, n = protowire.ConsumeFixed32(data[at:])
		case protowire.BytesType:
			if one.content, n = protowire.ConsumeBytes(data[at:]); n >= 0 {
				one.at = at + n - len(one.content)
				one.content = data[one.at : at+n]
			}
		default:
			return broken
		}
		if n < 0 {
			return broken
		}
		at += n
		if fault := f(&one); fault != "" {
			return fault
		}
	}
	return ""
}
