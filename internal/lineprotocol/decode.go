package lineprotocol

import (
	"bytes"
	"math"
	"slices"
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

	key     []byte  // of the last line
	last    *origin // what it says
	origins map[string]*origin
	tags    []tag
}

// maxOrigins is how many keys are remembered at a time.
const maxOrigins = 10_000

// origin is what a measurement with its tags says: once for all lines that
// begin with the same bytes.
type origin struct {
	fault  string
	common *readings.Common // nil: something of it is wrong, which every line is told
	tags   []tag            // without the device
	device []byte           // nil: none is named
}

type tag struct{ name, value []byte }

func (d *decoder) reset(build *readings.Builder, unit, received int64) {
	d.build, d.unit, d.received, d.key = build, unit, received, nil
	clear(d.origins)
}

// line adds a line to the readings.
func (d *decoder) line(l *line) {
	b := d.build
	fault := l.fault
	if fault == "" {
		if d.key == nil || !bytes.Equal(l.key, d.key) {
			d.last, d.key = d.origin(l.key), l.key
		}
		fault = d.last.fault
	}
	if fault != "" {
		b.Refuse("", l.from, l.to, readings.Problem{Code: readings.Malformed, Detail: fault})
		return
	}
	if d.last.common != nil {
		b.StartLike(d.last.common)
	} else {
		b.Start()
		d.last.say(b)
	}
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

// origin returns what a key says.
func (d *decoder) origin(key []byte) *origin {
	if o := d.origins[string(key)]; o != nil {
		return o
	}
	o := new(origin)
	d.tags = d.tags[:0]
	measurement, fault := eachTag(key, func(name, value []byte) {
		d.tags = append(d.tags, tag{unescape(name, nameSpecial), unescape(value, nameSpecial)})
	})
	if fault == "" && d.twice() {
		fault = "a tag stands twice" // of two devices nobody knows which is meant
	}
	if o.fault = fault; fault == "" {
		device := d.deviceTag()
		for i, t := range d.tags {
			if i == device {
				o.device = t.value
			} else {
				o.tags = append(o.tags, t)
			}
		}
		o.tags = append(o.tags, tag{measurementName, unescape(measurement, measurementSpecial)})
		d.build.Start()
		o.say(d.build)
		o.common = d.build.Keep()
	}
	if d.origins == nil || len(d.origins) == maxOrigins {
		d.origins = map[string]*origin{}
	}
	d.origins[string(key)] = o
	return o
}

// say gives the current reading of b what the key says.
func (o *origin) say(b *readings.Builder) {
	if o.device != nil {
		b.Device(o.device)
	}
	for _, t := range o.tags {
		b.Text(t.name, t.value)
	}
}

// twice reports whether two tags of a key have one name.
func (d *decoder) twice() bool {
	for i := range d.tags {
		if slices.ContainsFunc(d.tags[:i], func(t tag) bool { return bytes.Equal(t.name, d.tags[i].name) }) {
			return true
		}
	}
	return false
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
