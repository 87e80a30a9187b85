package oximetry_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
	"pleth/internal/signal"
)

var allMethods = []oximetry.Method{oximetry.ABOSA, oximetry.Luna, oximetry.OSCAR, oximetry.Pobm}

// find runs a method over seconds with NaN where nothing was measured.
func find(m oximetry.Method, seconds []float64) (three, four []oximetry.Fall) {
	f := oximetry.NewFinder(m, signal.Second,
		func(f oximetry.Fall) { three = append(three, f) },
		func(f oximetry.Fall) { four = append(four, f) })
	for _, v := range seconds {
		if math.IsNaN(v) {
			f.Add(0, false, 1)
		} else {
			f.Add(signal.Fixed(math.Round(v*1e9)), true, 1)
		}
	}
	f.Flush()
	return three, four
}

// written reads a series as plethtest.Seconds does.
func written(t *testing.T, text string) []float64 {
	t.Helper()
	return plethtest.Seconds(t, text)
}

// TestDetectors says in whole seconds and percents what each method makes of a
// series: start-nadir-end:from>nadir, of three points and of four.
func TestDetectors(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name        string
		method      oximetry.Method
		series      string
		three, four string
	}{
		{"luna: five points for 20 s", oximetry.Luna, "300x97 20x92 60x97", "300-300-320:97>92", "300-300-320:97>92"},
		{"luna: the limit is strict", oximetry.Luna, "300x97 20x94 60x97", "", ""},
		{"luna: four points are three and a bit", oximetry.Luna, "300x97 20x93 60x97", "300-300-320:97>93", ""},
		{"luna: 9 s are too short", oximetry.Luna, "300x97 9x92 60x97", "", ""},
		{"luna: 10 s are enough", oximetry.Luna, "300x97 10x92 60x97", "300-300-310:97>92", "300-300-310:97>92"},
		{"luna: half of the drop ends it", oximetry.Luna, "300x97 20x92 10x95 60x96", "300-300-330:97>92", "300-300-320:97>92"},
		{"luna: the nadir is the first lowest", oximetry.Luna, "300x97 5x92 5x90 5x91 5x90 60x97", "300-305-320:97>90", "300-305-320:97>90"},
		{"luna: a baseline needs 30 s", oximetry.Luna, "29x97 10x92 60x97", "", ""},
		{"luna: 30 s are a baseline", oximetry.Luna, "30x97 20x92 60x97", "30-30-50:97>92", "30-30-50:97>92"},
		{"luna: a baseline is the last two minutes", oximetry.Luna, "300x97 61x94 20x91 60x97", "", ""},
		{"luna: a step of more than ten is not believed at first", oximetry.Luna, "300x97 20x86 60x96", "301-301-320:97>86", "301-301-320:97>86"},
		{"luna: a spike is none", oximetry.Luna, "300x97 86 60x97", "", ""},
		{"luna: a gap pauses", oximetry.Luna, "300x97 5x92 40x? 5x92 60x97", "300-300-350:97>92", "300-300-350:97>92"},
		{"luna: the end ends it", oximetry.Luna, "300x97 20x92", "300-300-320:97>92", "300-300-320:97>92"},
		{"luna: the median of two levels lies between", oximetry.Luna, "60x97 60x98 20x94 60x97", "120-120-140:97.5>94", ""},

		{"oscar: 9 s after the first hour", oximetry.OSCAR, "3600x96 9x93 60x96", "3600-3600-3609:96>93", ""},
		{"oscar: 8 s are 7 from first to last", oximetry.OSCAR, "3600x96 8x93 60x96", "", ""},
		{"oscar: four points take 11 s", oximetry.OSCAR, "3600x96 10x92 60x96 11x92 60x96", "3600-3600-3610:96>92 3670-3670-3681:96>92", "3670-3670-3681:96>92"},
		{"oscar: a missing second breaks a run", oximetry.OSCAR, "3600x96 8x92 ? 8x92 60x96", "", ""},
		{"oscar: the level is the 90th percentile of the first hour", oximetry.OSCAR, "3200x90 400x98 60x95 60x94", "0-0-3200:98>90 3600-3660-3720:98>94", "0-0-3200:98>90 3660-3660-3720:98>94"},
		{"oscar: later hours do not count", oximetry.OSCAR, "3600x90 600x98 60x92", "", ""},
		{"oscar: no first hour, no level", oximetry.OSCAR, "3600x? 600x98 60x92", "", ""},
		{"oscar: shorter than an hour", oximetry.OSCAR, "600x96 20x92", "600-600-620:96>92", "600-600-620:96>92"},

		{"pobm: three points at 1 %/s are too few", oximetry.Pobm, "60x97 96 95 20x94 95 96 60x97", "", ""},
		{"pobm: four points, counted from the first step down", oximetry.Pobm, "60x97 96 95 94 20x93 94 95 96 60x97", "60-63-84:96>93", ""},
		{"pobm: five points", oximetry.Pobm, "60x97 96 95 94 93 20x92 93 94 95 96 60x97", "60-64-86:96>92", "60-64-86:96>92"},
		{"pobm: a first step of four is none of three", oximetry.Pobm, "60x97 20x93 60x97", "", ""},
		{"pobm: a rise on the way down ends it", oximetry.Pobm, "60x97 96 95 96 95 20x94 95 60x97", "", ""},
		{"pobm: 90 s", oximetry.Pobm, "60x97 96 95 94 80x93 95 96 60x97", "60-63-143:96>93", ""},
		{"pobm: a long one is not counted", oximetry.Pobm, "60x97 96 95 94 100x93 95 96 60x97", "", ""},
		{"pobm: gaps are left out", oximetry.Pobm, "60x97 96 95 94 10x93 30x? 10x93 94 95 96 60x97", "60-63-114:96>93", ""},
		{"pobm: what does not close is lost", oximetry.Pobm, "60x97 96 95 94 20x93", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			three, four := find(c.method, written(t, c.series))
			if got := listed(three); got != c.three {
				t.Errorf("falls of three points: got %q, want %q", got, c.three)
			}
			if got := listed(four); got != c.four {
				t.Errorf("falls of four points: got %q, want %q", got, c.four)
			}
		})
	}
}

