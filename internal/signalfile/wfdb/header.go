package wfdb

import (
	"bytes"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/signalfile"
)

// Bounds of what a header may state.
const (
	maxSignals  = 1 << 12
	maxPerFrame = 1 << 16
)

// signal is one signal of a record.
type signal struct {
	file     string
	format   int
	perFrame int
	skew     int
	offset   int64 // of the first sample in the file
	gain     *big.Rat
	baseline int64
	unit     string
	name     string
	sum      int16 // of all samples
	hasSum   bool
}

// parser reads a header line by line. Lines with another shape than a header
// has end it.
type parser struct {
	found    bool // the record line was read
	fields   int  // of the record line
	name     string
	segments int // 0: an ordinary record
	count    int // of signals, as stated
	rate     *big.Rat
	frames   int64 // 0: unknown
	time     string
	date     string
	signals  []signal
	parts    []string // the names of the segments
}

// line takes the next line. It returns false if no header has such a line there.
func (p *parser) line(b []byte) bool {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] == '#' {
		return true
	}
	f := strings.Fields(signalfile.Text(b))
	switch {
	case len(f) == 0:
		return true
	case !p.found:
		p.found = true
		return p.recordLine(f)
	case p.segments > 0:
		if len(p.parts) < maxSignals {
			p.parts = append(p.parts, f[0])
		}
		return len(f) == 2
	}
	if p.complete() {
		return true // header(5): what follows is not read
	}
	s, ok := signalLine(f)
	p.signals = append(p.signals, s)
	return ok
}

// complete reports whether the lines of all signals were read.
func (p *parser) complete() bool {
	return p.found && p.segments == 0 && len(p.signals) == p.count
}

// recordLine reads "name[/segments] signals [rate [frames [time [date]]]]".
func (p *parser) recordLine(f []string) bool {
	p.fields = len(f)
	name, segments, ok := strings.Cut(f[0], "/")
	if ok {
		n, err := strconv.Atoi(segments)
		if err != nil || n < 1 {
			return false
		}
		p.segments = n
	}
	if len(f) < 2 || strings.ContainsFunc(name, func(r rune) bool { return !isNameRune(r) }) {
		return false
	}
	n, err := strconv.Atoi(f[1])
	if err != nil || n < 0 || n > maxSignals {
		return false
	}
	p.name, p.count, p.rate = name, n, big.NewRat(250, 1)
	if len(f) > 2 {
		text, _, _ := strings.Cut(f[2], "/")
		if p.rate, ok = signalfile.Decimal(text); !ok || p.rate.Sign() <= 0 {
			return false
		}
	}
	if len(f) > 3 {
		if p.frames, err = strconv.ParseInt(f[3], 10, 64); err != nil || p.frames < 0 {
			return false
		}
	}
	if len(f) > 4 {
		p.time = f[4]
	}
	if len(f) > 5 {
		p.date = f[5]
	}
	return true
}

func isNameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-'
}

// signalLine reads "file format [gain [bits [zero [first [sum [block [name]]]]]]]".
func signalLine(f []string) (signal, bool) {
	s := signal{file: f[0], perFrame: 1, gain: big.NewRat(200, 1)}
	if len(f) < 2 || !isFile(f[0]) || !s.formatField(f[1]) {
		return s, false
	}
	zero := int64(0)
	if len(f) > 4 {
		zero, _ = strconv.ParseInt(f[4], 10, 32)
	}
	s.baseline = zero
	if len(f) > 2 && !s.gainField(f[2]) {
		return s, false
	}
	if len(f) > 6 {
		n, err := strconv.ParseInt(f[6], 10, 32)
		s.sum, s.hasSum = int16(n), err == nil
	}
	if len(f) > 8 {
		s.name = strings.Join(f[8:], " ")
	}
	return s, true
}

