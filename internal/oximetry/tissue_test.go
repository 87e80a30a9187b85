package oximetry_test

import (
	"math"
	"testing"

	"pleth"
	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
)

func TestTissue(t *testing.T) {
	t.Parallel()
	// Pressure: baseline 50 of ten minutes, 40 is a fall of 20 %, 30 one of 40 %.
	p := oximetry.TissueOf(pleth.TissuePO2, gridOf(plethtest.Seconds(t, "600x50 60x41 60x40 60x31 60x30 10x? 60x10")), nil)
	if !p.HasBaseline || p.Baseline != 50 || p.Falls[0] != 240 || p.Falls[1] != 120 || p.Valid != 900 {
		t.Errorf("%+v", p)
	}
	for i, want := range []oximetry.TissueArea{{Limit: 40, Seconds: 180, Area: 9 + 10 + 30}, {Limit: 30, Seconds: 60, Area: 20}, {Limit: 20, Seconds: 60, Area: 10}} {
		if p.Areas[i] != want {
			t.Errorf("%+v, want %+v", p.Areas[i], want)
		}
	}
	if q := oximetry.TissueOf(pleth.TissuePO2, gridOf(plethtest.Seconds(t, "299x50 400x?")), nil); q.HasBaseline || q.Falls != nil || len(q.Areas) != 3 {
		t.Errorf("%+v", q)
	}
	// Saturation: 80 % of a baseline of 70 is 56; SpO2 95 throughout.
	r := oximetry.TissueOf(pleth.RSO2, gridOf(plethtest.Seconds(t, "300x70 120x46 100x57")), gridOf(plethtest.Seconds(t, "520x95")))
	if r.Baseline != 70 || r.Falls[0] != 120 || r.Falls[1] != 0 {
		t.Errorf("%+v", r)
	}
	if a := r.Areas[0]; a != (oximetry.TissueArea{Limit: 56, Relative: true, Seconds: 120, Area: 20}) {
		t.Errorf("%+v", a)
	}
	if a := r.Areas[1]; a != (oximetry.TissueArea{Limit: 50, Seconds: 120, Area: 8}) {
		t.Errorf("%+v", a)
	}
	want := (300*25.0/95 + 120*49.0/95 + 100*38.0/95) / 520
	if r.ExtractionValid != 520 || math.Abs(r.Extraction-want) > 1e-12 {
		t.Errorf("extraction %g of %d s, want %g", r.Extraction, r.ExtractionValid, want)
	}
}