func listed(falls []oximetry.Fall) string {
	var words []string
	for _, f := range falls {
		number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
		words = append(words, strconv.Itoa(f.Start)+"-"+strconv.Itoa(f.Nadir)+"-"+strconv.Itoa(f.End)+":"+number(f.From.Float())+">"+number(f.Low.Float()))
	}
	return strings.Join(words, " ")
}

// TestDefaultMethod: the Finder of the default is Falls, and its falls of four
// points are those of three that are deep enough.
func TestDefaultMethod(t *testing.T) {
	t.Parallel()
	x := written(t, "120x97 3x96 3x95 3x94 3x93 15x92 3x93 3x94 3x95 3x96 60x97 3x96 3x95 3x94 15x93.5 3x95 3x96 60x97")
	var want []oximetry.Fall
	falls := oximetry.NewFalls(signal.Second)
	for _, v := range x {
		falls.Add(signal.Fixed(v*1e9), true, 1, func(f oximetry.Fall) { want = append(want, f) })
	}
	falls.Flush(func(f oximetry.Fall) { want = append(want, f) })
	three, four := find(oximetry.ABOSA, x)
	if len(want) != 2 || !slices.Equal(three, want) {
		t.Errorf("falls of three points: got %s, want %s", listed(three), listed(want))
	}
	if !slices.Equal(four, want[:1]) {
		t.Errorf("falls of four points: got %s, want %s", listed(four), listed(want[:1]))
	}
}

// TestManyDips: pobm itself loses count above 128.
func TestManyDips(t *testing.T) {
	t.Parallel()
	three, four := find(oximetry.Pobm, written(t, strings.Repeat("60x97 96 95 94 93 10x92 93 94 95 96 ", 300)+"60x97"))
	if len(three) != 300 || len(four) != 300 {
		t.Errorf("300 dips of five points: got %d of three and %d of four", len(three), len(four))
	}
}

// TestReferenceEvents compares the methods with the programs they are named
// after, event by event.
func TestReferenceEvents(t *testing.T) {
	t.Parallel()
	plethtest.EachReference(t, func(t *testing.T, r *plethtest.Reference) {
		x := make([]float64, len(r.SpO2))
		for i, v := range r.SpO2 {
			x[i] = math.RoundToEven(v)
		}
		if digest := plethtest.Digest(x); digest != r.At(t, "inputs", "range", "sha256_csv") {
			t.Fatal("this is not the series of the reference")
		}
		three, four := find(oximetry.Luna, x)
		lunaEvents(t, r, "default", three)
		lunaEvents(t, r, "drop4", four)
		three, four = find(oximetry.OSCAR, x)
		oscarEvents(t, r, "default", three)
		oscarEvents(t, r, "drop4_10s", four)
		three, four = find(oximetry.Pobm, x)
		pobmEvents(t, r, "odi3_relative_default", x, three)
		pobmEvents(t, r, "odi4_relative", x, four)
	})
}

func lunaEvents(t *testing.T, r *plethtest.Reference, block string, falls []oximetry.Fall) {
	t.Helper()
	var got, want [][4]float64
	for _, f := range falls {
		got = append(got, [4]float64{float64(f.Start), float64(f.End), f.Low.Float(), f.From.Float()})
	}
	for _, e := range r.At(t, "luna", block, "events").([]any) {
		e := e.(map[string]any)
		want = append(want, [4]float64{e["START"].(float64), e["STOP"].(float64), e["NADIR"].(float64), e["BASELINE"].(float64)})
	}
	if n := r.At(t, "luna", block, "summary", "N").(float64); float64(len(falls)) != n {
		t.Errorf("luna %s: got %d events, want %v", block, len(falls), n)
	}
	same(t, "luna "+block+": start, end, nadir, baseline", got, want)
}