// isFile reports whether s can be the name of a signal file: a table of
// numbers has none. "~" and "-" stand for no file and standard input.
func isFile(s string) bool {
	return s == "~" || s == "-" || strings.ContainsFunc(s, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' })
}

// formatField reads "format[xsamples][:skew][+offset]".
func (s *signal) formatField(text string) bool {
	number := func(mark string, limit int64) (int64, bool) {
		_, after, found := strings.Cut(text, mark)
		if !found {
			return 0, true
		}
		if i := strings.IndexAny(after, "x:+"); i >= 0 {
			after = after[:i]
		}
		n, err := strconv.ParseInt(after, 10, 64)
		return n, err == nil && n >= 0 && n <= limit
	}
	digits := text
	if i := strings.IndexAny(text, "x:+"); i >= 0 {
		digits = text[:i]
	}
	format, err := strconv.Atoi(digits)
	if err != nil || format < 0 {
		return false
	}
	s.format = format
	n, ok := number("x", maxPerFrame)
	if s.perFrame = max(int(n), 1); !ok {
		return false
	}
	if n, ok = number(":", 1<<40); !ok {
		return false
	}
	s.skew = int(n)
	s.offset, ok = number("+", 1<<60)
	return ok
}

// gainField reads "gain[(baseline)][/units]".
func (s *signal) gainField(text string) bool {
	text, s.unit, _ = strings.Cut(text, "/")
	text, base, ok := strings.Cut(text, "(")
	if ok {
		n, err := strconv.ParseInt(strings.TrimSuffix(base, ")"), 10, 32)
		if err != nil {
			return false
		}
		s.baseline = n
	}
	gain, ok := signalfile.Decimal(text)
	if !ok {
		return false
	}
	if gain.Sign() != 0 {
		s.gain = gain
	}
	return true
}

// scale returns the scale of s for metric m.
func (s *signal) scale(m pleth.Metric) *signalfile.Scale {
	gain := new(big.Rat).Inv(s.gain)
	offset := new(big.Rat).Mul(big.NewRat(-s.baseline, 1), gain)
	none := 1<<(bits(s.format)-1) - 1 // the lowest digital value is no sample
	return signalfile.NewScale(m, gain, offset, -none, none)
}

// bits returns the bits of a sample in a format that is read, else 0.
func bits(format int) int {
	switch format {
	case 16:
		return 16
	case 212:
		return 12
	}
	return 0
}

// metric returns the metric of s, and whether it is of any interest. rate is
// that of frames.
func (s *signal) metric(rate *big.Rat) (pleth.Metric, bool) {
	perSecond, _ := rate.Float64()
	perSecond *= float64(s.perFrame)
	if strings.EqualFold(s.name, "RESP") && perSecond <= 10 {
		return pleth.RespRate, true
	}
	unit := s.unit
	if strings.EqualFold(unit, "pm") {
		unit = "/min"
	}
	return signalfile.Label{Name: s.name, Unit: unit, Rate: perSecond}.Metric()
}

// parse reads a header. Its error says which line is wrong.
func parse(lines *device.Lines) (*parser, error) {
	p := new(parser)
	for !p.complete() && lines.Next() {
		if !p.line(lines.Bytes()) {
			return nil, &device.Error{At: device.Line(lines.N()), What: "this line is not as a WFDB header has it there", Do: "download the header again"}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	switch {
	case !p.found:
		return nil, &device.Error{What: "the WFDB header has no record line", Do: "download the header again"}
	case p.segments > 0:
		return nil, &device.Error{What: fmt.Sprintf("this WFDB header joins segments of other records: %s", some(p.parts)), Do: "give the header of the numerics (its name ends in n) or of a segment"}
	case len(p.signals) < p.count:
		return nil, &device.Error{What: fmt.Sprintf("the WFDB header is cut off: it states %d signals and describes %d", p.count, len(p.signals)), Do: "download the header again"}
	case p.count == 0:
		return nil, &device.Error{What: "this WFDB record has no signals", Do: "give a record that holds SpO2"}
	}
	return p, nil
}

// some joins names, the first few of them.
func some(names []string) string {
	const most = 40
	s := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		s += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return s
}
