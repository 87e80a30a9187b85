package pobm

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"pleth/internal/plethtest"
)

// inputs of a reference, as the block names them.
func referenceInputs(r *plethtest.Reference) map[string][]uint8 {
	var x []uint8
	for _, v := range r.SpO2 {
		if !math.IsNaN(v) {
			x = append(x, uint8(math.RoundToEven(v)))
		}
	}
	return map[string][]uint8{"range_dropnan": x, "range_dropnan_median9": median9(x), "range_dropnan_first3600": x[:min(len(x), 3600)]}
}

func floats(x []uint8) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// TestEveryReferenceValue compares every figure of every block with the ones
// that pobm gave: whole numbers and lists exactly, others to 1e-9, spectral
// ones to 1e-6. Where pobm's own figures are wrong, because it keeps indices of
// events in eight bits, only the number of candidates is compared.
func TestEveryReferenceValue(t *testing.T) {
	t.Parallel()
	plethtest.EachReference(t, func(t *testing.T, r *plethtest.Reference) {
		inputs := referenceInputs(r)
		text, err := json.Marshal(Measure(inputs["range_dropnan"]))
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		for input, x := range inputs {
			if input != "range_dropnan_first3600" {
				if digest := plethtest.Digest(floats(x)); digest != r.At(t, "inputs", input, "sha256_csv") {
					t.Fatalf("%s is not the series of the reference", input)
				}
			}
			c := comparison{T: t}
			c.values(input, got[input], r.At(t, "pobm", input))
			if c.compared < 100 {
				t.Errorf("%s: only %d figures were compared", input, c.compared)
			}
		}
	})
}

type comparison struct {
	*testing.T
	compared int
}

var (
	wholes   = []string{"n_events", "n_events_before_grouping", "ZC", "LZ", "LZ_4level"}
	spectral = []string{"PSD_total", "PSD_band", "PSD_ratio", "PSD_peak"}
)

// values compares what want holds under path.
func (c *comparison) values(path string, got, want any) {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			c.Errorf("%s: got %v, want an object", path, got)
			return
		}
		_, warned := want["warning"]
		for key, w := range want {
			if key == "warning" || key == "entropy_by" || warned && key != "params" && key != "n_events_before_grouping" {
				continue
			}
			g, ok := have[key]
			if !ok {
				c.Errorf("%s/%s: missing", path, key)
				continue
			}
			if f, ok := w.(float64); ok {
				c.number(path+"/"+key, key, g, f)
				continue
			}
			c.values(path+"/"+key, g, w)
		}
	case []any:
		have, ok := got.([]any)
		if !ok || !slices.Equal(have, want) {
			c.Errorf("%s: got %v, want %v", path, got, want)
		}
		c.compared++
	default:
		if got != want {
			c.Errorf("%s: got %v, want %v", path, got, want)
		}
		c.compared++
	}
}

func (c *comparison) number(path, key string, got any, want float64) {
	c.compared++
	tolerance := 1e-9
	switch {
	case slices.Contains(wholes, key):
		tolerance = 0
	case slices.Contains(spectral, key):
		tolerance = 1e-6
	}
	g, ok := got.(float64)
	if !ok || math.Abs(g-want) > tolerance*math.Abs(want) {
		c.Errorf("%s: got %v, want %v within %g", path, got, want, tolerance)
	}
}
