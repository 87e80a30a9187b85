package edf

import (
	"strings"

	"pleth"
	"pleth/internal/device"
)

// start is when a file says it starts.
type start struct {
	clock pleth.Clock // LocalClock, or NoClock where date or time cannot be read
	at    int64       // ns as if UTC
}

// startOf reads the start from the recording field, whose date wins, and the
// date and time fields. Warnings go to w.
func startOf(f fixed, w *device.Writer) start {
	date, short := headerDate(f.date)
	long, stated := recordingDate(f.recording)
	if stated && short && long != date {
		w.Warn(device.Byte(168), "date-conflict", "the header states two start dates; that of the recording field is taken")
	}
	if stated {
		date = long
	}
	if date == placeholder {
		w.Warn(device.Byte(168), "date-unknown", "the start date is 1985-01-01, the placeholder of files without a date; the time of day stands")
	}
	time, ok := headerTime(f.time)
	if !ok || !stated && !short {
		w.Warn(device.Byte(168), "no-clock", "the start of the file cannot be read; times count from its beginning")
		return start{}
	}
	return start{pleth.LocalClock, date + time}
}

// placeholder stands for an unknown date, after the EDF+ specification.
var placeholder, _ = device.Date(1985, 1, 1)

// headerDate reads "dd.mm.yy": 85..99 are 1985..1999, the rest 2000..2084.
func headerDate(s string) (int64, bool) {
	d, m, y, ok := triple(s)
	if !ok {
		return 0, false
	}
	if y += 2000; y >= 2085 {
		y -= 100
	}
	return device.Date(y, m, d)
}

// headerTime reads "hh.mm.ss" into ns since midnight.
func headerTime(s string) (int64, bool) {
	h, m, sec, ok := triple(s)
	if !ok {
		return 0, false
	}
	return device.ClockTime(h, m, sec)
}

// triple reads three numbers of two digits. The specification wants points
// between them; other marks occur.
func triple(s string) (a, b, c int, ok bool) {
	if len(s) != 8 || s[2] >= '0' && s[2] <= '9' || s[5] >= '0' && s[5] <= '9' {
		return 0, 0, 0, false
	}
	a, ok1 := device.Int([]byte(s[:2]))
	b, ok2 := device.Int([]byte(s[3:5]))
	c, ok3 := device.Int([]byte(s[6:]))
	return a, b, c, ok1 && ok2 && ok3
}

// recordingDate reads the date of "Startdate dd-MMM-yyyy ...", and whether one
// is stated: "Startdate X" states none.
func recordingDate(s string) (int64, bool) {
	const key = "Startdate "
	if len(s) < len(key)+11 || !strings.EqualFold(s[:len(key)], key) {
		return 0, false
	}
	b := []byte(s[len(key) : len(key)+11])
	if b[2] != '-' || b[6] != '-' {
		return 0, false
	}
	d, ok1 := device.Int(b[:2])
	m, ok2 := device.Month(b[3:6])
	y, ok3 := device.Int(b[7:])
	if !ok1 || !ok2 || !ok3 {
		return 0, false
	}
	return device.Date(y, m, d)
}
