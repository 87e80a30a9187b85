package evaluate

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"
)

// number draws a value that a metric may have, or an absurd one.
func number(t *rapid.T, label string) float64 {
	switch rapid.IntRange(0, 9).Draw(t, label+" kind") {
	case 0:
		return rapid.SampledFrom([]float64{0, -1, 1e-9, 0.04, 0.5, 59.999, 60, 3599.5, 1e7, 1e300, -1e300, 5e-324}).Draw(t, label)
	case 1, 2, 3:
		return rapid.Float64Range(50, 100).Draw(t, label)
	case 4, 5:
		return float64(rapid.IntRange(0, 30000).Draw(t, label))
	}
	return rapid.Float64Range(0, 120).Draw(t, label)
}

// drawInput draws a session, whole or torn, plausible or absurd.
func drawInput(t *rapid.T) *Input {
	in := &Input{Metrics: map[string]float64{}, NotComputed: map[string]string{}, Comparison: map[string]Position{}}
	if rapid.Bool().Draw(t, "hand-made") {
		base := makers[rapid.SampledFrom(caseNames).Draw(t, "case")]()
		in.Metrics = maps.Clone(base.Metrics)
		in.Quality, in.Episodes, in.Clusters, in.Falls, in.AgeYears, in.Bands = base.Quality, base.Episodes, base.Clusters, base.Falls, base.AgeYears, base.Bands
		maps.Copy(in.Comparison, base.Comparison)
		if in.Metrics == nil {
			in.Metrics = map[string]float64{}
		}
	}
	drawMetrics(t, in)
	drawEpisodes(t, in)
	for i := range rapid.IntRange(0, 3).Draw(t, "clusters") {
		at := number(t, "cluster start")
		in.Clusters = append(in.Clusters, Cluster{fmt.Sprintf("c%d", i), at, at + number(t, "cluster length"), rapid.IntRange(5, 90).Draw(t, "n"), number(t, "worst")})
	}
	if rapid.Bool().Draw(t, "clock") {
		in.Start = time.Date(2025, 3, 6, 22, 20, 56, 0, time.UTC)
	}
	if rapid.Bool().Draw(t, "quality") {
		in.Quality = Quality{rapid.SampledFrom([]string{"good", "adequate", "limited", "inadequate", "odd"}).Draw(t, "grade"), number(t, "score"), number(t, "gap"), number(t, "suspect")}
		if rapid.Bool().Draw(t, "usable") {
			in.Metrics["time.valid_s"], in.Metrics["time.valid_pct"], in.Metrics["time.span_s"] = 25200, 96, 26250
		}
	}
	if rapid.Bool().Draw(t, "age") {
		in.AgeYears = ptr(rapid.Float64Range(-1, 90).Draw(t, "years"))
	}
	if rapid.Bool().Draw(t, "trend") {
		in.Metrics["trend.mann_kendall_p"], in.Metrics["trend.change"] = rapid.Float64Range(0, 0.05).Draw(t, "p"), rapid.Float64Range(-9, 9).Draw(t, "change")
	}
	in.IntervalS, in.AveragingS, in.EpisodeMinS = number(t, "interval"), number(t, "averaging"), number(t, "episode minimum")
	in.Earlier = rapid.Bool().Draw(t, "earlier")
	in.ODIMethod = rapid.SampledFrom([]string{"", "abosa", "method 7"}).Draw(t, "method")
	return in
}

// drawMetrics changes some metrics, comparisons and reasons of in.
func drawMetrics(t *rapid.T, in *Input) {
	for range rapid.IntRange(0, 20).Draw(t, "changes") {
		id := rapid.SampledFrom(metricIDs).Draw(t, "id")
		switch rapid.IntRange(0, 4).Draw(t, "change") {
		case 0:
			delete(in.Metrics, id)
			in.NotComputed[id] = "needs 4 h of valid signal"
		case 1:
			in.Metrics[id+".clean"] = number(t, "clean")
		case 2:
			of := rapid.IntRange(1, 14).Draw(t, "of")
			in.Comparison[id] = Position{number(t, "value"), number(t, "median"), 0, 0, rapid.IntRange(1, of).Draw(t, "rank"), of}
		default:
			in.Metrics[id] = number(t, "value")
		}
	}
}

