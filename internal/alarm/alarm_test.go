package alarm_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/signal"
)

func TestBuiltInProfilesAreSound(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"infant", "child", "adult"} {
		p, err := alarm.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if faults := p.Check(); len(faults) > 0 {
			t.Errorf("%s: %v", name, faults)
		}
	}
	if _, err := alarm.Named("grown-up"); err == nil || !strings.Contains(err.Error(), "infant, child or adult") {
		t.Errorf("an unknown profile: %v", err)
	}
}

// TestFaultsOfAProfile: each is named, and all at once.
func TestFaultsOfAProfile(t *testing.T) {
	t.Parallel()
	p := &alarm.Profile{Rules: []alarm.Rule{
		{ID: "a", Kind: alarm.Below, Metric: pleth.PulseRate, Limit: signal.Whole(100), Priority: alarm.Low},
		{ID: "b", Kind: alarm.Above, Metric: pleth.PulseRate, Limit: signal.Whole(90), Priority: alarm.Low},
		{ID: "b", Kind: alarm.Below, Metric: pleth.SpO2, Limit: signal.Whole(105), Priority: 7},
		{ID: "c", Kind: "wrong", Metric: pleth.SpO2, Priority: alarm.Low, Delay: -1},
		{ID: "d", Kind: alarm.NoData, Priority: alarm.Low},
	}}
	text := ""
	for _, err := range p.Check() {
		text += err.Error() + "\n"
	}
	for _, want := range []string{"every value would alarm", "stands twice", "has no priority", "outside 50 to 100", `kind "wrong"`, "delay must be between", "delay must be positive"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %q:\n%s", want, text)
		}
	}
}

// drawReadings makes a stream that dips, jumps and breaks off.
func drawReadings(t *rapid.T) []alarm.Reading {
	n := rapid.IntRange(1, 400).Draw(t, "n")
	step := rapid.SampledFrom([]int64{signal.Second, signal.Second / 2, 4 * signal.Second, 1024e6}).Draw(t, "step")
	level, oxygen := signal.Whole(96), signal.Whole(70)
	tissue := rapid.SampledFrom([]pleth.Metric{0, pleth.RSO2, pleth.TissuePO2}).Draw(t, "tissue")
	at := int64(0)
	var out []alarm.Reading
	for range n {
		at += step
		r := alarm.Reading{At: at}
		switch rapid.IntRange(0, 40).Draw(t, "what") {
		case 0:
			level = signal.Whole(rapid.IntRange(70, 99).Draw(t, "level"))
		case 1:
			at += rapid.Int64Range(1, 200).Draw(t, "gap") * signal.Second
		case 2:
			r.SetMissing(pleth.SpO2)
		case 3:
			r.Doubt = pleth.InMotion
		}
		if !r.Carries(pleth.SpO2) {
			r.Set(pleth.SpO2, level)
		}
		r.Set(pleth.PulseRate, signal.Whole(rapid.IntRange(40, 180).Draw(t, "pulse")))
		if tissue != 0 && rapid.IntRange(0, 4).Draw(t, "sends tissue") == 0 {
			if rapid.IntRange(0, 3).Draw(t, "tissue moves") == 0 {
				oxygen = signal.Whole(rapid.IntRange(20, 90).Draw(t, "oxygen"))
			}
			r.Set(tissue, oxygen)
		}
		out = append(out, r)
	}
	return out
}

// drawProfile draws rules: those of an age, at times with every rule on and with
// rules in words.
func drawProfile(t *rapid.T) *alarm.Profile {
	named, err := alarm.Named(rapid.SampledFrom([]string{"infant", "child", "adult"}).Draw(t, "profile"))
	if err != nil || rapid.Bool().Draw(t, "as it is") {
		return named
	}
	p := *named
	p.Name, p.Rules = "drawn", slices.Clone(p.Rules)
	for i := range p.Rules {
		p.Rules[i].Off = false
	}
	seconds := func(what string, least, most int) string {
		return fmt.Sprintf("%ds", rapid.IntRange(least, most).Draw(t, what))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "rules in words") {
		text := fmt.Sprintf("%s(%s) over %s %s %s %d for %s priority low",
			rapid.SampledFrom([]string{"avg", "min", "max", "count"}).Draw(t, "aggregate"),
			rapid.SampledFrom([]string{"spo2", "heart_rate", "pulse_rate", "rso2", "local_tissue_o2"}).Draw(t, "of"),
			rapid.SampledFrom([]string{"sliding", "tumbling"}).Draw(t, "windows"), seconds("window", 40, 300),
			rapid.SampledFrom([]string{"<", ">"}).Draw(t, "side"), rapid.IntRange(20, 120).Draw(t, "limit"), seconds("for", 0, 40))
		r, err := alarm.ParseRule(fmt.Sprintf("mine.%d", i), text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		p.Rules = append(p.Rules, r)
	}
	if bad := p.Check(); len(bad) > 0 {
		t.Fatal(bad)
	}
	return &p
}

// byTime puts transitions in the order of their times and rules. A spot check is
// judged a minute after its reading and dated back to it: among those of other
// rules it stands where time was told.
func byTime(all []alarm.Transition) []alarm.Transition {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b alarm.Transition) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Rule, b.Rule))
	})
	return all
}

