package app_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pleth/internal/analysis"
	"pleth/internal/app"
)

// TestLongRecording: the sessions of a recording that has many go through the
// spool one by one, and come back as if all had stayed in memory.
func TestLongRecording(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("time,spo2,pulse,motion\n")
	for day := 1; day <= 20; day++ {
		for s := range 600 {
			low := 0
			if s%100 < 10+day {
				low = 5 + day%3
			}
			fmt.Fprintf(&b, "2026-03-%02d 22:%02d:%02d,%d,60,%d\n", day, s/60, s%60, 96-low, s%97/95)
		}
	}
	dir := t.TempDir()
	path, other := filepath.Join(dir, "days.csv"), filepath.Join(dir, "next.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	// It goes on where the last day ended: the two are one recording.
	var more strings.Builder
	more.WriteString("time,spo2,pulse,motion\n")
	for s := range 300 {
		fmt.Fprintf(&more, "2026-03-20 22:%02d:%02d,93,60,0\n", 10+s/60, s%60)
	}
	if err := os.WriteFile(other, []byte(more.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := app.NewAnalyzer(app.Options{Compat: []string{"pobm"}}, program, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, paths := range [][]string{{path}, {path, other}} {
		parts := make([]app.Part, len(paths))
		for i, p := range paths {
			parts[i].Path = p
		}
		whole := a.Parts(t.Context(), parts) // not in a run: all in memory
		doc := whole.Doc
		doc.Comparison = analysis.NewNights(analysis.FactsOf(doc)).Compare(doc)
		analysis.Evaluate(doc)
		want, err := analysis.Encode(doc)
		if err != nil || len(doc.Sessions) != 20 || whole.Long() {
			t.Fatalf("%d sessions, long %t, %v", len(doc.Sessions), whole.Long(), err)
		}
		for _, traces := range []bool{false, true} {
			run := app.Run{Analyzer: a, Traces: traces}
			err := run.Each(t.Context(), paths, func(r *app.Recording) any { return r }, func(v any) error {
				r := v.(*app.Recording)
				var got bytes.Buffer
				if err := r.Encode(&got); err != nil {
					return err
				}
				if !r.Long() || !bytes.Equal(got.Bytes(), want) {
					t.Errorf("%d files, traces %t: long %t, another document", len(paths), traces, r.Long())
				}
				for i := range r.Len() {
					_, night, err := r.Night(i, traces)
					if err != nil {
						return err
					}
					if traces && !reflect.DeepEqual(night.Derived, whole.Traces[i].Derived) {
						t.Errorf("session %d: other traces", i)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}
