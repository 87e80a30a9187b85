package analysis_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
	"pleth/internal/stream"
)

// TestCleanWithoutDoubt: where nothing is doubted each twin equals its metric.
func TestCleanWithoutDoubt(t *testing.T) {
	t.Parallel()
	s := analysis.Analyse(sessionAt1Hz(t, plethtest.Seconds(t, "600x97 30x94 20x? 600x96 93 90 20x88 91 94 600x97")), "key", analysis.Settings{}).Result
	if s.Quality.SuspectS != 0 {
		t.Fatalf("%v s are doubted", s.Quality.SuspectS)
	}
	for _, id := range analysis.IDs() {
		twin := id.ID + analysis.CleanSuffix
		if id.Clean {
			continue
		}
		v, has := s.Metrics[id.ID]
		if c, hasTwin := s.Metrics[twin]; c != v || has != hasTwin || s.NotComputed[twin] != s.NotComputed[id.ID] {
			t.Errorf("%s = %v, %s = %v", id.ID, v, twin, c)
		}
	}
}

// TestCleanIsTheSessionWithoutDoubts: each twin equals the metric of the same
// session in which the doubted rows are sent without values.
func TestCleanIsTheSessionWithoutDoubts(t *testing.T) {
	t.Parallel()
	doubted := 0
	rapid.Check(t, func(t *rapid.T) {
		s := drawSession(t)
		if s == nil || s.Interval <= int64(time.Second)/2 {
			return // several rows make one sample there
		}
		a := analysis.Analyse(s, "key", analysis.Settings{})
		blank := *s
		blank.Rows = new(pleth.Batch)
		for i := range s.Rows.Len() {
			blank.Rows.AppendRow(s.Rows, i)
			if reasons, own := a.Derived.Marks(i); own && reasons.Doubted() {
				doubted++
				blank.Rows.SetMissing(pleth.SpO2)
				if !s.Rows.Value(pleth.PulseRate, i).IsAbsent() {
					blank.Rows.SetMissing(pleth.PulseRate)
				}
			}
		}
		b := analysis.Analyse(&blank, "key", analysis.Settings{})
		for _, id := range analysis.IDs() {
			if id.Clean {
				continue
			}
			twin := id.ID + analysis.CleanSuffix
			if got, want := a.Result.Metrics[twin], b.Result.Metrics[id.ID]; got != want || a.Result.NotComputed[twin] != b.Result.NotComputed[id.ID] {
				t.Errorf("%s = %v (%s), want %v (%s)", twin, got, a.Result.NotComputed[twin], want, b.Result.NotComputed[id.ID])
			}
		}
	})
	if doubted == 0 {
		t.Error("no session had a doubted row")
	}
}

// TestQualityExplainsMissingTime: valid time and the reasons of missing time
// make up the span.
func TestQualityExplainsMissingTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSession(t)
		if s == nil {
			return
		}
		q := analysis.Analyse(s, "key", analysis.Settings{}).Result.Quality
		span := analysis.Analyse(s, "key", analysis.Settings{}).Result.Metrics["time.span_s"]
		missing := q.Reasons["no_value"] + q.Reasons["out_of_range"] + q.Reasons["no_row"]
		// A second of a fast recording may be missing for two reasons.
		fast := s.Interval <= int64(time.Second)/2
		if d := q.ValidS + missing - span; d < -1e-6 || d > 1e-6 && !fast {
			t.Errorf("%v s valid and %v s missing with a reason, of %v s", q.ValidS, missing, span)
		}
		if q.SuspectS > q.ValidS || q.LongestGapS > span || q.InterpolatedS > missing+1e-6 || q.Score < 0 || q.Score > 100 {
			t.Errorf("%+v in a span of %v s", q, span)
		}
	})
}

