package simulate_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"pleth/internal/simulate"
)

func middle(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

// TestBadEventsAreExplained states for each mistake what the user is told, for
// a night from 22:00 to 06:00.
func TestBadEventsAreExplained(t *testing.T) {
	t.Parallel()
	const shape = "write fall POINTS [over TIME] [hold TIME] [back TIME]"
	const kinds = "write fall, cluster, sawtooth, prolonged, shift, motion, spike, perfusion, dropout, off or gap"
	for events, want := range map[string]string{
		"02:00 clutser 8":                         `event 1, "02:00 clutser 8": "clutser" is no kind of event: ` + kinds,
		"01:10":                                   `event 1, "01:10": it does not say what happens: ` + kinds + ` after the time`,
		"0110 fall 6":                             `event 1, "0110 fall 6": "0110" is no time: write 01:10, 01:10:30, or +2h10m after the start`,
		"25:00 fall 6":                            `event 1, "25:00 fall 6": "25:00" is no time: write 01:10, 01:10:30, or +2h10m after the start`,
		"+1.5s fall 6":                            `event 1, "+1.5s fall 6": "+1.5s" is no time: write 01:10, 01:10:30, or +2h10m after the start`,
		"21:00 fall 6":                            `event 1, "21:00 fall 6": 21:00 is not in the night, which begins at 22:00:00 and ends at 06:00:00`,
		"+8h fall 6":                              `event 1, "+8h fall 6": +8h is not in the night, which begins at 22:00:00 and ends at 06:00:00`,
		"05:59:50 fall 6":                         `event 1, "05:59:50 fall 6": it lasts 35 s longer than the night`,
		"01:10 fall":                              `event 1, "01:10 fall": it ends before its points: ` + shape,
		"01:10 fall x":                            `event 1, "01:10 fall x": "x" is no number of points: ` + shape,
		"01:10 fall 6.125":                        `event 1, "01:10 fall 6.125": "6.125" is no number of points: ` + shape,
		"01:10 fall 60":                           `event 1, "01:10 fall 60": 60 points are not possible for fall: it takes 1 to 45`,
		"01:10 fall -6":                           `event 1, "01:10 fall -6": -6 points are not possible for fall: it takes 1 to 45`,
		"01:10 fall 6 over 30":                    `event 1, "01:10 fall 6 over 30": "30" is no time of whole seconds, as 90s, 4m or 1h30m: ` + shape,
		"01:10 fall 6 over 0s":                    `event 1, "01:10 fall 6 over 0s": the time 0s is not possible: ` + shape,
		"01:10 fall 6 over 30s over 4s":           `event 1, "01:10 fall 6 over 30s over 4s": "over" stands there twice: ` + shape,
		"01:10 fall 6 under 30s":                  `event 1, "01:10 fall 6 under 30s": "under" is not understood: ` + shape,
		"01:10 fall 20 over 3s":                   `event 1, "01:10 fall 20 over 3s": a fall of 20 points over 3 s is not possible: blood falls by at most 4 points a second`,
		"01:10 fall 6; ; 01:20 gap":               `event 2, "01:20 gap": it ends before its time: write gap TIME`,
		"01:10 gap 90s 30s":                       `event 1, "01:10 gap 90s 30s": "30s" is one word too many: write gap TIME`,
		"01:10 cluster 8 fall 5":                  `event 1, "01:10 cluster 8 fall 5": it ends before its time after every: write cluster COUNT fall POINTS every TIME [over TIME] [hold TIME] [back TIME]`,
		"01:10 cluster 8.5 fall 5 every 1m":       `event 1, "01:10 cluster 8.5 fall 5 every 1m": a count has no decimals: write cluster COUNT fall POINTS every TIME [over TIME] [hold TIME] [back TIME]`,
		"01:10 cluster 1 fall 5 every 1m":         `event 1, "01:10 cluster 1 fall 5 every 1m": 1 falls are not possible for cluster: it takes 2 to 1000`,
		"01:10 cluster 8 fall 5 every 9s over 8s": `event 1, "01:10 cluster 8 fall 5 every 9s over 8s": a fall of 12 s does not fit every 9 s`,
		"05:50 cluster 99 fall 5 every 1m":        `event 1, "05:50 cluster 99 fall 5 every 1m": it lasts 5325 s longer than the night`,
		"01:10 sawtooth 4 fell 5 every 40s":       `event 1, "01:10 sawtooth 4 fell 5 every 40s": "fell" stands where "fall" belongs: write sawtooth COUNT fall POINTS every TIME`,
		"01:10 sawtooth 4 fall 5 every 5s":        `event 1, "01:10 sawtooth 4 fall 5 every 5s": a tooth takes at least 6 s`,
		"01:10 sawtooth 4 fall 40 every 6s":       `event 1, "01:10 sawtooth 4 fall 40 every 6s": a fall of 40 points over 4 s is not possible: blood falls by at most 4 points a second`,
		"01:10 prolonged 84":                      `event 1, "01:10 prolonged 84": it ends before its word for: write prolonged PERCENT for TIME [over TIME] [back TIME]`,
		"01:10 prolonged 84 for 4m back":          `event 1, "01:10 prolonged 84 for 4m back": it ends before its time after back: write prolonged PERCENT for TIME [over TIME] [back TIME]`,
		"01:10 prolonged 40 for 4m":               `event 1, "01:10 prolonged 40 for 4m": 40 percent are not possible for prolonged: it takes 50 to 95`,
		"01:10 prolonged 50 for 4m over 9s":       `event 1, "01:10 prolonged 50 for 4m over 9s": a fall of 50 points over 9 s is not possible: blood falls by at most 4 points a second`,
		"01:10 shift 21 for 5m":                   `event 1, "01:10 shift 21 for 5m": 21 points are not possible for shift: it takes -20 to 20`,
		"01:10 motion 4s dip 5":                   `event 1, "01:10 motion 4s dip 5": motion with a dip takes at least 8 s`,
		"01:10 motion 1m held dip 5":              `event 1, "01:10 motion 1m held dip 5": "dip" is one word too many: write motion TIME [held | dip POINTS]`,
		"01:10 motion 1m quickly":                 `event 1, "01:10 motion 1m quickly": "quickly" stands where "dip" belongs: write motion TIME [held | dip POINTS]`,
		"01:10 perfusion 0.01 for 5m":             `event 1, "01:10 perfusion 0.01 for 5m": 0.01 percent are not possible for perfusion: it takes 0.02 to 20`,
		"01:10 off 5h":                            `event 1, "01:10 off 5h": it lasts 600 s longer than the night`,
		" ;\n# 01:10 fall 6":                      `no event is written: write one as "01:10 fall POINTS [over TIME] [hold TIME] [back TIME]"`,
	} {
		_, err := simulate.Night(simulate.Params{Events: events})
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// TestUsualTimes holds what an event is that does not state its times.
func TestUsualTimes(t *testing.T) {
	t.Parallel()
	same := func(short, long string) {
		t.Helper()
		a, b := night(t, simulate.Params{Events: short}), night(t, simulate.Params{Events: long})
		if csvOf(t, a) != csvOf(t, b) {
			t.Errorf("%q differs from %q", short, long)
		}
	}
	same("01:10 fall 6", "01:10 fall 6 back 15s over 30s")
	same("+3h10m0s fall 6.0 hold 10s", "01:10:00 fall 6 over 30s hold 10s back 15s")
	same("01:10 cluster 3 fall 6 every 40s", "01:10 cluster 3 fall 6 over 20s back 10s every 40s")
	same("01:10 cluster 3 fall 6 every 90s", "01:10 fall 6; 01:11:30 fall 6\n01:13 fall 6")
	same("01:10 prolonged 84 for 4m", "01:10 prolonged 84 for 4m over 1m back 30s")
	same("01:20 gap 1m; 01:10 spike 5", "01:10 spike 5; 01:20 gap 1m")
}

// TestLateTimesOfDay: in a night of more than a day a time of day is the first.
func TestLateTimesOfDay(t *testing.T) {
	t.Parallel()
	r := night(t, simulate.Params{Length: 30 * time.Hour, Events: "21:00 fall 9; 23:00 fall 9; +28h fall 9"})
	for i, want := range []int{3600, 23 * 3600, 28 * 3600} {
		if got := r.Truth.Events[i].Start; got < want || got > want+20 {
			t.Errorf("event %d starts at %d, want %d", i, got, want)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add(simulate.Sample().Events)
	for _, s := range []string{"01:10 fall 6 over 30s", "02:00 cluster 8 fall 5 every 60s", "03:00 prolonged 84 for 4m", "+1h gap 90s",
		"+4m motion 5m dip 8", "+5m off 40s", "+0s shift -3 for 1h", "+0s sawtooth 1000 fall 5 every 7s", "+1s perfusion 0.2 for 1s", "\x00", "+-1s fall 9", "+9999999h fall 1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, events string) {
		r, err := simulate.Night(simulate.Params{Events: events, Length: 2 * time.Hour, Start: time.Date(2026, 1, 1, 0, 30, 0, 0, time.UTC)})
		if err != nil {
			if events != "" && !strings.Contains(err.Error(), "event") {
				t.Errorf("%q: %v", events, err)
			}
			return
		}
		var b bytes.Buffer
		if r.WriteCSV(&b) != nil || r.Truth.WriteJSON(&b) != nil {
			t.Error("it cannot be written")
		}
	})
}
