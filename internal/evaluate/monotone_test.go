package evaluate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pleth/internal/oximetry"
	"pleth/internal/signal"

	"pgregory.net/rapid"
)

// worseIfHigher are the metrics of which more is worse.
var worseIfHigher = []string{"below.90.seconds", "below.90.pct", "below.90.pct_le", "below.88.seconds", "below.88.pct", "below.85.seconds", "below.85.pct",
	"odi3.per_h", "odi4.per_h", "clusters.count", "variability.high_s", "psd.band_ratio", "mcgill.score"}

// worsen returns a night that is in in every respect, or worse in some: more
// time below, more and deeper and longer and less doubtful episodes, more
// falls, a steeper way down, a worse place among the own nights. The quality of
// the signal and the age stay.
func worsen(t *rapid.T, in *Input) *Input {
	out := *in
	out.Metrics, out.Comparison = maps.Clone(in.Metrics), maps.Clone(in.Comparison)
	out.Episodes = slices.Clone(in.Episodes)
	for range rapid.IntRange(1, 6).Draw(t, "steps") {
		by := rapid.Float64Range(0, 4000).Draw(t, "by")
		switch rapid.IntRange(0, 5).Draw(t, "step") {
		case 0:
			add(out.Metrics, rapid.SampledFrom(worseIfHigher).Draw(t, "id"), by)
		case 1:
			add(out.Metrics, "spo2.mean", -min(by, out.Metrics["spo2.mean"]/2))
		case 2:
			deepen(&out, rapid.Float64Range(0, 20).Draw(t, "deeper"), by, rapid.Float64Range(0, 1).Draw(t, "doubt"))
		case 3:
			addEpisode(&out, rapid.SampledFrom(episodeLimits[:]).Draw(t, "limit"), by)
		case 4:
			add(out.Metrics, "trend.change", -by/1000)
		case 5:
			displace(&out, by)
		}
	}
	return &out
}

// add changes a metric and what is trusted of it alike, if it is there.
func add(metrics map[string]float64, id string, by float64) {
	for _, id := range []string{id, id + ".clean"} {
		if v, ok := metrics[id]; ok {
			metrics[id] = v + by
		}
	}
}

// deepen lets every episode go deeper and last longer, and trusts it more.
func deepen(in *Input, deeper, longer, doubt float64) {
	for i := range in.Episodes {
		e := &in.Episodes[i]
		e.Nadir -= deeper
		e.EndS += longer
		e.BelowS += longer
		e.SuspectPct *= doubt
	}
	add(in.Metrics, "spo2.min", -deeper)
}

// addEpisode adds one that nobody doubts, with the shallower ones around it.
func addEpisode(in *Input, limit int, length float64) {
	for _, q := range episodeLimits {
		if q < limit {
			continue
		}
		in.Episodes = append(in.Episodes, Episode{ID: fmt.Sprintf("new%d-%d", q, len(in.Episodes)), Limit: q, StartS: 1e6, EndS: 1e6 + length, BelowS: length, Nadir: float64(limit) - 0.5, NadirS: 1e6})
		in.Metrics[fmt.Sprintf("episodes.%d.count", q)]++
	}
	for _, id := range []string{"spo2.min", "spo2.min.clean"} {
		if v, ok := in.Metrics[id]; ok {
			in.Metrics[id] = min(v, float64(limit)-0.5)
		}
	}
}

// displace puts the night at the worse end of the own nights.
func displace(in *Input, by float64) {
	for id, p := range in.Comparison {
		if strings.HasPrefix(id, "spo2.") {
			p.Value, p.Rank = p.Value-by/100, 1
		} else {
			p.Value, p.Rank = p.Value+by, p.Of
		}
		in.Comparison[id] = p
	}
}

// TestWorseNightIsNeverRatedBetter: the worst level never falls when a night
// gets worse.
func TestWorseNightIsNeverRatedBetter(t *testing.T) {
	t.Parallel()
	for range 5 {
		rapid.Check(t, func(t *rapid.T) {
			in := drawInput(t)
			worse := worsen(t, in)
			a, b := Of(in), Of(worse)
			if b.Worst() < a.Worst() {
				t.Fatalf("%s became %s\nbefore: %s\nafter: %s", a.Worst(), b.Worst(), render(a), render(b))
			}
		})
	}
}