func TestQualityByHand(t *testing.T) {
	t.Parallel()
	var b pleth.Batch
	add := func(at, spo2, motion int64) {
		b.AddRow(at * 1e9)
		if spo2 < 0 {
			b.SetMissing(pleth.SpO2)
		} else {
			b.SetInt(pleth.SpO2, spo2)
		}
		b.SetInt(pleth.Motion, motion)
	}
	for k := range int64(100) {
		switch {
		case k < 20:
			add(k, 97, 0)
		case k < 24:
			add(k, -1, 0)
		case k < 30:
			add(k, 97, 12)
		case k < 35: // no rows
		case k < 37:
			add(k, 30, 0)
		default:
			add(k, 97, 0)
		}
	}
	q := analysis.Analyse(only(t, pleth.Header{}, &b), "key", analysis.Settings{}).Result.Quality
	want := map[string]float64{"no_value": 4, "motion": 6, "no_row": 5, "out_of_range": 2}
	for reason, s := range want {
		if q.Reasons[reason] != s {
			t.Errorf("%s: %v s, want %v", reason, q.Reasons[reason], s)
		}
	}
	if len(q.Reasons) != len(want) || q.ValidS != 89 || q.SuspectS != 6 || q.LongestGapS != 7 || q.InterpolatedS != 11 || q.ValidPct != 89 || q.Grade != "inadequate" {
		t.Errorf("got %+v", q)
	}
	for name, want := range map[string]float64{"hours": 89. / 3600 / 6, "gap": 1, "suspect": 1 - 6./89, "valid_share": 0.39 / 0.4} {
		if math.Abs(q.Factors[name]-want) > 1e-12 {
			t.Errorf("factor %s = %v, want %v", name, q.Factors[name], want)
		}
	}
}

// TestHours: by hours since the start, whatever the clock.
func TestHours(t *testing.T) {
	t.Parallel()
	rows := func(seconds int) *pleth.Batch {
		b := new(pleth.Batch)
		for k := range seconds {
			b.AddRow(int64(k) * 1e9)
			b.SetInt(pleth.SpO2, 97)
			b.SetInt(pleth.PulseRate, int64(60+k/3600))
		}
		return b
	}
	at := func(text string) int64 {
		when, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return when.Unix()
	}
	for _, c := range []struct {
		name   string
		header pleth.Header
		want   string
	}{
		{"no clock", pleth.Header{}, "0-3600 3600-7200 7200-9000"},
		{"a wall clock", pleth.Header{Clock: pleth.LocalClock, Origin: at("2025-03-06T22:20:56Z")}, "0-3600 3600-7200 7200-9000"},
		{"half an hour from UTC", pleth.Header{Clock: pleth.UTCClock, Zone: "Asia/Kolkata", Origin: at("2025-03-06T20:00:00Z")}, "0-3600 3600-7200 7200-9000"},
		{"clocks go back at three", pleth.Header{Clock: pleth.UTCClock, Zone: "Europe/Berlin", Origin: at("2025-10-26T00:30:00Z")}, "0-3600 3600-7200 7200-9000"},
		{"clocks move by half an hour", pleth.Header{Clock: pleth.UTCClock, Zone: "Australia/Lord_Howe", Origin: at("2025-04-05T14:30:00Z")}, "0-3600 3600-7200 7200-9000"},
	} {
		s := analysis.Analyse(only(t, c.header, rows(9000)), "key", analysis.Settings{}).Result
		var got []string
		valid := 0.0
		for _, h := range s.Hours {
			got = append(got, fmt.Sprintf("%v-%v", h.StartS, h.EndS))
			valid += h.ValidS
		}
		if text := strings.Join(got, " "); text != c.want || valid != 9000 {
			t.Errorf("%s: %s with %v s, want %s", c.name, text, valid, c.want)
		}
		if h := s.Hours[0]; h.Mean == nil || *h.Mean != 97 || *h.Min != 97 || *h.PulseMean != 60 {
			t.Errorf("%s: the first hour is %+v", c.name, h)
		}
	}
}

