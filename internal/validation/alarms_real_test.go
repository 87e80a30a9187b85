package validation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/signal"
	"pleth/internal/simulate"
)

// drawSevere returns a fall from a value to 70 to 82 %, no faster than blood
// falls, that lasts.
func drawSevere(r *rand.Rand, from signal.Fixed) shape {
	s := shape{depth: from.Float() - 70 - 12*r.Float64(), hold: 10 + r.IntN(30), back: 5 + r.IntN(20)}
	s.over = int(s.depth/1.5) + r.IntN(20)
	return s
}

// drawFalse returns a false dip as the simulator draws it: docs/simulator.md.
func drawFalse(r *rand.Rand) shape {
	return shape{depth: 3 + 4*r.ExpFloat64(), over: 3 + r.IntN(10), hold: r.IntN(21), back: 2 + r.IntN(7)}
}

// moving is the motion that a device counts while it reads a false dip.
const moving = 40

// sounding is a recording with severe events and false dips planted into it.
type sounding struct {
	rows   *pleth.Batch
	severe []below // with the seconds more than the tolerance below 85
	due    []int   // of each
	dips   []span  // false
}

// sound plants severe events and false dips into the quiet places of the
// recording, by turns. The device counts motion in every false dip and in half
// of the severe events; one that counts none has no false dips.
func (x *host) sound(r *rand.Rand) sounding {
	values := append([]signal.Fixed(nil), x.values...)
	shaken := make([]bool, len(values))
	per := int(x.interval / time.Second)
	var out sounding
	for at := quietBefore + r.IntN(300); at < len(values)*per; {
		dip := x.motion >= 0 && r.IntN(2) == 0
		var s shape
		if from := values[min(x.row(at), len(values)-1)]; dip {
			s = drawFalse(r)
		} else {
			s = drawSevere(r, from)
		}
		if !x.quiet(at, at+s.length()) {
			at += 10 + r.IntN(30)
			continue
		}
		shake := x.motion >= 0 && (dip || r.IntN(2) == 0)
		from, to := x.row(at), x.row(at+s.length())
		for i := from; i < to; i++ {
			values[i] = max(signal.One, values[i]-signal.Fixed(math.Round(s.at(i*per-at)))*signal.One)
			shaken[i] = shake
		}
		where := span{at, at + s.length() + per}
		if dip {
			out.dips = append(out.dips, where)
		} else if b, due := x.dueOf(values, from, to); b.seconds >= severeFor && due != 0 {
			out.severe, out.due = append(out.severe, b), append(out.due, due)
		}
		at += s.length() + quietBefore + r.IntN(240)
	}
	out.rows = new(pleth.Batch)
	for i := range x.rows.Len() {
		out.rows.AddRow(x.rows.Time(i))
		out.rows.Set(pleth.SpO2, x.rows.Value(pleth.SpO2, i))
		if values[i] != x.values[i] {
			out.rows.Set(pleth.SpO2, pleth.Num(int64(values[i]), 9))
		}
		if x.motion < 0 {
			continue
		}
		out.rows.Set(pleth.Motion, x.rows.Value(pleth.Motion, i))
		if shaken[i] {
			out.rows.Set(pleth.Motion, pleth.Num(moving, 0))
		}
	}
	return out
}

// dueOf returns a planted event with its seconds more than the tolerance below
// 85, and when it is due: with the fifth of them within seven; 0: never.
func (x *host) dueOf(values []signal.Fixed, from, to int) (b below, due int) {
	per := int(x.interval / time.Second)
	b.span = span{from * per, to * per}
	var last [severeAfter]int
	for k := b.start; k < b.end; k++ {
		if values[k/per] >= signal.Whole(85)-tolerance {
			continue
		}
		last[b.seconds%severeAfter] = k
		if b.seconds++; due == 0 && b.seconds >= severeAfter && k-last[b.seconds%severeAfter] < severeWithin {
			due = k + 1
		}
	}
	return b, due
}

