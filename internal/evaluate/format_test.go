package evaluate

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the test does not depend on the machine's zones

	"pgregory.net/rapid"
)

func TestForms(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 17, 22, 41, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{Duration(0), "0~s"},
		{Duration(0.02), "under 1~s"},
		{Duration(1.4), "1~s"},
		{Duration(59.4), "59~s"},
		{Duration(59.5), "1~min"},
		{Duration(60), "1~min"},
		{Duration(602), "10~min 02~s"},
		{Duration(612), "10~min 12~s"},
		{Duration(3599.4), "59~min 59~s"},
		{Duration(3599.9), "1~h"},
		{Duration(14399), "3~h 59~min"},
		{Duration(14400), "4~h"},
		{Duration(28862), "8~h 01~min"},
		{Duration(86400 * 3), "72~h"},
		{Seconds(4), "4~s"},
		{Seconds(1.024), "1.024~s"},
		{Percent(95.42), "95.4~%"},
		{Percent(95), "95.0~%"},
		{Percent(-0.01), "0.0~%"},
		{Share(0), "0.0~%"},
		{Share(0.049), "under 0.1~%"},
		{Share(0.05), "0.1~%"},
		{WholePercent(97.96), "98~%"},
		{Reading(80), "80~%"},
		{Reading(84.96), "84.9~%"},
		{Reading(97.1), "97.1~%"},
		{Reading(91.9), "91.9~%"},
		{PerHour(5.99), "6.0 per hour"},
		{PerMinute(62.5), "62/min"},
		{PerMinute(62.51), "63/min"},
		{Count(17), "17"},
		{Moment(start, 16860), "at 03:22"},
		{Moment(time.Time{}, 11400), "after 3~h 10~min"},
		{Age(6.3), "6~years"},
		{Age(2), "2~years"},
		{Age(1.99), "23~months"},
		{Age(0.25), "3~months"},
		{Age(7.0 / 52), "7~weeks"},
		{Age(14 / 365.25), "2~weeks"},
		{Age(3 / 365.25), "3~days"},
		{Age(1 / 365.25), "1~day"},
	} {
		if want := strings.ReplaceAll(c.want, "~", nbsp); c.got != want {
			t.Errorf("got %q, want %q", c.got, want)
		}
	}
}

// TestMomentKeepsTheZone: in a night in which the clocks go back, each instant
// shows the time that was on the wall.
func TestMomentKeepsTheZone(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, 10, 25, 1, 30, 0, 0, zone)
	for offset, want := range map[float64]string{3600: "at 02:30", 5400: "at 02:00", 7200: "at 02:30", 9000: "at 03:00"} {
		if got := Moment(start, offset); got != want {
			t.Errorf("after %v s: got %q, want %q", offset, got, want)
		}
	}
}

// TestRoundingKeepsOrder: what prints as more is more, so a rule that compares
// printed values cannot turn an order around; and a printed value rounds to
// itself.
func TestRoundingKeepsOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := kind(rapid.IntRange(0, len(kinds)-1).Draw(t, "kind"))
		a := rapid.Float64Range(0, 1e6).Draw(t, "a")
		b := a + rapid.Float64Range(0, 10).Draw(t, "more")
		if k.round(a) > k.round(b) {
			t.Fatalf("%s: %v rounds to %v, %v to %v", kinds[k].name, a, k.round(a), b, k.round(b))
		}
		if r := k.round(a); k.text(r, time.Time{}) != k.text(a, time.Time{}) && k != kindShare {
			t.Fatalf("%s: %v prints %q, but rounds to %v, which prints %q", kinds[k].name, a, k.text(a, time.Time{}), r, k.text(r, time.Time{}))
		}
	})
}

// TestReadingBelowALimitPrintsBelowIt: a text never says 85 of what is below 85.
func TestReadingBelowALimitPrintsBelowIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(51, 100).Draw(t, "limit")
		v := float64(limit) - rapid.Float64Range(1e-6, 1).Draw(t, "under")
		if Reading(v) == Reading(float64(limit)) {
			t.Fatalf("%v prints %s", v, Reading(v))
		}
	})
}
