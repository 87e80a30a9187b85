package bedside

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pleth"
	"pleth/internal/cmf"
	"pleth/internal/device"
)

// maxValues is how many values are kept, at 32 bytes each: 23 beds for a day.
const maxValues = 16 << 20

// bed is what was read of one bed.
type bed struct {
	id     string
	own    [cmf.Sensors]oximeter
	shared device.Collector // heart and respiration rate
	pulses []pulse

	// The oximeter whose saturation or perfusion came last, and when it was measured.
	last   cmf.Sensor
	lastAt int64
}

// oximeter is what was read of one oximeter of a bed.
type oximeter struct {
	values      device.Collector // saturation and perfusion
	saturations int
	numbers     int           // saturations that are no marks
	interval    time.Duration // of saturations; 0: aperiodic or changing
}

// pulse is a pulse rate and the oximeter that it followed, -1 if none.
type pulse struct {
	at     int64
	value  pleth.Value
	sensor cmf.Sensor
}

// reader reads one file.
type reader struct {
	w    *device.Writer
	beds []*bed
	byID map[string]*bed

	values   int
	lines    int
	waves    int
	backward int
	last     int64 // time of the line before
	units    int   // saturations in another unit
	shared   int   // pulse rates with the bed and instant of the one before
	unplaced int   // pulse rates of no oximeter
	repeated int
	names    map[string]bool // of numerics, up to maxNames
	skewed   bool
	skewLow  int64 // gateway minus bed, ns
	skewHigh int64
}

const maxNames = 200

func read(ctx context.Context, src *device.Source, w *device.Writer) error {
	return readUpTo(ctx, src, w, maxValues)
}

