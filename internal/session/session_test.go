package session_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/session"
)

const second = int64(time.Second)

// cut pushes rows with SpO2 at the given seconds and returns the sessions.
func cut(h pleth.Header, seconds ...float64) []*session.Session {
	var out []*session.Session
	c := session.NewCutter(h)
	b := new(pleth.Batch)
	for i, s := range seconds {
		b.AddRow(int64(s * 1e9))
		b.SetInt(pleth.SpO2, 97)
		if closed := c.Push(b.Time(i), b, i); closed != nil {
			out = append(out, closed)
		}
	}
	if last := c.Close(); last != nil {
		out = append(out, last)
	}
	return out
}

func TestTiming(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		steps     []int64
		interval  int64
		regular   bool
		irregular int64
	}{
		{"none", nil, 0, true, 0},
		{"one", []int64{4}, 4, true, 0},
		{"alike", []int64{4, 4, 4, 4}, 4, true, 0},
		{"the lower of two", []int64{5, 3}, 3, false, 1},
		{"the median", []int64{1, 2, 3, 4, 100}, 3, false, 4},
		{"slots are left out", []int64{4, 4, 8, 4, 4, 12, 4, 4, 4, 4}, 4, true, 2},
		{"one in ten may be odd", []int64{4, 4, 4, 4, 4, 4, 4, 4, 4, 5}, 4, true, 1},
		{"not two", []int64{4, 4, 4, 4, 4, 4, 4, 4, 3, 5}, 4, false, 2},
		{"beats", []int64{900, 1000, 1100, 950, 1050}, 1000, false, 4},
	} {
		var tm session.Timing
		for _, s := range c.steps {
			tm.Add(s)
		}
		if tm.Usual() != c.interval || tm.Interval() != c.interval || tm.Regular() != c.regular || tm.Irregular() != c.irregular {
			t.Errorf("%s: interval %d, regular %v, irregular %d; want %d, %v, %d", c.name, tm.Interval(), tm.Regular(), tm.Irregular(), c.interval, c.regular, c.irregular)
		}
	}
}

// TestTimingAgreesWithSorting: the interval is the lower median at any time,
// and Usual the median of nearly as many steps.
func TestTimingAgreesWithSorting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var tm session.Timing
		var all []int64
		wide := rapid.SampledFrom([]int64{1, 3, 1000}).Draw(t, "wide")
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			s := rapid.Int64Range(1, wide).Draw(t, "step")
			tm.Add(s)
			all = append(all, s)
			median := func(n int) int64 {
				some := slices.Clone(all[:n])
				slices.Sort(some)
				return some[(n-1)/2]
			}
			usual, near := tm.Usual(), false
			for n := len(all) - len(all)/16; n <= len(all); n++ {
				near = near || median(n) == usual
			}
			if !near {
				t.Fatalf("usual step %d of %v", usual, all)
			}
			if rapid.IntRange(0, 9).Draw(t, "ask") == 0 && tm.Interval() != median(len(all)) {
				t.Fatalf("interval %d of %v, want %d", tm.Interval(), all, median(len(all)))
			}
		}
	})
}

func TestCutter(t *testing.T) {
	t.Parallel()
	night := func(from, step float64, n int) []float64 {
		var s []float64
		for k := range n {
			s = append(s, from+step*float64(k))
		}
		return s
	}
	for _, c := range []struct {
		name    string
		header  pleth.Header
		seconds []float64
		rows    []int // of each session
	}{
		{"none", pleth.Header{}, nil, nil},
		{"one row", pleth.Header{}, []float64{5}, []int{1}},
		{"thirty minutes", pleth.Header{}, []float64{0, 1, 1801}, []int{3}},
		{"a bit more", pleth.Header{}, []float64{0, 1, 1801.5}, []int{2, 1}},
		{"2.5 intervals of a slow device", pleth.Header{}, []float64{0, 1200, 2400, 3600, 6600}, []int{5}},
		{"a bit more than those", pleth.Header{}, []float64{0, 1200, 2400, 3600, 6601}, []int{4, 1}},
		{"a stated interval", pleth.Header{Interval: time.Hour}, []float64{0, 7200}, []int{2}},
		{"an absurd stated interval", pleth.Header{Interval: 1000 * time.Hour}, []float64{0, 7200}, []int{1, 1}},
		{"a device that never stops", pleth.Header{}, night(0, 60, 3000), []int{1440, 1440, 120}},
	} {
		var rows []int
		for _, s := range cut(c.header, c.seconds...) {
			rows = append(rows, s.Rows.Len())
			if s.Rows.Time(0) != 0 {
				t.Errorf("%s: a session begins at %d ns after its start", c.name, s.Rows.Time(0))
			}
		}
		if !slices.Equal(rows, c.rows) {
			t.Errorf("%s: %v rows, want %v", c.name, rows, c.rows)
		}
	}
	s := cut(pleth.Header{Interval: 4 * time.Second}, 10, 11, 12)[0]
	if s.Start != 10*second || s.Interval != 4*second || !s.Regular || s.PulseInterval != 4*second {
		t.Errorf("%+v: want the stated interval", s)
	}
	if s := cut(pleth.Header{}, 10)[0]; s.Interval != second || !s.Regular {
		t.Errorf("one row: %+v, want the interval of one second", s)
	}
	two := cut(pleth.Header{}, 0, 4, 8, 12, 16, 5000)
	if two[1].Interval != 4*second {
		t.Errorf("a session of one row has the interval %d, want that of the one before", two[1].Interval)
	}
}

