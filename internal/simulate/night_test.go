package simulate_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/signal"
	"pleth/internal/simulate"
)

var update = flag.Bool("update", false, "write testdata/digests.txt")

func night(tb testing.TB, p simulate.Params) *simulate.Result {
	tb.Helper()
	r, err := simulate.Night(p)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func csvOf(tb testing.TB, r *simulate.Result) string {
	tb.Helper()
	var b bytes.Buffer
	if err := r.WriteCSV(&b); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

func truthOf(tb testing.TB, r *simulate.Result) string {
	tb.Helper()
	var b bytes.Buffer
	if err := r.Truth.WriteJSON(&b); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// TestSameParamsSameBytes compares nights with digests made once: a machine, a
// compiler or a change that gives other bytes is seen.
func TestSameParamsSameBytes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		p    simulate.Params
	}{{"zero", simulate.Params{}}, {"sample", simulate.Sample()}}
	for i, profile := range simulate.Profiles() {
		for _, activity := range simulate.Activities() {
			cases = append(cases, struct {
				name string
				p    simulate.Params
			}{fmt.Sprintf("%s-%s", profile, activity), simulate.Params{Seed: uint64(7 + i), Profile: profile, Activity: activity,
				Interval: time.Duration(1+i) * time.Second, Averaging: 8 * time.Second, Lag: time.Duration(i) * time.Second,
				Decimals: uint8(i % 3), Perfusion: i%2 == 1, Pristine: i == 3 && activity == simulate.Quiet}})
		}
	}
	var got strings.Builder
	for _, c := range cases {
		r := night(t, c.p)
		fmt.Fprintf(&got, "%s %x %x\n", c.name, sha256.Sum256([]byte(csvOf(t, r))), sha256.Sum256([]byte(truthOf(t, r))))
	}
	const path = "testdata/digests.txt"
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the bytes of nights changed:\n%swant\n%s", got.String(), want)
	}
}

func TestSeedMakesTheNight(t *testing.T) {
	t.Parallel()
	one, two := simulate.Params{Seed: 1, Length: time.Hour}, simulate.Params{Seed: 2, Length: time.Hour}
	if csvOf(t, night(t, one)) == csvOf(t, night(t, two)) {
		t.Error("two seeds gave the same night")
	}
}

// at returns the value of metric m in the row of a second of the night.
func at(r *simulate.Result, start time.Time, m pleth.Metric, second int) (pleth.Value, bool) {
	for i := range r.Rows.Len() {
		if r.Rows.Time(i) == start.UnixNano()+int64(second)*signal.Second {
			return r.Rows.Value(m, i), true
		}
	}
	return pleth.Value{}, false
}

func near(got simulate.Percent, want, within float64) bool {
	d := float64(got)/1e9 - want
	return d <= within && d >= -within
}

