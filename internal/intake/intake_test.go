package intake_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/intake"
	"pleth/internal/plethtest"
	"pleth/internal/session"
)

// wall returns the nanoseconds of a wall time as if it were UTC.
func wall(tb testing.TB, text string) int64 {
	tb.Helper()
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(form, text); err == nil {
			return t.UnixNano()
		}
	}
	tb.Fatalf("bad time %q", text)
	return 0
}

// every returns n rows from a stamp on, a step in seconds apart, each with the
// value 90 + its number modulo 10.
func every(from int64, n int, seconds int64) *pleth.Batch {
	b := new(pleth.Batch)
	for k := range n {
		b.AddRow(from + int64(k)*seconds*1e9)
		b.SetInt(pleth.SpO2, int64(90+k%10))
	}
	return b
}

// join puts batches behind each other.
func join(all ...*pleth.Batch) *pleth.Batch {
	b := new(pleth.Batch)
	for _, one := range all {
		for i := range one.Len() {
			b.AppendRow(one, i)
		}
	}
	return b
}

func collect(tb interface {
	Helper()
	Fatal(...any)
}, opt intake.Options, h pleth.Header, b *pleth.Batch) []*session.Session {
	tb.Helper()
	in := intake.New(opt)
	if err := in.Start(h); err != nil {
		tb.Fatal(err)
	}
	if err := in.Rows(b); err != nil {
		tb.Fatal(err)
	}
	return in.Close()
}

// described says of each session when it starts, by its clock, how many rows
// it has, and what was left out.
func described(all []*session.Session) string {
	var words []string
	for _, s := range all {
		text := fmt.Sprintf("%s +%d", time.Unix(s.Header.Origin, s.Start).UTC().Format("15:04:05"), s.Rows.Len())
		c := s.Counts
		if c.Strays > 0 {
			text += fmt.Sprintf(" stray%d", c.Strays)
			c.Strays = 0
		}
		if c != (session.Counts{}) {
			text += fmt.Sprintf(" dup%d back%d odd%d again%d bare%d", c.Duplicates, c.Backward, c.Irregular, c.RepeatedHour, c.NoSpO2)
		}
		words = append(words, text)
	}
	return strings.Join(words, ", ")
}

