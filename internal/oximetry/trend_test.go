package oximetry_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/oximetry"
	"pleth/internal/signal"
)

func TestLevels(t *testing.T) {
	t.Parallel()
	got := oximetry.Levels(seriesOf(written(t, "300x97 150x95 150x96 151x? 149x90 150x? 150x91 149x92")))
	want := []oximetry.Level{{At: 0, V: 97e9}, {At: 1, V: 95.5e9}, {At: 3, V: 91e9}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v: block 2 and the last are not half valid", got, want)
	}
}

func levelsOf(values ...float64) []oximetry.Level {
	var l []oximetry.Level
	for i, v := range values {
		if !math.IsNaN(v) {
			l = append(l, oximetry.Level{At: i, V: signal.Fixed(math.Round(v * 1e9))})
		}
	}
	return l
}

func TestTrend(t *testing.T) {
	t.Parallel()
	down := make([]float64, 24)
	for i := range down {
		down[i] = 97 - 0.25*float64(i)
	}
	got, ok := oximetry.TrendOf(levelsOf(down...))
	if !ok || math.Abs(got.PerHour+3) > 1e-9 || math.Abs(got.Change+5.75) > 1e-9 || got.P > 1e-9 {
		t.Errorf("a straight line: %+v, want -3 %%/h, a change of -5.75 and a small p", got)
	}
	down[5], down[17] = 60, 100 // outliers do not matter
	if got, _ := oximetry.TrendOf(levelsOf(down...)); math.Abs(got.PerHour+3) > 0.3 {
		t.Errorf("with two outliers: %+v, want about -3 %%/h", got)
	}
	if got, ok := oximetry.TrendOf(levelsOf(slices.Repeat([]float64{97}, 12)...)); !ok || got != (oximetry.Trend{P: 1}) {
		t.Errorf("a constant: %+v, want no slope and p 1", got)
	}
	if _, ok := oximetry.TrendOf(levelsOf(slices.Repeat([]float64{97}, 11)...)); ok {
		t.Error("eleven levels are a trend")
	}
	// A missing block counts in time: 1 point over two blocks.
	nan := math.NaN()
	if got, _ := oximetry.TrendOf(levelsOf(90, nan, 91, nan, 92, nan, 93, nan, 94, nan, 95, nan, 96, nan, 97, nan, 98, nan, 99, nan, 99.5, nan, 100)); math.Abs(got.PerHour-6) > 0.01 {
		t.Errorf("every other block: %+v, want 6 %%/h", got)
	}
}

// TestMannKendall: without ties S of 1..n shuffled by hand. n = 12 rising but
// for one swap: S = 66 - 2 = 64, var = 12*11*29/18, z = 63/sqrt(var).
func TestMannKendall(t *testing.T) {
	t.Parallel()
	got, _ := oximetry.TrendOf(levelsOf(80, 81, 82, 83, 85, 84, 86, 87, 88, 89, 90, 91))
	z := 63 / math.Sqrt(12*11*29/18.)
	if want := math.Erfc(z / math.Sqrt2); math.Abs(got.P-want) > 1e-15 {
		t.Errorf("p = %v, want %v", got.P, want)
	}
	// Ties of 6 and 6: S = 36, var = (12*11*29 - 2*6*5*17)/18.
	got, _ = oximetry.TrendOf(levelsOf(80, 80, 80, 80, 80, 80, 81, 81, 81, 81, 81, 81))
	z = 35 / math.Sqrt((12*11*29-2*6*5*17)/18.)
	if want := math.Erfc(z / math.Sqrt2); math.Abs(got.P-want) > 1e-15 {
		t.Errorf("with ties p = %v, want %v", got.P, want)
	}
}

func TestTrendAgreesWithSortedSlopes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(80, 100), 12, 60).Draw(t, "levels")
		var levels []oximetry.Level
		var slopes []float64
		for i, v := range values {
			levels = append(levels, oximetry.Level{At: i, V: signal.Whole(v)})
			for j := range i {
				slopes = append(slopes, float64(v-values[j])/float64(i-j))
			}
		}
		slices.Sort(slopes)
		n := len(slopes)
		want := (slopes[(n-1)/2] + slopes[n/2]) / 2 * 12
		if got, _ := oximetry.TrendOf(levels); math.Abs(got.PerHour-want) > 1e-9 || got.P < 0 || got.P > 1 {
			t.Errorf("got %+v, want %v %%/h", got, want)
		}
	})
}

func TestTrendLastHour(t *testing.T) {
	t.Parallel()
	values := slices.Repeat([]float64{97}, 36)
	for i := range 12 {
		values[24+i] = 97 - 0.5*float64(i)
	}
	got, ok := oximetry.TrendLastHour(levelsOf(values...), 36*300)
	if !ok || math.Abs(got.PerHour+6) > 1e-9 {
		t.Errorf("got %+v, %v; want -6 %%/h", got, ok)
	}
	if _, ok := oximetry.TrendLastHour(levelsOf(values[:30]...), 36*300+1); ok {
		t.Error("five levels in the last hour are a trend")
	}
	if _, ok := oximetry.TrendLastHour(levelsOf(values[:30]...), 36*300); !ok {
		t.Error("six levels in the last hour are no trend")
	}
}

func TestShift(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, series string
		count        int
		largest      float64
		ok           bool
	}{
		{"none", "7200x97", 0, 0, true},
		{"a step down of two", "3600x97 3600x95", 1, -2, true},
		{"a step of one and a half", "3600x97 3600x95.5", 0, -1.5, true},
		{"down and up again", "3600x97 3600x94 3600x97", 2, -3, true},
		{"ten minutes low are no shift", "3600x97 600x90 3600x97", 0, 0, true},
		{"an hour is too short", "3599x97", 0, 0, false},
		{"across a gap that leaves half", "1800x97 900x? 2700x94", 1, -3, true},
		{"across half an hour, from halves", "1800x97 1800x? 1800x94", 1, -3, true},
		{"across a longer gap", "1800x97 2100x? 1800x94", 0, 0, false},
	} {
		got, ok := oximetry.ShiftOf(seriesOf(written(t, c.series)))
		if ok != c.ok || got.Count != c.count || got.Largest.Float() != c.largest {
			t.Errorf("%s: %+v, %v; want %d, %v, %v", c.name, got, ok, c.count, c.largest, c.ok)
		}
	}
}
