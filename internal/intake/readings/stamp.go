package readings

import (
	"math"
	"time"

	"pleth"
)

// stamps reads event times. It remembers the last date, as readings come in
// order.
type stamps struct {
	date [10]byte
	day  int64 // of date, in nanoseconds UTC
}

const (
	second = int64(time.Second)
	minute = int64(time.Minute)
	hour   = int64(time.Hour)
	// lastSecond is the last whole second of 2261: the end of what fits.
	lastSecond = 9214646399
)

// parse reads an RFC 3339 stamp with its zone. What it returns besides is
// empty, or says what is wrong. A leap second is the second after it, as in
// POSIX: the count since 1970 has none.
func (s *stamps) parse(b []byte) (int64, string) {
	const want = "send RFC 3339 with a zone, such as 2025-11-28T20:15:00Z, or the number since 1970"
	if len(b) < 19 || b[10] != 'T' && b[10] != 't' && b[10] != ' ' || b[13] != ':' || b[16] != ':' {
		return 0, want
	}
	if string(b[:10]) != string(s.date[:]) {
		day, ok := parseDay(b[:10])
		if !ok {
			return 0, "there is no such date: " + want
		}
		copy(s.date[:], b)
		s.day = day
	}
	h, ok1 := two(b[11:])
	m, ok2 := two(b[14:])
	sec, ok3 := two(b[17:])
	if !ok1 || !ok2 || !ok3 || h > 23 || m > 59 || sec > 60 {
		return 0, "there is no such time of day: " + want
	}
	t := s.day + h*hour + m*minute + sec*second
	b = b[19:]
	if len(b) > 0 && b[0] == '.' {
		n, unit := 1, second/10
		for n < len(b) && b[n] >= '0' && b[n] <= '9' {
			t += int64(b[n]-'0') * unit // digits below the nanosecond add nothing
			unit /= 10
			n++
		}
		if n == 1 {
			return 0, want
		}
		b = b[n:]
	}
	switch {
	case len(b) == 1 && (b[0] == 'Z' || b[0] == 'z'):
	case len(b) == 6 && (b[0] == '+' || b[0] == '-') && b[3] == ':':
		h, ok1 := two(b[1:])
		m, ok2 := two(b[4:])
		if !ok1 || !ok2 || h > 23 || m > 59 {
			return 0, "there is no such zone: " + want
		}
		if b[0] == '-' {
			h, m = -h, -m
		}
		t -= h*hour + m*minute
	case len(b) == 0:
		return 0, "the zone is missing: add Z for UTC, or the offset, such as +02:00"
	default:
		return 0, want
	}
	if t < 0 || t > lastSecond*second {
		return 0, "send a time between 1970 and 2261"
	}
	if sec == 60 && !followsLeapSecond(t) {
		return 0, "a leap second is 23:59:60 UTC at the end of June or December only: " + want
	}
	return t, ""
}

// followsLeapSecond reports whether the second of t is one that a leap second
// may stand before.
func followsLeapSecond(t int64) bool {
	at := time.Unix(0, t).UTC()
	h, m, s := at.Clock()
	return h == 0 && m == 0 && s == 0 && at.Day() == 1 && (at.Month() == time.January || at.Month() == time.July)
}

func two(b []byte) (int64, bool) {
	x, y := b[0]-'0', b[1]-'0'
	return int64(x)*10 + int64(y), x <= 9 && y <= 9
}

// parseDay reads "2025-11-28" as nanoseconds UTC.
func parseDay(b []byte) (int64, bool) {
	c, ok1 := two(b)
	y, ok2 := two(b[2:])
	m, ok3 := two(b[5:])
	d, ok4 := two(b[8:])
	y += c * 100
	if !ok1 || !ok2 || !ok3 || !ok4 || b[4] != '-' || b[7] != '-' || y < 1969 || y > 2262 || m < 1 || m > 12 || d < 1 {
		return 0, false
	}
	day := time.Date(int(y), time.Month(m), int(d), 0, 0, 0, 0, time.UTC)
	if day.Day() != int(d) || y == 2262 && day.YearDay() > 2 {
		return 0, false
	}
	return day.UnixNano(), true
}

// number reads a stamp sent as a number since 1970. Its size says the unit:
// below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds, else
// nanoseconds. Each covers 1973 and later, and no two overlap before 5138.
func (s *stamps) number(v pleth.Value) (int64, string) {
	m, scale := v.Mantissa()
	unit := pleth.Pow10(scale)
	whole, rest := m/unit, m%unit
	var factor int64
	switch {
	case whole < 1e8:
		return 0, "too small for a stamp: send seconds, milliseconds, microseconds or nanoseconds since 1970 (1973 at least), or RFC 3339"
	case whole < 1e11:
		factor = second
	case whole < 1e14:
		factor = int64(time.Millisecond)
	case whole < 1e17:
		factor = int64(time.Microsecond)
	default:
		factor = 1
	}
	if whole > math.MaxInt64/factor || whole*factor > lastSecond*second {
		return 0, "send a time between 1973 and 2261"
	}
	// rest < 10^15 and the factor up to 10^9: divide first where it matters.
	fraction := int64(0)
	if f := factor; rest != 0 {
		for unit > 1 && f > 1 {
			unit, f = unit/10, f/10
			fraction += rest / unit * f
			rest %= unit
		}
	}
	return whole*factor + fraction, ""
}

// appendStamp appends t as RFC 3339 in UTC with the decimals it needs.
func appendStamp(dst []byte, t int64) []byte {
	return time.Unix(0, t).UTC().AppendFormat(dst, time.RFC3339Nano)
}
