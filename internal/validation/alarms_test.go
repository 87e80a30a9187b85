package validation

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/signal"
	"pleth/internal/simulate"
)

// warden is one way to alarm on SpO2: pleth's rules, or a plain delay.
type warden int

const (
	rules       warden = iota // low, moderate, severe and rapid of the built-in profile
	delay15                   // below 90 for 15 s without a break
	delay10                   // below 88 for 10 s without a break
	satSeconds                // 50 below 90
	wardenCount = iota
)

// ring is one alarm as a person hears it: rules of SpO2 that are on together
// are one, however many they are.
type ring struct {
	limit     int // the highest of its rules
	from, at  int // seconds of the night: what it looks back on, when it rang
	until     int // when the last of its rules was over
	emergency int // when severe or rapid joined in; -1: never
}

// rang returns the alarms of every warden over the rows of a night that began
// at start.
func rang(tb testing.TB, profile string, rows *pleth.Batch, start int64) [wardenCount][]ring {
	tb.Helper()
	own, err := alarm.Named(profile)
	if err != nil {
		tb.Fatal(err)
	}
	own.Rules = slices.DeleteFunc(own.Rules, func(r alarm.Rule) bool { return r.Metric != pleth.SpO2 || r.Kind != alarm.Below })
	plain := func(id string, limit, seconds int) alarm.Rule {
		return alarm.Rule{ID: id, Kind: alarm.Below, Metric: pleth.SpO2, Limit: signal.Whole(limit), Priority: alarm.Low,
			Delay: int64(seconds) * signal.Second, Window: int64(seconds) * signal.Second}
	}
	named, _ := alarm.Named("child")
	sat := named.Rules[slices.IndexFunc(named.Rules, func(r alarm.Rule) bool { return r.Kind == alarm.SatSeconds })]
	sat.Off = false
	var out [wardenCount][]ring
	for w, p := range [wardenCount]*alarm.Profile{
		own, {Rules: []alarm.Rule{plain("d15", 90, 15)}}, {Rules: []alarm.Rule{plain("d10", 88, 10)}}, {Rules: []alarm.Rule{sat}},
	} {
		e := alarm.New(p)
		on := 0
		var doubter alarm.Doubter
		for i := range rows.Len() {
			r := alarm.Reading{At: rows.Time(i) - start}
			for _, m := range []pleth.Metric{pleth.SpO2, pleth.PulseRate, pleth.Motion, pleth.PerfusionIndex} {
				v := rows.Value(m, i)
				if f, ok := signal.FromValue(v); ok {
					r.Set(m, f)
				} else if v.IsMissing() {
					r.SetMissing(m)
				}
			}
			if warden(w) == rules {
				r.Doubt = doubter.Doubt(&r)
			}
			got, err := e.Push(&r)
			if err != nil {
				tb.Fatal(err)
			}
			for _, one := range slices.Clone(got) {
				if one.To == alarm.Latched { // somebody comes at once
					if _, err := e.Acknowledge(alarm.Action{At: r.At, Rule: one.Rule, Actor: "nurse"}); err != nil {
						tb.Fatal(err)
					}
				}
				out[w] = heard(out[w], &on, one)
			}
		}
		for k := range out[w] {
			if out[w][k].until == 0 {
				out[w][k].until = int((rows.Time(rows.Len()-1) - start) / signal.Second)
			}
		}
	}
	return out
}

// heard adds a transition to what a person hears; on counts the rules that are on.
func heard(all []ring, on *int, one alarm.Transition) []ring {
	at := int(one.At / signal.Second)
	switch {
	case one.To == alarm.Active && one.Cause == alarm.Delayed:
		limit, emergency := int(one.Limit/signal.One), strings.HasSuffix(one.Rule, "severe") || strings.HasSuffix(one.Rule, "rapid")
		if *on == 0 {
			all = append(all, ring{limit: limit, from: int(one.Onset / signal.Second), at: at, emergency: -1})
		}
		*on++
		last := &all[len(all)-1]
		last.limit = max(last.limit, limit)
		if emergency && last.emergency < 0 {
			last.emergency = at
		}
	case one.To == alarm.Cleared || one.To == alarm.Latched && one.From != alarm.Inactive:
		if one.From == alarm.Latched {
			return all // it was over before
		}
		if *on--; *on == 0 {
			all[len(all)-1].until = at
		}
	}
	return all
}