// judgeReal adds what rang over a recording. What rings apart from anything
// planted is neither right nor wrong.
func (w *watch) judgeReal(x *host, s sounding, all [wardenCount][]ring) {
	w.hours += float64(len(x.values)*int(x.interval/time.Second)) / 3600
	for k, rings := range all {
		w.alarms[k] += len(rings)
		for _, r := range rings {
			of := func(spans span) bool { return spans.overlaps(span{r.from, r.at + 1}) }
			wrong := false
			for _, d := range s.dips {
				wrong = wrong || of(d)
			}
			for _, b := range s.severe {
				wrong = wrong && !of(b.span)
			}
			if wrong {
				w.wrong[k]++
			}
		}
	}
	for i, b := range s.severe {
		w.severe++
		if told, late := toldOf(all[rules], b, s.due[i], int(x.interval/time.Second), nil); told {
			w.told++
			w.added = append(w.added, late)
			if late > tolerated {
				w.late++
			}
		}
	}
}

// hold reports the promises on alarms that were not kept.
func (w *watch) hold(t *testing.T, what string) {
	t.Helper()
	t.Logf("%s: %d severe events, false alarms: %d, with a delay of 15 s %d; by two points in movement %d and %d", what, w.severe, w.wrong[rules], w.wrong[delay15], w.plain[rules], w.plain[delay15])
	if w.told != w.severe || w.late > 0 {
		t.Errorf("%s: %d of %d severe events told, %d of them later than %d s", what, w.told, w.severe, w.late, tolerated)
	}
	if _, whole := full(); whole && 2*w.wrong[rules] > w.wrong[delay15] {
		t.Errorf("%s: %d false alarms, more than half of the %d of a delay of 15 s", what, w.wrong[rules], w.wrong[delay15])
	}
}

// alarmHead is the head of a table of alarms.
const alarmHead = "| %s | Severe events | Told | Later than 5 s | Near the limit, told | Added delay, median and 95th centile | Alarms per hour, and false ones: pleth | below 90 for 15 s | below 88 for 10 s | SatSeconds 50 |\n|---|---|---|---|---|---|---|---|---|---|\n"

// TestAlarmsInRealRecordings plants severe events and false dips into real
// recordings.
func TestAlarmsInRealRecordings(t *testing.T) {
	t.Parallel()
	rounds := reducedRounds
	if _, whole := full(); whole {
		rounds = fullRounds
	}
	var table strings.Builder
	fmt.Fprintf(&table, alarmHead, "Recording")
	total := &watch{}
	for k, r := range recordings {
		x := loadHost(t, r)
		profile := "adult"
		if strings.Contains(r.name, "child") {
			profile = "child"
		}
		one := &watch{}
		for i := range rounds {
			s := x.sound(rand.New(rand.NewPCG(uint64(i), uint64(1000+k))))
			one.judgeReal(x, s, rang(t, profile, s.rows, s.rows.Time(0)))
		}
		if one.severe < rounds {
			t.Errorf("%s: only %d severe events were planted in %d rounds", r.name, one.severe, rounds)
		}
		table.WriteString(one.line(r.name))
		total.join(one)
	}
	table.WriteString(total.line("all"))
	total.hold(t, "real recordings")
	compare(t, "alarms-real", table.String())
}

// wardBeds are the beds of a ward, each for 24 hours.
const wardBeds = 24

// TestAlarmsOnAWard runs a ward for 24 hours: profiles by turns, every other
// four beds restless.
func TestAlarmsOnAWard(t *testing.T) {
	t.Parallel()
	wards := 1
	if _, whole := full(); whole {
		wards = 20
	}
	var table strings.Builder
	fmt.Fprintf(&table, alarmHead, "Ward")
	total := &watch{}
	profiles := simulate.Profiles()
	for i := range wards * wardBeds {
		c := cell{profiles[i%len(profiles)], simulate.Activities()[i/len(profiles)%2]}
		p := simulate.Params{Profile: c.profile, Activity: c.activity, Seed: uint64(9_000_000 + i), Interval: time.Second, Length: 24 * time.Hour, Perfusion: true}
		total.join(c.watch(t, p))
	}
	table.WriteString(total.line(fmt.Sprintf("%d wards of %d beds, 24 h", wards, wardBeds)))
	total.hold(t, "ward")
	compare(t, "alarms-ward", table.String())
}
