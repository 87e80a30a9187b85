package simulate_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/signal"
	"pleth/internal/simulate"
)

// drawParams draws Params of nights of up to two hours that are possible.
func drawParams(t *rapid.T) simulate.Params {
	p := simulate.Params{
		Seed:      rapid.Uint64().Draw(t, "seed"),
		Profile:   rapid.SampledFrom(simulate.Profiles()).Draw(t, "profile"),
		Activity:  rapid.SampledFrom(simulate.Activities()).Draw(t, "activity"),
		Age:       time.Duration(rapid.IntRange(0, 90*365).Draw(t, "days")) * 24 * time.Hour,
		Start:     time.Unix(rapid.Int64Range(0, 7e9).Draw(t, "start"), 0).UTC(),
		Length:    time.Duration(rapid.IntRange(1, 7200).Draw(t, "seconds")) * time.Second,
		Interval:  rapid.SampledFrom([]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 333 * time.Millisecond, time.Minute}).Draw(t, "interval"),
		Averaging: time.Duration(rapid.IntRange(1, 60).Draw(t, "averaging")) * time.Second,
		Lag:       time.Duration(rapid.IntRange(0, 60).Draw(t, "lag")) * time.Second,
		Decimals:  uint8(rapid.IntRange(0, 2).Draw(t, "decimals")),
		Perfusion: rapid.Bool().Draw(t, "perfusion"),
		Pristine:  rapid.Bool().Draw(t, "pristine"),
	}
	if rapid.Bool().Draw(t, "written") {
		p.Events = drawEvents(t, int(p.Length/time.Second))
	}
	return p
}

// drawEvents draws events that fit into a night of some seconds.
func drawEvents(t *rapid.T, seconds int) string {
	var all []string
	for range rapid.IntRange(1, 6).Draw(t, "events") {
		at := rapid.IntRange(0, seconds-1).Draw(t, "at")
		room := seconds - at
		n := func(low, high int) int { return rapid.IntRange(low, high).Draw(t, "n") }
		var text string
		switch kind := n(0, 10); {
		case kind == 0 && room >= 60:
			text = fmt.Sprintf("fall %d over %ds hold %ds back %ds", n(1, 40), n(10, 30), n(1, 15), n(1, 15))
		case kind == 1 && room >= 120:
			text = fmt.Sprintf("cluster %d fall %d every %ds over 10s back 5s", n(2, 5), n(1, 30), n(15, 24))
		case kind == 2 && room >= 120:
			text = fmt.Sprintf("sawtooth %d fall %d.5 every %ds", n(2, 5), n(1, 20), n(10, 24))
		case kind == 3 && room >= 120:
			text = fmt.Sprintf("prolonged %d for %ds over 20s back 10s", n(50, 95), n(1, 90))
		case kind == 4:
			text = fmt.Sprintf("shift %d for %ds", n(-20, 20), n(1, room))
		case kind == 5:
			text = fmt.Sprintf("motion %ds", n(1, room))
		case kind == 6:
			text = fmt.Sprintf("spike %d", n(1, 45))
		case kind == 7:
			text = fmt.Sprintf("perfusion 0.%d for %ds", n(10, 99), n(1, room))
		case kind == 8:
			text = fmt.Sprintf("off %ds", n(1, room))
		case kind == 9:
			text = fmt.Sprintf("gap %ds", n(1, room))
		default:
			text = fmt.Sprintf("dropout %ds", n(1, room))
		}
		all = append(all, fmt.Sprintf("+%ds %s", at, text))
	}
	return strings.Join(all, "; ")
}

func TestNightsKeepTheirPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawParams(t)
		r, err := simulate.Night(p)
		if err != nil {
			t.Fatal(err)
		}
		seconds := int(p.Length / time.Second)
		if len(r.Truth.SpO2) != seconds {
			t.Fatalf("%d seconds of truth in a night of %d", len(r.Truth.SpO2), seconds)
		}
		for k, v := range r.Truth.SpO2 {
			if v < 50*signal.One || v > 100*signal.One {
				t.Fatalf("second %d is at %v", k, v.Float())
			}
		}
		checkTruth(t, r, seconds)
		checkRows(t, r, p)
		again, err := simulate.Night(p)
		if err != nil {
			t.Fatal(err)
		}
		var a, b bytes.Buffer
		if r.WriteCSV(&a) != nil || again.WriteCSV(&b) != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatal("the same Params gave other bytes")
		}
	})
}

// checkTruth checks the lists of the truth against each other and its SpO2.
func checkTruth(t *rapid.T, r *simulate.Result, seconds int) {
	byStart := func(a, b simulate.Event) int { return a.Start - b.Start }
	if !slices.IsSortedFunc(r.Truth.Events, byStart) || !slices.IsSortedFunc(r.Truth.Artefacts, func(a, b simulate.Artefact) int { return a.Start - b.Start }) {
		t.Fatal("the truth is not in the order of the starts")
	}
	last := 0
	for i, e := range r.Truth.Events {
		if e.Start < 0 || e.Start > e.Nadir || e.Nadir > e.End || e.End > seconds || e.Nadir >= seconds {
			t.Fatalf("event %d is out of order: %+v", i, e)
		}
		from, low := simulate.Percent(r.Truth.SpO2[e.Start]), simulate.Percent(r.Truth.SpO2[e.Nadir])
		if e.From != from || e.Low != low || e.Drop != from-low || e.Drop < 0 {
			t.Fatalf("event %d does not agree with the blood: %+v", i, e)
		}
		for k := e.Start; k <= e.Nadir; k++ {
			if simulate.Percent(r.Truth.SpO2[k]) < low {
				t.Fatalf("event %d is lower at %d than at its nadir: %+v", i, k, e)
			}
		}
		if s := e.Shown; s != nil && (s.Drop <= 0 || s.Drop != s.From-s.Low || s.Start >= s.Nadir || s.Start < e.Start) {
			t.Fatalf("event %d is shown as %+v", i, *s)
		}
	}
	for _, g := range r.Truth.Gaps {
		if g.Start < last || g.End <= g.Start || g.End > seconds {
			t.Fatalf("the gap %+v is out of order after %d", g, last)
		}
		last = g.Start
	}
	end := 0
	for _, s := range r.Truth.Sleep {
		if s.Start != end || s.End <= s.Start {
			t.Fatalf("the sleep %+v does not follow %d", s, end)
		}
		end = s.End
	}
	if end != seconds {
		t.Fatalf("the sleep ends at %d of %d", end, seconds)
	}
}

// checkRows checks that exactly the seconds of gaps lack rows or values, and
// that what is there is possible.
func checkRows(t *rapid.T, r *simulate.Result, p simulate.Params) {
	start := p.Start.UnixNano()
	loss := map[int]simulate.GapKind{}
	for _, g := range r.Truth.Gaps {
		for k := g.Start; k < g.End; k++ {
			if loss[k] != simulate.Absent {
				loss[k] = g.Kind
			}
		}
	}
	row := 0
	for slot := int64(0); slot*int64(p.Interval) < int64(p.Length); slot++ {
		at := slot * int64(p.Interval)
		kind := loss[int(at/signal.Second)]
		if kind == simulate.Absent {
			continue
		}
		if row >= r.Rows.Len() || r.Rows.Time(row) != start+at {
			t.Fatalf("there is no row at %d ns", at)
		}
		spo2, pulse := r.Rows.Value(pleth.SpO2, row), r.Rows.Value(pleth.PulseRate, row)
		if spo2.Ok() != (kind == "") || pulse.Ok() != (kind == "") || spo2.IsAbsent() || pulse.IsAbsent() {
			t.Fatalf("row at %d ns, loss %q: SpO2 %v, pulse %v", at, kind, spo2, pulse)
		}
		if kind == "" {
			possible(t, "SpO2", spo2, 50, 100)
			possible(t, "pulse", pulse, 30, 250)
		}
		if pi := r.Rows.Value(pleth.PerfusionIndex, row); pi.IsAbsent() == p.Perfusion {
			t.Fatalf("perfusion %v at %d ns", pi, at)
		}
		row++
	}
	if row != r.Rows.Len() {
		t.Fatalf("%d rows, want %d", r.Rows.Len(), row)
	}
}