// watch is what wardens did over nights.
type watch struct {
	hours  float64
	alarms [wardenCount]int
	wrong  [wardenCount]int // where an undisturbed device shows nothing of the kind
	plain  [wardenCount]int // likewise, by two points in movement
	severe int              // true severe events, clear of the limit
	told   int              // of these, with an emergency
	late   int              // told more than 5 s after they are due
	added  []int            // seconds after they are due
	// Severe events within the tolerance of the limit, and those told.
	near, nearTold int
}

func (w *watch) join(o *watch) {
	w.hours += o.hours
	for k := range w.alarms {
		w.alarms[k] += o.alarms[k]
		w.wrong[k] += o.wrong[k]
		w.plain[k] += o.plain[k]
	}
	w.severe, w.told, w.late = w.severe+o.severe, w.told+o.told, w.late+o.late
	w.near, w.nearTold = w.near+o.near, w.nearTold+o.nearTold
	w.added = append(w.added, o.added...)
}

// severeFor is how long below 85 a severe event is at least, as an episode is;
// severeAfter is the delay of the rule for it, both in seconds.
const (
	severeFor    = 10
	severeAfter  = 5
	severeWithin = 7
	tolerated    = 5 // seconds of added delay
	// What a display may err by, for any warden: at rest, and in movement or with
	// a weak pulse signal.
	tolerance  = signal.One
	tolerance2 = 2 * signal.One
)

// judgeAlarms compares what rang with what an undisturbed device shows.
func judgeAlarms(n *night, all [wardenCount][]ring) *watch {
	out := &watch{hours: float64(len(n.pristine)) / 3600}
	for w, rings := range all {
		out.alarms[w] += len(rings)
		for _, r := range rings {
			if !n.shows(r, func(int) signal.Fixed { return tolerance }) {
				out.wrong[w]++
			}
			if !n.shows(r, n.tolerance) {
				out.plain[w]++
			}
		}
	}
	for _, s := range n.pristine.stretches(85, n.interval) {
		if s.seconds < severeFor || n.lost(s.start-n.delay, s.end+n.delay) {
			continue
		}
		due, clear := n.due(s)
		told, late := toldOf(all[rules], s, due, n.delay, n.pristine)
		if !clear {
			out.near++
			if told {
				out.nearTold++
			}
			continue
		}
		out.severe++
		if told {
			out.told++
			out.added = append(out.added, late)
			if late > tolerated {
				out.late++
			}
		}
	}
	return out
}

// due returns when a severe event is due, and whether it is clear of the limit:
// beyond it for 10 s by more than a display may err. It is due with the fifth such
// second within seven that have a value, which is the delay of the rule. Seconds
// in which the device held its last value are none: nobody can see them.
func (n *night) due(s below) (due int, clear bool) {
	var last [severeAfter]int
	seen, valid := 0, 0
	for k := s.start; k < s.end; k++ {
		v := n.pristine[k]
		if v == 0 || n.held(k) {
			continue
		}
		if valid++; v >= signal.Whole(85)-n.tolerance(k) {
			continue
		}
		last[seen%severeAfter] = valid
		if seen++; due == 0 && seen >= severeAfter && valid-last[seen%severeAfter] < severeWithin {
			due = k + 1
		}
	}
	return due, due != 0 && seen >= severeFor
}