func TestIntake(t *testing.T) {
	t.Parallel()
	at := wall(t, "2025-03-06T22:00:00")
	const minute = 60 * int64(1e9)
	local := pleth.Header{Clock: pleth.LocalClock}
	for _, c := range []struct {
		name   string
		header pleth.Header
		rows   *pleth.Batch
		want   string
	}{
		{"no rows", local, new(pleth.Batch), ""},
		{"one row", local, every(at, 1, 4), "22:00:00 +1"},
		{"a night", local, every(at, 100, 4), "22:00:00 +100"},
		{"a duplicate", local, join(every(at, 10, 4), every(at+36e9, 10, 4)), "22:00:00 +19 dup1 back0 odd0 again0 bare0"},
		{"rows that go back", local, join(every(at, 10, 4), every(at+20e9, 2, 4), every(at+40e9, 10, 4)), "22:00:00 +20 dup0 back2 odd0 again0 bare0"},
		{"a stamp far ahead", local, join(every(at, 10, 4), every(at+600*minute, 1, 4), every(at+40e9, 10, 4)), "22:00:00 +20 stray1"},
		{"three of them", local, join(every(at, 10, 4), every(at+600*minute, 3, 4), every(at+40e9, 10, 4)), "22:00:00 +20 stray3"},
		{"four are a recording", local, join(every(at, 10, 4), every(at+600*minute, 4, 4), every(at+40e9, 10, 4)), "22:00:00 +10, 08:00:00 +4 dup0 back10 odd0 again0 bare0"},
		{"one twice", local, join(every(at, 10, 4), every(at+600*minute, 1, 4), every(at+40e9, 10, 4), every(at+700*minute, 1, 4), every(at+80e9, 10, 4)), "22:00:00 +30 stray2"},
		{"a stamp some minutes ahead", local, join(every(at, 10, 4), every(at+10*minute, 1, 4), every(at+40e9, 300, 4)), "22:00:00 +310 stray1"},
		{"two rows that changed places", local, join(every(at, 10, 4), every(at+44e9, 1, 4), every(at+40e9, 1, 4), every(at+48e9, 10, 4)), "22:00:00 +21 dup0 back1 odd1 again0 bare0"},
		{"the first stamp far ahead", local, join(every(at+600*minute, 1, 4), every(at, 10, 4)), "22:00:00 +10 stray1"},
		{"the last stamp far ahead", local, join(every(at, 10, 4), every(at+600*minute, 1, 4)), "22:00:00 +10, 08:00:00 +1"},
		{"half an hour without rows", local, join(every(at, 10, 4), every(at+36e9+30*minute, 10, 4)), "22:00:00 +20 dup0 back0 odd1 again0 bare0"},
		{"more is two sessions", local, join(every(at, 10, 4), every(at+36e9+30*minute+1, 10, 4)), "22:00:00 +10, 22:30:36 +10"},
		{"the hour that occurs twice", local, join(every(wall(t, "2025-10-26T02:50:00"), 150, 4), every(wall(t, "2025-10-26T02:00:00"), 10, 4)), "02:50:00 +160 dup0 back0 odd0 again1 bare0"},
		{"an hour back, with a pause, is not that hour", local, join(every(at, 700, 4), every(at, 10, 4)), "22:00:00 +700 dup0 back10 odd0 again0 bare0"},
		{"the same on a UTC clock is a fault", pleth.Header{Clock: pleth.UTCClock}, join(every(wall(t, "2025-10-26T02:50:00"), 150, 4), every(wall(t, "2025-10-26T02:00:00"), 10, 4)), "02:50:00 +150 dup0 back10 odd0 again0 bare0"},
	} {
		if got := described(collect(t, intake.Options{}, c.header, c.rows)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestExportInAnyOrder: rows of a database are sorted by their stamps; of
// equal stamps the first in the file stays.
func TestExportInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}).Draw(t, "order")
		b := new(pleth.Batch)
		for _, k := range order {
			b.AddRow(int64(k) * 1e9)
			b.SetInt(pleth.SpO2, int64(90+k))
		}
		b.AddRow(3e9)
		b.SetInt(pleth.SpO2, 50)
		in := intake.New(intake.Options{})
		_ = in.Start(pleth.Header{ByTime: true})
		_ = in.Rows(b)
		all := in.Close()
		if len(all) != 1 || all[0].Rows.Len() != 10 || all[0].Counts.Duplicates != 1 || all[0].Counts.Backward != 0 {
			t.Fatalf("got %s", described(all))
		}
		for k := range 10 {
			if v := all[0].Rows.Value(pleth.SpO2, k); v != pleth.Num(int64(90+k), 0) {
				t.Errorf("row %d is %v", k, v)
			}
		}
	})
}

