package analysis_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/intake"
	"pleth/internal/plethtest"
	"pleth/internal/session"
	"pleth/internal/stream"
	"pleth/internal/window"
)

// recordings are the real ones that independent reference values exist for:
// the name of the file of values, and where and how the samples stand. The
// columns are read here by the simplest code that can: what is tested is the
// core, not the readers.
var recordings = []struct {
	name    string
	file    string
	comma   string
	spo2    int // column, from 0
	pulse   int // column, -1 if there is none
	seconds int // between rows
}{
	{"contec-cms50e-auto-20210515120642", "data/oximetry/contec-cms50e/auto/20210515120642.csv", ",", 2, 3, 1},
	{"masimo-radical7-paediatric", "data/oximetry/masimo-radical7-paediatric/ExampleData.txt", "\t,", 0, 1, 1},
	{"physiozoo-304", "reference/recordings/physiozoo-304.csv", ",", 1, -1, 1},
	{"physiozoo-example-spo2", "reference/recordings/physiozoo-example-spo2.csv", ",", 1, -1, 1},
	{"viatom-checkme-o2-max-20260220-short", "data/oximetry/viatom-checkme-o2-max/checkme-o2-max-20260220-short.csv", ",", 1, 2, 2},
	{"viatom-checkme-o2-max-20260310", "data/oximetry/viatom-checkme-o2-max/checkme-o2-max-20260310.csv", ",", 1, 2, 2},
	{"viatom-o2ring-20250306222056", "data/oximetry/viatom-o2ring/O2Ring _20250306222056.csv", ",", 1, 2, 4},
}

// load returns recording i as a session.
func load(tb testing.TB, i int) *session.Session {
	tb.Helper()
	rec := recordings[i]
	text, err := os.ReadFile(plethtest.Shared(tb, rec.file))
	if err != nil {
		tb.Fatal(err)
	}
	lines := strings.Split(strings.TrimRight(string(text), "\r\n"), "\n")
	var b pleth.Batch
	for k, line := range lines[1:] {
		f := strings.FieldsFunc(strings.TrimRight(line, "\r"), func(r rune) bool { return strings.ContainsRune(rec.comma, r) })
		b.AddRow(int64(k*rec.seconds) * 1e9)
		set := func(m pleth.Metric, column int) {
			if v, ok := pleth.ParseValue([]byte(strings.TrimSpace(f[column]))); ok {
				b.Set(m, v)
				return
			}
			b.SetMissing(m)
		}
		set(pleth.SpO2, rec.spo2)
		if rec.pulse >= 0 {
			set(pleth.PulseRate, rec.pulse)
		}
	}
	return only(tb, pleth.Header{}, &b)
}

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

// oracle is a file of reference values, by path.
type oracle map[string]any

