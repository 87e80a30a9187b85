package oximetry_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/oximetry"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// gridOf returns a grid of seconds, NaN where nothing was measured.
func gridOf(seconds []float64) *window.Grid {
	g := new(window.Grid)
	for _, v := range seconds {
		if math.IsNaN(v) {
			g.V, g.R = append(g.V, 0), append(g.R, pleth.NoValue)
		} else {
			g.V, g.R = append(g.V, signal.Fixed(math.Round(v*1e9))), append(g.R, 0)
		}
	}
	return g
}

func seriesOf(seconds []float64) *oximetry.Series { return oximetry.NewSeries(gridOf(seconds)) }

// held is a series of seconds drawn for a property.
type held struct {
	seconds []float64
	step    float64 // values are whole multiples of it
}

// drawHeld draws a series that wanders, with missing seconds now and then.
func drawHeld(t *rapid.T, longest int) held {
	h := held{step: rapid.SampledFrom([]float64{1, 0.5, 0.1, 0.01}).Draw(t, "step")}
	spread := rapid.IntRange(1, 12).Draw(t, "spread")
	moves := rapid.SliceOfN(rapid.IntRange(-spread, spread+1), 0, longest).Draw(t, "moves")
	at := 0
	for _, m := range moves {
		if m == spread+1 {
			h.seconds = append(h.seconds, math.NaN())
			continue
		}
		at = max(-100, min(100, at+m))
		h.seconds = append(h.seconds, 75+float64(at)*h.step*0.2)
	}
	return h
}

func TestSeries(t *testing.T) {
	t.Parallel()
	s := seriesOf(written(t, "2x97 95.5 ? 97 2x? 3x95"))
	if want := []signal.Fixed{95e9, 95.5e9, 97e9}; !slices.Equal(s.Values, want) {
		t.Errorf("values %v, want %v", s.Values, want)
	}
	if want := []int32{2, 2, 1, -1, 2, -1, -1, 0, 0, 0}; !slices.Equal(s.Ranks, want) {
		t.Errorf("ranks %v, want %v", s.Ranks, want)
	}
	if want := []oximetry.Stretch{{0, 3}, {4, 5}, {7, 10}}; !slices.Equal(s.Stretches, want) {
		t.Errorf("stretches %v, want %v", s.Stretches, want)
	}
	if s.Valid != 7 {
		t.Errorf("%d valid seconds, want 7", s.Valid)
	}
	if gap, ok := s.Gap(); !ok || gap != 5e8 {
		t.Errorf("gap %v, %v; want 0.5", gap, ok)
	}
}

// TestNothing: every measure of a whole session says of an empty one, of one
// without a valid second and of a single second that it has no value.
func TestNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "?", "100x?", "97", "? 97 ?"} {
		g := gridOf(written(t, text))
		s := oximetry.NewSeries(g)
		if e := oximetry.EntropiesOf(s); e.ApproximateOk || e.SampleOk {
			t.Errorf("%q has entropies %+v", text, e)
		}
		_, lz := oximetry.LempelZiv76(s)
		_, ctm := oximetry.CentralTendency(s)
		_, dfa := oximetry.DFA(s)
		_, prsa := oximetry.PRSAOf(s)
		_, psd := oximetry.SpectrumOf(s)
		_, trend := oximetry.TrendOf(oximetry.Levels(s))
		_, last := oximetry.TrendLastHour(oximetry.Levels(s), g.Len())
		_, shift := oximetry.ShiftOf(s)
		_, low := oximetry.LowestHeld(s)
		_, rate := oximetry.SteepestFall(g, -20, 200)
		if slices.Contains([]bool{lz, ctm, dfa, prsa, psd, trend, last, shift, low, rate}, true) {
			t.Errorf("%q has a value: %v", text, []bool{lz, ctm, dfa, prsa, psd, trend, last, shift, low, rate})
		}
	}
	if b := oximetry.BurdenOf(gridOf(nil), nil); b.Area != 0 {
		t.Errorf("burden %v without falls", b)
	}
	if c := oximetry.Clusters(nil); c != nil {
		t.Errorf("clusters %v without falls", c)
	}
	if _, ok := oximetry.PlateauRatio(nil); ok {
		t.Error("a plateau ratio without falls")
	}
	if n := oximetry.Rises(gridOf(nil)); n != 0 {
		t.Errorf("%d rises of nothing", n)
	}
}
