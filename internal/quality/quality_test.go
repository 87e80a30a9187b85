package quality_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/quality"
	"pleth/internal/signal"
)

// row is a row at so many seconds with an SpO2 value; below zero none.
func row(seconds float64, spo2 float64) quality.Row {
	r := quality.Row{At: int64(seconds * 1e9), SpO2: signal.Fixed(spo2 * 1e9)}
	if spo2 < 0 {
		r.SpO2, r.Reasons = 0, pleth.NoValue
	}
	return r
}

func pulse(v float64) quality.Number { return quality.Number{V: signal.Fixed(v * 1e9), Ok: true} }

// marks runs rows through a Marker and returns the marks by row.
func marks(rows []quality.Row) []pleth.Reasons {
	var out []pleth.Reasons
	var m quality.Marker
	take := func(r *quality.Row) { out = append(out, r.Reasons) }
	for i := range rows {
		m.Push(&rows[i], take)
	}
	m.Flush(take)
	return out
}

// TestRateAndSpikes takes one value a second and says what is marked: second
// and reasons.
func TestRateAndSpikes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		values []float64
		want   string
	}{
		{"slow", []float64{97, 94, 91, 88}, ""},
		{"3.9 in a second", []float64{97, 93.1, 93.1, 93.1, 93.1, 93.1}, ""},
		{"4 in a second", []float64{97, 93, 93, 93, 93, 93}, "1:rate_of_change"},
		{"a rise is none", []float64{93, 97, 97}, ""},
		{"a lone spike", []float64{97, 80, 97, 97}, "1:rate_of_change+lone_spike"},
		{"three seconds long", []float64{97, 80, 81, 80, 97}, "1:rate_of_change+lone_spike 2:lone_spike 3:lone_spike"},
		{"four are not", []float64{97, 80, 80, 80, 80, 97}, "1:rate_of_change"},
		{"back to within two points", []float64{97, 80, 95, 95}, "1:rate_of_change+lone_spike"},
		{"not far enough back", []float64{97, 80, 94.9, 94, 94, 94}, "1:rate_of_change"},
		{"a missing second inside", []float64{97, 80, -1, 97}, "1:rate_of_change+lone_spike 2:no_value"},
		{"in two steps", []float64{97, 92, 85, 97}, "1:rate_of_change+lone_spike 2:rate_of_change+lone_spike"},
		{"two spikes", []float64{97, 80, 97, 80, 97}, "1:rate_of_change+lone_spike 3:rate_of_change+lone_spike"},
		{"a fall, and a spike in the low", []float64{97, 85, 85, 85, 85, 70, 85}, "1:rate_of_change 5:rate_of_change+lone_spike"},
		{"a fall over a gap is not fast", []float64{97, -1, -1, -1, 85, 85}, "1:no_value 2:no_value 3:no_value"},
		{"it is if it is deep", []float64{97, -1, 85, 85, 85, 85, 85}, "1:no_value 2:rate_of_change"},
		{"low from the start", []float64{60, 60, 97}, ""},
		{"the session ends in it", []float64{97, 80}, "1:rate_of_change"},
	} {
		var rows []quality.Row
		for k, v := range c.values {
			rows = append(rows, row(float64(k), v))
		}
		var got []string
		for k, r := range marks(rows) {
			if r != 0 {
				got = append(got, fmt.Sprintf("%d:%s", k, r))
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
}

func TestRateByInterval(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		interval, drop float64
		marked         bool
	}{{4, 15.9, false}, {4, 16, true}, {0.7, 2.7, false}, {0.7, 2.8, true}, {2, 8, true}} {
		got := marks([]quality.Row{row(0, 97), row(c.interval, 97-c.drop)})
		if (got[1] == pleth.RateOfChange) != c.marked || got[1]&^pleth.RateOfChange != 0 {
			t.Errorf("%v points in %v s: %v", c.drop, c.interval, got[1])
		}
	}
}

func TestCompanions(t *testing.T) {
	t.Parallel()
	with := func(f func(*quality.Row)) pleth.Reasons {
		r := row(0, 97)
		f(&r)
		return marks([]quality.Row{r})[0]
	}
	for _, c := range []struct {
		name string
		set  func(*quality.Row)
		want pleth.Reasons
	}{
		{"nothing", func(*quality.Row) {}, 0},
		{"motion of 9", func(r *quality.Row) { r.Motion = pulse(9) }, 0},
		{"motion of 10", func(r *quality.Row) { r.Motion = pulse(10) }, pleth.InMotion},
		{"perfusion 0.3", func(r *quality.Row) { r.Perfusion = pulse(0.3) }, 0},
		{"perfusion 0.29", func(r *quality.Row) { r.Perfusion = pulse(0.29) }, pleth.LowPerfusion},
		{"no perfusion", func(r *quality.Row) { r.Perfusion = quality.Number{Missing: true} }, 0},
		{"a pulse", func(r *quality.Row) { r.Pulse = pulse(60) }, 0},
		{"no pulse", func(r *quality.Row) { r.Pulse = quality.Number{Missing: true} }, pleth.PulseMissing},
		{"what the device says", func(r *quality.Row) { r.Reasons = pleth.SensorFault }, pleth.SensorFault},
		{"nothing measured, in motion", func(r *quality.Row) { *r = row(0, -1); r.Motion = pulse(50) }, pleth.NoValue},
	} {
		if got := with(c.set); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPulseJump(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		interval, step float64
		from, to       float64
		want           bool
	}{
		{"31 with 4 points", 2, 4, 60, 91, true},
		{"down too", 2, -4, 91, 60, true},
		{"30 are not a jump", 2, 4, 60, 90, false},
		{"without SpO2", 2, 3.9, 60, 91, false},
		{"slower", 2.1, 4, 60, 91, false},
	} {
		a, b := row(0, 90), row(c.interval, 90+c.step)
		a.Pulse, b.Pulse = pulse(c.from), pulse(c.to)
		if got := marks([]quality.Row{a, b})[1]; got&pleth.PulseJump != 0 != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

// TestFlatline: SpO2 and pulse must both stand still for five minutes.
func TestFlatline(t *testing.T) {
	t.Parallel()
	first := func(change func(k int, r *quality.Row)) int {
		var rows []quality.Row
		for k := range 700 {
			r := row(float64(k), 97)
			r.Pulse = pulse(60)
			change(k, &r)
			rows = append(rows, r)
		}
		for k, r := range marks(rows) {
			if r&pleth.Flatline != 0 {
				return k
			}
		}
		return -1
	}
	for _, c := range []struct {
		name   string
		change func(k int, r *quality.Row)
		want   int // first second that is marked
	}{
		{"both", func(int, *quality.Row) {}, 300},
		{"the pulse moves", func(k int, r *quality.Row) { r.Pulse = pulse(float64(60 + k%2)) }, -1},
		{"SpO2 moves", func(k int, r *quality.Row) { r.SpO2 -= signal.Fixed(k%2) * signal.One }, -1},
		{"SpO2 trembles by less than 0.2", func(k int, r *quality.Row) { r.SpO2 -= signal.Fixed(k%2) * signal.One / 10 }, 300},
		{"no pulse", func(_ int, r *quality.Row) { r.Pulse = quality.Number{} }, -1},
		{"once in between", func(k int, r *quality.Row) {
			if k == 100 {
				r.Pulse = pulse(61)
			}
		}, 401},
		{"a missing value in between", func(k int, r *quality.Row) {
			if k == 100 {
				*r = row(100, -1)
			}
		}, 401},
		{"a row of another metric in between", func(k int, r *quality.Row) {
			if k == 100 {
				*r = quality.Row{At: 100e9, Reasons: pleth.NoValue, Rides: true, Pulse: pulse(60)}
			}
		}, 300},
	} {
		if got := first(c.change); got != c.want {
			t.Errorf("%s: marked from %d s on, want %d", c.name, got, c.want)
		}
	}
}

// TestMarkerHandsOutInOrder: every row comes out once, in order, unchanged but
// for more marks, and at the latest SpikeReturn in event time after it.
func TestMarkerHandsOutInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var in, out []quality.Row
		var m quality.Marker
		take := func(r *quality.Row) { out = append(out, *r) }
		at := int64(0)
		for range rapid.IntRange(0, 200).Draw(t, "rows") {
			r := quality.Row{At: at, SpO2: signal.Fixed(rapid.IntRange(70, 100).Draw(t, "spo2")) * signal.One, First: len(in), Last: len(in)}
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0:
				r.SpO2, r.Reasons = 0, pleth.NoValue
			case 1:
				r.SpO2, r.Reasons, r.Rides = 0, pleth.NoValue, true
			}
			in = append(in, r)
			m.Push(&r, take)
			if n := len(out); n < len(in) && at-in[n].At > quality.SpikeReturn {
				t.Fatalf("row %d is still held %d ms later", n, (at-in[n].At)/1e6)
			}
			at += int64(rapid.IntRange(1, 3000).Draw(t, "step")) * 1e6
		}
		m.Flush(take)
		if len(out) != len(in) {
			t.Fatalf("%d rows of %d", len(out), len(in))
		}
		for k := range in {
			before, after := in[k], out[k]
			if after.Reasons&before.Reasons != before.Reasons || after.Reasons.Missing() != before.Reasons.Missing() {
				t.Errorf("row %d: %q became %q", k, before.Reasons, after.Reasons)
			}
			after.Reasons = before.Reasons
			if before != after {
				t.Errorf("row %d: %+v became %+v", k, before, after)
			}
		}
	})
}