// readUpTo reads a stream of which at most limit values are kept.
func readUpTo(ctx context.Context, src *device.Source, w *device.Writer, limit int) error {
	r := &reader{w: w, byID: map[string]*bed{}, names: map[string]bool{}}
	lines := device.NewLines(src.R)
	var m cmf.Message
	cut, full := false, false
	for !full && lines.Next() {
		if lines.N()%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line := lines.Bytes()
		switch {
		case len(line) == 0:
		case m.Parse(line):
			r.take(&m)
			full = r.values >= limit
		case !lines.Ended():
			cut = true
		default:
			w.Warn(device.Line(lines.N()), "bad-line", "this line is no message of a monitor; it is left out")
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	written := r.write()
	r.report()
	switch {
	case full:
		w.Warn(device.Line(lines.N()), "truncated", fmt.Sprintf("the file holds more than %d values; what follows is not read: split it by time or bed", limit))
	case cut || lines.Err() != nil:
		return device.CutOff(ctx, w, device.Line(lines.N()), fmt.Sprintf("the file is cut off; whole messages read: %d", r.lines), lines.Err())
	case !written:
		return r.noSaturation()
	}
	return nil
}

// take takes one message.
func (r *reader) take(m *cmf.Message) {
	r.lines++
	if m.Time < r.last {
		r.backward++
	}
	r.last = m.Time
	if m.SysTime > 0 {
		skew := m.SysTime - m.Time
		if !r.skewed {
			r.skewed, r.skewLow, r.skewHigh = true, skew, skew
		}
		r.skewLow, r.skewHigh = min(r.skewLow, skew), max(r.skewHigh, skew)
	}
	switch m.Type {
	case "met":
	case "wav":
		r.waves++
		return
	default:
		return
	}
	k, ok := m.Measure()
	if len(r.names) < maxNames && !r.names[m.Name] {
		r.names[strings.Clone(m.Name)] = true
	}
	if !ok {
		return
	}
	if !m.UnitFits(k) {
		r.units++
		return
	}
	r.values++
	r.bed(m).take(r, m, k)
}

// bed returns the bed of m.
func (r *reader) bed(m *cmf.Message) *bed {
	b := r.byID[string(m.Bed())]
	if b == nil {
		b = &bed{id: string(m.Bed()), last: -1}
		r.beds = append(r.beds, b)
		r.byID[b.id] = b
	}
	return b
}

// take takes a value of the bed.
func (b *bed) take(r *reader, m *cmf.Message, k cmf.Measure) {
	v := m.Number(k.Metric)
	switch k.Metric {
	case pleth.HeartRate, pleth.RespRate:
		b.shared.Add(m.Time, k.Metric, v)
		return
	case pleth.PulseRate:
		if n := len(b.pulses); n > 0 && b.pulses[n-1].at == m.Time {
			r.shared++
		}
		p := pulse{m.Time, v, -1}
		if b.lastAt == m.Time {
			p.sensor = b.last
		}
		b.pulses = append(b.pulses, p)
		return
	}
	b.last, b.lastAt = k.Sensor, m.Time
	o := &b.own[k.Sensor]
	o.values.Add(m.Time, k.Metric, v)
	if !k.IsSaturation() {
		return
	}
	if iv := interval(m); o.saturations == 0 {
		o.interval = iv
	} else if o.interval != iv {
		o.interval = 0
	}
	o.saturations++
	if v.Ok() {
		o.numbers++
	}
}

// write writes the recordings and returns whether there are any.
func (r *reader) write() bool {
	written, numbers := false, 0
	for _, b := range r.beds {
		alone := 0
		for i := range b.own {
			if b.own[i].saturations > 0 {
				alone++
			}
		}
		for i := range b.own {
			if b.own[i].saturations == 0 {
				continue
			}
			written = true
			numbers += b.own[i].numbers
			r.recording(b, i, alone == 1)
		}
		if alone > 1 {
			for _, p := range b.pulses {
				if p.sensor < 0 || b.own[p.sensor].saturations == 0 {
					r.unplaced++
				}
			}
		}
		*b = bed{} // its memory is free for the next
	}
	if written && numbers == 0 {
		r.w.Warn("", "no-oximetry", "no saturation in the file has a value")
	}
	return written
}

// recording writes the recording of oximeter i of b. alone says that b has no other.
func (r *reader) recording(b *bed, i int, alone bool) {
	o := &b.own[i]
	h := pleth.Header{Device: pleth.Device{Serial: b.id}, Clock: pleth.UTCClock, Zone: "UTC", Interval: o.interval, ByTime: true}
	if cmf.Sensor(i) != cmf.Plain {
		h.Metric = cmf.Sensor(i).Timeline()
	}
	r.w.Begin(h)
	rows := o.values
	rows.AddAll(&b.shared)
	for _, p := range b.pulses {
		if alone || p.sensor == cmf.Sensor(i) {
			rows.Add(p.at, pleth.PulseRate, p.value)
		}
	}
	r.repeated += rows.Write(r.w)
}

// report warns of what the user should know of the whole file.
func (r *reader) report() {
	say := func(n int, code, format string) {
		if n > 0 {
			r.w.Warn("", code, fmt.Sprintf(format, n))
		}
	}
	say(r.waves, "waveforms", "blocks of waveforms, which are not read: %d")
	say(r.backward, "out-of-order", "lines that step back in time from the line before: %d; rows are sorted by the time of the beds")
	say(r.units, "unit", "saturations in another unit than percent, left out: %d")
	say(r.repeated, "repeated", "values that came again for their bed and time, left out: %d")
	say(r.shared, "pulse-by-order", "pulse rates of several oximeters under one name at one instant: %d; each is given to the oximeter whose values stand before it")
	say(r.unplaced, "unplaced-pulse", "pulse rates that cannot be given to one of several oximeters, left out: %d")
	const notable = 2 * device.Second
	if r.skewLow < -notable || r.skewHigh > notable {
		r.w.Warn("", "clock-skew", fmt.Sprintf("the clock of the gateway is from %+.1f s to %+.1f s off those of the beds; times are those of the beds",
			time.Duration(r.skewLow).Seconds(), time.Duration(r.skewHigh).Seconds()))
	}
}

// noSaturation returns the error that lists which measures there are.
func (r *reader) noSaturation() error {
	if r.lines == 0 {
		return &device.Error{What: "no line of this file is a message of a monitor", Do: "export the stream again"}
	}
	what := "this stream holds waveforms only"
	if len(r.names) > 0 {
		names := slices.Sorted(maps.Keys(r.names))
		what = "no bed of this stream has SpO2; its numerics are " + strings.Join(names, ", ")
	}
	return &device.Error{What: what, Do: "give a stream of beds with an oximeter", Kind: device.ErrNoOximetry}
}
