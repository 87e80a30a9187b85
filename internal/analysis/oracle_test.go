package analysis_test

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/intake"
	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
	"pleth/internal/session"
	"pleth/internal/stream"
	"pleth/internal/window"
)

// only returns the one session that the rows of b make.
func only(tb testing.TB, h pleth.Header, b *pleth.Batch) *session.Session {
	tb.Helper()
	in := intake.New(intake.Options{})
	if err := in.Start(h); err != nil {
		tb.Fatal(err)
	}
	if err := in.Rows(b); err != nil {
		tb.Fatal(err)
	}
	all := in.Close()
	if len(all) != 1 {
		tb.Fatalf("got %d sessions, want 1", len(all))
	}
	return all[0]
}

// held returns the seconds of g, NaN where missing.
func held(g *window.Grid) []float64 {
	x := make([]float64, g.Len())
	for k, v := range g.V {
		if x[k] = v.Float(); !g.Ok(k) {
			x[k] = math.NaN()
		}
	}
	return x
}

// near compares floats by the relative tolerance of the reference.
func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Max(math.Abs(want), math.Abs(got))
}

func TestReferenceValues(t *testing.T) {
	t.Parallel()
	plethtest.EachReference(t, func(t *testing.T, r *plethtest.Reference) {
		a := analysis.Analyse(only(t, pleth.Header{}, r.Rows), "key", analysis.Settings{Stream: stream.Config{Quantize: true}})
		if got, want := plethtest.Digest(held(&a.Derived.Grid)), r.At(t, "inputs", "range", "sha256_csv"); got != want {
			t.Fatalf("the input differs from the one of the reference: digest %s, want %s", got, want)
		}
		checkLevel(t, r, a.Result)
		checkBelow(t, r, a.Result)
		checkRolling(t, r, a)
		checkFalls(t, r, a.Result)
		checkComplexity(t, r, a)
	})
}

// value returns the metric id of s; it must be there.
func value(tb testing.TB, s *analysis.Session, id string) float64 {
	tb.Helper()
	v, ok := s.Metrics[id]
	if !ok {
		tb.Fatalf("%s has no value: %s", id, s.NotComputed[id])
	}
	return v
}

func exact(tb testing.TB, s *analysis.Session, id string, want float64) {
	tb.Helper()
	if got := value(tb, s, id); got != want {
		tb.Errorf("%s = %v, want %v exactly", id, got, want)
	}
}

func within(tb testing.TB, s *analysis.Session, id string, want, tolerance float64) {
	tb.Helper()
	if got := value(tb, s, id); !near(got, want, tolerance) {
		tb.Errorf("%s = %v, want %v within %g", id, got, want, tolerance)
	}
}

func checkLevel(t *testing.T, r *plethtest.Reference, s *analysis.Session) {
	t.Helper()
	v := func(path ...string) float64 {
		return r.Number(t, append([]string{"independent", "values"}, path...)...)
	}
	exact(t, s, "time.span_s", v("n"))
	exact(t, s, "time.valid_s", v("n_valid"))
	within(t, s, "time.valid_pct", v("pct_valid"), 1e-9)
	for id, path := range map[string]string{"spo2.mean": "mean", "spo2.sd": "sd_pop", "spo2.median": "median", "spo2.min": "min", "spo2.max": "max"} {
		within(t, s, id, v("summary", path), 1e-9)
	}
	for _, p := range []string{"p1", "p5", "p10", "p25", "p75", "p90", "p95", "p99"} {
		within(t, s, "spo2."+p, v("summary", p), 1e-9)
	}
	for _, bin := range []string{"le80", "81_84", "85_89", "90_94", "95_100"} {
		within(t, s, "bins."+bin, v("bins_pct", bin), 1e-9)
	}
	within(t, s, "nhs", v("nocturnal_hypoxemia_score"), 1e-9)
	within(t, s, "di12", v("delta12_complete_blocks_only"), 1e-9)
	histogram := r.At(t, "independent", "values", "histogram").(map[string]any)
	if len(histogram) != len(s.Histogram) {
		t.Errorf("histogram has %d values, want %d", len(s.Histogram), len(histogram))
	}
	for percent, want := range histogram {
		if s.Histogram[percent] != want {
			t.Errorf("histogram at %s %% = %v s, want %v s", percent, s.Histogram[percent], want)
		}
	}
}

