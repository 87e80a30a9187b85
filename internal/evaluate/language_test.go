package evaluate

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// TestLanguagesSayTheSame: a language has every text, with the same slots, and
// no number of its own.
func TestLanguagesSayTheSame(t *testing.T) {
	t.Parallel()
	parts := func(text string) []string {
		var out []string
		for text != "" {
			i := strings.IndexByte(text, '{')
			if i < 0 {
				break
			}
			inner, rest := bracketed(text[i:])
			ref, nouns, counted := strings.Cut(inner, "|")
			if counted && (strings.Count(nouns, "|") != 1 || strings.HasSuffix(nouns, "|") || strings.HasPrefix(nouns, "|")) {
				out = append(out, "nouns of "+ref)
			}
			if counted {
				ref += "|"
			}
			out = append(out, ref)
			text = rest
		}
		slices.Sort(out)
		return out
	}
	for code, l := range languages {
		if len(l.texts) != len(english) {
			t.Errorf("%s has %d texts, want %d", code, len(l.texts), len(english))
		}
		for key, text := range english {
			own, ok := l.texts[key]
			if !ok || own == "" {
				t.Errorf("%s lacks %s", code, key)
				continue
			}
			if got, want := parts(own), parts(text); !slices.Equal(got, want) {
				t.Errorf("%s %s: slots %v, want %v", code, key, got, want)
			}
			for _, c := range []string{"[", "]"} {
				if strings.Count(own, c) != strings.Count(text, c) {
					t.Errorf("%s %s: %d %s, want %d", code, key, strings.Count(own, c), c, strings.Count(text, c))
				}
			}
			said := own
			for strings.Contains(said, "{") {
				i := strings.IndexByte(said, '{')
				_, rest := bracketed(said[i:])
				said = said[:i] + rest
			}
			if strings.ContainsFunc(said, unicode.IsDigit) {
				t.Errorf("%s %s has a number of its own: %s", code, key, own)
			}
		}
	}
}

// TestEvaluationsInAnyLanguage: the language changes words, never what is found.
func TestEvaluationsInAnyLanguage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		want := Of(in)
		for code := range languages {
			other := *in
			other.Language = code
			got := Of(&other)
			if len(got.Findings) != len(want.Findings) || len(got.Summary.Sentences) != len(want.Summary.Sentences) || len(got.Summary.Questions) != len(want.Summary.Questions) {
				t.Fatalf("%s: %d findings, %d sentences, want %d, %d", code, len(got.Findings), len(got.Summary.Sentences), len(want.Findings), len(want.Summary.Sentences))
			}
			for i, f := range got.Findings {
				w := want.Findings[i]
				slices.Sort(f.Metrics)
				metrics := slices.Sorted(slices.Values(w.Metrics))
				if f.Rule != w.Rule || f.Level != w.Level || !slices.Equal(f.Metrics, metrics) || f.Text == "" {
					t.Fatalf("%s: %+v, want %+v", code, f, w)
				}
			}
		}
	})
}

func TestGermanNumbers(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		PerHour(6.04): "6,0 pro Stunde", Share(0.01): "unter 0,1\u00a0%", WholePercent(99.9): "über 99\u00a0%", Age(6): "6\u00a0Jahre", Age(1.0 / 365): "1\u00a0Tag",
		Duration(612): "10\u00a0min 12\u00a0s", "at 03:22": "um 03:22", "after 4\u00a0h 06\u00a0min": "nach 4\u00a0h 06\u00a0min",
	} {
		if got := toGerman(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}