// TestTwoRecordings: a second recording goes on with the session of the first
// if it is of the same device and begins where the first one ends.
func TestTwoRecordings(t *testing.T) {
	t.Parallel()
	at := wall(t, "2025-03-06T22:00:00")
	ring := pleth.Device{Maker: "Viatom", Serial: "1"}
	local := pleth.Header{Clock: pleth.LocalClock, Device: ring}
	berlin, err := intake.ParseZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name          string
		zone          *time.Location
		first, second pleth.Header
		rows          *pleth.Batch // of the second
		want          string
	}{
		{"the next part of a night", nil, local, local, every(at+404e9, 10, 4), "22:00:00 +110 dup0 back0 odd1 again0 bare0"},
		{"with a zone", berlin, local, local, every(at+404e9, 10, 4), "21:00:00 +110 dup0 back0 odd1 again0 bare0"},
		{"another device", nil, local, pleth.Header{Clock: pleth.LocalClock}, every(at+404e9, 10, 4), "22:00:00 +100, 22:06:44 +10"},
		{"an hour later", nil, local, local, every(at+4000e9, 10, 4), "22:00:00 +100, 23:06:40 +10"},
		{"an older one", nil, local, local, every(at-86400e9, 10, 4), "22:00:00 +100, 22:00:00 +10"},
		{"one that overlaps", nil, local, local, every(at+100e9, 10, 4), "22:00:00 +100, 22:01:40 +10"},
		{"one that begins with the last row", nil, local, local, every(at+396e9, 10, 4), "22:00:00 +100, 22:06:36 +10"},
		{"two without a clock", nil, pleth.Header{}, pleth.Header{}, every(at+404e9, 10, 4), "22:00:00 +100, 22:06:44 +10"},
		{"two exports in any order", nil, pleth.Header{Clock: pleth.UTCClock, ByTime: true}, pleth.Header{Clock: pleth.UTCClock, ByTime: true}, every(at+404e9, 10, 4), "22:00:00 +110 dup0 back0 odd1 again0 bare0"},
	} {
		in := intake.New(intake.Options{Zone: c.zone})
		_ = in.Start(c.first)
		_ = in.Rows(every(at, 100, 4))
		_ = in.Start(c.second)
		_ = in.Rows(c.rows)
		if got := described(in.Close()); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestZone: a wall clock in a known zone becomes UTC. The hour that occurs
// twice keeps its order; the hour that is skipped is read as before the change.
func TestZone(t *testing.T) {
	t.Parallel()
	berlin, err := intake.ParseZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	utc := func(s *session.Session, row int) string {
		return time.Unix(s.Header.Origin, s.Start+s.Rows.Time(row)).UTC().Format("01-02T15:04:05")
	}
	local := pleth.Header{Clock: pleth.LocalClock}
	night := func(from string, n int, seconds int64) *session.Session {
		all := collect(t, intake.Options{Zone: berlin}, local, every(wall(t, from), n, seconds))
		if len(all) != 1 || all[0].Rows.Len() != n || all[0].Header.Clock != pleth.UTCClock || all[0].Header.Zone != "Europe/Berlin" {
			t.Fatalf("from %s: %s, %+v", from, described(all), all[0].Header)
		}
		return all[0]
	}
	if got := utc(night("2025-01-06T22:00:00", 10, 4), 0); got != "01-06T21:00:00" {
		t.Errorf("winter: %s", got)
	}
	if got := utc(night("2025-07-06T22:00:00", 10, 4), 0); got != "07-06T20:00:00" {
		t.Errorf("summer: %s", got)
	}
	// 02:59:56 in summer, then 02:00:00 in winter: four seconds later.
	back := join(every(wall(t, "2025-10-26T01:30:00"), 1350, 4), every(wall(t, "2025-10-26T02:00:00"), 2000, 4))
	all := collect(t, intake.Options{Zone: berlin}, local, back)
	if len(all) != 1 || all[0].Rows.Len() != back.Len() || all[0].Counts != (session.Counts{RepeatedHour: 1}) {
		t.Fatalf("clocks go back: %s", described(all))
	}
	if got := utc(all[0], 1350); got != "10-26T01:00:00" {
		t.Errorf("the second 02:00 is %s, want 01:00 UTC", got)
	}
	if got := utc(all[0], back.Len()-1); got != "10-26T03:13:16" {
		t.Errorf("the last row is %s", got)
	}
	// The clock of a device that was not moved runs on through the hour that
	// the zone skips.
	forward := night("2025-03-30T01:59:00", 5000, 4)
	if got := utc(forward, 0); got != "03-30T00:59:00" {
		t.Errorf("before: %s", got)
	}
	if got := utc(forward, 20); got != "03-30T01:00:20" {
		t.Errorf("in the skipped hour: %s", got)
	}
	if got := utc(forward, 4999); got != "03-30T06:32:16" {
		t.Errorf("long after it: %s", got)
	}
	// Nor need it be moved back.
	if got := utc(night("2025-10-26T01:30:00", 5000, 4), 4999); got != "10-26T05:03:16" {
		t.Errorf("a clock that is not moved back: %s", got)
	}
	// One that is moved forward with the zone.
	moved := collect(t, intake.Options{Zone: berlin}, local, join(every(wall(t, "2025-03-30T01:59:00"), 15, 4), every(wall(t, "2025-03-30T03:00:00"), 15, 4)))
	if len(moved) != 1 || moved[0].Counts.Irregular != 0 || utc(moved[0], 29) != "03-30T01:00:56" {
		t.Errorf("a clock that is moved forward: %s", described(moved))
	}
	// A stamp that goes back a little in the hour that occurs twice is a fault.
	fault := collect(t, intake.Options{Zone: berlin}, local, join(every(wall(t, "2025-10-26T02:30:00"), 100, 4), every(wall(t, "2025-10-26T02:36:00"), 5, 4)))
	if got := described(fault); got != "00:30:00 +100 dup0 back5 odd0 again0 bare0" {
		t.Errorf("a fault in that hour: %s", got)
	}
	// A header that knows its zone is not changed by another.
	all = collect(t, intake.Options{Zone: berlin}, pleth.Header{Clock: pleth.UTCClock, Zone: "+02:00"}, every(wall(t, "2025-07-06T22:00:00"), 10, 4))
	if all[0].Header.Zone != "+02:00" || utc(all[0], 0) != "07-06T22:00:00" {
		t.Errorf("a UTC clock: %s", all[0].Header.Zone)
	}
	// One that knows none is shown in the given one, at the same instants.
	all = collect(t, intake.Options{Zone: berlin}, pleth.Header{Clock: pleth.UTCClock}, every(wall(t, "2025-07-06T22:00:00"), 10, 4))
	if all[0].Header.Zone != "Europe/Berlin" || utc(all[0], 0) != "07-06T22:00:00" {
		t.Errorf("a UTC clock without a zone: %s", all[0].Header.Zone)
	}
}

// TestZoneKeepsOrderAndSteps: whatever the zone and the day, rows a fixed step
// apart on a wall clock that is moved with the zone stay that step apart.
func TestZoneKeepsOrderAndSteps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", "Pacific/Auckland", "UTC"}).Draw(t, "zone")
		zone, err := intake.ParseZone(name)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minute")) * time.Minute)
		step := rapid.SampledFrom([]time.Duration{time.Second, 4 * time.Second, time.Minute}).Draw(t, "step")
		b := new(pleth.Batch)
		for k := range 700 {
			at := start.Add(time.Duration(k) * step).In(zone)
			y, m, d := at.Date()
			b.AddRow(time.Date(y, m, d, at.Hour(), at.Minute(), at.Second(), 0, time.UTC).UnixNano())
			b.SetInt(pleth.SpO2, 97)
		}
		in := intake.New(intake.Options{Zone: zone})
		_ = in.Start(pleth.Header{Clock: pleth.LocalClock})
		_ = in.Rows(b)
		all := in.Close()
		// The first rows may lie in the second of two equal hours, which only
		// later rows could tell.
		if len(all) != 1 || all[0].Rows.Len() != b.Len() {
			t.Fatalf("from %v in %s: %s", start, name, described(all))
		}
		odd := 0
		for k := 1; k < b.Len(); k++ {
			if all[0].Rows.Time(k)-all[0].Rows.Time(k-1) != int64(step) {
				odd++
			}
		}
		if odd > 1 {
			t.Errorf("from %v in %s: %d steps differ from %v", start, name, odd, step)
		}
	})
}

