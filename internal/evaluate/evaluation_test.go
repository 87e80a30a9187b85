package evaluate

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the expected texts and the table of rules")

// TestTexts compares the evaluation of the hand-made sessions with the texts
// in testdata, which are written to be read.
func TestTexts(t *testing.T) {
	t.Parallel()
	for name, make := range makers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", name+".txt")
			got := render(Of(make()))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the evaluation differs from %s; read both, then go test -update\ngot:\n%s\nwant:\n%s", path, got, want)
			}
		})
	}
}

// render writes an evaluation as text. No-break spaces are shown as "~".
func render(e *Evaluation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", e.Summary.Headline)
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "%-9s %s  %s\n%15s metrics  %s\n", f.Level, f.Rule, f.Text, "", strings.Join(f.Metrics, " "))
		if len(f.Evidence) > 0 {
			fmt.Fprintf(&b, "%15s evidence %s\n", "", strings.Join(f.Evidence, " "))
		}
	}
	b.WriteByte('\n')
	for _, s := range e.Summary.Sentences {
		fmt.Fprintf(&b, "%s\n", s)
	}
	b.WriteByte('\n')
	for _, q := range e.Summary.Questions {
		fmt.Fprintf(&b, "? %s\n", q)
	}
	return strings.ReplaceAll(b.String(), nbsp, "~")
}

// TestEvidence: a finding points at what it counts, worst first.
func TestEvidence(t *testing.T) {
	t.Parallel()
	in := quiet()
	in.Falls = []Fall{{"small", 10, 40, 94, 3.9}, {"later", 100, 140, 92, 5}, {"deep", 500, 540, 88, 9}, {"edge", 700, 740, 93, 4}}
	for i := range 2 * maxEvidence {
		events(in, 89-0.1*float64(i%7), 20, 0, nil, hm(1, i))
	}
	e := Of(in)
	for i := range e.Findings {
		f := &e.Findings[i]
		switch f.Rule {
		case "R-07":
			if got := strings.Join(f.Evidence, " "); got != "deep later edge" {
				t.Errorf("R-07 points at %s", got)
			}
		case "R-03":
			if len(f.Evidence) != maxEvidence || f.Evidence[0] != "e90-3960000" {
				t.Errorf("R-03 points at %v", f.Evidence)
			}
		}
	}
}

func BenchmarkOf(b *testing.B) {
	in := design()
	b.ReportAllocs()
	for b.Loop() {
		Of(in)
	}
}
