package masimo

import (
	"bytes"
	"context"
	"slices"
	"strconv"

	"pleth"
	"pleth/internal/device"
)

var serialCapture = device.Format{
	Name:       "masimo-serial",
	Maker:      maker,
	Models:     "Rad-8, Radical-7 (serial port, ASCII 1)",
	Extensions: ".txt, .log",
	Reads:      "SpO2, pulse rate, perfusion index, exceptions",
	Sniff:      sniffSerial,
	Read:       readSerial,
}

// sniffedLines is how many lines the format is looked for in: a capture may
// begin inside a line, or with noise.
const sniffedLines = 16

func sniffSerial(h device.Head) device.Match {
	rest := h.Bytes
	var p serialParser
	for range sniffedLines {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		if !ended {
			break
		}
		if _, ok := p.parse(bytes.TrimSpace(line)); ok {
			return device.Certain
		}
		rest = after
	}
	return device.No
}

func readSerial(ctx context.Context, src *device.Source, w *device.Writer) error {
	w.Header = pleth.Header{Device: pleth.Device{Maker: maker}, Clock: pleth.LocalClock}
	t := device.NewTable(src, ' ')
	var p serialParser
	first, changed := true, false
	for t.Next(ctx) {
		line, ok := p.parse(bytes.TrimSpace(t.Bytes()))
		if !ok || !t.Ended() {
			t.Damaged()
			continue
		}
		if first {
			w.Header.Device.Serial = string(line.serial)
			first = false
		} else if before := w.Header.Device.Serial; !changed && before != "" && len(line.serial) > 0 && string(line.serial) != before {
			w.Warn(device.Line(t.N()), "serial-changed", "from here on lines name another serial number; they are read as the same recording")
			changed = true
		}
		if !w.Row(line.at) {
			break
		}
		w.Set(pleth.SpO2, line.spo2)
		w.Set(pleth.PulseRate, line.pulse)
		w.Set(pleth.PerfusionIndex, line.perfusion)
		w.Mark(line.marks)
	}
	return t.End(ctx, w)
}

// serialLine is what one line says. It is valid until the next is parsed.
type serialLine struct {
	at                     int64
	serial                 []byte // empty if the line names none
	spo2, pulse, perfusion pleth.Value
	marks                  pleth.Reasons
}

// serialParser reads lines and remembers how long EXC was in those before.
type serialParser struct {
	day    device.Day
	widths [maxExceptions + 1]int // lines by digits of EXC
}

// stampBytes is the length of "02/22/16 22:47:45".
const stampBytes = 17

// EXC has 6 digits on a Rad-8 and 7 on a Radical-7; the manual shows 3.
const (
	minExceptions = 3
	maxExceptions = 8
)

// The fields that are read, as bits of a set.
const (
	fieldSpO2 = 1 << iota
	fieldPulse
	fieldPerfusion
	fieldExceptions
	fieldSerial
	fieldsNeeded = fieldSpO2 | fieldPulse | fieldExceptions
)

// parse reads one line without the blanks around it; it returns false for a
// line that is cut or noisy.
func (p *serialParser) parse(line []byte) (l serialLine, ok bool) {
	if len(line) <= stampBytes || line[8] != ' ' || line[stampBytes] != ' ' || !printable(line) {
		return l, false
	}
	midnight, ok1 := p.day.Midnight(line[:8], parseDate)
	clock, ok2 := device.HMS(line[9:stampBytes])
	if !ok1 || !ok2 {
		return l, false
	}
	l.at = midnight + clock
	seen := 0
	for rest := line[stampBytes:]; len(rest) > 0; {
		var name, value []byte
		if name, value, rest, ok = nextField(rest); !ok {
			return l, false
		}
		var field int
		switch string(name) {
		case "SPO2":
			field = fieldSpO2
			l.spo2, ok = measured(value)
		case "BPM":
			field = fieldPulse
			l.pulse, ok = measured(value)
		case "PI":
			field = fieldPerfusion
			l.perfusion, ok = measured(value)
		case "EXC":
			field = fieldExceptions
			l.marks, ok = p.exceptions(value)
		case "SN":
			field = fieldSerial
			l.serial = serialNumber(value)
		}
		if !ok || seen&field != 0 {
			return l, false
		}
		seen |= field
	}
	return l, seen&fieldsNeeded == fieldsNeeded
}

// nextField takes "NAME=value" from the beginning of b. The value ends before
// the blank in front of the next name.
func nextField(b []byte) (name, value, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '=')
	if i < 0 {
		return nil, nil, nil, false
	}
	name, value = bytes.TrimLeft(b[:i], " "), b[i+1:]
	if next := bytes.IndexByte(value, '='); next >= 0 {
		end := bytes.LastIndexByte(value[:next], ' ')
		if end < 0 {
			return nil, nil, nil, false
		}
		value, rest = value[:end], value[end:]
	}
	return name, value, rest, true
}

// measured reads "098%", " 98", "03.60%" or dashes with or without a point.
func measured(b []byte) (pleth.Value, bool) {
	b = bytes.Trim(b, " %")
	if len(b) == 0 {
		return pleth.Value{}, false
	}
	if len(bytes.Trim(b, "-.")) == 0 {
		return pleth.Missing(), true
	}
	v, ok := device.Vital(b, noSentinel)
	if m, _ := v.Mantissa(); m == 0 {
		return pleth.Missing(), ok
	}
	return v, ok && b[0] != '-'
}

// exceptions reads EXC. A number of digits that fewer lines had than another
// says that digits were lost.
func (p *serialParser) exceptions(b []byte) (pleth.Reasons, bool) {
	b = bytes.Trim(b, " ")
	if len(b) < minExceptions || len(b) > maxExceptions {
		return 0, false
	}
	bits, err := strconv.ParseUint(string(b), 16, 32)
	if err != nil {
		return 0, false
	}
	p.widths[len(b)]++
	if p.widths[len(b)] < slices.Max(p.widths[:]) {
		return 0, false
	}
	var r pleth.Reasons
	for _, e := range exceptionMarks {
		if bits&e.bits != 0 {
			r |= e.mark
		}
	}
	return r, true
}

// exceptionMarks says what the exceptions mean for the values beside them.
// Source: Masimo Rad-8 operator's manual; docs/formats/masimo-serial.md.
var exceptionMarks = [...]struct {
	bits uint64
	mark pleth.Reasons
}{
	{0x001 | 0x002 | 0x008 | 0x020 | 0x080, pleth.SensorFault}, // no sensor, defective, search, off, unrecognised
	{0x004, pleth.LowPerfusion},
	{0x010 | 0x040 | 0x400, pleth.LowConfidence}, // interference, ambient light, low signal IQ
}

// serialNumber returns the digits of b, nil if it holds none but zeros or
// anything else.
func serialNumber(b []byte) []byte {
	b = bytes.Trim(b, " ")
	if len(bytes.Trim(b, "0123456789")) > 0 || len(bytes.Trim(b, "0")) == 0 {
		return nil
	}
	return b
}

// parseDate returns midnight of "02/22/16", the 22nd of February 2016.
func parseDate(b []byte) (int64, bool) {
	month, day, year, ok := device.DateParts(b, '/')
	if !ok || year > 99 {
		return 0, false
	}
	return device.Date(2000+year, month, day)
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
