package window_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// drawn is a series of values in thousandths of a percent; below zero missing.
func drawn(t *rapid.T, longest int) []int {
	return rapid.SliceOfN(rapid.OneOf(rapid.IntRange(95000, 97000), rapid.SampledFrom([]int{-1, 97000, 50000, 100000})), 0, longest).Draw(t, "series")
}

func fixed(v int) (signal.Fixed, bool) {
	if v < 0 {
		return 0, false
	}
	return signal.Fixed(v) * signal.One / 1000, true
}

// held is a series of values that stand for some seconds each.
func held(t *rapid.T, longest int) []int {
	var series []int
	value := rapid.OneOf(rapid.IntRange(95000, 97000), rapid.Map(rapid.IntRange(93, 97), func(n int) int { return 1000 * n }), rapid.SampledFrom([]int{-1, 50000}))
	for range rapid.IntRange(0, longest).Draw(t, "values") {
		v := value.Draw(t, "value")
		for range rapid.IntRange(1, 9).Draw(t, "seconds") {
			series = append(series, v)
		}
	}
	return series
}

// TestRollingAgreesWithTheWindow compares with the two-pass formulas on the
// window itself, and a trail, which gets equal seconds together, with a scan.
func TestRollingAgreesWithTheWindow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		series := drawn(t, 120)
		if rapid.Bool().Draw(t, "held") {
			series = held(t, 20)
		}
		size := rapid.IntRange(1, 20).Draw(t, "window")
		r := window.NewRolling(size)
		var e, want window.Extremes
		e.Limit = signal.One / 2
		trail := window.NewTrail(size, &e)
		together := rapid.IntRange(1, 30).Draw(t, "together")
		for k := 0; k < len(series); {
			n := 1
			for n < together && k+n < len(series) && series[k+n] == series[k] {
				n++
			}
			x, ok := fixed(series[k])
			trail.Add(x, ok, n)
			k += n
		}
		wideUnsure := false
		for k, v := range series {
			x, ok := fixed(v)
			r.Push(x, ok)
			var in []float64
			for _, v := range series[max(0, k+1-size) : k+1] {
				if v >= 0 {
					in = append(in, float64(v)/1000)
				}
			}
			if r.Exists() != (len(in) >= 2 && 2*len(in) >= size) {
				t.Fatalf("%d of %d valid: exists %v", len(in), size, r.Exists())
			}
			if !r.Exists() {
				continue
			}
			mean, ss := 0.0, 0.0
			for _, v := range in {
				mean += v / float64(len(in))
			}
			for _, v := range in {
				ss += (v - mean) * (v - mean)
			}
			sd := math.Sqrt(ss / float64(len(in)-1))
			if math.Abs(r.Mean()-mean) > 1e-9 || math.Abs(r.SD()-sd) > 1e-9 {
				t.Errorf("mean %v and sd %v, want %v and %v", r.Mean(), r.SD(), mean, sd)
			}
			if sd >= 0.5 {
				want.Wide++
			}
			wideUnsure = wideUnsure || math.Abs(sd-0.5) < 1e-9
			if !want.Exists || r.Mean() < want.MeanMin {
				want.MeanMin, want.MeanMinAt = r.Mean(), k
			}
			if !want.Exists || r.Mean() > want.MeanMax {
				want.MeanMax, want.MeanMaxAt = r.Mean(), k
			}
			if !want.Exists || r.SD() > want.SDMax {
				want.SDMax, want.SDMaxAt = r.SD(), k
			}
			want.Exists = true
		}
		if e.Wide != want.Wide && !wideUnsure {
			t.Errorf("wide for %d s, want %d", e.Wide, want.Wide)
		}
		if e.Exists != want.Exists || e.Exists && (e.MeanMin != want.MeanMin || e.MeanMinAt != want.MeanMinAt || e.MeanMax != want.MeanMax ||
			e.MeanMaxAt != want.MeanMaxAt || e.SDMax != want.SDMax || e.SDMaxAt != want.SDMaxAt) {
			t.Errorf("extremes %+v, want %+v", e, want)
		}
	})
}

