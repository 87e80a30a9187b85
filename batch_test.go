package pleth_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"pleth"
)

// model is what a Batch should hold: one map of values per row.
type model struct {
	times  []int64
	marks  []pleth.Reasons
	values []map[pleth.Metric]pleth.Value
}

// same reports whether two values are the same number or state, however many
// decimals each has.
func same(a, b pleth.Value) bool {
	if !a.Ok() || !b.Ok() {
		return a.IsMissing() == b.IsMissing() && a.IsAbsent() == b.IsAbsent() && a.Ok() == b.Ok()
	}
	return a.Float() == b.Float()
}

func (m *model) check(t *rapid.T, b *pleth.Batch) {
	t.Helper()
	if b.Len() != len(m.times) || len(b.Times()) != len(m.times) {
		t.Fatalf("%d rows, want %d", b.Len(), len(m.times))
	}
	has, number := map[pleth.Metric]bool{}, map[pleth.Metric]bool{}
	for i := range m.times {
		if b.Time(i) != m.times[i] || b.Marks(i) != m.marks[i] {
			t.Errorf("row %d: time %d, marks %q; want %d, %q", i, b.Time(i), b.Marks(i), m.times[i], m.marks[i])
		}
		for _, metric := range pleth.Metrics() {
			want := m.values[i][metric]
			if got := b.Value(metric, i); !same(got, want) {
				t.Errorf("row %d: %s is %v, want %v", i, metric, got, want)
			}
			c := b.Column(metric)
			mantissa, ok, carried := c.Mantissa(i)
			if ok != want.Ok() || carried == want.IsAbsent() || ok && !same(pleth.Num(mantissa, c.Scale()), want) {
				t.Errorf("row %d: %s is %d, %v, %v in its column, want %v", i, metric, mantissa, ok, carried, want)
			}
			has[metric] = has[metric] || !want.IsAbsent()
			number[metric] = number[metric] || want.Ok()
		}
	}
	for _, metric := range pleth.Metrics() {
		if b.HasNumber(metric) != number[metric] || has[metric] && !b.Has(metric) {
			t.Errorf("%s: has %v, a number %v", metric, b.Has(metric), b.HasNumber(metric))
		}
	}
}

// TestBatchAgreesWithRows does all that can be done with a batch, and beside
// it the same with plain rows.
func TestBatchAgreesWithRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b pleth.Batch
		var m model
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			what := rapid.IntRange(0, 9).Draw(t, "what")
			switch {
			case what < 3 || len(m.times) == 0:
				at := rapid.Int64().Draw(t, "time")
				b.AddRow(at)
				m.times, m.marks, m.values = append(m.times, at), append(m.marks, 0), append(m.values, map[pleth.Metric]pleth.Value{})
			case what < 8:
				metric := rapid.SampledFrom(pleth.Metrics()[:4]).Draw(t, "metric")
				v := rapid.SampledFrom([]pleth.Value{{}, pleth.Missing(), pleth.Num(97, 0), pleth.Num(971, 1), pleth.Num(-5, 2), pleth.Num(0, 3), pleth.Num(12345, 4)}).Draw(t, "value")
				b.Set(metric, v)
				if !v.IsAbsent() {
					m.values[len(m.values)-1][metric] = v
				}
			case what == 8:
				r := rapid.SampledFrom([]pleth.Reasons{0, pleth.SensorFault, pleth.LowConfidence}).Draw(t, "mark")
				b.Mark(r)
				m.marks[len(m.marks)-1] |= r
			default:
				n := rapid.IntRange(0, len(m.times)).Draw(t, "keep")
				b.Truncate(n)
				m.times, m.marks, m.values = m.times[:n], m.marks[:n], m.values[:n]
			}
		}
		m.check(t, &b)
		var copied pleth.Batch
		copied.AddRow(0)
		copied.Set(pleth.SpO2, pleth.Num(1, 5)) // another scale to begin with
		copied.Truncate(0)
		for i := range b.Len() {
			copied.AppendRow(&b, i)
		}
		m.check(t, &copied)
		b.Reset()
		(&model{}).check(t, &b)
	})
}