func TestWrittenEventsHappen(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	r := night(t, simulate.Params{Seed: 5, Profile: simulate.Child, Start: start, Perfusion: true, Events: `
		01:10 fall 6 over 30s            # a comment; with a semicolon
		02:00 cluster 8 fall 5 every 60s
		03:00 prolonged 84 for 4m; 04:00 gap 90s
		04:30 motion 5m; 05:00 off 40s; 05:10 dropout 3s; 05:20 spike 12; 05:30 perfusion 0.2 for 2m
		+6h40m sawtooth 4 fall 9 every 48s; 06:00 fall 8 over 20s hold 30s back 8s`})
	const h = 3600
	ev := r.Truth.Events
	if len(ev) != 1+8+1+4+1 {
		t.Fatalf("%d events, want 15", len(ev))
	}
	check := func(e simulate.Event, kind simulate.Kind, start, nadir int, drop float64) {
		t.Helper()
		if e.Kind != kind || e.Start < start-1 || e.Start > start+12 || e.Nadir < nadir-4 || e.Nadir > nadir+4 || !near(e.Drop, drop, 1.5) {
			t.Errorf("got %+v, want %s from %d to %d by %v", e, kind, start, nadir, drop)
		}
		if e.Shown == nil || !near(e.Shown.Drop, drop, 2.5) {
			t.Errorf("%s at %d is shown as %+v", kind, start, e.Shown)
		}
	}
	check(ev[0], simulate.Fall, 2*h+600, 2*h+630, 6)
	for i := range 8 {
		check(ev[1+i], simulate.Fall, 3*h+60*i, 3*h+60*i+30, 5)
		if ev[1+i].Cluster != 1 {
			t.Errorf("event %d of the cluster is in cluster %d", i, ev[1+i].Cluster)
		}
	}
	if p := ev[9]; p.Kind != simulate.Prolonged || p.Start > 4*h+15 || p.End < 4*h+60+240 || !near(p.Low, 84, 1.5) {
		t.Errorf("the prolonged event is %+v", p)
	}
	for k := 4*h + 70; k < 4*h+290; k++ {
		if v := r.Truth.SpO2[k]; v < 82*signal.One || v > 86*signal.One {
			t.Errorf("second %d of the prolonged event is at %v", k, v.Float())
		}
	}
	for i, e := range ev[10:14] {
		if e.Kind != simulate.Sawtooth {
			t.Errorf("tooth %d is a %s", i, e.Kind)
		}
	}
	if first, second := ev[10].Drop, ev[11].Drop; !near(first, 9, 1.5) || !near(second, 6, 1.5) {
		t.Errorf("the first teeth fall by %v and %v, want 9 and 6", float64(first)/1e9, float64(second)/1e9)
	}
	plateau := ev[14]
	if plateau.Kind != simulate.Plateau || plateau.End < 7*h+50 || plateau.End > 7*h+59 {
		t.Errorf("the plateau is %+v", plateau)
	}

	row := func(m pleth.Metric, second int) pleth.Value {
		t.Helper()
		v, ok := at(r, start, m, second)
		if !ok {
			t.Fatalf("there is no row at second %d", second)
		}
		return v
	}
	for second := 5 * h; second < 5*h+90; second++ {
		if _, ok := at(r, start, pleth.SpO2, second); ok {
			t.Fatalf("there is a row at second %d of the gap", second)
		}
	}
	row(pleth.SpO2, 5*h-1)
	row(pleth.SpO2, 5*h+90)
	for _, c := range []struct {
		metric   pleth.Metric
		second   int
		missing  bool
		low, top float64
	}{
		{pleth.Motion, 5*h + 1800, false, 10, 1 << 20},
		{pleth.Motion, 5*h + 2099, false, 10, 1 << 20},
		{pleth.Motion, 5*h + 2100, false, 0, 9},
		{pleth.SpO2, 6*h - 1, false, 50, 100},
		{pleth.SpO2, 6 * h, true, 0, 0},
		{pleth.PulseRate, 6*h + 39, true, 0, 0},
		{pleth.PerfusionIndex, 6*h + 39, true, 0, 0},
		{pleth.Motion, 6*h - 2, false, 10, 1 << 20}, // who takes it off moves
		{pleth.SpO2, 6*h + 40, false, 50, 100},
		{pleth.SpO2, 6*h + 602, true, 0, 0},
		{pleth.SpO2, 6*h + 603, false, 50, 100},
		{pleth.PerfusionIndex, 6*h + 1800, false, 0.02, 0.29},
		{pleth.PerfusionIndex, 6*h + 1799, false, 0.3, 20},
	} {
		v := row(c.metric, c.second)
		if v.IsMissing() != c.missing || !c.missing && (v.Float() < c.low || v.Float() > c.top) {
			t.Errorf("%s at second %d is %v", c.metric, c.second, v)
		}
	}
	before, spike, after := row(pleth.SpO2, 6*h+1199).Float(), row(pleth.SpO2, 6*h+1200).Float(), row(pleth.SpO2, 6*h+1201).Float()
	if spike > before-10 || spike > after-10 {
		t.Errorf("around the spike of 12 points: %v %v %v", before, spike, after)
	}
	if n := len(r.Truth.Gaps); n != 3 {
		t.Errorf("%d gaps, want 3", n)
	}
}

// TestHeldMotionHidesAFall plants a fall into motion in which the device holds
// its value: the truth has it, the rows do not.
func TestHeldMotionHidesAFall(t *testing.T) {
	t.Parallel()
	p := simulate.Params{Seed: 3, Length: time.Hour, Start: time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC), Events: "23:20 fall 12 over 30s; 23:19:50 motion 70s held"}
	r := night(t, p)
	if e := r.Truth.Events[0]; !near(e.Drop, 12, 1.5) || e.Shown == nil || !near(e.Shown.Drop, 12, 2) {
		t.Errorf("the truth has %+v", e)
	}
	held, _ := at(r, p.Start, pleth.SpO2, 1189)
	for k := 1190; k < 1260; k++ {
		if v, _ := at(r, p.Start, pleth.SpO2, k); v != held {
			t.Fatalf("second %d shows %v, want %v", k, v, held)
		}
	}
}

// TestShiftMovesTheLevel compares a night with the same night shifted.
func TestShiftMovesTheLevel(t *testing.T) {
	t.Parallel()
	p := simulate.Params{Seed: 3, Length: 2 * time.Hour, Events: "+10m shift 0 for 1m"}
	flat := night(t, p).Truth.SpO2
	p.Events = "+10m shift 0 for 1m; +30m shift -3 for 30m"
	moved := night(t, p).Truth.SpO2
	for k, want := range map[int]signal.Fixed{1799: 0, 1829: 3 * signal.One / 2, 1860: 3 * signal.One, 3500: 3 * signal.One, 3600: 0} {
		if got := flat[k] - moved[k]; got != want {
			t.Errorf("second %d lies %v lower, want %v", k, got.Float(), want.Float())
		}
	}
}