// TestRidingRows: rows without SpO2 belong to a session only between its own.
func TestRidingRows(t *testing.T) {
	t.Parallel()
	c := session.NewCutter(pleth.Header{})
	b := new(pleth.Batch)
	push := func(at int64, m pleth.Metric) *session.Session {
		b.AddRow(at * second)
		b.SetInt(m, 97)
		return c.Push(at*second, b, b.Len()-1)
	}
	push(0, pleth.PulseRate) // before the first
	push(10, pleth.SpO2)
	push(11, pleth.SpO2)
	push(12, pleth.PulseRate)
	push(20, pleth.SpO2)
	push(21, pleth.PulseRate)    // after the last
	push(500, pleth.Temperature) // after the last
	if s := push(3000, pleth.PulseRate); s != nil {
		t.Error("a row without SpO2 closes a session")
	}
	s := push(4000, pleth.SpO2)
	if s == nil || s.Rows.Len() != 4 || s.Counts.NoSpO2 != 2 {
		t.Fatalf("got %+v with %d rows, want 4 rows and 2 left out", s, s.Rows.Len())
	}
	if s.Rows.Has(pleth.Temperature) && s.Rows.HasNumber(pleth.Temperature) {
		t.Error("a temperature after the last SpO2 is kept")
	}
	if open := c.Open(); open == nil || open.Start != 4000*second || open.Rows.Len() != 1 {
		t.Errorf("open session %+v", open)
	}
	c.Close()
	if c.Open() != nil || c.Close() != nil {
		t.Error("a session is open after Close")
	}
	ductal := session.NewCutter(pleth.Header{Metric: pleth.SpO2PreDuctal})
	b = new(pleth.Batch)
	b.AddRow(0)
	b.SetInt(pleth.SpO2, 97)
	ductal.Push(0, b, 0)
	if ductal.Open() != nil {
		t.Error("SpO2 makes the timeline of a recording of pre-ductal SpO2")
	}
}

