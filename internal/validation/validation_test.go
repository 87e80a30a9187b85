// Package validation measures how well events are found whose truth is known:
// in simulated nights of every profile, and in real recordings into which
// falls were planted. It holds tests only. docs/validation.md says what counts
// as found and carries the results of the full campaign, which
//
//	go test ./internal/validation -nights 1000 -timeout 60m
//
// repeats and compares; with -update it writes them.
package validation

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pleth/internal/plethtest"
)

var (
	nightsFlag = flag.Int("nights", 0, "simulated nights per profile and activity; 0: a reduced campaign")
	updateFlag = flag.Bool("update", false, "with -nights: write the results into docs/validation.md")
)

// reducedNights are the nights per profile and activity of an ordinary test.
const reducedNights = 20

// The goals: least sensitivity and positive predictive value.
const (
	cleanGoal   = 0.95 // quiet adults and children
	harsherGoal = 0.85 // infants, and everybody who moves
)

// full reports whether the campaign runs whole, and how many nights that is.
func full() (nights int, whole bool) {
	if *nightsFlag > 0 {
		return *nightsFlag, true
	}
	return reducedNights, false
}

// compare checks that a table of docs/validation.md is the one just measured,
// or writes it there. A reduced campaign has nothing to compare.
func compare(t *testing.T, name, table string) {
	t.Helper()
	t.Logf("%s\n%s", name, table)
	if _, whole := full(); !whole {
		return
	}
	path := filepath.Join(plethtest.Root(t), "docs", "validation.md")
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	open, end := "<!-- "+name+" -->\n", "<!-- end -->"
	before, rest, ok := strings.Cut(string(page), open)
	old, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("docs/validation.md has no place for the table %q", name)
	}
	if old == table {
		return
	}
	if !*updateFlag {
		t.Errorf("docs/validation.md says otherwise of %s:\n%s", name, old)
		return
	}
	if err := os.WriteFile(path, []byte(before+open+table+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