// tolerance returns what the display may err by at a second.
func (n *night) tolerance(at int) signal.Fixed {
	if slices.ContainsFunc(n.truth.Artefacts, func(a simulate.Artefact) bool {
		return (a.Kind == simulate.Motion || a.Kind == simulate.LowPerfusion) && a.Start <= at && at-n.delay < a.End
	}) {
		return tolerance2
	}
	return tolerance
}

// held reports whether the row that shows a second holds an earlier value.
func (n *night) held(at int) bool {
	at -= at % int(n.interval/time.Second)
	return slices.ContainsFunc(n.truth.Artefacts, func(a simulate.Artefact) bool {
		return a.Kind == simulate.Held && a.Start <= at && at < a.End
	})
}

// toldOf reports whether an emergency tells of a severe event, and how many
// seconds with a value after it is due: without one nobody can tell, and delays
// wait. An emergency that is still on tells of this event as well.
func toldOf(rings []ring, s below, due, delay int, values series) (told bool, added int) {
	for _, r := range rings {
		if r.emergency < 0 || r.emergency > s.end+delay || r.until < s.start {
			continue
		}
		for k := due; k < r.emergency; k++ {
			if k >= len(values) || values[k] != 0 {
				added++
			}
		}
		return true, added
	}
	return false, 0
}

// shows reports whether an undisturbed device shows a value below 90, within one
// point or what else a display may err by, in the time that r looks back on: a
// low value that is misjudged by a point is no false alarm, for any warden.
func (n *night) shows(r ring, by func(at int) signal.Fixed) bool {
	for k := max(0, r.from-n.delay); k <= min(r.at, len(n.pristine)-1); k++ {
		if v := n.pristine[k]; v != 0 && v < signal.Whole(90)+by(k) {
			return true
		}
	}
	return false
}

// TestAlarms: in simulated nights every severe event is told in time, with at
// most half the false alarms of a delay of 15 s.
func TestAlarms(t *testing.T) {
	t.Parallel()
	nights, _ := full()
	var table strings.Builder
	fmt.Fprintf(&table, alarmHead, "Profile")
	total := &watch{}
	for k, c := range cells() {
		w := c.watched(t, uint64(k*100_000+50_000), nights)
		total.join(w)
		table.WriteString(w.line(c.String()))
	}
	table.WriteString(total.line("all"))
	total.hold(t, "simulated nights")
	compare(t, "alarms", table.String())
}

func (w *watch) line(name string) string {
	slices.Sort(w.added)
	median, high := 0, 0
	if n := len(w.added); n > 0 {
		median, high = w.added[n/2], w.added[n*95/100]
	}
	s := fmt.Sprintf("| %s | %d | %d | %d | %d, %d | %d s, %d s |", name, w.severe, w.told, w.late, w.near, w.nearTold, median, high)
	for k := range w.alarms {
		s += fmt.Sprintf(" %.2f, %.3f |", float64(w.alarms[k])/w.hours, float64(w.wrong[k])/w.hours)
	}
	return s + "\n"
}

// watched runs the nights of a cell.
func (c cell) watched(t *testing.T, first uint64, nights int) *watch {
	results := make([]*watch, nights)
	var wait sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := range next {
				interval, average := device(i)
				p := simulate.Params{Profile: c.profile, Activity: c.activity, Seed: first + uint64(i), Interval: interval, Averaging: average}
				results[i] = c.watch(t, p)
			}
		})
	}
	for i := range nights {
		next <- i
	}
	close(next)
	wait.Wait()
	sum := &watch{}
	for _, r := range results {
		sum.join(r)
	}
	return sum
}

// watch runs one night.
func (c cell) watch(t *testing.T, p simulate.Params) *watch {
	profile := map[simulate.Profile]string{simulate.Adult: "adult", simulate.Child: "child", simulate.Infant: "infant", simulate.Preterm: "infant"}[c.profile]
	n := simulated(t, p)
	made, err := simulate.Night(p)
	if err != nil {
		t.Error(err)
		return &watch{}
	}
	return judgeAlarms(n, rang(t, profile, made.Rows, n.start))
}
