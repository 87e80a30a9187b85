// Package applehealth reads the export of Apple's Health app, export.xml: the
// SpO2 of every source in it, and the pulse near it. Exports reach gigabytes of
// which SpO2 is a small part, so the file is searched rather than parsed, and
// only eight bytes of each row are held until its end. Layout:
// docs/formats/apple-health.md.
package applehealth

import (
	"bytes"
	"context"
	"fmt"

	"pleth"
	"pleth/internal/device"
)

// Formats lists the reader of this package.
func Formats() []device.Format {
	return []device.Format{{
		Name:       "apple-health",
		Maker:      "Apple",
		Models:     "Apple Watch, and whatever writes SpO2 to the Health app",
		Extensions: ".xml, .zip",
		Reads:      "SpO2 of every source, and its pulse in the half hour after each SpO2; export.xml or the export.zip around it",
		Sniff:      sniff,
		Read:       read,
	}}
}

func sniff(h device.Head) device.Match {
	b := bytes.TrimLeft(h.Bytes, " \t\r\n")
	if len(b) == 0 || b[0] != '<' {
		return device.No
	}
	for _, begin := range []string{"<!DOCTYPE HealthData", "<HealthData"} {
		if i := bytes.Index(b, []byte(begin)); i >= 0 && i+len(begin) < len(b) && bytes.IndexByte([]byte(" \t\r\n[>/"), b[i+len(begin)]) >= 0 {
			return device.Certain
		}
	}
	return device.No
}

// Bounds of what is held. A row is eight bytes, so that all rows stay below
// 100 MB; numbers of many digits count three times.
const (
	maxOxygen  = 9 << 20 // rows of SpO2: three years of nights with a row every four seconds
	maxPulse   = 3 << 20 // rows of pulse
	maxSources = 4096
	maxName    = 256  // bytes by which sources are told apart
	maxBroken  = 1000 // tags without an end: to look for each takes time
	// near is how long after an SpO2 the pulse belongs to it. Further rows of
	// SpO2 are another session: docs/definitions/time.md.
	near = 30 * 60
)

// export collects the rows of a file.
type export struct {
	w       *device.Writer
	order   []*source // as they first had SpO2
	sources map[string]*source
	values  values
	oxygen  int   // rows of SpO2, and twice their entries of values
	pulse   int   // the same of pulse
	lost    int   // records of pulse beyond the bounds
	broken  int   // tags without an end
	damaged int   // records that cannot be read
	first   int64 // offset of the first of them
	ended   bool  // the end tag was there
	scratch []byte
}

// source is one program or device that wrote to the Health app.
type source struct {
	oxygen, pulse series
	first         stamp // the earliest SpO2
	device        pleth.Device
	stated        bool   // a record has stated a device
	attribute     []byte // device attribute read last, without the address it begins with
}

func read(ctx context.Context, src *device.Source, w *device.Writer) error {
	e := &export{w: w, sources: map[string]*source{}}
	w.Header = pleth.Header{Clock: pleth.UTCClock, ByTime: true}
	t := newTags(src.R)
	err := e.collect(ctx, t)
	if e.damaged > 0 {
		w.Warn(device.Byte(e.first), "damaged-records", device.Count(e.damaged, "record has a time, value or unit that cannot be read and is left out",
			"records have times, values or units that cannot be read and are left out; this is the first"))
	}
	if e.lost > 0 {
		w.Warn("", "pulse-left-out", fmt.Sprintf("the export holds more pulse rates than are read; %d were left out", e.lost))
	}
	if len(e.order) == 0 && err == nil && e.ended {
		w.Warn("", "no-spo2", "the export holds no SpO2")
	}
	for _, s := range e.order {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		e.write(s)
	}
	if err != nil || e.ended {
		return err
	}
	return device.CutOff(ctx, w, device.Byte(t.offset()), "the export ends before its end tag; before that "+
		device.Count(w.RowCount(), "row is read", "rows are read"), t.err)
}

// collect reads the file to its end tag, or as far as it goes.
func (e *export) collect(ctx context.Context, t *tags) error {
	inRoot, inCorrelation := false, false
	for n := 0; t.next(); n++ {
		if n&0xffff == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		switch t.buf[t.start] {
		case 'R':
			if !inRoot || inCorrelation || !t.begins("Record") || passable(t) {
				continue
			}
			if err := e.record(t); err != nil {
				return err
			}
		case 'C':
			// Its records stand at the top level too.
			if t.begins("Correlation") {
				tag, _ := t.rest()
				inCorrelation = len(tag) > 0 && tag[len(tag)-1] != '/'
			}
		case 'H':
			inRoot = inRoot || t.begins("HealthData")
		case '/':
			if t.begins("/Correlation") {
				inCorrelation = false
			}
			if t.begins("/HealthData") {
				e.ended = true
				return nil
			}
		}
	}
	return nil
}

