package alarm_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/plethtest"
	"pleth/internal/signal"
)

// scenario is what scenarios/*.txt say: what the signal does, and what must and
// must not sound.
type scenario struct {
	name     string
	profile  *alarm.Profile
	every    int64
	steps    []step
	expected map[string][]expectation
}

// step is a line of the signal: from its time on the values hold, or change
// steadily over a time.
type step struct {
	at   int64
	sets []setting
	act  *alarm.Action
	kind string // "acknowledges", "silences", "off", "on", "end", ""
}

type setting struct {
	metric  pleth.Metric
	missing bool
	from    signal.Fixed
	to      signal.Fixed
	over    int64
}

// expectation is one thing an alarm must do, between two times.
type expectation struct {
	verb     string
	from, to int64
}

var verbs = map[string]func(alarm.Transition) bool{
	"sounds": func(t alarm.Transition) bool {
		return t.To == alarm.Active && (t.Cause == alarm.Delayed || t.Cause == alarm.Spot)
	},
	"escalates":       func(t alarm.Transition) bool { return t.Cause == alarm.Escalated },
	"latches":         func(t alarm.Transition) bool { return t.To == alarm.Latched },
	"clears":          func(t alarm.Transition) bool { return t.To == alarm.Cleared },
	"is-acknowledged": func(t alarm.Transition) bool { return t.To == alarm.Acknowledged },
	"reminds":         func(t alarm.Transition) bool { return t.Cause == alarm.Reminder },
}

func TestScenario(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(plethtest.Root(t), "scenarios", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	n := 0
	for _, file := range files {
		for _, s := range readScenarios(t, file) {
			n++
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				s.check(t, s.run(t, 0))
				// What time is said in between changes nothing.
				if plain, ticked := s.run(t, 0), s.run(t, signal.Second/4); !slices.Equal(byTime(plain), byTime(ticked)) {
					t.Errorf("with ticks\n%v\nwithout\n%v", ticked, plain)
				}
			})
		}
	}
	if n < 60 {
		t.Errorf("%d scenarios, want at least 60", n)
	}
}

// run plays the scenario and returns every transition. With tick, time is told
// to the engine in steps of tick as well.
func (s *scenario) run(t *testing.T, tick int64) []alarm.Transition {
	t.Helper()
	e := alarm.New(s.profile)
	var got []alarm.Transition
	take := func(ts []alarm.Transition) {
		for i, one := range ts {
			if i > 0 && one.At < ts[i-1].At {
				t.Errorf("%v comes after %v", one, ts[i-1])
			}
			got = append(got, one)
		}
	}
	var doubter alarm.Doubter
	now := [16]setting{}
	carried := [16]bool{}
	since := [16]int64{}
	sending := true
	next := 0
	for at := int64(0); ; at += s.every {
		for ; next < len(s.steps) && s.steps[next].at <= at; next++ {
			st := &s.steps[next]
			for _, set := range st.sets {
				now[set.metric], carried[set.metric], since[set.metric] = set, true, st.at
			}
			var ts []alarm.Transition
			var err error
			switch st.kind {
			case "off":
				sending = false
			case "on":
				sending = true
			case "idle":
				ts = e.Idle()
			case "acknowledges":
				ts, err = e.Acknowledge(*st.act)
			case "silences":
				ts, err = e.Silence(*st.act)
			case "end":
				take(e.Advance(st.at))
				return got
			}
			if err != nil {
				t.Errorf("at %d s: %v", st.at/signal.Second, err)
			}
			take(ts)
		}
		if next >= len(s.steps) {
			t.Fatal("the scenario has no end")
		}
		for k := at; tick > 0 && k < at+s.every; k += tick {
			if k > at || !sending {
				take(e.Advance(k))
			}
			if k == at && sending {
				take(s.push(t, e, &doubter, at, &now, &carried, &since))
			}
		}
		if tick == 0 && sending {
			take(s.push(t, e, &doubter, at, &now, &carried, &since))
		}
	}
}

func (s *scenario) push(t *testing.T, e *alarm.Engine, doubter *alarm.Doubter, at int64, now *[16]setting, carried *[16]bool, since *[16]int64) []alarm.Transition {
	t.Helper()
	r := alarm.Reading{At: at}
	some := false
	for m := range now {
		if !carried[m] {
			continue
		}
		some = true
		if now[m].missing {
			r.SetMissing(pleth.Metric(m))
			continue
		}
		v := now[m].to
		if over := now[m].over; at-since[m] < over {
			v = now[m].from + (now[m].to-now[m].from)/signal.Fixed(over/signal.Second)*signal.Fixed((at-since[m])/signal.Second)
		}
		r.Set(pleth.Metric(m), v)
	}
	if !some {
		return nil
	}
	r.Doubt = doubter.Doubt(&r)
	got, err := e.Push(&r)
	if err != nil {
		t.Error(err)
	}
	return slices.Clone(got)
}