// TestAveragingDelays plants a sharp fall and looks when it is shown.
func TestAveragingDelays(t *testing.T) {
	t.Parallel()
	p := simulate.Params{Seed: 8, Length: time.Hour, Averaging: time.Second, Pristine: true, Decimals: 2, Events: "+30m fall 20 over 10s back 4s"}
	nadir := func(averaging, lag time.Duration) int {
		p.Averaging, p.Lag = averaging, lag
		return night(t, p).Truth.Events[0].Shown.Nadir
	}
	sharp := nadir(time.Second, 0)
	if late := nadir(time.Second, 7*time.Second); late != sharp+7 {
		t.Errorf("with a lag of 7 s the nadir is shown at %d, want %d", late, sharp+7)
	}
	if late := nadir(16*time.Second, 0); late <= sharp {
		t.Errorf("with 16 s of averaging the nadir is shown at %d, not after %d", late, sharp)
	}
}

func TestWrongParams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p    simulate.Params
		want string
	}{
		{simulate.Params{Profile: "cat"}, `profile "cat" is not known: choose one of [adult child infant preterm]`},
		{simulate.Params{Activity: "wild"}, `activity "wild" is not known: choose one of [quiet restless]`},
		{simulate.Params{Length: 32 * 24 * time.Hour}, "length 768h0m0s is not possible: it goes from 1s to 744h0m0s"},
		{simulate.Params{Length: 90 * time.Millisecond}, "length 90ms is not possible: it goes from 1s to 744h0m0s"},
		{simulate.Params{Length: 1500 * time.Millisecond}, "length 1.5s is not possible: it goes in steps of 1s"},
		{simulate.Params{Interval: -time.Second}, "interval -1s is not possible: it goes from 10ms to 1m0s"},
		{simulate.Params{Interval: time.Second + 1}, "interval 1.000000001s is not possible: it goes in steps of 1ms"},
		{simulate.Params{Averaging: 2 * time.Minute}, "averaging 2m0s is not possible: it goes from 1s to 1m0s"},
		{simulate.Params{Lag: -1}, "lag -1ns is not possible: it goes from 0s to 1m0s"},
		{simulate.Params{Age: -time.Hour}, "age -1h0m0s is not possible: it goes from 0s to 1051200h0m0s"},
		{simulate.Params{Decimals: 3}, "3 decimals are not possible: SpO2 is shown with 0, 1 or 2"},
		{simulate.Params{Length: 31 * 24 * time.Hour, Interval: 10 * time.Millisecond}, "267840000 rows are too many: make the night shorter or the interval longer, at most 16777216"},
		{simulate.Params{Start: time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)}, "the year 1969 is not possible: choose one from 1970 to 2200"},
	} {
		_, err := simulate.Night(c.p)
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
}

// TestSampleNight holds what the sample night is shown for.
func TestSampleNight(t *testing.T) {
	t.Parallel()
	r := night(t, simulate.Sample())
	clusters, kinds := map[int]int{}, map[string]int{}
	lowest := simulate.Percent(100 * signal.One)
	for _, e := range r.Truth.Events {
		kinds[string(e.Kind)]++
		lowest = min(lowest, e.Low)
		if e.Kind == simulate.Fall && e.Cluster > 0 && e.Drop >= simulate.Percent(4*signal.One) {
			clusters[e.Cluster]++
		}
	}
	for _, a := range r.Truth.Artefacts {
		kinds[string(a.Kind)]++
	}
	for _, g := range r.Truth.Gaps {
		kinds[string(g.Kind)]++
	}
	for id, n := range clusters {
		if n < 5 {
			delete(clusters, id)
		}
	}
	if len(clusters) != 3 {
		t.Errorf("%d clusters of five falls and more, want 3", len(clusters))
	}
	for _, kind := range []string{"fall", "plateau", "prolonged", "motion", "held", "spike", "low_perfusion", "gap", "off", "dropout"} {
		if kinds[kind] == 0 {
			t.Errorf("there is no %s", kind)
		}
	}
	if kinds["prolonged"] != 1 || !near(lowest, 80.5, 1.5) {
		t.Errorf("%d prolonged events, lowest value %v", kinds["prolonged"], float64(lowest)/1e9)
	}
	if r.Header.Clock != pleth.LocalClock || r.Rows.Len() < 29000 {
		t.Errorf("clock %v, %d rows", r.Header.Clock, r.Rows.Len())
	}
}
