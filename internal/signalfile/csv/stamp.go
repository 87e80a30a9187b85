package csv

import (
	"bytes"
	"math"
	"math/bits"
	"time"

	"pleth"
	"pleth/internal/device"
)

// timeForm is how the times of a file are written.
type timeForm uint8

const (
	noTime   timeForm = iota // no time column: rows at a given interval
	elapsed                  // a number since some start
	epoch                    // a number since 1970-01-01T00:00:00Z
	dayTime                  // hours, minutes, seconds without a date
	calendar                 // a date and a time of day
)

// dateOrder is what the first of two numbers of a date is, where both readings exist.
type dateOrder uint8

const (
	undecided dateOrder = iota
	dayFirst
	monthFirst
)

// dateShape is how the dates of a file are written. It is one for all.
type dateShape uint8

const (
	yearFirst dateShape = iota + 1
	dotted              // the day first, with dots
	slashed             // the year last, with slashes or dashes
)

// Numbers from here on are seconds, then milliseconds since 1970; below, they
// have elapsed since some start. 1e8 s is a recording of three years, or March
// 1973; 1e11 ms is the same day, and in seconds the year 5138. 1e13 ms is the year 2286.
const (
	leastEpoch       = 1e8
	leastEpochMillis = 1e11
	endEpochMillis   = 1e13
)

// stamps reads the times of one file. The form, the zone and the unit are those
// of the first time it reads; a time of another kind is none.
type stamps struct {
	form timeForm
	unit int64 // nanoseconds that 1 stands for, of elapsed and epoch
	twin bool  // date and time are two columns

	shape dateShape
	order dateOrder
	half  bool // the times come with AM and PM

	zoned  bool   // the times come with a zone
	utc    bool   // and it is written Z or UTC, which says nothing of where the clock hung
	offset int64  // of the time read last, in seconds east of Greenwich
	zone   []byte // its text

	date     []byte // text of the date read last
	midnight int64
	any      bool
	days     int64 // full days, of dayTime
	last     int64 // time read last, of dayTime
}

// first tells the form by the first time of a file, and whether it is one.
// unit is what 1 stands for if it is a number of elapsed time.
func (s *stamps) first(date, clock []byte, unit int64) bool {
	s.twin = date != nil
	if s.twin {
		s.form = calendar
		return s.probe(date, clock)
	}
	if v, ok := number(clock); ok && !isCompact(clock) {
		s.form, s.unit = elapsed, unit
		switch f := v.Float(); {
		case f >= endEpochMillis:
			return false
		case f >= leastEpochMillis:
			s.form, s.unit = epoch, device.Second/1000
		case f >= leastEpoch && unit == device.Second:
			s.form, s.unit = epoch, device.Second
		}
		return true
	}
	for _, form := range []timeForm{calendar, dayTime} {
		if s.form = form; s.probe(nil, clock) {
			return true
		}
	}
	s.form = noTime
	return false
}

// probe reads a time and keeps what it says of the form, but not the time.
func (s *stamps) probe(date, clock []byte) bool {
	try := *s
	_, ok := try.parse(date, clock)
	if ok {
		s.zoned, s.utc, s.half, s.shape = try.zoned, try.utc, try.half, try.shape
	}
	return ok
}

// clock returns the clock of the header.
func (s *stamps) clock() pleth.Clock {
	switch {
	case s.form == epoch || s.form == calendar && s.zoned:
		return pleth.UTCClock
	case s.form == calendar:
		return pleth.LocalClock
	}
	return pleth.NoClock
}

// parse returns the time in nanoseconds, and whether it can be read. While the
// order of dates is undecided, it is the time if the day stands first.
func (s *stamps) parse(date, clock []byte) (int64, bool) {
	if t, ok := s.sameDay(date, clock); ok {
		return t, true
	}
	switch s.form {
	case elapsed, epoch:
		return s.count(clock)
	case dayTime:
		return s.sinceStart(clock)
	case calendar:
		if s.twin {
			return s.join(date, clock)
		}
		if isCompact(clock) {
			return s.join(clock[:8], bytes.TrimPrefix(clock[8:], []byte("T")))
		}
		n := len(s.date)
		if !s.any || len(clock) <= n || !bytes.Equal(clock[:n], s.date) || clock[n] != ' ' && clock[n] != 'T' {
			if n = bytes.IndexAny(clock, " T"); n < 0 {
				return 0, false
			}
		}
		return s.join(clock[:n], clock[n+1:])
	}
	return 0, false
}