// TestLevelsAreReached: the steps from quiet to severe cross every level.
func TestLevelsAreReached(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Level{"quiet": Info, "artefact": Info, "best-night": Info, "no-pulse": Note, "drift": Note,
		"design": Attention, "severe": Urgent, "short": Note, "short-low": Attention, "empty": Note} {
		if got := Of(makers[name]()).Worst(); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// TestThresholds tries each number of the rules on both sides, on a night that
// is quiet otherwise.
func TestThresholds(t *testing.T) {
	t.Parallel()
	type set map[string]float64
	cases := []struct {
		name, rule string
		change     set
		want       Level
	}{
		{"mean 93.0", "R-01", set{"spo2.mean": 93}, Info},
		{"mean 92.9", "R-01", set{"spo2.mean": 92.94}, Note},
		{"mean 90.0", "R-01", set{"spo2.mean": 90}, Note},
		{"mean 89.9", "R-01", set{"spo2.mean": 89.9}, Attention},
		{"a percent of the night below 90", "R-02", set{"below.90.seconds": 289, "below.90.pct": 1}, Note},
		{"less", "R-02", set{"below.90.seconds": 270, "below.90.pct": 0.94}, Info},
		{"5 % below 90", "R-02", set{"below.90.seconds": 1443, "below.90.pct": 5}, Attention},
		{"5 % below 90, half of it doubtful", "R-02", set{"below.90.seconds": 1443, "below.90.pct": 5, "below.90.pct.clean": 2.5}, Note},
		{"59 s below 88", "R-02", set{"below.88.seconds": 59.4}, Info},
		{"60 s below 88", "R-02", set{"below.88.seconds": 60}, Note},
		{"5 min below 88", "R-02", set{"below.88.seconds": 300}, Attention},
		{"4 min 59 s below 88", "R-02", set{"below.88.seconds": 299}, Note},
		{"60 s below 85", "R-02", set{"below.85.seconds": 60}, Attention},
		{"60 s below 85, all doubtful", "R-02", set{"below.85.seconds": 60, "below.85.seconds.clean": 0}, Note},
		{"5 % below 85", "R-02", set{"below.85.seconds": 1443, "below.85.pct": 5}, Urgent},
		{"4.9 % below 85", "R-02", set{"below.85.seconds": 1413, "below.85.pct": 4.9}, Attention},
		{"falls 14.9", "R-07", set{"odi4.per_h": 14.9}, Info},
		{"falls 15", "R-07", set{"odi4.per_h": 15}, Note},
		{"falls 30", "R-07", set{"odi4.per_h": 30}, Attention},
		{"a cluster", "R-11", set{"clusters.count": 1}, Note},
		{"3 clusters without dips", "R-11", set{"clusters.count": 3}, Note},
		{"McGill 1", "R-16", set{"mcgill.score": 1}, Info},
		{"McGill 2", "R-16", set{"mcgill.score": 2}, Note},
		{"McGill 3", "R-16", set{"mcgill.score": 3}, Attention},
		{"wide swings for 10 min", "R-13", set{"variability.high_s": 600}, Note},
		{"a rhythm of 45 s", "R-14", set{"psd.band_ratio": 0.5, "psd.peak_hz": 0.0222, "odi3.per_h": 5}, Note},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := quiet()
			maps.Copy(in.Metrics, c.change)
			if got := levelOf(in, c.rule); got != c.want {
				t.Errorf("%s is %s, want %s", c.rule, got, c.want)
			}
		})
	}
}

// TestDipThresholds tries numbers, depths and lengths of dips.
func TestDipThresholds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, rule    string
		n             int
		nadir, length float64 // length at the limit of 90 %
		suspect       float64
		want          Level
	}{
		{"two below 90", "R-03", 2, 89, 30, 0, Info},
		{"three below 90", "R-03", 3, 89, 30, 0, Note},
		{"three below 90, doubtful", "R-03", 3, 89, 30, 50, Info},
		{"one below 85", "R-03", 1, 84, 30, 0, Note},
		{"three below 85", "R-03", 3, 84, 30, 0, Note},
		{"four below 85", "R-03", 4, 84, 30, 0, Attention},
		{"four below 85, half of each doubtful", "R-03", 4, 84, 30, 50, Info},
		{"four below 85, less than half doubtful", "R-03", 4, 84, 30, 49.9, Attention},
		{"one to 80", "R-03", 1, 80, 30, 0, Note},
		{"one to 79.9", "R-03", 1, 79.9, 30, 0, Attention},
		{"59 s below 90", "R-04", 1, 89, 59, 0, Info},
		{"60 s below 90", "R-04", 1, 89, 60, 0, Note},
		{"60 s below 88", "R-04", 1, 87, 68, 0, Attention},
		{"60 s below 85", "R-04", 1, 84, 80, 0, Attention},
		{"60 s below 85, to 79", "R-04", 1, 79, 80, 0, Urgent},
		{"3 min below 85", "R-04", 1, 84, 200, 0, Urgent},
		{"2 min 59 s below 85", "R-04", 1, 84, 199, 0, Attention},
		{"3 min below 85, doubtful", "R-04", 1, 84, 200, 60, Info},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := quiet()
			delete(in.Metrics, "spo2.min.clean")
			for i := range c.n {
				events(in, c.nadir, c.length, c.suspect, nil, hm(1+i, 0))
			}
			if got := levelOf(in, c.rule); got != c.want {
				t.Errorf("%s is %s, want %s", c.rule, got, c.want)
			}
		})
	}
}

func levelOf(in *Input, rule string) Level {
	level := Info
	e := Of(in)
	for i := range e.Findings {
		if e.Findings[i].Rule == rule {
			level = max(level, e.Findings[i].Level)
		}
	}
	return level
}

// TestInfants: what is made for older children gives no level under one year.
func TestInfants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		years float64
		want  Level
	}{{0.99, Info}, {1, Attention}} {
		in := quiet()
		in.AgeYears = ptr(c.years)
		maps.Copy(in.Metrics, map[string]float64{"odi4.per_h": 31, "clusters.count": 3, "mcgill.score": 4})
		events(in, 89, 30, 0, nil, hm(1, 0), hm(2, 0), hm(3, 0))
		for _, rule := range []string{"R-07", "R-11", "R-16"} {
			if got := levelOf(in, rule); got != c.want {
				t.Errorf("%s at %v years is %s, want %s", rule, c.years, got, c.want)
			}
		}
	}
}

// TestNumbersOfTheEpisodes: the rules and the finder of episodes mean the same
// by prolonged.
func TestNumbersOfTheEpisodes(t *testing.T) {
	t.Parallel()
	if oximetry.ProlongedAfter != prolongedS*signal.Second {
		t.Errorf("an episode is prolonged after %d ns, the rules say %d s", oximetry.ProlongedAfter, prolongedS)
	}
}