// check compares what happened with what was expected: nothing else may sound.
func (s *scenario) check(t *testing.T, got []alarm.Transition) {
	t.Helper()
	var log []string
	for _, one := range got {
		log = append(log, one.String())
	}
	told := false
	fail := func(format string, args ...any) {
		t.Errorf(format, args...)
		if !told {
			t.Log("\n" + strings.Join(log, "\n"))
		}
		told = true
	}
	done := map[string]int{}
	for _, one := range got {
		want := s.expected[one.Rule]
		for verb, is := range verbs {
			if !is(one) {
				continue
			}
			k := done[one.Rule]
			if k >= len(want) {
				if verb == "sounds" || len(want) > 0 {
					fail("%s %s at %s, which is not expected", one.Rule, verb, clock(one.At))
				}
				continue
			}
			if want[k].verb != verb || one.At < want[k].from || one.At > want[k].to {
				fail("%s %s at %s, want: %s between %s and %s", one.Rule, verb, clock(one.At), want[k].verb, clock(want[k].from), clock(want[k].to))
			}
			done[one.Rule]++
		}
	}
	for rule, want := range s.expected {
		for _, w := range want[min(done[rule], len(want)):] {
			fail("%s never %s, want it between %s and %s", rule, w.verb, clock(w.from), clock(w.to))
		}
	}
}

func clock(ns int64) string { return fmt.Sprintf("%d:%05.2f", ns/60e9, float64(ns%60e9)/1e9) }

// readScenarios reads the scenarios of a file; docs/definitions/alarms.md says
// how they are written.
func readScenarios(t *testing.T, file string) []*scenario {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []*scenario
	var s *scenario
	part := ""
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		bad := func(err error) {
			if err != nil {
				t.Fatalf("%s line %d: %q: %v", filepath.Base(file), n, line, err)
			}
		}
		key, rest, _ := strings.Cut(line, ":")
		rest = strings.TrimSpace(rest)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case key == "Scenario":
			p, _ := alarm.Named("child")
			s = &scenario{name: rest, profile: p, every: signal.Second, expected: map[string][]expectation{}}
			all, part = append(all, s), ""
		case s == nil:
			bad(fmt.Errorf("stands before the first scenario"))
		case key == "Source":
			part = "source"
		case key == "Profile":
			p, err := alarm.Named(rest)
			bad(err)
			s.profile = p
		case key == "Every":
			s.every, err = length(rest)
			bad(err)
		case key == "Rule":
			bad(s.change(rest))
		case key == "Text":
			id, text, _ := strings.Cut(rest, " = ")
			r, err := alarm.ParseRule(id, text)
			bad(err)
			s.profile.Rules = append(s.profile.Rules, r)
		case key == "Signal", key == "Expect":
			part = key
		case part == "Signal":
			bad(s.signal(line))
		case part == "Expect":
			bad(s.expect(line))
		default:
			bad(fmt.Errorf("is neither Profile, Every, Rule, Signal nor Expect"))
		}
	}
	for _, s := range all {
		if faults := s.profile.Check(); len(faults) > 0 {
			t.Fatalf("%s: %v", s.name, faults)
		}
	}
	return all
}

// change reads "spo2.low limit 92", "spo2.satseconds on", "spo2.low delay 5 s".
func (s *scenario) change(text string) error {
	w := strings.Fields(text)
	i := slices.IndexFunc(s.profile.Rules, func(r alarm.Rule) bool { return r.ID == w[0] })
	if i < 0 || len(w) < 2 {
		return fmt.Errorf("no such rule")
	}
	r := &s.profile.Rules[i]
	var err error
	switch w[1] {
	case "on":
		r.Off = false
	case "off":
		r.Off = true
	case "limit":
		r.Limit, err = number(w[2])
	case "amount":
		r.Amount, err = number(w[2])
	case "delay":
		r.Delay, err = length(strings.Join(w[2:], " "))
		r.DoubtDelay = max(r.Delay, r.DoubtDelay)
	default:
		return fmt.Errorf("write limit, amount, delay, on or off")
	}
	return err
}