// sameDay reads the time of most rows: the date and the zone stand as in the
// row before, and HH:MM:SS is all there is between them.
func (s *stamps) sameDay(date, clock []byte) (int64, bool) {
	if !s.any || s.form != calendar || s.half {
		return 0, false
	}
	if !s.twin {
		n := len(s.date)
		if len(clock) <= n || clock[n] != ' ' && clock[n] != 'T' {
			return 0, false
		}
		date, clock = clock[:n], clock[n+1:]
	}
	const length = len("HH:MM:SS")
	if len(clock) < length || string(clock[length:]) != string(s.zone) || string(date) != string(s.date) {
		return 0, false
	}
	t, ok := device.HMS(clock[:length])
	return s.midnight + t - s.offset*device.Second, ok
}

// count reads a number of units.
func (s *stamps) count(b []byte) (int64, bool) {
	v, ok := number(b)
	if !ok {
		return 0, false
	}
	if f := v.Float(); s.form == epoch && (f < leastEpoch || (f >= leastEpochMillis) != (s.unit != device.Second) || f >= endEpochMillis) ||
		s.form == elapsed && f >= leastEpochMillis {
		return 0, false
	}
	if math.Abs(v.Float())*float64(s.unit) >= 1<<62 {
		return 0, false
	}
	m, scale := v.Mantissa()
	if scale == 0 {
		return m * s.unit, true
	}
	one := pleth.Pow10(scale)
	whole, rest := m/one, m%one
	// 128 bits, for a fraction of 15 digits in nanoseconds of a minute.
	hi, lo := bits.Mul64(uint64(max(rest, -rest)), uint64(s.unit))
	lo, carry := bits.Add64(lo, uint64(one/2), 0)
	part, _ := bits.Div64(hi+carry, lo, uint64(one))
	if m < 0 {
		return whole*s.unit - int64(part), true
	}
	return whole*s.unit + int64(part), true
}

// sinceStart reads hours, minutes and seconds that have no date. A step of
// more than half a day is midnight.
func (s *stamps) sinceStart(b []byte) (int64, bool) {
	t, rest, ok := timeOfDay(b)
	if !ok || len(rest) > 0 {
		return 0, false
	}
	const day = 86400 * device.Second
	if s.any && t < day {
		switch now := t + s.days*day; {
		case now < s.last-day/2:
			s.days++
		case now > s.last+day/2:
			s.days--
		}
	}
	s.any, s.last = true, t+s.days*day
	return s.last, true
}

// join puts a date and a time of day together.
func (s *stamps) join(date, clock []byte) (int64, bool) {
	t, rest, ok := timeOfDay(bytes.TrimLeft(clock, " "))
	if !ok || t >= 86400*device.Second+device.Second {
		return 0, false
	}
	rest = bytes.TrimLeft(rest, " ")
	half := false
	if letter, after := halfDay(rest); letter != 0 {
		if t, ok = device.HalfDay(t, letter); !ok {
			return 0, false
		}
		half, rest = true, after
	}
	offset, zoned := int64(0), false
	if len(rest) > 0 {
		if offset, ok = zone(rest); !ok {
			return 0, false
		}
		zoned = true
		s.utc = rest[0] != '+' && rest[0] != '-'
	}
	if s.any && (half != s.half || zoned != s.zoned) {
		return 0, false
	}
	if !s.any || !bytes.Equal(date, s.date) {
		midnight, ok := s.parseDate(date)
		if !ok || zoned && s.shape == slashed {
			return 0, false
		}
		s.date, s.midnight = append(s.date[:0], date...), midnight
	}
	s.any, s.half, s.zoned, s.offset, s.zone = true, half, zoned, offset, append(s.zone[:0], rest...)
	return s.midnight + t - offset*device.Second, true
}

// parseDate reads YYYY-MM-DD, YYYY/MM/DD, YYYYMMDD, DD.MM.YYYY, DD/MM/YYYY and
// MM/DD/YYYY; the signs may be exchanged and a comma may follow.
func (s *stamps) parseDate(b []byte) (int64, bool) {
	shape, x, y, z := splitDate(bytes.TrimRight(b, ", "))
	if shape == 0 || s.shape != 0 && shape != s.shape {
		return 0, false
	}
	order := s.order
	switch {
	case shape == yearFirst:
		x, z = z, x
	case shape == dotted || order == dayFirst:
	case order == monthFirst:
		x, y = y, x
	case x > 12:
		order = dayFirst
	case y > 12:
		order = monthFirst
		x, y = y, x
	}
	day, ok := device.Date(z, y, x)
	if ok {
		s.shape, s.order = shape, order
	}
	return day, ok
}

