package stream

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
	"pleth/internal/quality"
	"pleth/internal/session"
	"pleth/internal/signal"
)

// sessionOf cuts the rows of b, which must be one session.
func sessionOf(tb testing.TB, b *pleth.Batch) *session.Session {
	tb.Helper()
	c := session.NewCutter(pleth.Header{})
	for i := range b.Len() {
		if c.Push(b.Time(i), b, i) != nil {
			tb.Fatal("the rows make more than one session")
		}
	}
	return c.Close()
}

// rowsAt returns rows at the given seconds with SpO2 values; NaN is missing.
func rowsAt(pairs ...float64) *pleth.Batch {
	b := new(pleth.Batch)
	for i := 0; i < len(pairs); i += 2 {
		b.AddRow(int64(math.Round(pairs[i] * 1e9)))
		b.Set(pleth.SpO2, pleth.FloatValue(pairs[i+1]))
	}
	return b
}

// drawRows draws rows with all that real recordings have.
func drawRows(t *rapid.T) *pleth.Batch {
	r := plethtest.NewRandom(rapid.Uint64().Draw(t, "seed"))
	step := rapid.SampledFrom([]int64{1e9, 2e9, 4e9, 1024e6, 250e6, 500e6, 700e6, 60e9}).Draw(t, "step")
	jitter := rapid.SampledFrom([]int{1, 1, 50, 600}).Draw(t, "jitter") // ms
	scale := rapid.SampledFrom([]uint8{0, 0, 1, 2}).Draw(t, "scale")
	unit := pleth.Pow10(scale)
	b := new(pleth.Batch)
	at, level := int64(0), 96*unit
	for range rapid.IntRange(1, 2500).Draw(t, "rows") {
		b.AddRow(at)
		at += step + int64(r.Intn(jitter))*1e6
		if r.Intn(200) == 0 {
			at += int64(r.Intn(300)) * 1e9
		}
		switch r.Intn(12) {
		case 0, 1:
			level = max(70*unit, level-int64(r.Intn(3))*unit)
		case 2, 3:
			level = min(100*unit, level+int64(r.Intn(4))*unit)
		}
		switch r.Intn(40) {
		case 0:
			b.SetMissing(pleth.SpO2)
		case 1: // a row of other metrics
		case 2:
			b.Set(pleth.SpO2, pleth.Num(int64(r.Intn(110))*unit, scale))
		default:
			b.Set(pleth.SpO2, pleth.Num(level, scale))
		}
		if r.Intn(8) > 0 {
			b.SetInt(pleth.PulseRate, int64(40+r.Intn(100)))
		}
		if r.Intn(30) == 0 {
			b.SetInt(pleth.Motion, int64(r.Intn(20)))
			b.Set(pleth.PerfusionIndex, pleth.Num(int64(r.Intn(60)), 2))
		}
		if r.Intn(300) == 0 {
			b.Mark(pleth.SensorFault)
		}
	}
	return b
}