func oscarEvents(t *testing.T, r *plethtest.Reference, block string, falls []oximetry.Fall) {
	t.Helper()
	var got, want [][2]float64
	level := r.At(t, "oscar", block, "baseline").(float64)
	for _, f := range falls {
		got = append(got, [2]float64{float64(f.Start), float64(f.End - 1)})
		if f.From.Float() != level {
			t.Errorf("oscar %s: level %v, want %v", block, f.From.Float(), level)
		}
	}
	for _, e := range r.At(t, "oscar", block, "events_first_last").([]any) {
		e := e.([]any)
		want = append(want, [2]float64{e[0].(float64), e[1].(float64)})
	}
	same(t, "oscar "+block+": first and last second", got, want)
}

// same compares two lists and names the first place where they differ.
func same[E comparable](t *testing.T, what string, got, want []E) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Errorf("%s: event %d: got %v, want %v", what, i, got[i], want[i])
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: got %d events, want %d", what, len(got), len(want))
	}
}

func pobmEvents(t *testing.T, r *plethtest.Reference, block string, x []float64, falls []oximetry.Fall) {
	t.Helper()
	desat := r.At(t, "pobm", "range_dropnan", "desat", block).(map[string]any)
	if desat["warning"] != nil {
		return // pobm lost count
	}
	index := make([]float64, len(x)) // of each second in the series without gaps
	n := 0
	for i, v := range x {
		if index[i] = float64(n); !math.IsNaN(v) {
			n++
		}
	}
	begin, end := []any{}, []any{}
	for _, f := range falls {
		begin, end = append(begin, index[f.Start]), append(end, index[f.End])
	}
	same(t, "pobm "+block+": begins", begin, desat["begin"].([]any))
	same(t, "pobm "+block+": ends", end, desat["end"].([]any))
}

// TestFallsHoldTogether: whatever comes in, falls are in order, inside the
// session and as deep as their method says.
func TestFallsHoldTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var x []float64
		for range rapid.IntRange(0, 60).Draw(t, "pieces") {
			level := rapid.SampledFrom([]float64{math.NaN(), 50, 80, 88.5, 90, 92, 94, 95, 96, 97, 100}).Draw(t, "level")
			slope := rapid.SampledFrom([]float64{0, 0, -1, 1, -0.25}).Draw(t, "slope")
			for i := range rapid.IntRange(1, 150).Draw(t, "length") {
				x = append(x, min(100, max(50, level+math.Floor(slope*float64(i)))))
			}
		}
		for _, m := range allMethods {
			three, four := find(m, x)
			check(t, m, three, 3*signal.One, len(x))
			check(t, m, four, 4*signal.One, len(x))
		}
	})
}

func check(t *rapid.T, m oximetry.Method, falls []oximetry.Fall, drop signal.Fixed, n int) {
	before := -1
	for _, f := range falls {
		if f.Start <= before || f.Nadir < f.Start || f.End <= f.Nadir || f.End > n {
			t.Errorf("%s: a fall from second %d over %d to %d, after one from %d, in %d seconds", m, f.Start, f.Nadir, f.End, before, n)
		}
		if f.Drop() < drop || f.Area < int64(f.Drop()) {
			t.Errorf("%s: a fall by %v with an area of %d, want at least %v", m, f.Drop(), f.Area, drop)
		}
		if rate := f.MeanRate(); !(rate > 0 && rate <= 50) {
			t.Errorf("%s: a fall of %v %%/s", m, rate)
		}
		before = f.Start
	}
}

func TestParseMethod(t *testing.T) {
	t.Parallel()
	for _, m := range allMethods {
		if got, err := oximetry.ParseMethod(m.String()); got != m || err != nil {
			t.Errorf("ParseMethod(%q) = %v, %v", m, got, err)
		}
		if p := m.Parameters(); p["odi3_drop"] != 3 || p["odi4_drop"] != 4 {
			t.Errorf("%s: parameters %v", m, p)
		}
	}
	if got, err := oximetry.ParseMethod(""); got != oximetry.ABOSA || err != nil {
		t.Errorf("ParseMethod of nothing = %v, %v, want the default", got, err)
	}
	_, err := oximetry.ParseMethod("Luna")
	if err == nil || !strings.Contains(err.Error(), "abosa, luna, oscar, pobm") {
		t.Errorf("ParseMethod of a wrong name: %v, want the names to choose from", err)
	}
}