var short = map[string]pleth.Metric{"spo2": pleth.SpO2, "pulse": pleth.PulseRate, "heart": pleth.HeartRate, "temperature": pleth.Temperature,
	"tissue": pleth.TissuePO2, "rso2": pleth.RSO2, "perfusion": pleth.PerfusionIndex, "motion": pleth.Motion, "pre": pleth.SpO2PreDuctal, "post": pleth.SpO2PostDuctal}

// signal reads "1:00 spo2 97 pulse 70", "1:00 spo2 97 to 85 over 30 s",
// "1:00 spo2 none", "1:00 no readings", "1:00 readings", "1:00 nurse
// acknowledges spo2.low", "1:00 nurse silences spo2.low for 10 min", "2:00 end".
func (s *scenario) signal(line string) error {
	w := strings.Fields(strings.ReplaceAll(line, ",", " "))
	at, err := moment(w[0])
	if err != nil {
		return err
	}
	st := step{at: at}
	w = w[1:]
	switch rest := strings.Join(w, " "); {
	case rest == "no readings":
		st.kind = "off"
	case rest == "readings":
		st.kind = "on"
	case rest == "idle", rest == "end":
		st.kind = rest
	case len(w) > 2 && (w[1] == "acknowledges" || w[1] == "silences"):
		st.kind, st.act = w[1], &alarm.Action{At: at, Rule: w[2], Actor: w[0]}
		if len(w) > 3 {
			d, err := length(strings.Join(w[4:], " "))
			if err != nil {
				return err
			}
			st.act.Until = at + d
		}
	default:
		for i := 0; i < len(w); i += 2 {
			m, ok := short[w[i]]
			if !ok || i+1 >= len(w) {
				return fmt.Errorf("%q is no signal", w[i])
			}
			set := setting{metric: m, missing: w[i+1] == "none"}
			if !set.missing {
				if set.to, err = number(w[i+1]); err != nil {
					return err
				}
			}
			if i+6 <= len(w)-1 && w[i+2] == "to" {
				set.from = set.to
				if set.to, err = number(w[i+3]); err != nil {
					return err
				}
				if set.over, err = length(w[i+5] + " " + w[i+6]); err != nil {
					return err
				}
				i += 5
			}
			st.sets = append(st.sets, set)
		}
	}
	s.steps = append(s.steps, st)
	return nil
}

// expect reads "spo2.low: sounds at 1:15, clears between 2:00 and 2:05" and
// "spo2.low: silent".
func (s *scenario) expect(line string) error {
	rule, rest, _ := strings.Cut(line, ":")
	if !slices.ContainsFunc(s.profile.Rules, func(r alarm.Rule) bool { return r.ID == rule }) {
		return fmt.Errorf("no rule %q", rule)
	}
	s.expected[rule] = []expectation{}
	if strings.TrimSpace(rest) == "silent" {
		return nil
	}
	for one := range strings.SplitSeq(rest, ",") {
		w := strings.Fields(one)
		if len(w) == 4 && w[0] == "is" {
			w = append([]string{"is-" + w[1]}, w[2:]...)
		}
		if len(w) != 3 && len(w) != 5 || verbs[w[0]] == nil {
			return fmt.Errorf("%q is no expectation", one)
		}
		from, err := moment(w[2])
		if err != nil {
			return err
		}
		to := from
		if len(w) == 5 {
			if to, err = moment(w[4]); err != nil {
				return err
			}
		}
		s.expected[rule] = append(s.expected[rule], expectation{w[0], from, to})
	}
	return nil
}

func moment(s string) (int64, error) {
	total := 0.0
	for part := range strings.SplitSeq(s, ":") {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no time", s)
		}
		total = total*60 + v
	}
	return int64(total*1000+0.5) * 1e6, nil
}

func length(s string) (int64, error) {
	w := strings.Fields(s)
	unit := map[string]float64{"s": 1, "min": 60, "h": 3600}
	if len(w) != 2 || unit[w[1]] == 0 {
		return 0, fmt.Errorf("%q is no length of time", s)
	}
	v, err := strconv.ParseFloat(w[0], 64)
	return int64(v*unit[w[1]]*1000+0.5) * 1e6, err
}

func number(s string) (signal.Fixed, error) {
	v, err := strconv.ParseFloat(s, 64)
	return signal.Fixed(v*1000+0.5) * signal.One / 1000, err
}