// TestTheClockChangesNothingInside: the same samples with another start, in
// another zone or without a clock say the same in every word but when.
func TestTheClockChangesNothingInside(t *testing.T) {
	t.Parallel()
	rows := func() *pleth.Batch {
		b := new(pleth.Batch)
		for k := range 5 * 3600 {
			b.AddRow(int64(k) * 1e9)
			b.SetInt(pleth.SpO2, int64(97-max(0, 15-(k%1700)/4)))
			b.SetInt(pleth.PulseRate, int64(60+k%7))
		}
		return b
	}
	var first []byte
	for _, h := range []pleth.Header{
		{},
		{Clock: pleth.LocalClock, Origin: 1741299656},
		{Clock: pleth.UTCClock, Zone: "Europe/Berlin", Origin: 1761435000},
		{Clock: pleth.UTCClock, Origin: 1767225599},
	} {
		d := analysis.NewDocument(analysis.Program{}, analysis.Settings{}, nil)
		s := analysis.Analyse(only(t, h, rows()), "key", analysis.Settings{}).Result
		d.Sessions = append(d.Sessions, s)
		analysis.Evaluate(d)
		shown, _ := analysis.ByClock(d, s)
		if h.Clock != pleth.NoClock && reflect.DeepEqual(shown, s.Findings) {
			t.Errorf("%v: no finding is told by the clock: %v", h, shown)
		}
		s.Start, s.End, s.Zone, s.ZoneSource = nil, nil, nil, ""
		got, err := analysis.Encode(d)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
		} else if !bytes.Equal(got, first) {
			t.Errorf("%+v: another document", h)
		}
	}
}

// TestPartsAddUp: the hours and the thirds hold together what the session does.
func TestPartsAddUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawSession(t)
		if s == nil {
			return
		}
		a := analysis.Analyse(s, "key", analysis.Settings{})
		held, below := 0.0, 0.0
		for k, v := range a.Derived.Grid.V {
			if a.Derived.Grid.Ok(k) {
				held++
				if v < 90e9 {
					below++
				}
			}
		}
		var hours, thirds [2]float64
		falls := 0
		for _, h := range a.Result.Hours {
			hours[0], hours[1] = hours[0]+h.ValidS, hours[1]+h.Below90S
			falls += h.Falls4
		}
		for _, n := range []string{"1", "2", "3"} {
			thirds[0] += a.Result.Metrics["thirds."+n+".valid_s"]
			thirds[1] += a.Result.Metrics["thirds."+n+".below.90.seconds"]
		}
		if want := [2]float64{held, below}; hours != want || held > 0 && thirds != want || falls != len(a.Derived.Falls4) {
			t.Errorf("hours %v with %d falls, thirds %v, want %v with %d", hours, falls, thirds, want, len(a.Derived.Falls4))
		}
	})
}

// saw is a night of so many hours with a fall of eight points every minute of
// the first half hour of each hour.
func saw(hours int) []float64 {
	var x []float64
	for range hours {
		for range 30 {
			x = append(x, slices.Repeat([]float64{97}, 20)...)
			for k := range 16 {
				x = append(x, 97-float64(k+1)/2)
			}
			for k := range 8 {
				x = append(x, 90+float64(k))
			}
			x = append(x, slices.Repeat([]float64{97}, 16)...)
		}
		x = append(x, slices.Repeat([]float64{97}, 1800)...)
	}
	return x
}

func TestClustersAndMcGill(t *testing.T) {
	t.Parallel()
	s := sessionAt1Hz(t, saw(5))
	for _, c := range []struct {
		age    string
		score  float64
		reason string
	}{{"", 0, "needs the age"}, {"11m", 0, "not valid below one year of age"}, {"1y", 2, ""}, {"9y", 2, ""}} {
		var age oximetry.Age
		if c.age != "" {
			var err error
			if age, err = oximetry.ParseAge(c.age); err != nil {
				t.Fatal(err)
			}
		}
		r := analysis.Analyse(s, "key", analysis.Settings{Age: age}).Result
		if r.Metrics["mcgill.score"] != c.score || r.NotComputed["mcgill.score"] != c.reason {
			t.Errorf("age %q: score %v (%s), want %v (%s)", c.age, r.Metrics["mcgill.score"], r.NotComputed["mcgill.score"], c.score, c.reason)
		}
		if r.Metrics["clusters.count"] != 5 || r.Metrics["rate.cluster.per_h"] != 1 || len(r.Clusters) != 5 || r.Clusters[1].N != 30 || r.Clusters[1].WorstNadir != 89 {
			t.Errorf("clusters %+v", r.Clusters)
		}
		if r.Metrics["odi4.count"] != 150 {
			t.Errorf("%v falls, want 150", r.Metrics["odi4.count"])
		}
	}
	r := analysis.Analyse(sessionAt1Hz(t, saw(3)), "key", analysis.Settings{}).Result
	if r.NotComputed["rate.cluster.per_h"] != "needs 4 h of valid signal" || r.Metrics["clusters.count"] != 3 {
		t.Errorf("three hours: %v, %v clusters", r.NotComputed["rate.cluster.per_h"], r.Metrics["clusters.count"])
	}
}