func TestBounds(t *testing.T) {
	t.Parallel()
	berlin := pleth.Header{Clock: pleth.UTCClock, Zone: "Europe/Berlin"}
	local := pleth.Header{Clock: pleth.LocalClock}
	at := wall(t, "2025-03-06T22:00:00")
	for _, c := range []struct {
		from, to string
		header   pleth.Header
		want     string
	}{
		{"", "", local, "22:00:00 +240"},
		{"+1h", "", local, "23:00:00 +180"},
		{"", "+1h", local, "22:00:00 +60"},
		{"23:30", "01:00", local, "23:30:00 +90"},
		{"21:00", "", local, ""}, // the first 21:00 after the first row is tomorrow's
		{"22:00", "22:10", local, "22:00:00 +10"},
		{"22:00:30", "", local, "22:01:00 +239"},
		{"2025-03-07T00:00", "", local, "00:00:00 +120"},
		{"2025-03-07", "2025-03-07 00:30", local, "00:00:00 +30"},
		{"23:30", "", berlin, "22:30:00 +210"}, // 22:30 UTC
		{"2025-03-07T00:00:00+01:00", "", berlin, "23:00:00 +180"},
		{"2025-03-07T00:00", "", berlin, "23:00:00 +180"}, // by the clock of its zone
		{"+9h", "", local, ""},
	} {
		var opt intake.Options
		for _, b := range []struct {
			text string
			to   *intake.Bound
		}{{c.from, &opt.From}, {c.to, &opt.To}} {
			if b.text == "" {
				continue
			}
			var err error
			if *b.to, err = intake.ParseBound(b.text); err != nil {
				t.Fatal(err)
			}
			if b.to.String() != b.text {
				t.Errorf("%q reads back as %q", b.text, b.to.String())
			}
		}
		if got := described(collect(t, opt, c.header, every(at, 240, 60))); got != c.want {
			t.Errorf("%s to %s: %s, want %s", c.from, c.to, got, c.want)
		}
	}
	for _, text := range []string{"", "soon", "25:00", "+1", "+-1h", "-1h", "12:60", "2025-13-01", "2025-02-30", "1741298400"} {
		if b, err := intake.ParseBound(text); err == nil {
			t.Errorf("%q is read as %+v", text, b)
		}
	}
}