// TestID: the same samples have the same id, however they are written and
// wherever they stand in time; others have another.
func TestID(t *testing.T) {
	t.Parallel()
	id := func(change func(*session.Session)) string {
		b := new(pleth.Batch)
		for k := range 10 {
			b.AddRow(int64(k) * 4 * second)
			b.SetInt(pleth.SpO2, int64(90+k))
			b.SetInt(pleth.PulseRate, 60)
		}
		s := &session.Session{Start: 1000, Rows: b, Interval: 4 * second, Regular: true}
		change(s)
		return s.ID()
	}
	base := id(func(*session.Session) {})
	if len(base) != 32 {
		t.Errorf("id %q", base)
	}
	for name, change := range map[string]func(*session.Session){
		"start":              func(s *session.Session) { s.Start = 5 },
		"zone and device":    func(s *session.Session) { s.Header = pleth.Header{Zone: "UTC", Device: pleth.Device{Maker: "X"}} },
		"decimals":           func(s *session.Session) { s.Rows.Set(pleth.SpO2, pleth.Num(99000, 3)) },
		"a missing value":    func(s *session.Session) { s.Rows.SetMissing(pleth.Motion) },
		"marks":              func(s *session.Session) { s.Rows.Mark(pleth.SensorFault) },
		"counts, regularity": func(s *session.Session) { s.Regular, s.Counts.Duplicates = false, 3 },
	} {
		if got := id(change); got != base {
			t.Errorf("another %s changes the id", name)
		}
	}
	seen := map[string]string{base: "the first"}
	for name, change := range map[string]func(*session.Session){
		"interval":     func(s *session.Session) { s.Interval = second },
		"value":        func(s *session.Session) { s.Rows.SetInt(pleth.SpO2, 98) },
		"missing":      func(s *session.Session) { s.Rows.SetMissing(pleth.SpO2) },
		"time":         func(s *session.Session) { s.Rows.SetTime(9, 36*second+1) },
		"more":         func(s *session.Session) { s.Rows.AddRow(40 * second); s.Rows.SetInt(pleth.SpO2, 97) },
		"an empty row": func(s *session.Session) { s.Rows.AddRow(40 * second) },
		"motion":       func(s *session.Session) { s.Rows.SetInt(pleth.Motion, 0) },
		"tenfold":      func(s *session.Session) { s.Rows.SetInt(pleth.SpO2, 990) },
	} {
		got := id(change)
		if other, ok := seen[got]; ok {
			t.Errorf("another %s has the id of %s", name, other)
		}
		seen[got] = name
	}
}

// TestShed: a session whose rows are let go on the way has the id, the length
// and the interval of one that has them, or no id.
func TestShed(t *testing.T) {
	t.Parallel()
	known := 0
	rapid.Check(t, func(t *rapid.T) {
		b := new(pleth.Batch)
		var at int64
		for range rapid.IntRange(1, 60).Draw(t, "rows") {
			at += second * rapid.SampledFrom([]int64{1, 1, 1, 1, 1, 2, 5}).Draw(t, "step")
			b.AddRow(at)
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				b.SetInt(pleth.PulseRate, 60) // rides along
			case 1:
				b.SetMissing(pleth.SpO2)
			case 2:
				b.Set(pleth.SpO2, pleth.Num(rapid.Int64Range(900, 1000).Draw(t, "tenths"), 1))
				b.Set(pleth.Temperature, pleth.Num(rapid.Int64Range(3500, 4000).Draw(t, "temperature"), 2))
			default:
				b.SetInt(pleth.SpO2, rapid.Int64Range(90, 99).Draw(t, "spo2"))
			}
		}
		whole, lean := session.NewCutter(pleth.Header{}), session.NewCutter(pleth.Header{})
		good := true
		for i := range b.Len() {
			whole.Push(b.Time(i), b, i)
			lean.Push(b.Time(i), b, i)
			if rapid.IntRange(0, 3).Draw(t, "shed") == 0 {
				good = good && lean.Shed()
			}
			if rapid.IntRange(0, 9).Draw(t, "ask") == 0 { // a copy goes its own way
				if s := lean.Clone(1).Close(); s != nil {
					s.ID()
				}
			}
		}
		want, got := whole.Close(), lean.Close()
		if want == nil || !good {
			return
		}
		id := got.ID()
		if id == "" {
			return
		}
		known++
		if id != want.ID() || got.Len() != want.Len() || got.Interval != want.Interval {
			t.Fatalf("%s of %d rows each %d ns, want %s of %d each %d", id, got.Len(), got.Interval, want.ID(), want.Len(), want.Interval)
		}
	})
	if known == 0 {
		t.Error("no id was ever known")
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	a := session.Key("device", "recording", 5)
	for _, other := range []string{session.Key("device", "recording", 6), session.Key("devicer", "ecording", 5), session.Key("", "", 5)} {
		if a == other {
			t.Errorf("%s stands for two sessions", a)
		}
	}
	if a != session.Key("device", "recording", 5) || len(a) != 18 {
		t.Errorf("key %s", a)
	}
}

// BenchmarkIrregular cuts a night of beats, whose steps all differ.
func BenchmarkIrregular(b *testing.B) {
	rows := new(pleth.Batch)
	at := int64(0)
	for k := range int64(28800) {
		rows.AddRow(at)
		rows.SetInt(pleth.SpO2, 97)
		at += second + k*7919%100003*1000
	}
	for b.Loop() {
		c := session.NewCutter(pleth.Header{})
		for i := range rows.Len() {
			c.Push(rows.Time(i), rows, i)
		}
		c.Close()
	}
}