func TestEpisodeDetails(t *testing.T) {
	t.Parallel()
	// 97, down to 85 in 12 s, 20 s there, back in 6 s; the pulse answers with 14.
	spo2 := plethtest.Seconds(t, "60x97 96 95 94 93 92 91 90 89 88 87 86 20x85 87 89 91 93 95 60x97 20x88")
	var b pleth.Batch
	for k, v := range spo2 {
		b.AddRow(int64(k) * 1e9)
		b.Set(pleth.SpO2, pleth.FloatValue(v))
		b.SetInt(pleth.PulseRate, 60)
		if k >= 75 && k < 80 {
			b.SetInt(pleth.PulseRate, 74)
		}
	}
	s := only(t, pleth.Header{}, &b)
	r := analysis.Analyse(s, "key", analysis.Settings{}).Result
	var at90 []analysis.Episode
	for _, e := range r.Episodes {
		if e.Limit == 90 {
			at90 = append(at90, e)
		}
	}
	if len(at90) != 2 {
		t.Fatalf("got %+v", r.Episodes)
	}
	e := at90[0]
	if e.StartS != 67 || e.NadirS != 71 || e.EndS != 93 || *e.RecoveryS != 22 || *e.PulseResponse != 14 || *e.MaxFallRate != 1 {
		t.Errorf("start %v, nadir %v, end %v, recovery %v, pulse %v, rate %v", e.StartS, e.NadirS, e.EndS, *e.RecoveryS, *e.PulseResponse, *e.MaxFallRate)
	}
	if last := at90[1]; !last.Truncated || last.RecoveryS != nil {
		t.Errorf("the last one: %+v", last)
	}
	if n := len(analysis.Analyse(sessionAt1Hz(t, spo2), "key", analysis.Settings{}).Result.Episodes); n != len(r.Episodes) {
		t.Errorf("%d episodes without a pulse, %d with", n, len(r.Episodes))
	}
	for _, e := range analysis.Analyse(sessionAt1Hz(t, spo2), "key", analysis.Settings{}).Result.Episodes {
		if e.PulseResponse != nil {
			t.Error("a pulse response without a pulse")
		}
	}
}

// TestInfantEpisodes: below one year five seconds below the limit count.
func TestInfantEpisodes(t *testing.T) {
	t.Parallel()
	s := sessionAt1Hz(t, plethtest.Seconds(t, "60x97 6x85 60x97"))
	for text, want := range map[string]float64{"11m": 1, "1y": 0} {
		age, err := oximetry.ParseAge(text)
		if err != nil {
			t.Fatal(err)
		}
		a := analysis.Analyse(s, "key", analysis.Settings{Age: age})
		if got := a.Result.Metrics["episodes.90.count"]; got != want {
			t.Errorf("%s: %v episodes, want %v", text, got, want)
		}
	}
	set := analysis.Settings{Config: analysis.Config{Age: new(string)}, Stream: stream.Config{}}
	*set.Config.Age = "4m"
	if err := set.Resolve(); err != nil || !set.Age.Infant() {
		t.Errorf("age %v, %v", set.Age, err)
	}
	*set.Config.Age = "four"
	if err := set.Resolve(); err == nil || !strings.HasPrefix(err.Error(), "--age: ") {
		t.Errorf("got %v", err)
	}
}

func TestBandsInTheDocument(t *testing.T) {
	t.Parallel()
	s := sessionAt1Hz(t, plethtest.Seconds(t, "600x97"))
	age, err := oximetry.ParseAge("9y")
	if err != nil {
		t.Fatal(err)
	}
	r := analysis.Analyse(s, "key", analysis.Settings{Age: age}).Result
	if len(r.Bands) != 3 || r.Bands[1].Metric != "spo2.median" || r.Bands[1].Low != 97 || !r.Bands[1].Bounds {
		t.Errorf("at 9 years: %+v", r.Bands)
	}
	if r := analysis.Analyse(s, "key", analysis.Settings{}).Result; r.Bands == nil || len(r.Bands) != 0 {
		t.Errorf("without an age: %+v", r.Bands)
	}
}