func TestScore(t *testing.T) {
	t.Parallel()
	const hour, minute = 3600 * signal.Second, 60 * signal.Second
	for _, c := range []struct {
		name                      string
		span, valid, gap, doubted int64
		score                     float64
		grade                     string
	}{
		{"nothing", 0, 0, 0, 0, 0, "inadequate"},
		{"no valid signal", 8 * hour, 0, 8 * hour, 0, 0, "inadequate"},
		{"a whole night", 8 * hour, 8 * hour, 0, 0, 100, "good"},
		{"six hours", 6 * hour, 6 * hour, 0, 0, 100, "good"},
		{"a second less", 6 * hour, 6*hour - signal.Second, signal.Second, 0, 100 * (6*3600. - 1) / (6 * 3600), "adequate"},
		{"four hours", 4 * hour, 4 * hour, 0, 0, 100 * 4. / 6, "adequate"},
		{"three", 3 * hour, 3 * hour, 0, 0, 50, "limited"},
		{"one", hour, hour, 0, 0, 100. / 6, "inadequate"},
		{"nine tenths valid are enough", 10 * hour, 9 * hour, 10 * minute, 0, 100, "good"},
		{"seven tenths", 10 * hour, 7 * hour, 10 * minute, 0, 50, "limited"},
		{"half", 14 * hour, 7 * hour, 10 * minute, 0, 0, "limited"},
		{"a gap of 35 minutes", 8 * hour, 8*hour - 35*minute, 35 * minute, 0, 75, "adequate"},
		{"a gap of an hour", 20 * hour, 19 * hour, hour, 0, 50, "limited"},
		{"a gap of two", 20 * hour, 18 * hour, 2 * hour, 0, 50, "limited"},
		{"a fifth doubted", 8 * hour, 8 * hour, 0, 8 * hour / 5, 80, "good"},
		{"all doubted", 8 * hour, 8 * hour, 0, 8 * hour, 50, "limited"},
	} {
		s := quality.ScoreOf(c.span, c.valid, c.gap, c.doubted)
		if d := s.Value - c.score; d > 1e-9 || d < -1e-9 || s.Grade != c.grade {
			t.Errorf("%s: %v %s, want %v %s", c.name, s.Value, s.Grade, c.score, c.grade)
		}
	}
}
