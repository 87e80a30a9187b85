package device

import "bytes"

// Day reads a column of dates, each date once: most rows repeat the one before.
// The zero Day is ready.
type Day struct {
	text     []byte // as it stood in the last row
	midnight int64
}

// Midnight returns what parse makes of the date b: the nanoseconds from
// 1970-01-01 to its midnight, and whether it is a date.
func (d *Day) Midnight(b []byte, parse func([]byte) (int64, bool)) (int64, bool) {
	if len(b) > 0 && bytes.Equal(b, d.text) {
		return d.midnight, true
	}
	midnight, ok := parse(b)
	if !ok {
		return 0, false
	}
	d.text, d.midnight = append(d.text[:0], b...), midnight
	return midnight, true
}

// DateParts splits a date into its three numbers, in the order they stand.
func DateParts(b []byte, sep byte) (first, second, third int, ok bool) {
	i := bytes.IndexByte(b, sep)
	j := bytes.LastIndexByte(b, sep)
	if i < 0 || i == j {
		return 0, 0, 0, false
	}
	first, ok1 := Int(b[:i])
	second, ok2 := Int(b[i+1 : j])
	third, ok3 := Int(b[j+1:])
	return first, second, third, ok1 && ok2 && ok3
}
