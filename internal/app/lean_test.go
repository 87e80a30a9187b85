package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pleth/internal/app"
)

// TestTracesAreLetGo: a recording of years keeps the traces of its days only
// for a run that draws them.
func TestTracesAreLetGo(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("time,spo2,pulse\n")
	for day := 1; day <= 5; day++ {
		for s := range 60 {
			fmt.Fprintf(&b, "2026-03-%02d 22:00:%02d,96,60\n", day, s)
		}
	}
	path := filepath.Join(t.TempDir(), "days.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := app.NewAnalyzer(app.Options{}, program, nil)
	if err != nil {
		t.Fatal(err)
	}
	for traces, want := range map[bool]int{true: 5, false: 2} {
		run := app.Run{Analyzer: a, Traces: traces}
		err := run.Each(t.Context(), []string{path}, func(r *app.Recording) any { return r }, func(v any) error {
			r := v.(*app.Recording)
			if len(r.Doc.Sessions) != 5 || len(r.Traces) != want {
				t.Errorf("traces %t: %d sessions, %d traces, want 5 and %d", traces, len(r.Doc.Sessions), len(r.Traces), want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