func TestParseZone(t *testing.T) {
	t.Parallel()
	for text, offset := range map[string]int{"Europe/Berlin": 3600, "UTC": 0, "+02:00": 7200, "-0430": -16200, "+00:00": 0} {
		zone, err := intake.ParseZone(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if _, got := time.Date(2025, 1, 15, 12, 0, 0, 0, zone).Zone(); got != offset {
			t.Errorf("%s is %d s from UTC, want %d", text, got, offset)
		}
	}
	for _, text := range []string{"", "Local", "Berlin", "+25:00", "2", "+2", "../etc/passwd"} {
		if zone, err := intake.ParseZone(text); err == nil {
			t.Errorf("%q is read as %v", text, zone)
		}
	}
	if z := intake.Zone(pleth.Header{Clock: pleth.LocalClock, Zone: "Europe/Berlin"}); z != time.UTC {
		t.Errorf("a wall clock is shown in %v", z)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	if p := intake.Problems(session.Counts{}); len(p) != 0 {
		t.Errorf("got %v without counts", p)
	}
	one := intake.Problems(session.Counts{Duplicates: 1, Backward: 1, Irregular: 1, RepeatedHour: 1, NoSpO2: 1})
	many := intake.Problems(session.Counts{Duplicates: 7, Backward: 7, Irregular: 7, RepeatedHour: 7, NoSpO2: 7})
	if len(one) != 5 || len(many) != 5 {
		t.Fatalf("got %v and %v", one, many)
	}
	for i := range one {
		if one[i].Code != many[i].Code || strings.Contains(one[i].Text, "%!") || !strings.Contains(many[i].Text, "7") {
			t.Errorf("got %v and %v", one[i], many[i])
		}
	}
}

// TestBatchesDoNotMatter: the same rows in one batch or in many give the same
// sessions.
func TestBatchesDoNotMatter(t *testing.T) {
	t.Parallel()
	rows := plethtest.Night(4000, 30, 5)
	whole := collect(t, intake.Options{}, pleth.Header{}, rows)
	rapid.Check(t, func(t *rapid.T) {
		in := intake.New(intake.Options{})
		_ = in.Start(pleth.Header{})
		for i := 0; i < rows.Len(); {
			var b pleth.Batch
			for range rapid.IntRange(1, 2000).Draw(t, "rows") {
				if i < rows.Len() {
					b.AppendRow(rows, i)
					i++
				}
			}
			_ = in.Rows(&b)
		}
		if got := in.Close(); described(got) != described(whole) || got[0].ID() != whole[0].ID() {
			t.Errorf("%s, want %s", described(got), described(whole))
		}
	})
}

// TestStraysKeepEverythingElse: whatever stamps come, the rows that are let
// through are all rows but the strays, in their order.
func TestStraysKeepEverythingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.SampledFrom([]int64{1, 4, 60, 60, 3600, -3600, -4, 0, 40}), 1, 60).Draw(t, "steps")
		b := new(pleth.Batch)
		at := int64(0)
		for k, step := range steps {
			at += step * 1e9
			b.AddRow(at)
			b.SetInt(pleth.SpO2, int64(50+k%50))
		}
		all := collect(t, intake.Options{}, pleth.Header{Clock: pleth.UTCClock}, b)
		rows := int64(0)
		for _, s := range all {
			rows += int64(s.Rows.Len()) + s.Counts.Duplicates + s.Counts.Backward + s.Counts.Strays
			for i := 1; i < s.Rows.Len(); i++ {
				if s.Rows.Time(i) <= s.Rows.Time(i-1) {
					t.Fatalf("row %d is not after the one before", i)
				}
			}
		}
		if last := all[len(all)-1]; rows != int64(len(steps)) || last.Rows.Len() == 0 {
			t.Fatalf("%d rows of %d: %s", rows, len(steps), described(all))
		}
	})
}