// checkParity feeds a session row by row, each row in a batch of its own as a
// live stream may, and compares all that it comes to with Derive. It checks
// that events come in order and within their lag.
func checkParity(t interface {
	Helper()
	Errorf(string, ...any)
}, s *session.Session, cfg Config) {
	t.Helper()
	p := NewPipeline(s, cfg)
	episodes, falls, before := 0, 0, int64(math.MinInt64)
	last := map[int]int64{}
	// due is when something that is certain at time t is handed out at the
	// latest: with the two samples that follow t, since one is passed on when
	// the next row comes, and up to 3 s later while a lone spike may be under
	// way. Of fast rows several make a sample.
	times := s.Rows.Times()
	next := func(i int) int { // the first row of the sample after that of row i
		k := i + 1
		for p.decimate != nil && k < len(times) && times[k]/signal.Second == times[i]/signal.Second {
			k++
		}
		return k
	}
	due := func(t int64) int64 {
		i, _ := slices.BinarySearch(times, t)
		last := i
		for range 3 {
			if last >= len(times) {
				return math.MaxInt64
			}
			last = next(last)
		}
		return max(times[last-1], times[i]+2*(quality.SpikeReturn+p.hold.limit))
	}
	check := func() {
		for ; episodes < len(p.d.Episodes); episodes++ {
			e := &p.d.Episodes[episodes]
			if start, ok := last[e.Limit]; ok && e.Start <= start {
				t.Errorf("episode %s comes after one that starts at %d", e.ID(), start)
			}
			last[e.Limit] = e.Start
			// Five seconds of recovery in samples, each behind a bridged gap.
			lag := 6 * (p.bridge + max(p.hold.limit, signal.Second))
			if before > due(e.End+lag) {
				t.Errorf("episode %s ended at %d and is handed out after %d", e.ID(), e.End, before)
			}
		}
		for ; falls < len(p.d.Falls); falls++ {
			f := &p.d.Falls[falls]
			if falls > 0 && f.Start < p.d.Falls[falls-1].Nadir {
				t.Errorf("fall %s comes after one with its nadir at %d", f.ID(), p.d.Falls[falls-1].Nadir)
			}
			lag := int64(oximetry.FallMaximum+oximetry.SmoothLag)*signal.Second + p.bridge
			if cfg.Method == oximetry.ABOSA && before > due(int64(f.Nadir)*signal.Second+lag) {
				t.Errorf("fall %s has its nadir at %d s and is handed out after %d", f.ID(), f.Nadir, before)
			}
		}
	}
	for i := range s.Rows.Len() {
		var one pleth.Batch
		one.AppendRow(s.Rows, i)
		p.Push(&one, 0)
		check()
		before = s.Rows.Time(i)
	}
	got := p.Finish()
	check()
	want := Derive(s, cfg)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("row by row:\n%s\nwhole:\n%s", described(got), described(want))
	}
	if cfg.Clean {
		return
	}
	plain, clean := DeriveBoth(s, cfg)
	if !reflect.DeepEqual(plain, want) {
		t.Errorf("beside the clean one:\n%s\nalone:\n%s", described(plain), described(want))
	}
	if (plain == clean) != (plain.Doubted == 0) {
		t.Errorf("%d ns are doubted; one for both: %t", plain.Doubted, plain == clean)
	}
	cfg.Clean = true
	alone := Derive(s, cfg)
	clean.marks = alone.marks // it has none
	if !reflect.DeepEqual(clean, alone) {
		t.Errorf("clean beside the plain one:\n%s\nalone:\n%s", described(clean), described(alone))
	}
}

// described says in short what a session came to.
func described(d *Derived) string {
	return fmt.Sprintf("span %d valid %d doubted %d bridged %d longest %d reasons %v segments %v episodes %d falls %d grid %d pulse %d",
		d.Span, d.Valid, d.Doubted, d.Bridged, d.Longest, d.Reasons, d.Segments, len(d.Episodes), len(d.Falls), d.Grid.Len(), d.Pulse.Len())
}

var configs = []Config{{}, {Quantize: true}, {Clean: true}, {EpisodeMinimum: oximetry.InfantMinimum, Method: oximetry.Luna}}

func TestParityOfRealRecordings(t *testing.T) {
	t.Parallel()
	plethtest.EachReference(t, func(t *testing.T, r *plethtest.Reference) {
		s := sessionOf(t, r.Rows)
		for _, cfg := range configs {
			checkParity(t, s, cfg)
		}
		if d := Derive(s, Config{}); len(d.Falls) == 0 {
			t.Error("the recording has no falls to check")
		}
	})
}