// splitDate returns the three numbers of a date in the order they stand, and
// its shape, 0 if it is no date. A year of two digits is nobody's guess.
func splitDate(b []byte) (shape dateShape, x, y, z int) {
	if n, ok := device.Int(b); ok && len(b) == 8 {
		return yearFirst, n / 10000, n / 100 % 100, n % 100
	}
	i := bytes.IndexAny(b, "-/.")
	if i < 0 {
		return 0, 0, 0, 0
	}
	j := bytes.IndexByte(b[i+1:], b[i]) + i + 1
	if j == i {
		return 0, 0, 0, 0
	}
	x, ok1 := device.Int(b[:i])
	y, ok2 := device.Int(b[i+1 : j])
	z, ok3 := device.Int(b[j+1:])
	switch {
	case !ok1 || !ok2 || !ok3:
	case i == 4:
		return yearFirst, x, y, z
	case len(b)-j-1 != 4:
	case b[i] == '.':
		return dotted, x, y, z
	default:
		return slashed, x, y, z
	}
	return 0, 0, 0, 0
}

// swapDate returns the time t with the day and the month of its date
// exchanged. Both must be at most 12.
func swapDate(t int64) int64 {
	at := time.Unix(0, t).UTC()
	midnight, _ := device.Date(at.Year(), at.Day(), int(at.Month()))
	own, _ := device.Date(at.Year(), int(at.Month()), at.Day())
	return midnight + t - own
}

// timeOfDay reads H:MM, H:MM:SS or H:MM:SS.fff at the beginning of b and
// returns nanoseconds and what follows. Hours may have up to three digits.
func timeOfDay(b []byte) (int64, []byte, bool) {
	i := bytes.IndexByte(b, ':')
	if i < 0 && len(b) == 6 { // HHMMSS of a compact stamp
		n, ok := device.Int(b)
		if t, fits := device.ClockTime(n/10000, n/100%100, n%100); ok && fits {
			return t, nil, true
		}
	}
	if i < 1 || i > 3 || len(b) < i+3 {
		return 0, nil, false
	}
	h, ok := device.Int(b[:i])
	m, ok2 := device.Int(b[i+1 : i+3])
	if !ok || !ok2 || m > 59 {
		return 0, nil, false
	}
	t := int64(h*3600+m*60) * device.Second
	b = b[i+3:]
	if len(b) < 3 || b[0] != ':' {
		return t, b, true
	}
	sec, ok := device.Int(b[1:3])
	if !ok || sec > 60 {
		return 0, nil, false
	}
	t += int64(sec) * device.Second
	b = b[3:]
	if len(b) < 2 || b[0] != '.' && b[0] != ',' {
		return t, b, true
	}
	unit := device.Second / 10
	for b = b[1:]; len(b) > 0 && b[0] >= '0' && b[0] <= '9'; b = b[1:] {
		t += int64(b[0]-'0') * unit
		unit /= 10
	}
	return t, b, true
}

// halfDay returns the letter of AM or PM that b begins with, 0 if it does not,
// and what follows. A narrow or other no-break space may stand before it.
func halfDay(b []byte) (byte, []byte) {
	b = bytes.TrimPrefix(bytes.TrimPrefix(b, []byte("\u202f")), []byte("\u00a0"))
	if len(b) < 2 {
		return 0, b
	}
	letter, rest := b[0]|0x20, bytes.TrimPrefix(b[1:], []byte("."))
	if letter != 'a' && letter != 'p' || len(rest) == 0 || rest[0]|0x20 != 'm' {
		return 0, b
	}
	return letter, bytes.TrimLeft(bytes.TrimPrefix(rest[1:], []byte(".")), " ")
}

// zone reads Z, UTC, GMT, +HH, +HHMM or +HH:MM that fills b and returns seconds
// east of Greenwich.
func zone(b []byte) (int64, bool) {
	switch string(b) {
	case "Z", "z", "UTC", "GMT":
		return 0, true
	}
	sign := int64(1)
	switch {
	case len(b) > 0 && b[0] == '-':
		sign = -1
	case len(b) == 0 || b[0] != '+':
		return 0, false
	}
	b = b[1:]
	if len(b) == 5 && b[2] == ':' {
		b = []byte{b[0], b[1], b[3], b[4]}
	}
	h, ok := device.Int(b[:min(2, len(b))])
	m := 0
	if len(b) == 4 {
		var ok2 bool
		m, ok2 = device.Int(b[2:])
		ok = ok && ok2
	} else if len(b) != 2 {
		return 0, false
	}
	if !ok || h > 15 || m > 59 {
		return 0, false
	}
	return sign * int64(h*3600+m*60), true
}

// isCompact reports whether b is YYYYMMDDHHMMSS or YYYYMMDDTHHMMSS.
func isCompact(b []byte) bool {
	if len(b) < 14 {
		return false
	}
	n, ok := device.Int(b[:8])
	clock := b[8:]
	if clock[0] == 'T' {
		clock = clock[1:]
	}
	if !ok || len(clock) != 6 {
		return false
	}
	_, ok = device.Date(n/10000, n/100%100, n%100)
	c, ok2 := device.Int(clock)
	_, ok3 := device.ClockTime(c/10000, c/100%100, c%100)
	return ok && ok2 && ok3
}