// Rows with one stamp are one row: of each metric the first that says it counts.
func TestRowsOfOneStampAreMerged(t *testing.T) {
	t.Parallel()
	b := every(0, 3, 1)
	add := func(second int64, m pleth.Metric, v pleth.Value) {
		b.AddRow(second * 1e9)
		b.Set(m, v)
	}
	add(2, pleth.PulseRate, pleth.Num(60, 0)) // new for second 2
	add(2, pleth.PulseRate, pleth.Num(61, 0)) // said already
	add(3, pleth.PulseRate, pleth.Num(62, 0))
	add(3, pleth.SpO2, pleth.Missing())
	add(3, pleth.SpO2, pleth.Num(97, 0)) // too late: it was reported missing
	add(7200, pleth.PulseRate, pleth.Num(70, 0))
	add(7200, pleth.SpO2, pleth.Num(90, 0)) // makes the row before it one of a session
	add(7201, pleth.SpO2, pleth.Num(91, 0))
	got := collect(t, intake.Options{}, pleth.Header{}, b)
	if text := described(got); text != "00:00:00 +4 dup2 back0 odd0 again0 bare0, 02:00:00 +2" {
		t.Fatal(text)
	}
	if v := got[0].Rows.Value(pleth.PulseRate, 2); v != pleth.Num(60, 0) {
		t.Errorf("the pulse at 2 s is %v", v)
	}
	if v := got[0].Rows.Value(pleth.SpO2, 3); !v.IsMissing() {
		t.Errorf("SpO2 at 3 s is %v", v)
	}
	if v := got[1].Rows.Value(pleth.PulseRate, 0); v != pleth.Num(70, 0) || got[1].Interval != 1e9 {
		t.Errorf("the pulse of the second session is %v, its interval %d", v, got[1].Interval)
	}
}