// TestTimeToldInBetweenChangesNothing: Advance at any times, and a Clone that
// goes on, give the transitions of readings alone.
func TestTimeToldInBetweenChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		readings := drawReadings(t)
		p := drawProfile(t)
		plain, ticked := alarm.New(p), alarm.New(p)
		var want, got []alarm.Transition
		for i := range readings {
			r := &readings[i]
			one, err := plain.Push(r)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, one...)
			if i > 0 && rapid.Bool().Draw(t, "tick") {
				gap := r.At - readings[i-1].At
				got = append(got, ticked.Advance(readings[i-1].At+rapid.Int64Range(0, gap).Draw(t, "at"))...)
			}
			if rapid.IntRange(0, 20).Draw(t, "clone") == 0 {
				left := ticked
				ticked = ticked.Clone()
				left.Advance(r.At + 1e12) // what the original does is its own affair
			}
			one, err = ticked.Push(r)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, one...)
		}
		end := readings[len(readings)-1].At + 3600*signal.Second
		want, got = append(want, plain.Advance(end)...), append(got, ticked.Advance(end)...)
		if !slices.Equal(byTime(want), byTime(got)) {
			t.Fatalf("with time told in between\n%v\nwithout\n%v\n%s", got, want, firstDifference(byTime(got), byTime(want)))
		}
		checkLives(t, want)
	})
}

// firstDifference says in full where two lists part.
func firstDifference(got, want []alarm.Transition) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("missing: %+v", want[i])
		case i >= len(want):
			return fmt.Sprintf("too many: %+v", got[i])
		case got[i] != want[i]:
			return fmt.Sprintf("%#v\nand not\n%#v", got[i], want[i])
		}
	}
	return "none"
}

// checkLives: the transitions of each rule make whole lives in order.
func checkLives(t *rapid.T, all []alarm.Transition) {
	state := map[string]alarm.State{}
	last := map[string]int64{}
	for i, one := range all {
		if i > 0 && one.At < all[i-1].At && one.Cause != alarm.Spot {
			t.Fatalf("%v after %v", one, all[i-1])
		}
		if one.From != state[one.Rule] {
			t.Fatalf("%v, but it was %v", one, state[one.Rule])
		}
		if one.Since > one.At && one.Cause != alarm.Spot || one.At < last[one.Rule] && one.Cause != alarm.Spot {
			t.Fatalf("%v goes back in time", one)
		}
		state[one.Rule], last[one.Rule] = one.To, one.At
		if one.To == alarm.Cleared {
			state[one.Rule] = alarm.Inactive
		}
	}
}

func TestAReadingFromThePastIsAnError(t *testing.T) {
	t.Parallel()
	p, _ := alarm.Named("adult")
	e := alarm.New(p)
	r := alarm.Reading{At: 100 * signal.Second}
	r.Set(pleth.SpO2, signal.Whole(97))
	if _, err := e.Push(&r); err != nil {
		t.Fatal(err)
	}
	r.At = 99 * signal.Second
	if _, err := e.Push(&r); err == nil {
		t.Error("a reading from the past is taken")
	}
}

func TestPeopleAreTold(t *testing.T) {
	t.Parallel()
	p, _ := alarm.Named("child")
	e := alarm.New(p)
	at := int64(0)
	push := func(n int, v int) {
		for range n {
			at += signal.Second
			r := alarm.Reading{At: at}
			r.Set(pleth.SpO2, signal.Whole(v))
			if _, err := e.Push(&r); err != nil {
				t.Fatal(err)
			}
		}
	}
	code := func(err error) string {
		if own, ok := err.(*alarm.ActionError); ok {
			return own.Code
		}
		return ""
	}
	push(60, 97)
	push(30, 89)
	if _, err := e.Acknowledge(alarm.Action{At: at, Rule: "spo2.none"}); code(err) != "unknown" {
		t.Errorf("an unknown rule: %v", err)
	}
	if _, err := e.Acknowledge(alarm.Action{At: at, Rule: "spo2.severe"}); code(err) != "cleared" {
		t.Errorf("an alarm that is not: %v", err)
	}
	if _, err := e.Silence(alarm.Action{At: at, Rule: "spo2.low"}); code(err) != "until" {
		t.Errorf("a silence without end: %v", err)
	}
	if _, err := e.Acknowledge(alarm.Action{At: at, Rule: "spo2.low", Actor: "first"}); err != nil {
		t.Error(err)
	}
	if _, err := e.Acknowledge(alarm.Action{At: at, Rule: "spo2.low", Actor: "second"}); code(err) != "acknowledged" || !strings.Contains(err.Error(), "first") {
		t.Errorf("the second of two people: %v", err)
	}
	push(30, 97)
	if _, err := e.Acknowledge(alarm.Action{At: at, Rule: "spo2.low", Actor: "late"}); code(err) != "cleared" {
		t.Errorf("an alarm that is over: %v", err)
	}
}

func BenchmarkPush(b *testing.B) {
	p, _ := alarm.Named("child")
	for _, c := range []struct {
		name string
		spo2 func(k int) int
	}{
		{"quiet", func(int) int { return 97 }},
		{"dips", func(k int) int { return 97 - max(0, 15-(k%120)/2) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := alarm.New(p)
			b.ReportAllocs()
			k := 0
			for b.Loop() {
				r := alarm.Reading{At: int64(k) * signal.Second}
				r.Set(pleth.SpO2, signal.Whole(c.spo2(k)))
				r.Set(pleth.PulseRate, signal.Whole(70))
				r.Set(pleth.PerfusionIndex, signal.One)
				if _, err := e.Push(&r); err != nil {
					b.Fatal(err)
				}
				k++
			}
		})
	}
}