// passable reports whether the record that t stands in is, as Apple orders the
// attributes, of another type than those that are read.
func passable(t *tags) bool {
	const lead = `Record type="` + typePrefix
	if !t.have(len(lead)+17) || !t.begins(`Record type="`) {
		return false
	}
	rest := t.buf[t.start+len(`Record type="`) : t.end]
	return !bytes.HasPrefix(rest, []byte(oxygenType+`"`)) && !bytes.HasPrefix(rest, []byte(heartRateType+`"`))
}

// record takes the Record that t stands in.
func (e *export) record(t *tags) error {
	at := t.offset() - 1
	tag, end := t.rest()
	if end == cutOff {
		return nil
	}
	if end == broken {
		if e.broken++; e.broken > maxBroken {
			return &device.Error{At: device.Byte(at), What: fmt.Sprintf("the export is damaged in more than %d places", maxBroken),
				Do: "export it again; the records before are read"}
		}
	}
	tag = bytes.TrimPrefix(tag, []byte("Record"))
	if len(tag) > 0 && tag[0] > ' ' && tag[0] != '/' {
		return nil // another element that begins alike
	}
	r, readable := parseRecord(tag)
	if end == closed && readable && r.kind == otherKind {
		return nil
	}
	v, isNumber := r.number()
	when, isTime := parseStamp(r.date)
	if end == broken || !readable || !isNumber || !isTime {
		if e.damaged++; e.damaged == 1 {
			e.first = at
		}
		return nil
	}
	s, err := e.source(r.source)
	if err != nil {
		return err
	}
	if r.kind == heartRate {
		e.takePulse(s, when, v)
		return nil
	}
	return e.takeOxygen(s, when, v, r.device)
}

// source returns the source of that name.
func (e *export) source(name []byte) (*source, error) {
	if bytes.IndexByte(name, '&') >= 0 {
		e.scratch = unescape(e.scratch[:0], name)
		name = e.scratch
	}
	name = name[:min(len(name), maxName)]
	s := e.sources[string(name)]
	if s == nil {
		if len(e.sources) >= maxSources {
			return nil, &device.Error{What: fmt.Sprintf("the export has more than %d sources", maxSources),
				Do: "check that this is the export of the Health app; the records before are read"}
		}
		s = &source{}
		e.sources[string(name)] = s
	}
	return s, nil
}

func (e *export) takePulse(s *source, when stamp, v pleth.Value) {
	if e.pulse >= maxPulse {
		e.lost++
		return
	}
	packed, added := e.values.pack(v)
	e.pulse += 1 + 2*added
	s.pulse.add(when.sec, packed)
}

func (e *export) takeOxygen(s *source, when stamp, v pleth.Value, attribute []byte) error {
	if e.oxygen >= maxOxygen {
		return &device.Error{What: "the export holds more SpO2 than is read of one file", Do: "cut it into parts by time; the records before are read"}
	}
	packed, added := e.values.pack(v)
	e.oxygen += 1 + 2*added
	if s.oxygen.n == 0 {
		e.order = append(e.order, s)
	}
	if s.oxygen.n == 0 || when.sec < s.first.sec {
		s.first = when
	}
	s.oxygen.add(when.sec, packed)
	s.see(attribute)
	return nil
}

// see takes note of the device attribute of a record. A source may have been
// several devices; its header says what they have in common.
func (s *source) see(b []byte) {
	// It begins with an address that differs between equal devices.
	if i := bytes.IndexByte(b, ','); i >= 0 {
		b = b[i:]
	}
	if len(b) == 0 || bytes.Equal(b, s.attribute) {
		return
	}
	s.attribute = append(s.attribute[:0], b...)
	d := parseDevice(b)
	if s.stated {
		d = common(s.device, d)
	}
	s.device, s.stated = d, true
}

// write writes the recording of one source: its SpO2 in the order of time, and
// the pulse in the half hour after each.
func (e *export) write(s *source) {
	e.w.Begin(pleth.Header{Device: s.device, Clock: pleth.UTCClock, Zone: zone(s.first.offset), ByTime: true, InOrder: true})
	oxygen, pulse := s.oxygen.inOrder(), s.pulse.inOrder()
	s.oxygen, s.pulse = series{}, series{} // blocks go when they are written
	last, any := uint32(0), false
	beat, rate, more := pulse.next()
	for {
		sec, v, ok := oxygen.next()
		for more && (!ok || beat < sec) {
			if any && beat > last && beat-last <= near {
				e.w.Row(int64(beat) * device.Second)
				e.w.Set(pleth.PulseRate, e.values.value(rate))
			}
			beat, rate, more = pulse.next()
		}
		if !ok || !e.w.Row(int64(sec)*device.Second) {
			return
		}
		e.w.Set(pleth.SpO2, e.values.value(v))
		if more && beat == sec {
			e.w.Set(pleth.PulseRate, e.values.value(rate))
			beat, rate, more = pulse.next()
		}
		last, any = sec, true
	}
}

// zone returns an offset as "+02:00".
func zone(seconds int32) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("%c%02d:%02d", sign, seconds/3600, seconds/60%60)
}
