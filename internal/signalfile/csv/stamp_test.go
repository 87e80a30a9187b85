package csv

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
)

func TestStampForms(t *testing.T) {
	t.Parallel()
	night := time.Date(2025, 3, 16, 22, 20, 56, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2025-03-16 22:20:56":           night,
		"2025-03-16T22:20:56":           night,
		"2025-03-16T22:20:56Z":          night,
		"2025-03-16T22:20:56.5Z":        night.Add(time.Second / 2),
		"2025-03-16 22:20:56,123456789": night.Add(123456789),
		"2025-03-16T23:20:56+01:00":     night,
		"2025-03-16 17:50:56 -0430":     night,
		"2025-03-17T00:20:56+02":        night,
		"2025-03-16 22:20:56 UTC":       night,
		"2025/3/16 22:20:56":            night,
		"2025.03.16 22:20:56":           night,
		"20250316T222056":               night,
		"20250316222056":                night,
		"16.03.2025 22:20:56":           night,
		"16.3.2025  22:20:56":           night,
		"16.03.2025 22:20":              night.Truncate(time.Minute),
		"16/03/2025 22:20:56":           night,
		"16-03-2025 22:20:56":           night,
		"03/16/2025 10:20:56 PM":        night,
		"03/16/2025 10:20:56PM":         night,
		"3/16/2025, 10:20:56 p.m.":      night,
		"3/16/2025, 10:20:56\u202fPM":   night,
		"2025-03-16 10:20:56 pm +0000":  night,
		"1742163656":                    night,
		"1742163656.25":                 night.Add(time.Second / 4),
		"1742163656000":                 night,
		"1742163656000,5":               night.Add(time.Millisecond / 2),
	} {
		var s stamps
		if !s.first(nil, []byte(text), device.Second) {
			t.Errorf("%q is no time", text)
			continue
		}
		got, ok := s.parse(nil, []byte(text))
		if !ok || got != want.UnixNano() {
			t.Errorf("%q: got %s, %t, want %s", text, time.Unix(0, got).UTC(), ok, want)
		}
	}
}

func TestWhatIsNoTime(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "noon", "2025-03-16", "2025-02-30 00:00:00", "16.03.25 22:20:56", "3/16/25 22:20:56", "13/13/2025 00:00:00",
		"2025-03-16 25:00:00", "2025-03-16 22:60:00", "2025-03-16 22:20:61", "2025-03-16 22", "2025-03-16 22:20:56 XX", "2025-03-16 13:20:56 PM",
		"2025-03-16 00:20:56 AM", "2025-03-16 22:20:56+", "2025-03-16 22:20:56+1", "2025-03-16 22:20:56+01:60", "2025-03-16 22:20:56+123456",
		"99999999999999999", "1e300", "NaN", "12:34", "1:2:3:4", "20251316222056", "1899-12-31 00:00:00", "9999-01-01 00:00:00", "T", "--", "-"} {
		var s stamps
		if s.first(nil, []byte(text), device.Second) && s.form != dayTime {
			t.Errorf("%q is taken as a time of form %d", text, s.form)
		}
	}
}

func TestTimesOfAnotherKindAreNone(t *testing.T) {
	t.Parallel()
	for first, others := range map[string][]string{
		"2025-03-16 22:20:56":       {"2025-03-16T22:20:56Z", "16.03.2025 22:20:56", "2025-03-16 10:20:56 PM", "1742163656", "22:20:56"},
		"2025-03-16T22:20:56+01:00": {"2025-03-16T22:20:56"},
		"16/03/2025 22:20:56":       {"03/16/2025 22:20:56", "2025-03-16 22:20:56", "16/03/2025 22:20:56 Z"},
		"03/16/2025 22:20:56":       {"16/03/2025 22:20:56"},
		"1742163656":                {"1742163656000", "5", "2025-03-16 22:20:56"},
		"1742163656000":             {"1742163656", "5"},
		"0":                         {"1742163656000", "x", "0:00:01"},
		"0:00:01":                   {"1", "2025-03-16 22:20:56", "0:00:01 PM"},
	} {
		for _, other := range others {
			var s stamps
			if !s.first(nil, []byte(first), device.Second) {
				t.Fatalf("%q is no time", first)
			}
			if _, ok := s.parse(nil, []byte(first)); !ok {
				t.Fatalf("%q is no time", first)
			}
			if at, ok := s.parse(nil, []byte(other)); ok {
				t.Errorf("after %q, %q is the time %d", first, other, at)
			}
			if _, ok := s.parse(nil, []byte(first)); !ok {
				t.Errorf("after %q, %q is no time any more", other, first)
			}
		}
	}
}

func TestElapsedTimesAreExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		unit time.Duration
		want time.Duration
	}{
		{"0", time.Second, 0}, {"-1.5", time.Second, -1500 * time.Millisecond}, {"0.1", time.Second, 100 * time.Millisecond},
		{"12345.000000001", time.Second, 12345*time.Second + 1}, {"1e3", time.Second, 1000 * time.Second},
		{"0,5", time.Second, 500 * time.Millisecond}, {"4000", time.Millisecond, 4 * time.Second}, {"1.5", time.Minute, 90 * time.Second},
		{"0.999999999999999", time.Minute, time.Minute}, {"-0.999999999999999", time.Minute, -time.Minute}, {"99999999", time.Second, 99999999 * time.Second},
	} {
		var s stamps
		ok := s.first(nil, []byte(c.text), int64(c.unit))
		got, ok2 := s.parse(nil, []byte(c.text))
		if !ok || !ok2 || s.form != elapsed || got != int64(c.want) {
			t.Errorf("%q of %s: got %s, %t, form %d, want %s", c.text, c.unit, time.Duration(got), ok, s.form, c.want)
		}
	}
}

func TestTimesOfDayPassMidnight(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := stamps{form: dayTime}
		start := rapid.IntRange(0, 86399).Draw(t, "start")
		at := start
		for range rapid.IntRange(1, 50).Draw(t, "rows") {
			text := time.Unix(int64(at), 0).UTC().Format("15:04:05")
			got, ok := s.parse(nil, []byte(text))
			if want := int64(at) * device.Second; !ok || got != want {
				t.Fatalf("%s: got %d, want %d", text, got, want)
			}
			at += rapid.IntRange(0, 43000).Draw(t, "step")
		}
	})
}

func TestSwapDateIsItsOwnInverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		y, m, d := rapid.IntRange(1900, 2261).Draw(t, "y"), rapid.IntRange(1, 12).Draw(t, "m"), rapid.IntRange(1, 12).Draw(t, "d")
		rest := rapid.Int64Range(0, 86400e9-1).Draw(t, "time")
		a, _ := device.Date(y, m, d)
		b, _ := device.Date(y, d, m)
		if got := swapDate(a + rest); got != b+rest || swapDate(got) != a+rest {
			t.Fatalf("%d-%d-%d: got %d, want %d", y, m, d, got, b+rest)
		}
	})
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"97": "97", "97.50": "97.50", "97,5": "97.5", "97%": "97", "97,5 %": "97.5", "-0.5": "-0.5", "1e2": "100",
		"": "", "%": "", "1,2,3": "", "1.000,5": "", "x": "", "0x10": "", "inf": "", "9,7x": ""} {
		got, ok := number([]byte(text))
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q: got %s, %t, want %q", text, got, ok, want)
		}
	}
}

func TestHeadersThatExplainThemselves(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]role{
		"SpO2": spo2Role, "SpO2(%)": spo2Role, "SPO2 [%]": spo2Role, "spo2_pct": spo2Role, "SpO₂ (%)": spo2Role, "Oxygen Level": spo2Role,
		"Blood oxygen (%)": spo2Role, "oxygen_saturation": spo2Role, "O2 Sat": spo2Role,
		"t_s": timeRole, "Time": timeRole, "time (s)": timeRole, "#time": timeRole, "Timestamp": timeRole, "Date/Time": timeRole, "t_ms": timeRole, "time_min": timeRole,
		"Date": dateRole, "PR(bpm)": {ofMetric, pleth.PulseRate}, "Heart Rate": {ofMetric, pleth.PulseRate}, "bpm": {ofMetric, pleth.PulseRate},
		"Temp [°C]": {ofMetric, pleth.Temperature}, "PI (%)": {ofMetric, pleth.PerfusionIndex}, "Motion": {ofMetric, pleth.Motion},
	} {
		if got, ok := explained(plainName([]byte(name))); !ok || got != want {
			t.Errorf("%q: got %+v, %t, want %+v", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "spo2_min", "SpO2 (min)", "spo2_lowest", "SpO2 Reminder", "97", "spo2_preductal", "pulse_min", "comment", "%"} {
		if got, ok := explained(name); ok {
			t.Errorf("%q is taken as %+v", name, got)
		}
	}
}
