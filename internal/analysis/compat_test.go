package analysis_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"pleth/internal/analysis"
)

// TestCompat: the block of another program is there when asked for, in whole
// percents and without the missing seconds, and not otherwise.
func TestCompat(t *testing.T) {
	t.Parallel()
	s := sessionAt1Hz(t, slices.Concat(slices.Repeat([]float64{97.4}, 300), slices.Repeat([]float64{math.NaN()}, 20), slices.Repeat([]float64{95.5}, 100)))
	if a := analysis.Analyse(s, "key", analysis.Settings{}).Result; a.Compat != nil {
		t.Errorf("nobody asked for %v", a.Compat)
	}
	a := analysis.Analyse(s, "key", analysis.Settings{Config: analysis.Config{Compat: []string{"pobm"}}}).Result
	text, err := json.Marshal(a.Compat)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Pobm map[string]struct {
			General struct{ Values map[string]any }
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	general := got.Pobm["range_dropnan"].General.Values
	if general["AV"] != (300*97+100*96)/400. || general["Min"] != 96. {
		t.Errorf("mean %v, lowest %v, want 96.75 and 96", general["AV"], general["Min"])
	}
	if len(got.Pobm) != 3 {
		t.Errorf("%d inputs, want 3", len(got.Pobm))
	}
}
