package evaluate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// forbidden are words that judge or diagnose. A text may hold one only where
// allowed says so.
var forbidden = []string{"normal", "diagnos", "apnoea", "apnea", "healthy", "safe", "danger", "harmless", "disease", "disorder", "illness", "syndrome", "sids",
	"risk", "prevent", "protect", "suffer", "hypox", "critical", "alarm", "life", "death", "dying", "fine", "good enough for", "nothing to worry"}

// allowed are the exceptions: what oximetry cannot show, what the recording
// does not hold, and what the program is not.
var allowed = map[string][]string{
	"limits.cannot": {"apnoea"},
	"R-18.context":  {"illness"},
	"disclaimer":    {"diagnos", "life", "syndrome", "sids", "risk", "death"},
}

func TestTextsDoNotJudge(t *testing.T) {
	t.Parallel()
	for key, text := range english {
		for _, word := range forbidden {
			if strings.Contains(strings.ToLower(text), word) && !slices.Contains(allowed[key], word) {
				t.Errorf("%s says %q: %s", key, word, text)
			}
		}
	}
	for key, words := range allowed {
		for _, word := range words {
			if !strings.Contains(strings.ToLower(english[key]), word) {
				t.Errorf("%s need not be allowed %q", key, word)
			}
		}
	}
}

// TestResultsDoNotJudge holds the words of whole evaluations against the list:
// joined texts must not make what single ones avoid. Quotations (group, source,
// reasons, names) come with the input and are not drawn here.
func TestResultsDoNotJudge(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := Of(drawInput(t))
		for _, s := range texts(e) {
			for _, word := range forbidden {
				excepted := s == english["disclaimer"] || s == english["limits.cannot"] || s == english["R-18.context"]
				if strings.Contains(strings.ToLower(s), word) && !excepted {
					t.Fatalf("%q says %q", s, word)
				}
			}
		}
	})
}

func TestDisclaimer(t *testing.T) {
	t.Parallel()
	for _, want := range []string{"not a medical device", "diagnosis", "life support", "does not replace", "does not reduce the risk of SIDS"} {
		if !strings.Contains(english["disclaimer"], want) {
			t.Errorf("the disclaimer lacks %q", want)
		}
	}
}

// TestTemplatesHaveNoDigits: a number in a text is a slot, so it can be proved.
func TestTemplatesHaveNoDigits(t *testing.T) {
	t.Parallel()
	for key, text := range english {
		var words strings.Builder
		for rest := text; rest != ""; {
			before, after, found := strings.Cut(rest, "{")
			words.WriteString(before)
			if !found {
				break
			}
			_, rest, _ = strings.Cut(after, "}")
		}
		if strings.ContainsFunc(words.String(), unicode.IsDigit) {
			t.Errorf("%s has a digit of its own: %s", key, text)
		}
	}
}

// keysUsed are the keys of all texts that rules and the summary can say.
func keysUsed() map[string]bool {
	used := map[string]bool{"emergency": true, "disclaimer": true}
	add := func(list []variant) {
		for _, v := range list {
			used[v.text] = true
		}
	}
	for _, r := range rules {
		add(r.finding)
		add(r.headline)
		for _, s := range r.sentences {
			add(s)
		}
		if r.question != "" {
			used[r.question] = true
		}
	}
	for key := range english {
		for _, prefix := range []string{"headline.", "advice.", "limits.", "grade.", "label.", "third.", "nights."} {
			if strings.HasPrefix(key, prefix) {
				used[key] = true
			}
		}
	}
	return used
}

