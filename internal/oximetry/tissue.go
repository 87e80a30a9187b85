package oximetry

import (
	"pleth"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// Tissue is what the tissue oxygen of a stretch came to: partial pressure
// (pleth.TissuePO2) or regional saturation (pleth.RSO2). Rules and sources:
// docs/definitions/tissue.md.
type Tissue struct {
	Metric pleth.Metric
	Valid  int64 // seconds
	// Baseline is the mean of the first seconds, of BaselineValid valid ones;
	// HasBaseline is false where fewer than half were.
	Baseline      float64
	BaselineValid int64
	HasBaseline   bool
	// Falls is the time in seconds at a relative fall from the baseline of at
	// least TissueFalls percent. It is empty without a baseline.
	Falls []int64
	// Areas below the limits of the metric: unit times minutes.
	Areas []TissueArea
	// Extraction is the mean of (SpO2 - RSO2) / SpO2 over the seconds where
	// both are valid, ExtractionValid of them; nothing of either for a pressure.
	Extraction      float64
	ExtractionValid int64
}

// TissueArea is the area below one limit, and the time below it.
type TissueArea struct {
	Limit    float64 // in the unit of the metric
	Relative bool    // it is a share of the baseline
	Seconds  int64
	Area     float64 // unit times minutes
}

// TissueFalls are the relative falls that are counted, in percent.
var TissueFalls = [...]int64{20, 40}

// tissueRule is what differs between the metrics.
type tissueRule struct {
	baseline int   // seconds
	share    int64 // percent of the baseline below which area counts; 0: none
	limits   []int64
}

var tissueRules = map[pleth.Metric]tissueRule{
	pleth.TissuePO2: {baseline: 600, limits: []int64{40, 30, 20}},
	pleth.RSO2:      {baseline: 300, share: 80, limits: []int64{50}},
}

// TissueOf measures a series of metric m held at one value a second. spo2 is
// held likewise from the same second on; nil: there is none. It panics if m is
// no metric of tissue oxygen.
func TissueOf(m pleth.Metric, g, spo2 *window.Grid) Tissue {
	rule, ok := tissueRules[m]
	if !ok {
		panic("oximetry: " + m.String() + " is no tissue oxygen")
	}
	t := Tissue{Metric: m}
	sum := int64(0)
	for k, v := range g.V {
		if !g.Ok(k) {
			continue
		}
		t.Valid++
		if k < rule.baseline {
			sum += int64(v)
			t.BaselineValid++
		}
	}
	t.HasBaseline = 2*t.BaselineValid >= int64(rule.baseline)
	if t.HasBaseline {
		t.Baseline = float64(sum) / float64(t.BaselineValid) / float64(signal.One)
		t.Falls = make([]int64, len(TissueFalls))
		for k, v := range g.V {
			for i, percent := range TissueFalls {
				// v <= baseline * (100 - percent) / 100, in integers.
				if g.Ok(k) && int64(v)*100/(100-percent)*t.BaselineValid <= sum {
					t.Falls[i]++
				}
			}
		}
		if rule.share != 0 {
			t.Areas = append(t.Areas, areaBelow(g, signal.Fixed(sum/t.BaselineValid*rule.share/100), true))
		}
	}
	for _, limit := range rule.limits {
		t.Areas = append(t.Areas, areaBelow(g, signal.Whole(int(limit)), false))
	}
	if m == pleth.RSO2 && spo2 != nil {
		t.extraction(g, spo2)
	}
	return t
}

func areaBelow(g *window.Grid, limit signal.Fixed, relative bool) TissueArea {
	a := TissueArea{Limit: limit.Float(), Relative: relative}
	sum := int64(0)
	for k, v := range g.V {
		if g.Ok(k) && v < limit {
			a.Seconds++
			sum += int64(limit - v)
		}
	}
	a.Area = float64(sum) / float64(signal.One) / 60
	return a
}

func (t *Tissue) extraction(g, spo2 *window.Grid) {
	sum := 0.0
	for k := range min(g.Len(), spo2.Len()) {
		if g.Ok(k) && spo2.Ok(k) && spo2.V[k] > 0 {
			sum += float64(spo2.V[k]-g.V[k]) / float64(spo2.V[k])
			t.ExtractionValid++
		}
	}
	if t.ExtractionValid > 0 {
		t.Extraction = sum / float64(t.ExtractionValid)
	}
}
