package readings

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
)

// Every instant that a reading can have reads as the standard library has it,
// in any zone, as text and as a number in any unit.
func TestStamps(t *testing.T) {
	t.Parallel()
	if got := time.Unix(lastSecond, 0).UTC(); got != time.Date(2261, 12, 31, 23, 59, 59, 0, time.UTC) {
		t.Errorf("the last second is %v", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		var s stamps
		for range 3 { // the date before is remembered
			ns := rapid.Int64Range(0, lastSecond*second).Draw(t, "ns")
			zone := time.FixedZone("", 60*rapid.IntRange(-23*60, 23*60).Draw(t, "zone"))
			digits := rapid.IntRange(0, 9).Draw(t, "digits")
			ns -= ns % int64(pleth.Pow10(uint8(9-digits)))
			text := time.Unix(0, ns).In(zone).Format([]string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.000000000Z07:00", time.RFC3339Nano}[rapid.IntRange(0, 2).Draw(t, "form")])
			want, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				t.Fatal(err)
			}
			if year := want.In(zone).Year(); year < 1969 || year > 2262 {
				continue
			}
			if got, wrong := s.parse([]byte(text)); wrong != "" || got != want.UnixNano() {
				t.Fatalf("%s: got %d %s, want %d", text, got, wrong, want.UnixNano())
			}
			if ns < 1e17 {
				continue
			}
			for _, v := range []pleth.Value{pleth.Num(ns, 0), pleth.Num(ns/1e3, 0), pleth.Num(ns/1e6, 0), pleth.Num(ns/1e9, 0), pleth.Num(ns, 9), pleth.Num(ns, 6), pleth.Num(ns, 3)} {
				m, scale := v.Mantissa()
				want := ns
				if scale == 0 { // what is below the unit was cut off
					want = m * roundUnit(ns/m)
				}
				if got, wrong := s.number(v); wrong != "" || got != want {
					t.Fatalf("%s: got %d %s, want %d", v, got, wrong, want)
				}
			}
		}
	})
}

// roundUnit returns the unit of a stamp that is n times smaller in it, about.
func roundUnit(n int64) int64 {
	for unit := int64(1e9); ; unit /= 1e3 {
		if n >= unit-unit/10 {
			return unit
		}
	}
}

// What time.Parse refuses is refused, and what it takes without need too.
func TestStampsRefused(t *testing.T) {
	t.Parallel()
	var s stamps
	for _, text := range []string{"", "2025-11-28", "2025-11-28T20:15:00", "2025-11-28T20:15Z", "2025-11-28T24:00:00Z", "2025-11-28T20:60:00Z", "2025-11-28T20:15:60Z", "2025-13-01T00:00:00Z",
		"2025-02-29T00:00:00Z", "2025-00-10T00:00:00Z", "2025-11-00T00:00:00Z", "2025-11-28T20:15:00.Z", "2025-11-28T20:15:00+2:00", "2025-11-28T20:15:00+24:00", "2025-11-28T20:15:00+0200", "2025-11-28T20:15:00Zx",
		"1969-12-31T23:59:59Z", "2262-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "0000-01-01T00:00:00Z", "2025/11/28T20:15:00Z", "28.11.2025 20:15:00Z", "2025-11-28T20:15:00 Europe", "1764360900"} {
		if got, wrong := s.parse([]byte(text)); wrong == "" {
			t.Errorf("%q: got %d", text, got)
		}
	}
	for _, v := range []pleth.Value{pleth.Num(0, 0), pleth.Num(-1, 0), pleth.Num(99_999_999, 0), pleth.Num(9223372036854775807, 0), pleth.Num(1, 15)} {
		if got, wrong := s.number(v); wrong == "" {
			t.Errorf("%s: got %d", v, got)
		}
	}
}

// A leap second is the second after it; there is none elsewhere.
func TestLeapSeconds(t *testing.T) {
	t.Parallel()
	for text, same := range map[string]string{
		"2016-12-31T23:59:60Z":          "2017-01-01T00:00:00Z",
		"2016-12-31T23:59:60.25Z":       "2017-01-01T00:00:00.25Z",
		"2017-01-01T00:59:60+01:00":     "2017-01-01T00:00:00Z",
		"2015-06-30T19:59:60.999-04:00": "2015-07-01T00:00:00.999Z",
		"2025-11-28T23:59:60Z":          "", // no end of June or December
		"2016-12-31T23:59:61Z":          "",
		"2016-12-31T23:59:60+01:00":     "", // 22:59:60 UTC
		"2016-12-31T12:00:60Z":          "",
	} {
		var s stamps
		got, wrong := s.parse([]byte(text))
		if same == "" {
			if wrong == "" {
				t.Errorf("%s was taken as %v", text, time.Unix(0, got).UTC())
			}
			continue
		}
		want, err := time.Parse(time.RFC3339Nano, same)
		if err != nil {
			t.Fatal(err)
		}
		if wrong != "" || got != want.UnixNano() {
			t.Errorf("%s: %v %s", text, time.Unix(0, got).UTC(), wrong)
		}
	}
}