func TestParityOfDrawnSessions(t *testing.T) {
	t.Parallel()
	events := 0
	rapid.Check(t, func(t *rapid.T) {
		b := drawRows(t)
		c := session.NewCutter(pleth.Header{})
		for i := range b.Len() {
			if s := c.Push(b.Time(i), b, i); s != nil {
				checkParity(t, s, rapid.SampledFrom(configs).Draw(t, "config"))
			}
		}
		if s := c.Close(); s != nil {
			checkParity(t, s, rapid.SampledFrom(configs).Draw(t, "config"))
			d := Derive(s, Config{})
			events += len(d.Episodes) + len(d.Falls)
		}
	})
	if events == 0 {
		t.Error("no drawn session had an event")
	}
}

// TestHold says which value stands how long: from-to:value in seconds.
func TestHold(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for _, c := range []struct {
		name string
		rows *pleth.Batch
		want string
	}{
		{"one row", rowsAt(0, 97), "0-1:97"},
		{"every four seconds", rowsAt(0, 97, 4, 96, 8, 95), "0-4:97 4-8:96 8-12:95"},
		{"a slot without a row", rowsAt(0, 97, 4, 96, 8, 95, 12, 94, 20, 93), "0-4:97 4-8:96 8-12:95 12-16:94 20-24:93"},
		{"a missing value takes its slot", rowsAt(0, 97, 4, nan, 8, 95), "0-4:97 4-8:? 8-12:95"},
		{"beats hold until the next", rowsAt(0, 97, 0.9, 96, 2, 95, 3.05, 94, 4, 93), "0-0.9:97 0.9-2:96 2-3.05:95 3.05-4:94 4-4.95:93"},
		{"but no longer than 2.5 intervals", rowsAt(0, 97, 0.9, 96, 2, 95, 3.1, 94, 10, 93), "0-0.9:97 0.9-2:96 2-3.1:95 3.1-5.85:94 10-11.1:93"},
	} {
		s := sessionOf(t, c.rows)
		p := NewPipeline(s, Config{})
		var got []string
		sample := p.sampleOut
		p.sampleOut = func(s signal.Sample) {
			v := "?"
			if s.Ok() {
				v = fmt.Sprint(s.V.Float())
			}
			got = append(got, fmt.Sprintf("%v-%v:%s", float64(s.At)/1e9, float64(s.At+s.Hold)/1e9, v))
			sample(s)
		}
		for i := range s.Rows.Len() {
			p.Push(s.Rows, i)
		}
		p.Finish()
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}

// TestDecimation: rows twice a second and faster make one sample a second, the
// median of the valid values if at least half are valid.
func TestDecimation(t *testing.T) {
	t.Parallel()
	b := new(pleth.Batch)
	nan := math.NaN()
	for second, values := range [][]float64{{97, 96, 95, 90}, {97, nan, nan, 95}, {97, nan, nan, nan}, {97, 97, 97, 97}, {200, 96, 96, 200}} {
		for k, v := range values {
			b.AddRow(int64(second)*1e9 + int64(k)*250e6)
			b.Set(pleth.SpO2, pleth.FloatValue(v))
			b.SetInt(pleth.PulseRate, int64(60+k))
			b.SetInt(pleth.Motion, int64(4*k))
		}
	}
	// A second with the pulse only.
	b.AddRow(5e9)
	b.SetInt(pleth.PulseRate, 70)
	b.AddRow(6e9)
	b.SetInt(pleth.SpO2, 99)
	d := Derive(sessionOf(t, b), Config{})
	if want := []signal.Fixed{95.5e9, 96e9, 0, 97e9, 96e9, 0, 99e9}; !slices.Equal(d.Grid.V, want) {
		t.Errorf("SpO2 %v, want %v", d.Grid.V, want)
	}
	if want := []pleth.Reasons{pleth.InMotion, pleth.InMotion, pleth.NoValue, pleth.InMotion, pleth.InMotion, pleth.NoRow, 0}; !slices.Equal(d.Grid.R, want) {
		t.Errorf("reasons %v, want %v", d.Grid.R, want)
	}
	if d.Interval != signal.Second || d.Span != 7e9 || d.Valid != 5e9 {
		t.Errorf("%s", described(d))
	}
	if want := []signal.Fixed{61.5e9, 61.5e9, 61.5e9, 61.5e9, 61.5e9, 70e9}; !slices.Equal(d.Pulse.V, want) {
		t.Errorf("pulse %v, want %v", d.Pulse.V, want)
	}
	for i, want := range map[int]bool{0: true, 19: true, 20: false, 21: true} {
		if _, own := d.Marks(i); own != want {
			t.Errorf("row %d carries SpO2: %v", i, own)
		}
	}
	if r, _ := d.Marks(2); r != pleth.InMotion {
		t.Errorf("row 2 is marked %q", r)
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		interval float64
		series   string
		want     string // segments, longest gap, bridged
	}{
		{"whole", 1, "100x97", "0-100 gap 0 bridged 0"},
		{"a gap of ten seconds", 1, "50x97 10x? 50x97", "0-110 gap 10 bridged 10"},
		{"of eleven", 1, "50x97 11x? 50x97", "0-111 gap 11 bridged 0"},
		{"of thirty", 1, "50x97 30x? 50x97", "0-130 gap 30 bridged 0"},
		{"of thirty-one", 1, "50x97 31x? 50x97", "0-50 81-131 gap 31 bridged 0"},
		{"at both ends", 1, "40x? 50x97 60x?", "40-90 gap 60 bridged 0"},
		{"2.5 intervals of a minute", 60, "5x97 2x? 5x97", "0-720 gap 120 bridged 120"},
		{"three", 60, "5x97 3x? 5x97", "0-300 480-780 gap 180 bridged 0"},
		{"nothing", 1, "50x?", " gap 50 bridged 0"},
	} {
		var pairs []float64
		for k, v := range plethtest.Seconds(t, c.series) {
			pairs = append(pairs, float64(k)*c.interval, v)
		}
		d := Derive(sessionOf(t, rowsAt(pairs...)), Config{})
		var words []string
		for _, g := range d.Segments {
			words = append(words, fmt.Sprintf("%d-%d", g.Start/1e9, g.End/1e9))
		}
		if got := fmt.Sprintf("%s gap %d bridged %d", strings.Join(words, " "), d.Longest/1e9, d.Bridged/1e9); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestRange: 50 and 100 are values, what lies beyond them is missing; the
// timeline of a recording may be pre-ductal SpO2.
func TestRange(t *testing.T) {
	t.Parallel()
	d := Derive(sessionOf(t, rowsAt(0, 50, 1, 100, 2, 49.9, 3, 100.1, 4, 0, 5, 127)), Config{})
	if d.Valid != 2e9 || d.Reasons[pleth.OutOfRange] != 4e9 {
		t.Errorf("%s", described(d))
	}
	c := session.NewCutter(pleth.Header{Metric: pleth.SpO2PreDuctal, Interval: time.Second})
	b := new(pleth.Batch)
	for k := range 10 {
		b.AddRow(int64(k) * 1e9)
		b.SetInt(pleth.SpO2, 97)
		if k%2 == 0 {
			b.SetInt(pleth.SpO2PreDuctal, 91)
		}
		c.Push(b.Time(k), b, k)
	}
	if d := Derive(c.Close(), Config{}); d.Valid != 5e9 || d.Grid.V[0] != 91e9 || d.Reasons[pleth.NoRow] != 4e9 {
		t.Errorf("pre-ductal: %s", described(d))
	}
}

func BenchmarkPush(b *testing.B) {
	rows := plethtest.Night(28800, 9, 7)
	c := session.NewCutter(pleth.Header{})
	for i := range rows.Len() {
		c.Push(rows.Time(i), rows, i)
	}
	s := c.Close()
	defer plethtest.CPU(b)()
	for b.Loop() {
		p := NewPipeline(s, Config{})
		for i := range s.Rows.Len() {
			p.Push(s.Rows, i)
		}
		p.Finish()
	}
}