func possible(t *rapid.T, what string, v pleth.Value, low, high float64) {
	if f := v.Float(); f < low || f > high {
		t.Fatalf("%s is %v", what, v)
	}
}

// TestPristineRowsAreTheAveragedTruth recomputes what an undisturbed device
// shows from the truth alone.
func TestPristineRowsAreTheAveragedTruth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawParams(t)
		p.Pristine = true
		r, err := simulate.Night(p)
		if err != nil {
			t.Fatal(err)
		}
		averaging, lag := int(p.Averaging/time.Second), int(p.Lag/time.Second)
		unit := pleth.Pow10(9 - p.Decimals)
		for i := range r.Rows.Len() {
			k := int((r.Rows.Time(i) - p.Start.UnixNano()) / signal.Second)
			sum := int64(0)
			for j := range averaging {
				sum += int64(r.Truth.SpO2[max(0, k-lag-j)])
			}
			got, scale := r.Rows.Value(pleth.SpO2, i).Mantissa()
			if want := pleth.DivRound(sum/int64(averaging), unit); got != want || scale != p.Decimals {
				t.Fatalf("row %d is %d with %d decimals, want %d", i, got, scale, want)
			}
		}
	})
}

// TestProfilesAreAsDescribed holds the medians and the speed of the profiles
// against docs/simulator.md over some nights.
func TestProfilesAreAsDescribed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		profile        simulate.Profile
		low, high      float64 // of the median of SpO2
		fewest, most   float64 // falls of three points an hour
		fastest        float64 // %/s
		slowest, quick float64 // pulse
	}{
		{simulate.Adult, 94, 98, 2, 40, 1.5, 50, 75},
		{simulate.Child, 96.5, 99.5, 1, 25, 2, 60, 95},
		{simulate.Infant, 96, 99, 2, 40, 3, 105, 155},
		{simulate.Preterm, 93.5, 98.5, 5, 60, 3.5, 105, 160},
	} {
		for seed := range uint64(12) {
			r := night(t, simulate.Params{Seed: seed, Profile: c.profile})
			levels, pulses := make([]float64, 0, r.Rows.Len()), make([]float64, 0, r.Rows.Len())
			for i := range r.Rows.Len() {
				if v := r.Rows.Value(pleth.SpO2, i); v.Ok() {
					levels = append(levels, v.Float())
					pulses = append(pulses, r.Rows.Value(pleth.PulseRate, i).Float())
				}
			}
			if m := middle(levels); m < c.low || m > c.high {
				t.Errorf("%s %d: the median is %v", c.profile, seed, m)
			}
			if m := middle(pulses); m < c.slowest || m > c.quick {
				t.Errorf("%s %d: the median pulse is %v", c.profile, seed, m)
			}
			falls := 0.0
			for _, e := range r.Truth.Events {
				drop := float64(e.Drop) / 1e9
				if drop >= 3 {
					falls++
				}
				// The level wanders by a point besides; what is short shows it most.
				if over := float64(e.Nadir - e.Start); over >= 6 && (drop-2)/over > c.fastest {
					t.Errorf("%s %d: %v points in %v s", c.profile, seed, drop, over)
				}
			}
			if falls /= 8; falls < c.fewest || falls > c.most {
				t.Errorf("%s %d: %v falls an hour", c.profile, seed, falls)
			}
		}
	}
}
