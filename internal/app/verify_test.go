package app_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/app"
)

var program = analysis.Program{Version: "1.2.3", Commit: "abc123"}

// documents analyses paths in one run and returns a document a recording, encoded.
func documents(tb testing.TB, opt app.Options, paths ...string) [][]byte {
	tb.Helper()
	a, err := app.NewAnalyzer(opt, program, nil)
	if err != nil {
		tb.Fatal(err)
	}
	var out [][]byte
	run := &app.Run{Analyzer: a, Jobs: 2}
	err = run.Each(context.Background(), paths,
		func(r *app.Recording) any {
			if r.Err != nil {
				return r.Err
			}
			b, err := analysis.Encode(r.Doc)
			if err != nil {
				return err
			}
			return b
		},
		func(v any) error {
			if err, ok := v.(error); ok {
				return err
			}
			out = append(out, v.([]byte))
			return nil
		})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// TestVerifyFindsOneDigit changes single digits anywhere in a document, in
// numbers, keys, digests and sentences: each change is found and named.
func TestVerifyFindsOneDigit(t *testing.T) {
	t.Parallel()
	path := nightFile(t, t.TempDir(), 5, 40*time.Minute)
	doc := documents(t, app.Options{Age: "4m", Compat: []string{"pobm"}}, path)[0]
	check := func(body []byte) int {
		t.Helper()
		found, err := app.Verify(context.Background(), program, bytes.NewReader(body), []string{path})
		if err != nil {
			return 1 // no document any more, and said so
		}
		for _, d := range found[0].Differences {
			if d.Path == "" {
				t.Errorf("a difference has no place: %+v", d)
			}
		}
		return len(found[0].Differences)
	}
	if n := check(doc); n != 0 {
		t.Fatalf("the document itself has %d differences", n)
	}
	var digits []int
	for i, c := range doc {
		if c >= '0' && c <= '9' {
			digits = append(digits, i)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 250 {
		i := digits[rng.IntN(len(digits))]
		changed := bytes.Clone(doc)
		changed[i] = '0' + (changed[i]-'0'+1+byte(rng.IntN(9)))%10
		if check(changed) == 0 {
			t.Errorf("a changed digit was not found: ...%s...", changed[max(0, i-40):min(len(changed), i+20)])
		}
	}
}

func TestVerifyNamesWhatDiffers(t *testing.T) {
	t.Parallel()
	path := nightFile(t, t.TempDir(), 5, 20*time.Minute)
	doc := string(documents(t, app.Options{}, path)[0])
	for _, c := range []struct{ name, old, new, place string }{
		{"metric", `"time.valid_s":1200`, `"time.valid_s":1201`, `sessions[0].metrics["time.valid_s"]`},
		{"removed", `"zone":null,`, ``, `generator.config.zone`},
		{"added", `"inputs":[{`, `"inputs":[{"note":1,`, `inputs[0].note`},
		{"last digit", `"time.valid_pct":100`, `"time.valid_pct":100.00000000000000000001`, `sessions[0].metrics["time.valid_pct"]`},
		{"version", `"version":"1.2.3"`, `"version":"1.2.4"`, `generator.version`},
		{"twice", `"odi":"abosa"`, `"odi":"abosa","odi":"abosa"`, `generator.config.odi`},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(doc, c.old, c.new, 1)
			if changed == doc {
				t.Fatalf("the document has no %s", c.old)
			}
			found, err := app.Verify(context.Background(), program, strings.NewReader(changed), []string{path})
			if err != nil {
				t.Fatal(err)
			}
			if len(found[0].Differences) != 1 || found[0].Differences[0].Path != c.place {
				t.Errorf("got %+v, want one difference at %s", found[0].Differences, c.place)
			}
		})
	}
}

// TestVerifyReformatted: white space and the form of a number do not count.
func TestVerifyReformatted(t *testing.T) {
	t.Parallel()
	path := nightFile(t, t.TempDir(), 5, 20*time.Minute)
	doc := string(documents(t, app.Options{}, path)[0])
	changed := strings.NewReplacer(`,"`, ",\n  \"", `"time.valid_s":1200`, `"time.valid_s": 1.2e3`).Replace(doc)
	found, err := app.Verify(context.Background(), program, strings.NewReader(changed), []string{path})
	if err != nil || len(found[0].Differences) != 0 {
		t.Errorf("got %+v, %v", found, err)
	}
}

// TestVerifyComparison verifies documents whose comparison rests on other
// files, found beside the raw file, and finds a change in another night.
func TestVerifyComparison(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var paths []string
	for i := range 20 {
		p := nightFile(t, dir, uint64(i+1), 10*time.Minute)
		named := filepath.Join(dir, "night-"+string(rune('a'+i))+".csv")
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		// A day apart, so that the order is known.
		day := strings.ReplaceAll(string(b), "2026-01-14", "2026-01-"+string([]byte{'0' + byte((i+10)/10), '0' + byte((i+10)%10)}))
		if err := os.WriteFile(named, []byte(day), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, named)
	}
	if err := os.Remove(filepath.Join(dir, "night.csv")); err != nil {
		t.Fatal(err)
	}
	docs := documents(t, app.Options{}, paths...)
	for _, i := range []int{0, 5, 19} {
		found, err := app.Verify(context.Background(), program, bytes.NewReader(docs[i]), paths[i:i+1])
		if err != nil || len(found[0].Differences) != 0 {
			t.Fatalf("night %d: %+v, %v", i, found, err)
		}
	}
	if err := os.Remove(paths[3]); err != nil {
		t.Fatal(err)
	}
	found, err := app.Verify(context.Background(), program, bytes.NewReader(docs[5]), paths[5:6])
	if err != nil || len(found[0].Differences) == 0 {
		t.Errorf("a missing night of the comparison was not named: %+v, %v", found, err)
	}
}