func TestEveryTextIsUsedAndEveryKeyThere(t *testing.T) {
	t.Parallel()
	used := keysUsed()
	for key := range english {
		if !used[key] {
			t.Errorf("nobody says %s", key)
		}
	}
	for key := range used {
		if english[key] == "" {
			t.Errorf("there is no text %s", key)
		}
	}
	for _, r := range rules {
		for _, c := range r.criteria {
			if c.source == "" || c.level == Info || len(c.when) == 0 {
				t.Errorf("%s: a criterion without source, level or condition", r.id)
			}
		}
		for _, list := range append([][]variant{r.finding, r.headline}, r.sentences...) {
			for _, v := range list {
				if !strings.HasPrefix(v.text, r.id+".") && !strings.HasPrefix(v.text, "headline.") {
					t.Errorf("%s says %s, a text of another rule: its constants would not count", r.id, v.text)
				}
			}
		}
	}
}

// TestEveryReferenceCanHaveAValue: each reference of a template or a condition
// has a value when all metrics of metricIDs are there, so none is misspelt or
// undeclared.
func TestEveryReferenceCanHaveAValue(t *testing.T) {
	t.Parallel()
	full := design()
	full.Bands = infant().Bands
	full.Bands[0].Bounds = true
	for _, id := range metricIDs {
		if _, ok := full.Metrics[id]; !ok {
			full.Metrics[id] = 1
		}
	}
	for _, id := range []string{"below.90.seconds", "below.88.seconds", "below.85.seconds", "spo2.min"} {
		full.Metrics[id+".clean"] = full.Metrics[id] / 2
	}
	full.Metrics["below.90.seconds.clean"] = 10
	full.Comparison["odi4.per_h"] = position(6, 3, 2, 4, 14)
	full.NotComputed["mcgill.score"] = "reason"
	events(full, 60, 90, 100, nil, hm(1, 0))
	events(full, 70, 90, 0, nil, hm(2, 0))
	bound := []binds{}
	for _, q := range []string{"90", "88", "85"} {
		bound = append(bound, binds{"q": q, "dip": full.Episodes[len(full.Episodes)-4].ID, "big": full.Clusters[0].ID, "n": "0", "id": "spo2.median", "third": "2"})
	}
	bound = append(bound, binds{"id": "mcgill.score"})
	check := func(key, ref string) {
		for _, b := range bound {
			f := newFacts(full)
			if _, ok := f.text(b.fill(ref)); ok {
				return
			}
			if _, _, ok := f.number(b.fill(ref)); ok {
				return
			}
		}
		t.Errorf("%s: %s can have no value", key, ref)
	}
	for key, text := range english {
		slots(text, func(ref, _ string) { check(key, ref) })
	}
	for _, r := range rules {
		for _, c := range allConds(r) {
			check(r.id, c.ref)
		}
	}
}

func allConds(r *rule) []cond {
	conds := slices.Clone(r.shown)
	for _, c := range r.criteria {
		conds = append(conds, c.when...)
	}
	for _, list := range append([][]variant{r.finding, r.headline}, r.sentences...) {
		for _, v := range list {
			conds = append(conds, v.when...)
		}
	}
	return conds
}

// TestEveryMetricIsRead: a producer is asked for nothing that no rule reads.
func TestEveryMetricIsRead(t *testing.T) {
	t.Parallel()
	read := map[string]bool{}
	note := func(ref string) {
		for _, q := range []string{"90", "88", "85"} {
			for _, third := range []string{"1", "2", "3"} {
				id := binds{"q": q, "third": third}.fill(ref)
				for _, prefix := range []string{"trusted.", "doubted.", "usual.", "nights.", "highest.", "lowest.", "record.", "excess."} {
					id = strings.TrimPrefix(id, prefix)
				}
				read[strings.TrimSuffix(id, ".clean")] = true
			}
		}
	}
	for _, text := range english {
		slots(text, func(ref, _ string) { note(ref) })
	}
	for _, r := range rules {
		for _, c := range allConds(r) {
			note(c.ref)
		}
	}
	for _, q := range episodeLimits {
		read[fmt.Sprintf("episodes.%d.count", q)] = true // by facts.group
	}
	for _, id := range metricIDs {
		if !read[id] {
			t.Errorf("no rule reads %s", id)
		}
	}
}