func drawEpisodes(t *rapid.T, in *Input) {
	for i := range rapid.IntRange(0, 12).Draw(t, "episodes") {
		limit := rapid.SampledFrom([]int{90, 88, 85, 80}).Draw(t, "limit")
		at := number(t, "start")
		e := Episode{ID: fmt.Sprintf("x%d-%d", limit, i), Limit: limit, StartS: at, EndS: at + number(t, "length"), BelowS: number(t, "below"),
			Nadir: rapid.Float64Range(50, float64(limit)-0.001).Draw(t, "nadir"), NadirS: at + 1, Truncated: rapid.Bool().Draw(t, "truncated"), SuspectPct: rapid.Float64Range(0, 100).Draw(t, "suspect")}
		if rapid.Bool().Draw(t, "pulse") {
			e.PulseResponse = ptr(rapid.Float64Range(-20, 40).Draw(t, "response"))
		}
		in.Episodes = append(in.Episodes, e)
		in.Metrics[fmt.Sprintf("episodes.%d.count", limit)]++
	}
}

// allRefs are the references of all findings: what headline and sentences rest on.
func allRefs(e *Evaluation) []string {
	var refs []string
	for i := range e.Findings {
		refs = append(refs, e.Findings[i].Metrics...)
	}
	return refs
}

func texts(e *Evaluation) []string {
	out := append([]string{e.Summary.Headline, e.Summary.Disclaimer}, e.Summary.Sentences...)
	out = append(out, e.Summary.Questions...)
	for i := range e.Findings {
		out = append(out, e.Findings[i].Text)
	}
	return out
}

// checkExplained proves every number of every text from the input.
func checkExplained(t rapid.TB, in *Input, e *Evaluation) {
	for i := range e.Findings {
		f := &e.Findings[i]
		if left := Unexplained(in, f.Text, f.Metrics); len(left) > 0 {
			t.Fatalf("%s %q: %v come from none of %v", f.Rule, f.Text, left, f.Metrics)
		}
		for _, ref := range f.Metrics {
			_, number := in.Value(ref)
			if _, words := in.Text(ref); !number && !words {
				t.Fatalf("%s lists %s, which has no value", f.Rule, ref)
			}
		}
	}
	refs := allRefs(e)
	for _, s := range append(slices.Clone(e.Summary.Sentences), e.Summary.Headline) {
		if left := Unexplained(in, s, refs); len(left) > 0 {
			t.Fatalf("%q: %v come from no finding", s, left)
		}
	}
	for _, s := range append(slices.Clone(e.Summary.Questions), e.Summary.Disclaimer) {
		if strings.ContainsFunc(s, unicode.IsDigit) {
			t.Fatalf("%q has a number", s)
		}
	}
}

// checkSound checks what holds for every evaluation.
func checkSound(t rapid.TB, in *Input, e *Evaluation) {
	for _, s := range newFacts(in).applyAll() {
		if s.text == "" && (s.weight > Info || len(s.refs) > 0) {
			t.Fatalf("%s has a level or a number, but no finding", s.rule.id)
		}
	}
	for _, s := range texts(e) {
		if strings.TrimSpace(s) == "" || s != strings.TrimSpace(s) || strings.ContainsAny(s, "{}[]$") || strings.Contains(s, "  ") ||
			strings.Contains(s, "NaN") || strings.Contains(s, "Inf") || strings.Contains(s, " ,") || strings.Contains(s, " .") || strings.Contains(s, "..") {
			t.Fatalf("text is not well formed: %q", s)
		}
	}
	for _, s := range append(slices.Clone(e.Summary.Sentences), e.Summary.Headline) {
		if !strings.HasSuffix(s, ".") {
			t.Fatalf("not a sentence: %q", s)
		}
	}
	if dup := firstDuplicate(e.Summary.Sentences); dup != "" {
		t.Fatalf("said twice: %q", dup)
	}
	known := map[string]bool{}
	for _, x := range in.Episodes {
		known[x.ID] = true
	}
	for _, x := range in.Falls {
		known[x.ID] = true
	}
	for _, x := range in.Clusters {
		known[x.ID] = true
	}
	for i := range e.Findings {
		f := &e.Findings[i]
		if i > 0 && (f.Level > e.Findings[i-1].Level || f.Level == e.Findings[i-1].Level && f.Rule < e.Findings[i-1].Rule) {
			t.Fatalf("%s stands after %s", f.Rule, e.Findings[i-1].Rule)
		}
		if f.Metrics == nil || f.Evidence == nil || len(f.Evidence) > maxEvidence || firstDuplicate(f.Metrics) != "" {
			t.Fatalf("%s: metrics %v evidence %v", f.Rule, f.Metrics, f.Evidence)
		}
		for _, id := range f.Evidence {
			if !known[id] {
				t.Fatalf("%s: evidence %s is not in the input", f.Rule, id)
			}
		}
	}
	checkLevel(t, in, e)
}

