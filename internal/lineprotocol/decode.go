package lineprotocol

import (
	"bytes"
	"math"
	"strconv"

	"pleth/internal/intake/readings"
)

// units are the nanoseconds that a stamp counts, by the parameter precision.
var units = map[string]int64{
	"": 1, "n": 1, "ns": 1,
	"u": 1e3, "µ": 1e3, "us": 1e3,
	"ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
}

// devices are the tags that name the device, the first that is there does.
var devices = [...]string{"deviceId", "device_id", "device", "host"}

// measurementName is the tag that keeps the measurement of a line, as Flux
// calls it.
var measurementName = []byte("_measurement")

// decoder turns lines into readings. It has no clock: a line without a stamp
// is of when its body was received.
type decoder struct {
	build    *readings.Builder
	unit     int64
	received int64

	// What the key of the last line says. Lines of one device follow each other.
	key         []byte
	measurement []byte
	tags        []tag
	device      int // which of the tags names the device, -1: none
}

type tag struct{ name, value []byte }

func (d *decoder) reset(build *readings.Builder, unit, received int64) {
	d.build, d.unit, d.received, d.key = build, unit, received, nil
}

// line adds a line to the readings.
func (d *decoder) line(l *line) {
	b := d.build
	fault := l.fault
	if fault == "" && (d.key == nil || !bytes.Equal(l.key, d.key)) {
		fault = d.origin(l.key)
	}
	if fault != "" {
		b.Refuse("", l.from, l.to, readings.Problem{Code: readings.Malformed, Detail: fault})
		return
	}
	b.Start()
	for i, t := range d.tags {
		if i == d.device {
			b.Device(t.value)
		} else {
			b.Text(t.name, t.value)
		}
	}
	b.Text(measurementName, d.measurement)
	timed := false
	for i := range l.fields {
		f := &l.fields[i]
		name := unescape(f.key, nameSpecial)
		timed = timed || string(name) == "timestamp" || string(name) == "time" || string(name) == "timestamp_utc"
		switch {
		case f.kind == text:
			b.Text(name, unescape(f.value, textSpecial))
		case f.kind == boolean:
			d.boolean(name, f.value)
		case f.kind != number && bytes.ContainsAny(f.value, ".eE"), f.kind == natural && bytes.IndexByte(f.value, '-') >= 0:
			b.Number(name, f.value[:len(f.value)+1]) // with its letter it is no number
		default:
			b.Number(name, f.value)
		}
	}
	switch {
	case len(l.stamp) > 0:
		b.Time(d.time(l.stamp))
	case !timed:
		b.Time(d.received)
	}
	b.Finish(l.from, l.to)
}

// origin reads the key of a line and returns what is wrong with it.
func (d *decoder) origin(key []byte) (fault string) {
	d.tags, d.key = d.tags[:0], nil
	measurement, fault := eachTag(key, func(name, value []byte) {
		d.tags = append(d.tags, tag{unescape(name, nameSpecial), unescape(value, nameSpecial)})
	})
	if fault != "" {
		return fault
	}
	d.key, d.measurement, d.device = key, unescape(measurement, measurementSpecial), d.deviceTag()
	return ""
}

// deviceTag returns which tag names the device, -1 if none does.
func (d *decoder) deviceTag() int {
	best, at := len(devices), -1
	for i, t := range d.tags {
		for rank := range best {
			if string(t.name) == devices[rank] {
				best, at = rank, i
				break
			}
		}
	}
	return at
}

// boolean sets a field to a word that ends as booleans do.
func (d *decoder) boolean(name, word []byte) {
	switch string(word) {
	case "t", "T", "true", "True", "TRUE":
		d.build.Bool(name, true)
	case "f", "F", "false", "False", "FALSE":
		d.build.Bool(name, false)
	default:
		d.build.Number(name, word) // says what is wrong with it
	}
}

// time returns the instant of a stamp, -1 if it is none that a reading can have.
func (d *decoder) time(stamp []byte) int64 {
	n, err := strconv.ParseInt(string(stamp), 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/d.unit {
		return -1
	}
	return n * d.unit
}
