package oximetry_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/oximetry"
	"pleth/internal/signal"
)

// samplesOf returns one sample per value, interval seconds apart; NaN is a
// sample that was not measured.
func samplesOf(values []float64, interval int64) []signal.Sample {
	var out []signal.Sample
	for i, v := range values {
		s := signal.Sample{At: int64(i) * interval * signal.Second, Hold: interval * signal.Second}
		if math.IsNaN(v) {
			s.R = pleth.NoValue
		} else {
			s.V = signal.Fixed(math.Round(v * 1e9))
		}
		out = append(out, s)
	}
	return out
}

func episodes(limit int, interval, minimum int64, samples []signal.Sample) []oximetry.Episode {
	var out []oximetry.Episode
	e := oximetry.NewEpisodes(limit, interval*signal.Second, minimum)
	for _, s := range samples {
		e.Add(s, func(x oximetry.Episode) { out = append(out, x) })
	}
	e.Flush(func(x oximetry.Episode) { out = append(out, x) })
	return out
}

// TestEpisodes says in seconds what is found below 90 %: start-end, time
// below, nadir@second, area, and T where the end was not seen.
func TestEpisodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		interval int64
		series   string
		want     string
	}{
		{"none", 1, "60x95", ""},
		{"90 is not below 90", 1, "20x95 60x90 20x95", ""},
		{"ten seconds", 1, "20x95 10x89 20x95", "20-30 below 10 nadir 89@20 area 10"},
		{"nine seconds are too few", 1, "20x95 9x89 20x95", ""},
		{"the lowest, first reached", 1, "20x95 5x89 5x85 2x86 5x85 20x95", "20-37 below 17 nadir 85@25 area 63"},
		{"two seconds do not begin one", 1, "20x95 2x80 95 2x80 95 2x80 95 2x80 95 2x80 20x95", ""},
		{"it ends at 91 for five seconds", 1, "20x95 10x89 4x91 10x89 5x91 20x89", "20-44 below 20 nadir 89@20 area 20; 49-69 below 20 nadir 89@49 area 20 T"},
		{"90 neither ends nor counts", 1, "20x95 10x89 60x90 10x89 5x91", "20-100 below 20 nadir 89@20 area 20"},
		{"90 interrupts the recovery", 1, "20x95 10x89 4x91 90 4x91 90 5x91", "20-40 below 10 nadir 89@20 area 10"},
		{"a gap of ten seconds is bridged", 1, "20x95 6x89 10x? 6x89 20x95", "20-42 below 12 nadir 89@20 area 12"},
		{"a longer gap ends it", 1, "20x95 12x89 11x? 12x89 20x95", "20-32 below 12 nadir 89@20 area 12 T; 43-55 below 12 nadir 89@43 area 12"},
		{"a gap inside the recovery", 1, "20x95 10x89 3x91 10x? 2x91", "20-30 below 10 nadir 89@20 area 10"},
		{"a long gap inside the recovery", 1, "20x95 10x89 3x91 11x? 60x95", "20-30 below 10 nadir 89@20 area 10 T"},
		{"the end of the session", 1, "20x95 10x89", "20-30 below 10 nadir 89@20 area 10 T"},
		{"low from the start", 1, "10x89 20x95", "0-10 below 10 nadir 89@0 area 10"},
		{"an hour is one episode", 1, "20x95 3600x85 20x95", "20-3620 below 3600 nadir 85@20 area 18000"},
		{"one sample of 4 s begins one", 4, "5x95 89 90 89 90 89 5x95", "20-40 below 12 nadir 89@20 area 12"},
		{"at 2 s it takes two", 2, "5x95 89 90 89 90 89 90 89 90 89 5x95", ""},
		{"a bridge of 2.5 intervals", 8, "5x95 2x89 2x? 2x89 5x95", "40-88 below 32 nadir 89@40 area 32"},
	} {
		var got []string
		for _, e := range episodes(90, c.interval, oximetry.EpisodeMinimum, samplesOf(written(t, c.series), c.interval)) {
			text := fmt.Sprintf("%d-%d below %d nadir %v@%d area %v", e.Start/1e9, e.End/1e9, e.Below/1e9, e.Nadir.Float(), e.NadirAt/1e9, e.Area.Float()/1e18)
			if e.Truncated {
				text += " T"
			}
			got = append(got, text)
		}
		if s := strings.Join(got, "; "); s != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, s, c.want)
		}
	}
}

func TestEpisodeGrades(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		nadir    float64
		severity oximetry.Severity
	}{{89.9, oximetry.Mild}, {88, oximetry.Mild}, {87.9, oximetry.Moderate}, {85, oximetry.Moderate}, {84.9, oximetry.Severe}} {
		e := oximetry.Episode{Limit: 90, Nadir: signal.Fixed(math.Round(c.nadir * 1e9))}
		if e.Severity() != c.severity {
			t.Errorf("a nadir of %v is %s, want %s", c.nadir, e.Severity(), c.severity)
		}
	}
	short, long := oximetry.Episode{Limit: 88, Start: 1500e6, End: 61499e6}, oximetry.Episode{End: 60e9}
	if short.Prolonged() || !long.Prolonged() {
		t.Error("a minute is prolonged, and nothing shorter")
	}
	if short.ID() != "e88-1500" {
		t.Errorf("id %s", short.ID())
	}
}

