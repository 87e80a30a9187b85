package evaluate_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pleth/internal/evaluate"
)

// TestReasonsAreToldInGerman holds the reasons of missing measures and the
// sentences about rows against their sources.
func TestReasonsAreToldInGerman(t *testing.T) {
	t.Parallel()
	if got := evaluate.Told("de", "12 steps between rows differ from the interval"); got != "12 Abstände zwischen Zeilen weichen vom üblichen ab" {
		t.Error(got)
	}
	if got := evaluate.Told("de", "what nobody has said before"); got != "what nobody has said before" {
		t.Error(got)
	}
	if got := evaluate.Told("en", "needs the age"); got != "needs the age" {
		t.Error(got)
	}
	files, err := filepath.Glob("../analysis/measure*.go")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`"((?:needs|no|not) [^"]+)"`)
	var n int
	for _, file := range append(files, "../intake/intake.go") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pattern := said
		if strings.HasSuffix(file, "intake.go") {
			pattern = regexp.MustCompile(`"([^"]* (?:left out|interval|kept in their order))"`)
		}
		for _, m := range pattern.FindAllStringSubmatch(string(b), -1) {
			n++
			if s := strings.ReplaceAll(m[1], "%d", "7"); evaluate.Told("de", s) == s {
				t.Errorf("%s: %q has no German", filepath.Base(file), s)
			}
		}
	}
	if n < 30 {
		t.Errorf("%d sentences found", n)
	}
}