func loadOracle(tb testing.TB, name string) oracle {
	tb.Helper()
	text, err := os.ReadFile(plethtest.Shared(tb, "reference/oracle/"+name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	var o oracle
	if err := json.Unmarshal(text, &o); err != nil {
		tb.Fatal(err)
	}
	return o
}

func (o oracle) at(tb testing.TB, path ...string) any {
	tb.Helper()
	var v any = map[string]any(o)
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok || m[p] == nil {
			tb.Fatalf("the reference has no %s", strings.Join(path, "/"))
		}
		v = m[p]
	}
	return v
}

func (o oracle) number(tb testing.TB, path ...string) float64 {
	tb.Helper()
	f, ok := o.at(tb, path...).(float64)
	if !ok {
		tb.Fatalf("%s of the reference is no number", strings.Join(path, "/"))
	}
	return f
}

// gridDigest is the digest the reference was made with: %g joined by commas,
// nothing for a missing second.
func gridDigest(g *window.Grid) string {
	var sb strings.Builder
	for k, v := range g.V {
		if k > 0 {
			sb.WriteByte(',')
		}
		if g.Ok(k) {
			fmt.Fprintf(&sb, "%g", v.Float())
		}
	}
	sum := sha256.Sum256([]byte(sb.String()))
	return hex.EncodeToString(sum[:])
}

// near compares floats by the relative tolerance of the reference.
func near(got, want, tolerance float64) bool {
	return math.Abs(got-want) <= tolerance*math.Max(math.Abs(want), math.Abs(got))
}

func TestReferenceValues(t *testing.T) {
	t.Parallel()
	for i, rec := range recordings {
		t.Run(rec.name, func(t *testing.T) {
			t.Parallel()
			o := loadOracle(t, rec.name)
			a := analysis.Analyse(load(t, i), "key", analysis.Settings{Stream: stream.Config{Quantize: true}})
			if got, want := gridDigest(&a.Derived.Grid), o.at(t, "inputs", "range", "sha256_csv"); got != want {
				t.Fatalf("the input differs from the one of the reference: digest %s, want %s", got, want)
			}
			checkLevel(t, o, a.Result)
			checkBelow(t, o, a.Result)
			checkRolling(t, o, a)
			checkFalls(t, o, a.Result)
		})
	}
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

func checkLevel(t *testing.T, o oracle, s *analysis.Session) {
	t.Helper()
	v := func(path ...string) float64 {
		return o.number(t, append([]string{"independent", "values"}, path...)...)
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
	histogram := o.at(t, "independent", "values", "histogram").(map[string]any)
	if len(histogram) != len(s.Histogram) {
		t.Errorf("histogram has %d values, want %d", len(s.Histogram), len(histogram))
	}
	for percent, want := range histogram {
		if s.Histogram[percent] != want {
			t.Errorf("histogram at %s %% = %v s, want %v s", percent, s.Histogram[percent], want)
		}
	}
}

func checkBelow(t *testing.T, o oracle, s *analysis.Session) {
	t.Helper()
	for _, q := range stream.BelowLimits {
		v := func(key string) float64 {
			return o.number(t, "independent", "values", "below", strconv.Itoa(q), key)
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
				return o.number(t, "independent", "values", "episodes", q, "by_min_duration", d, key)
			}
			p := fmt.Sprintf("runs.%s.min_%s.", q, d)
			exact(t, s, p+"count", v("n"))
			exact(t, s, p+"seconds", v("seconds"))
		}
	}
}

func checkRolling(t *testing.T, o oracle, a *analysis.Analysed) {
	t.Helper()
	for _, w := range stream.RollingSpans {
		name := fmt.Sprintf("%ds", w)
		for _, id := range []string{"mean_min", "mean_max", "sd_max"} {
			within(t, a.Result, fmt.Sprintf("rolling.%d.%s", w, id), o.number(t, "independent", "values", "rolling", name, id), 1e-9)
		}
		at := o.at(t, "independent", "values", "rolling", name, "at").(map[string]any)
		if len(at) == 0 {
			t.Fatalf("the reference has no values of the window of %s", name)
		}
		r := window.NewRolling(w)
		for k, v := range a.Derived.Grid.V {
			r.Push(v, a.Derived.Grid.Ok(k))
			want, asked := at[strconv.Itoa(k)].([]any)
			if !asked {
				continue
			}
			if !r.Exists() || !near(r.Mean(), want[0].(float64), 1e-9) || math.Abs(r.SD()-want[1].(float64)) > 1e-9 {
				t.Errorf("window of %s ending at %d s: mean %v, sd %v, exists %v; want %v", name, k, r.Mean(), r.SD(), r.Exists(), want)
			}
		}
	}
}

// checkFalls compares the counts with another implementation of the same idea.
func checkFalls(t *testing.T, o oracle, s *analysis.Session) {
	t.Helper()
	for id, path := range map[string]string{"odi3.count": "drop3", "odi4.count": "drop4"} {
		want := o.number(t, "snooz_abosa", path, "n")
		if got := value(t, s, id); math.Abs(got-want) > math.Max(6, 0.2*want) {
			t.Errorf("%s = %v, want %v within 20 %% or 6", id, got, want)
		}
	}
}
