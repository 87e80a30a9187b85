package analysis_test

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/evaluate"
	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
	"pleth/internal/session"
	"pleth/internal/stream"
)

// checkIDs checks that a session has a finite value or a reason for every id
// of the list, never both, and no other id.
func checkIDs(t interface {
	Helper()
	Errorf(string, ...any)
}, s *analysis.Session) {
	t.Helper()
	known := map[string]bool{}
	for _, id := range analysis.IDs() {
		known[id.ID] = true
		v, has := s.Metrics[id.ID]
		reason, hasNot := s.NotComputed[id.ID]
		switch {
		case has == hasNot:
			t.Errorf("%s has a value: %v, a reason not to have one: %v", id.ID, has, hasNot)
		case has && (math.IsNaN(v) || math.IsInf(v, 0)):
			t.Errorf("%s = %v", id.ID, v)
		case hasNot && reason == "":
			t.Errorf("%s has no value for no reason", id.ID)
		}
	}
	for id := range s.Metrics {
		if !known[id] {
			t.Errorf("%s is not in the list of ids", id)
		}
	}
	for id := range s.NotComputed {
		if !known[id] {
			t.Errorf("%s is not in the list of ids", id)
		}
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	list := analysis.IDs()
	for i, id := range list {
		if seen[id.ID] || id.ID == "" || id.Unit == "" || id.Meaning == "" || strings.HasSuffix(id.Meaning, ".") {
			t.Errorf("bad entry %+v", id)
		}
		seen[id.ID] = true
		if id.Clean != strings.HasSuffix(id.ID, analysis.CleanSuffix) || id.Clean != (i%2 == 1) {
			t.Errorf("%s: clean %v at place %d", id.ID, id.Clean, i)
		}
		if id.Clean && id.ID != list[i-1].ID+analysis.CleanSuffix {
			t.Errorf("%s follows %s", id.ID, list[i-1].ID)
		}
	}
	// Those that the contract of the document names.
	for _, id := range []string{"time.span_s", "spo2.mean", "spo2.p99", "below.95.seconds_le", "below.70.area_pct_min_per_h", "runs.80.min_120.seconds",
		"bins.le80", "nhs", "rolling.300.sd_max", "di12", "episodes.85.longest_s", "odi4.per_h", "burden.desat", "pulse.p50", "pulse.rises6.per_h",
		"rate.max_fall", "slope.theil_sen", "entropy.lz76", "dfa.alpha", "psd.band_ratio", "psd.peak_hz", "rate.cluster.per_h"} {
		if !seen[id] || !seen[id+analysis.CleanSuffix] {
			t.Errorf("%s or its twin is missing", id)
		}
	}
}

// TestEvaluationReadsKnownIDs: the rules of the evaluation read no id that a
// document cannot have.
func TestEvaluationReadsKnownIDs(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, id := range analysis.IDs() {
		known[id.ID] = true
	}
	for _, id := range evaluate.MetricIDs() {
		if !known[id] {
			t.Errorf("the evaluation reads %s, which is not in the list", id)
		}
	}
	for _, b := range oximetry.Bands() {
		if !known[b.Metric] {
			t.Errorf("a band is of %s, which is not in the list", b.Metric)
		}
	}
}

// TestEveryIDHasValueOrReason runs over the real recordings and over sessions
// at the edge of having anything to measure.
func TestEveryIDHasValueOrReason(t *testing.T) {
	t.Parallel()
	plethtest.EachReference(t, func(t *testing.T, r *plethtest.Reference) {
		checkIDs(t, analysis.Analyse(only(t, pleth.Header{}, r.Rows), "key", analysis.Settings{}).Result)
	})
	age, err := oximetry.ParseAge("9y")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"?", "5000x?", "97", "? 97 ?", "2x97", "3x97", "12x97 11x?", "255x97", "256x97", "1000x97", "1799x97", "40000x97", "100x49", "100x97 100x49 3000x97"} {
		for _, set := range []analysis.Settings{{}, {Age: age}, {Stream: stream.Config{Clean: true, Quantize: true}}} {
			a := analysis.Analyse(sessionAt1Hz(t, plethtest.Seconds(t, text)), "key", set)
			checkIDs(t, a.Result)
			if _, err := analysis.Encode(&analysis.Document{Sessions: []*analysis.Session{a.Result}}); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

// drawSession draws a session with all that real ones have: gaps, irregular
// and fast rows, sentinels, rows of other metrics, doubts.
func drawSession(t *rapid.T) *session.Session {
	r := plethtest.NewRandom(rapid.Uint64().Draw(t, "seed"))
	step := rapid.SampledFrom([]int64{1e9, 2e9, 4e9, 1024e6, 250e6, 500e6, 700e6, 60e9}).Draw(t, "step")
	jitter := rapid.SampledFrom([]int{1, 1, 50, 600}).Draw(t, "jitter") // ms
	scale := rapid.SampledFrom([]uint8{0, 0, 1, 3}).Draw(t, "scale")
	rows := rapid.IntRange(1, 1500).Draw(t, "rows")
	b, c := new(pleth.Batch), session.NewCutter(pleth.Header{})
	at, level := int64(0), int64(96)*pleth.Pow10(scale)
	for i := range rows {
		b.AddRow(at)
		unit := pleth.Pow10(scale)
		switch r.Intn(40) {
		case 0:
			level = max(70*unit, level-int64(r.Intn(12))*unit)
		case 1, 2, 3:
			level = min(100*unit, level+int64(r.Intn(5))*unit)
		}
		switch r.Intn(30) {
		case 0:
			b.SetMissing(pleth.SpO2)
		case 1: // a row of other metrics
		case 2:
			b.Set(pleth.SpO2, pleth.Num(int64(r.Intn(101))*unit, scale))
		default:
			b.Set(pleth.SpO2, pleth.Num(level+int64(r.Intn(2)), scale))
		}
		if r.Intn(10) > 0 {
			b.SetInt(pleth.PulseRate, int64(50+r.Intn(8)*r.Intn(8)))
		} else if r.Intn(2) == 0 {
			b.SetMissing(pleth.PulseRate)
		}
		if r.Intn(15) == 0 {
			b.SetInt(pleth.Motion, int64(r.Intn(20)))
		}
		if r.Intn(100) == 0 {
			b.Mark(pleth.SensorFault)
		}
		c.Push(at, b, i)
		at += step + int64(r.Intn(jitter))*1e6
		if r.Intn(200) == 0 {
			at += int64(r.Intn(400)) * 1e9
		}
	}
	return c.Close()
}

func TestEveryIDHasValueOrReasonDrawn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		if s := drawSession(t); s != nil {
			checkIDs(t, analysis.Analyse(s, "key", analysis.Settings{}).Result)
		}
	})
}

var update = flag.Bool("update", false, "write docs/metrics.md anew")

// TestMetricsPage keeps docs/metrics.md equal to the list of ids.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	var page bytes.Buffer
	page.WriteString("# Metric ids\n\nWritten by `go test ./internal/analysis -run TestMetricsPage -update` from the list in `internal/analysis/ids.go`; the rules are in\n" +
		"[definitions](definitions/). A document has for each session a value of every id under `metrics`, or the reason why not under\n" +
		"`not_computed`. Every id has a twin with the suffix `.clean` that leaves suspect and artefact samples out\n([clean](definitions/clean.md)). Units are UCUM; differences of SpO2 are points of percent.\n\n| id | unit | meaning |\n|---|---|---|\n")
	for _, id := range analysis.IDs() {
		if !id.Clean {
			fmt.Fprintf(&page, "| `%s` | %s | %s |\n", id.ID, id.Unit, id.Meaning)
		}
	}
	path := filepath.Join(plethtest.Root(t), "docs", "metrics.md")
	if *update {
		if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, page.Bytes()) {
		t.Error("docs/metrics.md is not what the list of ids makes: run this test with -update")
	}
}