func TestEpisodeCountsDoubt(t *testing.T) {
	t.Parallel()
	s := samplesOf(written(t, "20x95 12x89 20x95"), 1)
	s[22].R, s[23].R, s[5].R = pleth.InMotion, pleth.LoneSpike, pleth.InMotion
	if e := episodes(90, 1, oximetry.EpisodeMinimum, s); len(e) != 1 || e[0].Suspect != 2e9 {
		t.Errorf("got %+v, want one episode with 2 s of doubt", e)
	}
	if e := episodes(90, 1, oximetry.InfantMinimum, samplesOf(written(t, "20x95 5x89 20x95 4x89 20x95"), 1)); len(e) != 1 {
		t.Errorf("below one year five seconds count: got %+v", e)
	}
}

// TestEpisodeProperties: episodes are in order and apart, begin and end below
// their limit, hold as much time and area as there is inside, and leave out
// no ten seconds in a row below it.
func TestEpisodeProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		samples := samplesOf(drawHeld(t, 300).seconds, 1)
		const limit = 75
		found := episodes(limit, 1, oximetry.EpisodeMinimum, samples)
		inside := make([]bool, len(samples))
		last := int64(-1)
		for _, e := range found {
			if e.Start <= last || e.End < e.Start+e.Below || e.Below < oximetry.EpisodeMinimum || e.Nadir >= limit*signal.One {
				t.Fatalf("out of order or too short: %+v after %d", e, last)
			}
			last = e.Start
			var below int64
			var area signal.Sum
			lowest := signal.Fixed(limit * signal.One)
			for k := e.Start / 1e9; k < e.End/1e9; k++ {
				inside[k] = true
				if s := samples[k]; s.Ok() && s.V < limit*signal.One {
					below += s.Hold
					area.Add(int64(limit*signal.One-s.V), s.Hold)
					lowest = min(lowest, s.V)
				}
			}
			if below != e.Below || area != e.Area || lowest != e.Nadir || samples[e.NadirAt/1e9].V != lowest {
				t.Errorf("%+v holds %d ns below, area %v, lowest %v", e, below, area.Float(), lowest)
			}
		}
		run := 0
		for k, s := range samples {
			if run++; !s.Ok() || s.V >= limit*signal.One || inside[k] {
				run = 0
			}
			if run >= 10 {
				t.Errorf("ten seconds below the limit end at %d outside of all episodes", k)
			}
		}
	})
}

func TestRuns(t *testing.T) {
	t.Parallel()
	r := oximetry.NewRuns([]int{95, 90})
	for _, s := range samplesOf(written(t, "5x96 4x94 10x89 4x94 5x95 6x89 ? 5x89 95"), 1) {
		r.Add(s)
	}
	r.Flush()
	if b := r.Below[0]; b.Limit != 95 || b.Runs != 3 || b.Longest != 18e9 || b.ByMin[1].Count != 3 || b.ByMin[3].Count != 1 || b.ByMin[0].Time != 29e9 {
		t.Errorf("below 95: %+v", b)
	}
	if b := r.Below[1]; b.Limit != 90 || b.Runs != 3 || b.Longest != 10e9 || b.ByMin[2].Count != 1 || b.ByMin[2].Time != 10e9 {
		t.Errorf("below 90: %+v", b)
	}
}

// TestRunsAgreeWithScanning compares with one scan per limit.
func TestRunsAgreeWithScanning(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := []int{80, 76, 75, 70}
		samples := samplesOf(drawHeld(t, 200).seconds, 1)
		// Missing slots and slots without a row break runs alike.
		samples = thinned(samples, rapid.IntRange(0, 5).Draw(t, "every"))
		r := oximetry.NewRuns(limits)
		for _, s := range samples {
			r.Add(s)
		}
		r.Flush()
		for i, q := range limits {
			want := oximetry.Below{Limit: q}
			run, end := int64(0), int64(-1)
			settle := func() {
				if run > 0 {
					want.Runs++
					want.Longest = max(want.Longest, run)
					for k, m := range oximetry.RunMinimums {
						if run >= m*1e9 {
							want.ByMin[k].Count++
							want.ByMin[k].Time += run
						}
					}
				}
				run = 0
			}
			for _, s := range samples {
				if s.At != end || !s.Ok() || s.V >= signal.Whole(q) {
					settle()
				}
				if s.Ok() && s.V < signal.Whole(q) {
					run += s.Hold
				}
				end = s.At + s.Hold
			}
			settle()
			if r.Below[i] != want {
				t.Errorf("below %d: %+v, want %+v", q, r.Below[i], want)
			}
		}
	})
}

// thinned leaves out every 7nth sample; none for n of 0 and 1.
func thinned(samples []signal.Sample, n int) []signal.Sample {
	if n < 2 {
		return samples
	}
	var out []signal.Sample
	for i, s := range samples {
		if i%(7*n) != 0 {
			out = append(out, s)
		}
	}
	return out
}