func TestDelta(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		series []int
		want   float64
	}{
		{"none", nil, math.NaN()},
		{"one block", []int{97, 97, 97}, math.NaN()},
		{"two", []int{97, 97, 97, 95, 95, 95}, 2},
		{"up and down", []int{97, 97, 97, 95, 95, 95, 98, 98, 98}, 2.5},
		{"what is left over does not count", []int{97, 97, 97, 95, 95, 95, 0, 0}, 2},
		{"a missing second drops its block", []int{97, 97, 97, 95, -1, 95, 97, 97, 97}, math.NaN()},
		{"only neighbours are compared", []int{97, 97, 97, 95, -1, 95, 90, 90, 90, 91, 91, 91}, 1},
		{"means, not values", []int{96, 97, 98, 98, 97, 96}, 0},
	} {
		d := window.NewDelta(3)
		for _, v := range c.series {
			d.Add(signal.Fixed(max(v, 0))*signal.One, v >= 0, 1)
		}
		if got := d.Value(); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestDistributionAgreesWithTheSeries: mean, deviation and percentiles as of
// the series that the weights stand for, by numpy's default interpolation.
func TestDistributionAgreesWithTheSeries(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var d window.Distribution
		var series []float64
		for range rapid.IntRange(1, 30).Draw(t, "values") {
			v := rapid.OneOf(rapid.IntRange(0, 400000), rapid.Map(rapid.IntRange(0, 400), func(n int) int { return n * 1000 })).Draw(t, "v")
			n := rapid.IntRange(1, 5).Draw(t, "weight")
			d.Add(signal.Fixed(v)*signal.One/1000, int64(n))
			for range n {
				series = append(series, float64(v)/1000)
			}
		}
		slices.Sort(series)
		bins := d.Bins()
		if !slices.IsSortedFunc(bins, func(a, b window.Bin) int { return int(a.V - b.V) }) || d.Total() != int64(len(series)) {
			t.Fatalf("bins %v of a total of %d", bins, d.Total())
		}
		mean, ss := 0.0, 0.0
		for _, v := range series {
			mean += v / float64(len(series))
		}
		for _, v := range series {
			ss += (v - mean) * (v - mean)
		}
		gotMean, gotSD := window.Moments(bins)
		if math.Abs(gotMean-mean) > 1e-9 || math.Abs(gotSD-math.Sqrt(ss/float64(len(series)))) > 1e-9 {
			t.Errorf("mean %v and sd %v, want %v and %v", gotMean, gotSD, mean, math.Sqrt(ss/float64(len(series))))
		}
		p := rapid.Float64Range(0, 100).Draw(t, "p")
		at := p / 100 * float64(len(series)-1)
		low := int(at)
		high := min(low+1, len(series)-1)
		if want := series[low] + (series[high]-series[low])*(at-float64(low)); math.Abs(window.Percentile(bins, p)-want) > 1e-9 {
			t.Errorf("percentile %v is %v, want %v", p, window.Percentile(bins, p), want)
		}
	})
	if mean, sd := window.Moments(nil); !math.IsNaN(mean) || !math.IsNaN(sd) || !math.IsNaN(window.Percentile(nil, 50)) {
		t.Error("moments of nothing")
	}
}

func TestGrid(t *testing.T) {
	t.Parallel()
	var g window.Grid
	add := func(from, to float64, v int, r pleth.Reasons) {
		g.Add(signal.Sample{At: int64(from * 1e9), Hold: int64((to - from) * 1e9), V: signal.Whole(v), R: r})
	}
	add(0, 1, 97, 0)
	add(1, 1.4, 96, 0)                // covers second 1
	add(1.4, 1.9, 95, 0)              // covers none
	add(1.9, 3.1, 94, pleth.InMotion) // 2 and 3
	add(5.5, 6.5, 93, 0)              // 6; nothing covers 4 and 5
	add(7, 8, 0, pleth.NoValue)
	want := []signal.Fixed{97, 96, 94, 94, 0, 0, 93, 0}
	reasons := []pleth.Reasons{0, 0, pleth.InMotion, pleth.InMotion, pleth.NoRow, pleth.NoRow, 0, pleth.NoValue}
	if g.Len() != len(want) {
		t.Fatalf("%d seconds, want %d", g.Len(), len(want))
	}
	for k := range want {
		if g.V[k] != want[k]*signal.One || g.R[k] != reasons[k] || g.Ok(k) == reasons[k].Missing() {
			t.Errorf("second %d: %v %q", k, g.V[k].Float(), g.R[k])
		}
	}
}

// TestPercentilesTogether compares with each percentile looked for by itself.
func TestPercentilesTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var bins []window.Bin
		var series []float64
		v := signal.Fixed(0)
		for range rapid.IntRange(0, 8).Draw(t, "bins") {
			v += signal.Fixed(rapid.Int64Range(1, 3e9).Draw(t, "by"))
			n := rapid.Int64Range(0, 40).Draw(t, "weight")
			bins = append(bins, window.Bin{V: v, Weight: n})
			for range n {
				series = append(series, v.Float())
			}
		}
		ps := []float64{0, 5, 5, 50, 95, 100}
		got := make([]float64, len(ps))
		window.Percentiles(bins, got, ps...)
		for i, p := range ps {
			if len(series) == 0 {
				if !math.IsNaN(got[i]) {
					t.Fatalf("percentile %v of nothing is %v", p, got[i])
				}
				continue
			}
			at := p / 100 * float64(len(series)-1)
			low := math.Floor(at)
			a, b := series[int(low)], series[min(int(low)+1, len(series)-1)]
			if want := a + (b-a)*(at-low); got[i] != want {
				t.Fatalf("percentile %v of %v is %v, want %v", p, bins, got[i], want)
			}
		}
		mean, _ := window.Moments(bins)
		if m := window.Mean(bins); m != mean && !(math.IsNaN(m) && math.IsNaN(mean)) {
			t.Fatalf("mean %v, want %v", m, mean)
		}
	})
}
