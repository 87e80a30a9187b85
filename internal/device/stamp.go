package device

// Second is one second of event time.
const Second = int64(1e9)

// Days returns the number of days from 1970-01-01 to a day of the years 1900
// to 2999, and whether there is such a day. A de-identified recording may lie
// centuries ahead; no oximeter is older.
func Days(year, month, day int) (int64, bool) {
	if year < 1900 || year > 2999 || month < 1 || month > 12 || day < 1 || day > DaysIn(year, month) {
		return 0, false
	}
	// Years that begin in March put the leap day last; a cycle has 400 years.
	if month <= 2 {
		year--
	}
	cycle := year / 400
	yearOfCycle := year - cycle*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	dayOfCycle := yearOfCycle*365 + yearOfCycle/4 - yearOfCycle/100 + dayOfYear
	return int64(cycle*146097+dayOfCycle) - 719468, true
}

// Date returns the nanoseconds from 1970-01-01 to midnight of a day, and
// whether there is such a day and int64 holds it (up to 2261).
func Date(year, month, day int) (int64, bool) {
	d, ok := Days(year, month, day)
	if !ok || year > 2261 {
		return 0, false
	}
	return d * 86400 * Second, true
}

// DaysIn returns the number of days of a month 1..12.
func DaysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// ClockTime returns the nanoseconds since midnight, and whether there is such
// a time. A leap second 23:59:60 is taken.
func ClockTime(hour, minute, second int) (int64, bool) {
	if hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 {
		return 0, false
	}
	return int64(hour*3600+minute*60+second) * Second, true
}

// Int reads a run of 1 to 9 digits that fills b.
func Int(b []byte) (int, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// HMS reads "H:MM:SS" or "HH:MM:SS" that fills b.
func HMS(b []byte) (int64, bool) {
	if len(b) == 7 {
		if b[1] != ':' || b[4] != ':' {
			return 0, false
		}
		h, ok1 := Int(b[:1])
		m, ok2 := Int(b[2:4])
		s, ok3 := Int(b[5:7])
		if !ok1 || !ok2 || !ok3 {
			return 0, false
		}
		return ClockTime(h, m, s)
	}
	if len(b) != 8 || b[2] != ':' || b[5] != ':' {
		return 0, false
	}
	h, ok1 := twoDigits(b[0], b[1])
	m, ok2 := twoDigits(b[3], b[4])
	s, ok3 := twoDigits(b[6], b[7])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return ClockTime(h, m, s)
}

func twoDigits(a, b byte) (int, bool) {
	a, b = a-'0', b-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

var months = [...]string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// Month reads an English month name or its first three letters, in any case.
func Month(b []byte) (int, bool) {
	if len(b) < 3 {
		return 0, false
	}
	var low [3]byte
	for i := range low {
		low[i] = b[i] | 0x20
	}
	for i, m := range months {
		if string(low[:]) == m {
			return i + 1, true
		}
	}
	return 0, false
}

// HalfDay turns a time of the 12-hour clock into nanoseconds since midnight.
// half is the first letter of AM or PM, in either case.
func HalfDay(t int64, half byte) (int64, bool) {
	const hour = 3600 * Second
	if t < hour || t >= 13*hour {
		return 0, false
	}
	if t >= 12*hour {
		t -= 12 * hour
	}
	switch half | 0x20 {
	case 'a':
		return t, true
	case 'p':
		return t + 12*hour, true
	}
	return 0, false
}