func checkBelow(t *testing.T, r *plethtest.Reference, s *analysis.Session) {
	t.Helper()
	for _, q := range stream.BelowLimits {
		v := func(key string) float64 {
			return r.Number(t, "independent", "values", "below", strconv.Itoa(q), key)
		}
		p := fmt.Sprintf("below.%d.", q)
		exact(t, s, p+"seconds", v("seconds_lt"))
		exact(t, s, p+"seconds_le", v("seconds_le"))
		exact(t, s, p+"longest_s", v("longest_run_s"))
		exact(t, s, p+"runs", v("n_runs"))
		within(t, s, p+"pct", v("pct_lt"), 1e-9)
		within(t, s, p+"pct_le", v("pct_le"), 1e-9)
		within(t, s, p+"area_pct_s", v("area_pct_s"), 1e-9)
		within(t, s, p+"area_pct_min_per_h", v("area_pct_min_per_valid_hour"), 1e-9)
	}
	for _, q := range []string{"90", "88", "85", "80"} {
		for _, d := range []string{"1", "5", "10", "15", "30", "60", "120"} {
			v := func(key string) float64 {
				return r.Number(t, "independent", "values", "episodes", q, "by_min_duration", d, key)
			}
			p := fmt.Sprintf("runs.%s.min_%s.", q, d)
			exact(t, s, p+"count", v("n"))
			exact(t, s, p+"seconds", v("seconds"))
		}
	}
}

func checkRolling(t *testing.T, r *plethtest.Reference, a *analysis.Analysed) {
	t.Helper()
	for _, w := range stream.RollingSpans {
		name := fmt.Sprintf("%ds", w)
		for _, id := range []string{"mean_min", "mean_max", "sd_max"} {
			within(t, a.Result, fmt.Sprintf("rolling.%d.%s", w, id), r.Number(t, "independent", "values", "rolling", name, id), 1e-9)
		}
		at := r.At(t, "independent", "values", "rolling", name, "at").(map[string]any)
		if len(at) == 0 {
			t.Fatalf("the reference has no values of the window of %s", name)
		}
		rolling := window.NewRolling(w)
		for k, v := range a.Derived.Grid.V {
			rolling.Push(v, a.Derived.Grid.Ok(k))
			want, asked := at[strconv.Itoa(k)].([]any)
			if !asked {
				continue
			}
			if !rolling.Exists() || !near(rolling.Mean(), want[0].(float64), 1e-9) || math.Abs(rolling.SD()-want[1].(float64)) > 1e-9 {
				t.Errorf("window of %s ending at %d s: mean %v, sd %v, exists %v; want %v", name, k, rolling.Mean(), rolling.SD(), rolling.Exists(), want)
			}
		}
	}
}

// checkFalls compares the counts with another implementation of the same idea.
func checkFalls(t *testing.T, r *plethtest.Reference, s *analysis.Session) {
	t.Helper()
	for id, path := range map[string]string{"odi3.count": "drop3", "odi4.count": "drop4"} {
		want := r.Number(t, "snooz_abosa", path, "n")
		if got := value(t, s, id); math.Abs(got-want) > math.Max(6, 0.2*want) {
			t.Errorf("%s = %v, want %v within 20 %% or 6", id, got, want)
		}
	}
}

// checkComplexity compares the measures that pobm defines as the textbooks do,
// on recordings without a missing second inside: pobm joins what stands on
// either side of one. Its spectrum is divided by the length of the signal
// instead of being a density, and it leaves out the upper half.
func checkComplexity(t *testing.T, r *plethtest.Reference, a *analysis.Analysed) {
	t.Helper()
	if len(oximetry.NewSeries(&a.Derived.Grid).Stretches) != 1 {
		return
	}
	v := func(path ...string) float64 {
		return r.Number(t, append([]string{"pobm", "range_dropnan"}, path...)...)
	}
	within(t, a.Result, "entropy.approximate", v("complexity", "values", "ApEn"), 1e-9)
	within(t, a.Result, "entropy.sample", v("complexity", "SampEn_RichmanMoorman"), 1e-9)
	within(t, a.Result, "entropy.ctm", v("complexity", "values", "CTM"), 1e-9)
	for id, key := range map[string]string{"prsa.c": "PRSAc", "prsa.ad": "PRSAad", "prsa.os": "PRSAos", "prsa.sb": "PRSAsb", "prsa.sa": "PRSAsa"} {
		within(t, a.Result, id, v("prsa", "values", key), 1e-9)
	}
	seconds := value(t, a.Result, "time.valid_s")
	within(t, a.Result, "psd.band", v("psd", "values", "PSD_band")*seconds/oximetry.SpectrumWindow, 1e-6)
}

// TestReferenceSevere: figures that the reference states in words for the
// recording of severe apnoea.
func TestReferenceSevere(t *testing.T) {
	t.Parallel()
	plethtest.EachReference(t, func(t *testing.T, r *plethtest.Reference) {
		if r.Name != "physiozoo-304" {
			t.Skip("stated for another recording")
		}
		a := analysis.Analyse(only(t, pleth.Header{}, r.Rows), "key", analysis.Settings{Stream: stream.Config{Quantize: true}})
		if alpha := value(t, a.Result, "dfa.alpha"); math.Abs(alpha-0.84) > 0.02 {
			t.Errorf("dfa.alpha = %v, want about 0.84", alpha)
		}
		first := window.Grid{V: a.Derived.Grid.V[:3000], R: a.Derived.Grid.R[:3000]}
		if lz, _ := oximetry.LempelZiv76(oximetry.NewSeries(&first)); lz.Phrases != 64 {
			t.Errorf("%d phrases in the first 3000 s, want 64", lz.Phrases)
		}
	})
}
