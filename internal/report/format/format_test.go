package format_test

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth/internal/report/format"
)

// blank puts plain blanks in the place of the joining ones, so that the cases
// below can be read.
func blank(s string) string {
	return strings.NewReplacer(format.Thin, " ", format.Joined, " ").Replace(s)
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v        float64
		decimals int
		want     string
	}{
		{0, 0, "0"}, {95.44, 1, "95.4"}, {95.46, 1, "95.5"}, {-17, 0, "−17"}, {-0.04, 1, "0.0"}, {9999, 0, "9999"},
		{28800, 0, "28 800"}, {-1234567.5, 1, "−1 234 567.5"}, {math.NaN(), 1, "–"}, {math.Inf(1), 0, "–"},
	} {
		if got := blank(format.Number(c.v, c.decimals)); got != c.want {
			t.Errorf("Number(%v, %d) = %q, want %q", c.v, c.decimals, got, c.want)
		}
	}
}

func TestLevelKeepsTheDigitsItHas(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{80: "80", 94.5: "94.5", 97.25: "97.25", 93.3333: "93.33"} {
		if got := format.Level(v); got != want {
			t.Errorf("Level(%v) = %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{18: "+18", -17: "−17", 0: "0", 2.5: "+2.5"} {
		if got := format.Signed(v); got != want {
			t.Errorf("Signed(%v) = %q, want %q", v, got, want)
		}
	}
	if got := format.SignedNumber(0.2, 0); got != "0" {
		t.Errorf("SignedNumber(0.2, 0) = %q, want 0", got)
	}
}

func TestShare(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0 %", 100: "100 %", 3.14: "3.1 %", 0.001: "< 0.1 %", 99.99: "> 99.9 %", 99.94: "99.9 %", 0.05: "0.1 %"} {
		if got := blank(format.Share(v)); got != want {
			t.Errorf("Share(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for s, want := range map[float64]string{0: "0 s", 0.2: "< 1 s", 43: "43 s", 59.6: "1 min 00 s", 612: "10 min 12 s", 29460: "8 h 11 min",
		14399: "3 h 59 min", 86400: "24 h 00 min", -61: "−1 min 01 s"} {
		if got := blank(format.Duration(s)); got != want {
			t.Errorf("Duration(%v) = %q, want %q", s, got, want)
		}
	}
	for s, want := range map[float64]string{0: "0 s", 59.4: "59 s", 60: "1.0 min", 204: "3.4 min", 596: "9.9 min", 598: "10 min", 1020: "17 min",
		5969: "99 min", 5970: "1 h 39 min", 8000: "2 h 13 min"} {
		if got := blank(format.Short(s)); got != want {
			t.Errorf("Short(%v) = %q, want %q", s, got, want)
		}
	}
	if n, u := format.Figure(math.NaN()); n != format.Dash || u != "" {
		t.Errorf("Figure(NaN) = %q, %q, want a dash", n, u)
	}
}

func TestDurationsBreakNowhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.Float64Range(0, 1e6).Draw(t, "seconds")
		if got := format.Duration(s) + format.Short(s); strings.Contains(got, " ") {
			t.Fatalf("%q can break", got)
		}
	})
}

func TestClock(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	// The clocks went back at 03:00 on 26 October 2025.
	c := format.NewClock(time.Date(2025, 10, 25, 22, 0, 0, 0, berlin))
	for offset, want := range map[float64]string{0: "22:00:00", 5*3600 - 1: "02:59:59", 5 * 3600: "02:00:00", 6 * 3600: "03:00:00"} {
		if got := c.HMS(offset); got != want {
			t.Errorf("HMS(%v) = %q, want %q", offset, got, want)
		}
	}
	if got, want := c.Shifts(8*3600), []format.Shift{{At: 5 * 3600, By: -3600}}; !reflect.DeepEqual(got, want) {
		t.Errorf("Shifts = %v, want %v", got, want)
	}
	if got := c.DaySeconds(); got != 22*3600 {
		t.Errorf("DaySeconds = %v, want %v", got, 22*3600)
	}
	var none format.Clock
	if none.Known() || none.HMS(12094) != "3:21:34" || none.HM(12094) != "3:21" || none.Shifts(1e5) != nil {
		t.Errorf("without a clock: %q, %q", none.HMS(12094), none.HM(12094))
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"PX-204\r\n":               "PX-204",
		"\x1b[31mred\x1b[0m":       "[31mred [0m",
		"abc\u202etxt.exe":         "abc txt.exe",
		"a\u2028b\u200bc":          "a b c",
		"\xff\xfe":                 "",
		"Žluťoučký":                "Žluťoučký",
		strings.Repeat("x", 50):    strings.Repeat("x", 19) + "…",
		"  many \t  blanks\v here": "many blanks here",
		"88" + format.Thin + "% " + format.Joined + "x": "88" + format.Thin + "% " + format.Joined + "x",
	} {
		if got := format.Clean(s, 20); got != want {
			t.Errorf("Clean(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	got := format.Bind("Below 88 % for 10 min 12 s, usual 3 min. In 5 nights; at s and %.")
	want := "Below 88" + format.Thin + "% for 10" + format.Thin + "min 12" + format.Thin + "s, usual 3" + format.Thin + "min. In 5 nights; at s and %."
	if got != want {
		t.Errorf("Bind = %q, want %q", got, want)
	}
}

// Every text of a language must be there: an empty one would leave a hole in
// the page.
func TestEnglishIsComplete(t *testing.T) {
	t.Parallel()
	var check func(path string, v reflect.Value)
	check = func(path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			if v.String() == "" {
				t.Errorf("%s is empty", path)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				check(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.Array:
			for i := range v.Len() {
				check(path, v.Index(i))
			}
		case reflect.Map:
			if v.Len() == 0 {
				t.Errorf("%s is empty", path)
			}
			for it := v.MapRange(); it.Next(); {
				check(path+"["+it.Key().String()+"]", it.Value())
			}
		}
	}
	check("Words", reflect.ValueOf(*format.English()))
	w := format.English()
	if got, want := w.Date(time.Date(2026, 11, 17, 0, 0, 0, 0, time.UTC)), "Tuesday 17 November 2026"; got != want {
		t.Errorf("Date = %q, want %q", got, want)
	}
	if got, want := w.ShortDate(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)), "Sun 1 Mar"; got != want {
		t.Errorf("ShortDate = %q, want %q", got, want)
	}
	if got := w.Metric("no.such"); got != "no.such" {
		t.Errorf("Metric of an unknown id = %q", got)
	}
}
