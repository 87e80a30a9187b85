package device_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth/internal/device"
)

func TestDaysAreThoseOfTheCalendar(t *testing.T) {
	t.Parallel()
	for d := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 3000; d = d.AddDate(0, 0, 1) {
		days, ok := device.Days(d.Year(), int(d.Month()), d.Day())
		if !ok || days != d.Unix()/86400 {
			t.Fatalf("%s: got day %d, %t", d.Format(time.DateOnly), days, ok)
		}
	}
}

func TestDaysThatDoNotExist(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		y, m, d := rapid.IntRange(1800, 3100).Draw(t, "y"), rapid.IntRange(-1, 14).Draw(t, "m"), rapid.IntRange(-1, 33).Draw(t, "d")
		_, ok := device.Days(y, m, d)
		date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		want := y >= 1900 && y <= 2999 && date.Year() == y && int(date.Month()) == m && date.Day() == d
		if ok != want {
			t.Fatalf("%d-%d-%d: got %t, want %t", y, m, d, ok, want)
		}
	})
}

func TestTimesOfDay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"0:00:00": 0, "00:00:00": 0, "7:08:09": 7*time.Hour + 8*time.Minute + 9*time.Second, "23:59:60": 24 * time.Hour,
		"24:00:00": -1, "12:60:00": -1, "12:00": -1, "12:00:0": -1, "12-00-00": -1, "": -1, "a:00:00": -1, "+1:00:00": -1, "012:00:00": -1,
	} {
		got, ok := device.HMS([]byte(text))
		if ok != (want >= 0) || ok && got != int64(want) {
			t.Errorf("%q: got %s, %t", text, time.Duration(got), ok)
		}
	}
	const hour = int64(time.Hour)
	for _, c := range []struct {
		t    int64
		half byte
		want int64
	}{{12 * hour, 'A', 0}, {12 * hour, 'p', 12 * hour}, {hour, 'a', hour}, {11 * hour, 'P', 23 * hour}, {0, 'a', -1}, {13 * hour, 'p', -1}, {hour, 'x', -1}} {
		got, ok := device.HalfDay(c.t, c.half)
		if ok != (c.want >= 0) || ok && got != c.want {
			t.Errorf("%s %c: got %s, %t", time.Duration(c.t), c.half, time.Duration(got), ok)
		}
	}
}