func TestBatchScales(t *testing.T) {
	t.Parallel()
	var b pleth.Batch
	add := func(v pleth.Value) { b.AddRow(int64(b.Len())); b.Set(pleth.SpO2, v) }
	add(pleth.Num(97, 0))
	add(pleth.Num(971, 1))
	add(pleth.Num(96, 0))
	if c := b.Column(pleth.SpO2); c.Scale() != 1 || b.Value(pleth.SpO2, 0) != pleth.Num(970, 1) || b.Value(pleth.SpO2, 2) != pleth.Num(960, 1) {
		t.Errorf("%v %v %v", b.Value(pleth.SpO2, 0), b.Value(pleth.SpO2, 1), b.Value(pleth.SpO2, 2))
	}
	// A column that holds a huge value cannot take more decimals: they are rounded.
	b.Reset()
	add(pleth.Num(math.MaxInt64, 0))
	add(pleth.Num(965, 1))
	add(pleth.Num(975, 1))
	if b.Value(pleth.SpO2, 0) != pleth.Num(math.MaxInt64, 0) || b.Value(pleth.SpO2, 1) != pleth.Num(96, 0) || b.Value(pleth.SpO2, 2) != pleth.Num(98, 0) {
		t.Errorf("%v %v %v", b.Value(pleth.SpO2, 0), b.Value(pleth.SpO2, 1), b.Value(pleth.SpO2, 2))
	}
	// A huge value in a fine column stays a number, and huge.
	b.Reset()
	add(pleth.Num(1, 15))
	for _, v := range []int64{math.MaxInt64, -math.MaxInt64, math.MinInt64} {
		add(pleth.Num(v, 0))
		if got := b.Value(pleth.SpO2, b.Len()-1); !got.Ok() || math.Signbit(got.Float()) != (v < 0) || math.Abs(got.Float()) < 9000 {
			t.Errorf("%d becomes %v", v, got)
		}
	}
	b.Reset()
	add(pleth.Num(math.MinInt64, 0))
	if got := b.Value(pleth.SpO2, 0); !got.Ok() || got.Float() > -9e18 {
		t.Errorf("the lowest number becomes %v", got)
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range pleth.AllReasons() {
		if seen[r.String()] || r.String() == "" {
			t.Errorf("%q is named twice or not", r)
		}
		seen[r.String()] = true
		if r.Missing() != (r.Quality() == pleth.NotMeasured) || r.Missing() == r.Doubted() || r.Quality() == pleth.Good {
			t.Errorf("%q: missing %v, doubted %v, %v", r, r.Missing(), r.Doubted(), r.Quality())
		}
	}
	if len(seen) != 12 {
		t.Errorf("%d reasons, want 12", len(seen))
	}
	var none pleth.Reasons
	if none.String() != "" || none.Quality() != pleth.Good || none.Doubted() || none.Missing() {
		t.Error("the zero set is not a good sample")
	}
	for _, c := range []struct {
		r    pleth.Reasons
		want pleth.Quality
		text string
	}{
		{pleth.InMotion | pleth.LowPerfusion, pleth.Suspect, "motion+low_perfusion"},
		{pleth.InMotion | pleth.LoneSpike, pleth.Artefact, "motion+lone_spike"},
		{pleth.SensorFault, pleth.Artefact, "sensor_fault"},
		{pleth.NoValue | pleth.SensorFault, pleth.NotMeasured, "no_value+sensor_fault"},
	} {
		if c.r.Quality() != c.want || c.r.String() != c.text || c.r.Doubted() != (c.want != pleth.NotMeasured) {
			t.Errorf("%q is %v, want %v", c.r, c.r.Quality(), c.want)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	for _, m := range pleth.Metrics() {
		info := m.Info()
		if info.Metric != m || info.Name == "" || info.Unit == "" && m != pleth.Motion || info.Low > info.High {
			t.Errorf("%+v", info)
		}
		if back, ok := pleth.ParseMetric(m.String()); !ok || back != m {
			t.Errorf("%s reads back as %v, %v", m, back, ok)
		}
	}
	if _, ok := pleth.ParseMetric("SpO2"); ok {
		t.Error("names are lower case")
	}
	if (pleth.Header{}).Timeline() != pleth.SpO2 || (pleth.Header{Metric: pleth.SpO2PreDuctal}).Timeline() != pleth.SpO2PreDuctal {
		t.Error("the timeline is SpO2 unless the header says otherwise")
	}
}
