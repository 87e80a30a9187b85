package reconcile_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/reconcile"
)

// memory is a side in memory.
type memory struct {
	name    string
	columns []string
	rows    [][]string // "\x00" is null
}

func (m *memory) Name() string                              { return m.name }
func (m *memory) Columns(context.Context) ([]string, error) { return m.columns, nil }
func (m *memory) Scan(_ context.Context, row func(int64, []reconcile.Cell) error, _ func(int64, string) error) error {
	for i, r := range m.rows {
		var cells []reconcile.Cell
		for _, c := range r {
			cells = append(cells, reconcile.Cell{Text: []byte(c), Null: c == "\x00"})
		}
		if err := row(int64(i+1), cells); err != nil {
			return err
		}
	}
	return nil
}

func columns(names ...string) []reconcile.Column {
	var out []reconcile.Column
	for _, n := range names {
		c, err := reconcile.ParseColumn(n)
		if err != nil {
			panic(err)
		}
		out = append(out, c)
	}
	return out
}

func diff(t testing.TB, spec reconcile.Spec, a, b [][]string) *reconcile.Result {
	t.Helper()
	names := []string{"id", "total", "status"}
	r, err := reconcile.Diff(context.Background(), spec, &memory{"a", names, a}, &memory{"b", names, b})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// said writes the findings in a line each.
func said(r *reconcile.Result) string {
	var lines []string
	for _, f := range r.Findings {
		line := fmt.Sprintf("%s %s", f.Class, strings.Join(f.Key, "/"))
		for _, v := range f.Columns {
			line += " " + v.Column
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func TestDiff(t *testing.T) {
	t.Parallel()
	spec := reconcile.Spec{Key: columns("id"), Compare: columns("total", "status")}
	row := func(cells ...string) []string { return cells }
	mapped := spec
	mapped.Status = map[string]map[string]string{"status": {"paid": "PAID"}}
	near := spec
	near.Tolerance = map[string]*big.Rat{"total": big.NewRat(1, 100)}
	fold := spec
	fold.Fold = true
	for _, c := range []struct {
		name string
		spec reconcile.Spec
		a, b [][]string
		want string
	}{
		{"nothing", spec, nil, nil, ""},
		{"order does not matter", spec, [][]string{row("1", "2", "x"), row("2", "3", "y")}, [][]string{row("2", "3", "y"), row("1", "2", "x")}, ""},
		{"missing and extra", spec, [][]string{row("1", "2", "x")}, [][]string{row("2", "2", "x")}, "missing 1; extra 2"},
		{"the same number written otherwise", spec, [][]string{row("1", "2.50", "x"), row("2", "1e2", "x"), row("3", "-0", "x")}, [][]string{row("1", "+2.5", " x "), row("2", "100.0", "x"), row("3", "0.00", "x")}, ""},
		{"a tenth", spec, [][]string{row("1", "2.5", "x")}, [][]string{row("1", "2.6", "x")}, "mismatch_value 1 total"},
		{"a name that begins with zero is no number", spec, [][]string{row("007", "1", "x")}, [][]string{row("7", "1", "x")}, "missing 007; extra 7"},
		{"null is not zero", spec, [][]string{row("1", "0", "x")}, [][]string{row("1", "\x00", "x")}, "mismatch_value 1 total"},
		{"null and empty are one", spec, [][]string{row("1", "", "x")}, [][]string{row("1", "\x00", "x")}, ""},
		{"twice in b", spec, [][]string{row("1", "2", "x")}, [][]string{row("1", "2", "x"), row("1", "2", "x")}, "duplicate 1"},
		{"twice in a", spec, [][]string{row("1", "2", "x"), row("1", "2", "x")}, [][]string{row("1", "2", "x")}, "duplicate 1"},
		{"twice on both sides is no difference", spec, [][]string{row("1", "2", "x"), row("1", "2", "x")}, [][]string{row("1", "2", "x"), row("1", "2", "x")}, ""},
		{"no key", spec, [][]string{row("", "2", "x"), row("2", "2", "x")}, [][]string{row("2", "2", "x"), row("\x00", "2", "x")}, "no_key ; no_key \x00"},
		{"status", spec, [][]string{row("1", "2", "paid")}, [][]string{row("1", "2", "open")}, "mismatch_status 1 status"},
		{"status by its map", mapped, [][]string{row("1", "2", "paid"), row("2", "2", "paid")}, [][]string{row("1", "2", "PAID"), row("2", "2", "OPEN")}, "mismatch_status 2 status"},
		{"within the tolerance", near, [][]string{row("1", "2.50", "x"), row("2", "2.50", "x")}, [][]string{row("1", "2.51", "x"), row("2", "2.511", "x")}, "mismatch_value 2 total"},
		{"letters", spec, [][]string{row("1", "2", "X")}, [][]string{row("1", "2", "x")}, "mismatch_status 1 status"},
		{"letters without their case", fold, [][]string{row("a", "2", "X")}, [][]string{row("A", "2", "x")}, ""},
		{"composed and decomposed", spec, [][]string{row("1", "2", "caf\u00e9")}, [][]string{row("1", "2", "cafe\u0301")}, ""},
		{"one instant in two zones", spec, [][]string{row("1", "2", "2025-11-01T10:00:00+01:00")}, [][]string{row("1", "2", "2025-11-01 09:00:00.000Z")}, ""},
		{"a time without zone is text", spec, [][]string{row("1", "2", "2025-11-01T10:00:00")}, [][]string{row("1", "2", "2025-11-01T10:00:00Z")}, "mismatch_status 1 status"},
	} {
		r := diff(t, c.spec, c.a, c.b)
		if got := said(r); got != c.want || r.Equal != (c.want == "") {
			t.Errorf("%s: %q, equal %v; want %q", c.name, got, r.Equal, c.want)
		}
	}
}

// TestPlantedFaults: whatever is done to a copy is found, and nothing else.
func TestPlantedFaults(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		var a, b [][]string
		want := map[reconcile.Class]map[string]bool{}
		plant := func(c reconcile.Class, key string) {
			if want[c] == nil {
				want[c] = map[string]bool{}
			}
			want[c][key] = true
		}
		for i := range n {
			key := fmt.Sprintf("K%d", i)
			row := []string{key, fmt.Sprintf("%d.%02d", i, i%100), "open"}
			a = append(a, row)
			copied := append([]string(nil), row...)
			switch rapid.IntRange(0, 25).Draw(t, "fault") {
			case 0:
				plant(reconcile.Missing, key)
				continue
			case 1:
				b = append(b, copied)
				plant(reconcile.Duplicate, key)
			case 2:
				copied[1] += "1"
				plant(reconcile.MismatchValue, key)
			case 3:
				copied[2] = "closed"
				plant(reconcile.MismatchStatus, key)
			case 4:
				b = append(b, []string{"X" + key, "1", "open"})
				plant(reconcile.Extra, "X"+key)
			}
			b = append(b, copied)
		}
		b = rapid.Permutation(b).Draw(t, "order")
		names := []string{"id", "total", "status"}
		r, err := reconcile.Diff(context.Background(), reconcile.Spec{Key: columns("id"), Compare: columns("total", "status")}, &memory{"a", names, a}, &memory{"b", names, b})
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for _, f := range r.Findings {
			if !want[f.Class][f.Key[0]] {
				t.Errorf("%s %s was not planted", f.Class, f.Key)
			}
			got++
		}
		planted := 0
		for c, keys := range want {
			planted += len(keys)
			if r.Counts[c] != int64(len(keys)) {
				t.Errorf("%s: %d counted, %d planted", c, r.Counts[c], len(keys))
			}
		}
		if got != planted {
			t.Errorf("%d findings, %d planted", got, planted)
		}
	})
}

func TestTheLimitLeavesOutButCounts(t *testing.T) {
	t.Parallel()
	var a [][]string
	for i := range 50 {
		a = append(a, []string{fmt.Sprint("k", i), "1", "x"}, []string{"", "1", "x"})
	}
	r := diff(t, reconcile.Spec{Key: columns("id"), Limit: 10}, a, nil)
	if len(r.Findings) != 10 || r.Left != 90 || r.Counts[reconcile.Missing] != 50 || r.Counts[reconcile.NoKey] != 50 {
		t.Errorf("%d kept, %d left out, %v", len(r.Findings), r.Left, r.Counts)
	}
}

func file(t testing.TB, text string) reconcile.CSVFile {
	t.Helper()
	path := filepath.Join(t.TempDir(), "side.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return reconcile.CSVFile{Path: path}
}

func TestCSVFiles(t *testing.T) {
	t.Parallel()
	spec := reconcile.Spec{Key: columns("id"), Compare: columns("note")}
	a := file(t, "\xef\xbb\xbfid;note\r\n1;\"a; \"\"b\"\"\nc\"\r\n\r\n2;x\r\n3;x;y\r\n4;\"open")
	b := file(t, "note,id\n\"a; \"\"b\"\"\nc\",1\nx,2\n")
	r, err := reconcile.Diff(context.Background(), spec, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if got := said(r); got != "rejected ; rejected " || r.A.Rejected != 2 {
		t.Errorf("%q %+v", got, r.A)
	}
	for _, f := range r.Findings {
		if f.Text == "" || len(f.A) != 1 {
			t.Errorf("%+v", f)
		}
	}
	for text, want := range map[string]string{
		"":                     "empty",
		"<!DOCTYPE html>":      "no CSV",
		"id,note\xff\n":        "UTF-8",
		"id,id\n":              "stands twice",
		"id,other\n1,2\n":      `no column "note"`,
		"\"id,note\n1,2\n":     "line 1",
		"{\"error\":\"no\"}\n": "no CSV",
	} {
		if _, err := reconcile.Diff(context.Background(), spec, file(t, text), b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// FuzzCSV: rows come out as encoding/csv reads them, wherever it can.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n"))
	f.Add([]byte("a,b\n\"1\n2\",3\r\n\"\"\"\",\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		side := file(t, "id,x\n"+string(b))
		rows, bad := 0, 0
		err := side.Scan(context.Background(), func(_ int64, cells []reconcile.Cell) error {
			if len(cells) != 2 {
				t.Errorf("%d cells", len(cells))
			}
			rows++
			return nil
		}, func(_ int64, why string) error {
			if why == "" {
				t.Error("a bad row without a reason")
			}
			bad++
			return nil
		})
		if err != nil {
			return
		}
		if bytes.ContainsAny(b, "\r") {
			return // the standard reader keeps a lone carriage return
		}
		if all, err := csv.NewReader(bytes.NewReader(append([]byte("id,x\n"), b...))).ReadAll(); err == nil && (len(all)-1 != rows || bad > 0) {
			t.Errorf("%d rows and %d bad ones, want %d", rows, bad, len(all)-1)
		}
	})
}