// checkLevel checks that headline, advice and findings ask for the same.
func checkLevel(t rapid.TB, in *Input, e *Evaluation) {
	judged, _ := in.Value("quality.judged")
	worst := e.Worst()
	if judged == 1 {
		if want := english["headline."+worst.String()]; !strings.HasPrefix(e.Summary.Headline, want) {
			t.Fatalf("worst level is %s, headline %q", worst, e.Summary.Headline)
		}
		if !slices.Contains(e.Summary.Sentences, english["advice."+worst.String()]) {
			t.Fatalf("worst level is %s, advice does not say so", worst)
		}
	} else {
		for i := range e.Findings {
			if f := &e.Findings[i]; f.Rule != signalRule && f.Level != Info {
				t.Fatalf("%s is %s though the signal cannot be judged", f.Rule, f.Level)
			}
		}
		if worst < Note || worst > Attention {
			t.Fatalf("signal cannot be judged, worst level %s", worst)
		}
	}
	advised := 0
	for key, text := range english {
		if strings.HasPrefix(key, "advice.") && slices.Contains(e.Summary.Sentences, text) {
			advised++
		}
	}
	if advised != 1 {
		t.Fatalf("%d pieces of advice", advised)
	}
	infant, _ := in.Value("age.infant")
	if said := slices.Contains(e.Summary.Sentences, english["emergency"]); (worst == Urgent || infant == 1) && !said {
		t.Fatal("the emergency line is missing")
	}
}

func firstDuplicate(list []string) string {
	seen := map[string]bool{}
	for _, s := range list {
		if seen[s] {
			return s
		}
		seen[s] = true
	}
	return ""
}

func TestHandMadeAreSoundAndExplained(t *testing.T) {
	t.Parallel()
	for name, make := range makers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := make()
			e := Of(in)
			checkExplained(t, in, e)
			checkSound(t, in, e)
		})
	}
}

func TestEveryTextIsSoundAndExplained(t *testing.T) {
	t.Parallel()
	for range 5 {
		rapid.Check(t, func(t *rapid.T) {
			in := drawInput(t)
			e := Of(in)
			checkExplained(t, in, e)
			checkSound(t, in, e)
		})
	}
}

func TestSameInputSameEvaluation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		again := *in
		again.Metrics, again.Comparison, again.NotComputed = maps.Clone(in.Metrics), maps.Clone(in.Comparison), maps.Clone(in.NotComputed)
		if a, b := Of(in), Of(&again); !reflect.DeepEqual(a, b) {
			t.Fatalf("differ:\n%v\n%v", a, b)
		}
		if !reflect.DeepEqual(in, &again) {
			t.Fatal("Of changed its input")
		}
	})
}

// TestNothingFromNothing: a session without metrics has no number in any text
// but constants, whatever else is there.
func TestNothingFromNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := &Input{AgeYears: drawInput(t).AgeYears}
		e := Of(in)
		fixed := slices.DeleteFunc(allRefs(e), func(ref string) bool { _, ok := constants[ref]; return !ok })
		for _, s := range texts(e) {
			if left := Unexplained(in, s, fixed); len(left) > 0 {
				t.Fatalf("%q has %v", s, left)
			}
		}
	})
}
