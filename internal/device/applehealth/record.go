package applehealth

import (
	"bytes"
	"math"
	"strings"
	"unicode"

	"pleth"
	"pleth/internal/device"
)

// kind is what a record measures.
type kind uint8

const (
	otherKind kind = iota
	oxygen
	heartRate
)

const (
	typePrefix    = "HKQuantityTypeIdentifier"
	oxygenType    = typePrefix + "OxygenSaturation"
	heartRateType = typePrefix + "HeartRate"
)

// record is what is read of one Record. The bytes are parts of its tag.
type record struct {
	kind                              kind
	source, device, unit, value, date []byte
}

// parseRecord reads the attributes of a Record, in any order, and reports
// whether it can be read. Of a record of another kind nothing else is read.
func parseRecord(tag []byte) (record, bool) {
	var r record
	for {
		name, value, rest, ok := attribute(tag)
		if !ok {
			return r, len(rest) == 0
		}
		switch string(name) {
		case "type":
			switch string(value) {
			case oxygenType:
				r.kind = oxygen
			case heartRateType:
				r.kind = heartRate
			default:
				return r, true
			}
		case "sourceName":
			r.source = value
		case "device":
			r.device = value
		case "unit":
			r.unit = value
		case "value":
			r.value = value
		case "startDate":
			r.date = value
		}
		tag = rest
	}
}

// stamp is an instant and the offset it was written with.
type stamp struct {
	sec    uint32 // since 1970-01-01T00:00:00Z
	offset int32  // seconds east of Greenwich
}

// parseStamp reads "2025-07-01 22:12:00 -0400". Instants before 1970 and after
// 2105 are none.
func parseStamp(b []byte) (stamp, bool) {
	if len(b) != 25 || b[4] != '-' || b[7] != '-' || b[10] != ' ' || b[19] != ' ' || b[20] != '+' && b[20] != '-' {
		return stamp{}, false
	}
	year, ok1 := device.Int(b[:4])
	month, ok2 := device.Int(b[5:7])
	day, ok3 := device.Int(b[8:10])
	clock, ok4 := device.HMS(b[11:19])
	hours, ok5 := device.Int(b[21:23])
	minutes, ok6 := device.Int(b[23:])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || hours > 15 || minutes > 59 {
		return stamp{}, false
	}
	days, ok := device.Days(year, month, day)
	offset := int64(hours*3600 + minutes*60)
	if b[20] == '-' {
		offset = -offset
	}
	sec := days*86400 + clock/device.Second - offset
	if !ok || sec < 0 || sec > math.MaxUint32 {
		return stamp{}, false
	}
	return stamp{uint32(sec), int32(offset)}, true
}

// number returns the value of a record in percent or beats per minute.
// Apple writes SpO2 as a fraction although the unit says %; some other
// programs write percent. 1.5 lies far from both.
func (r *record) number() (pleth.Value, bool) {
	v, ok := pleth.ParseValue(bytes.TrimSpace(r.value))
	if !ok {
		return v, false
	}
	if r.kind == heartRate {
		return v, string(r.unit) == "count/min"
	}
	if string(r.unit) != "%" || v.Float() > 1.5 {
		return v, string(r.unit) == "%"
	}
	m, scale := v.Mantissa()
	if scale >= 2 {
		return pleth.Num(m, scale-2), true
	}
	if m > math.MaxInt64/100 || m < math.MinInt64/100 {
		return v, false
	}
	return pleth.Num(m*pleth.Pow10(2-scale), 0), true
}

// deviceKeys are the parts of a device attribute, in its order:
// "<<HKDevice: 0x281f3c5a0>, name:Apple Watch, manufacturer:Apple Inc.,
// model:Watch, hardware:Watch6,2, software:9.1, creation date:…>".
var deviceKeys = []string{", name:", ", manufacturer:", ", model:", ", hardware:", ", firmware:", ", software:",
	", localIdentifier:", ", UDI:", ", creation date:"}

// productNames are the names of devices that name a product. Any other name
// may be one that a person gave, and is not carried.
var productNames = map[string]bool{"Apple Watch": true, "iPhone": true, "iPad": true}

// parseDevice returns what a device attribute says of the instrument.
func parseDevice(b []byte) pleth.Device {
	text := strings.TrimSuffix(string(unescape(nil, b)), ">")
	part := func(key string) string {
		_, s, _ := strings.Cut(text, key)
		for _, next := range deviceKeys {
			s, _, _ = strings.Cut(s, next)
		}
		return clean(s)
	}
	d := pleth.Device{Maker: part(", manufacturer:"), Model: part(", model:"), Firmware: part(", software:")}
	if name := part(", name:"); productNames[name] {
		d.Model = name
	}
	if hardware := part(", hardware:"); hardware != "" && hardware != d.Model {
		if d.Model == "" {
			d.Model = hardware
		} else {
			d.Model += " (" + hardware + ")"
		}
	}
	return d
}

// clean returns s without control characters, at most 64 bytes of it.
func clean(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, s))
	for len(s) > 64 {
		r := []rune(s)
		s = string(r[:min(len(r)-1, 64)])
	}
	return s
}

// common returns what two devices have in common.
func common(a, b pleth.Device) pleth.Device {
	same := func(x, y string) string {
		if x == y {
			return x
		}
		return ""
	}
	model := same(a.Model, b.Model)
	if model == "" { // another hardware of the same model
		x, _, _ := strings.Cut(a.Model, " (")
		y, _, _ := strings.Cut(b.Model, " (")
		model = same(x, y)
	}
	return pleth.Device{Maker: same(a.Maker, b.Maker), Model: model, Serial: same(a.Serial, b.Serial), Firmware: same(a.Firmware, b.Firmware)}
}
