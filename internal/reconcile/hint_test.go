package reconcile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// diffOf compares two texts as CSV files.
func diffOf(t *testing.T, spec Spec, a, b string) *Result {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.csv": a, "b.csv": b} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Diff(context.Background(), spec, CSVFile{Path: filepath.Join(dir, "a.csv"), Label: "A"}, CSVFile{Path: filepath.Join(dir, "b.csv"), Label: "B"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func counts(r *Result) string {
	var out []string
	for _, c := range Classes() {
		if r.Counts[c] > 0 {
			out = append(out, fmt.Sprintf("%d %s", r.Counts[c], c))
		}
	}
	return strings.Join(out, ", ")
}

// TestKeysAreText: keys that look like the same number are several records,
// unless their column is declared or typed as numbers.
func TestKeysAreText(t *testing.T) {
	t.Parallel()
	spec := func(number bool) Spec {
		return Spec{Key: []Column{{"id", "id"}}, Compare: []Column{{"v", "v"}}, Numbers: map[string]bool{"id": number}}
	}
	for _, c := range []struct {
		a, b           string
		text, declared string
	}{
		{"1.10,1 1.1,2", "1.1,1 1.1,2", "1 missing, 1 duplicate", ""},
		{"1E3,1 1000,2", "1E3,2 1000,1", "2 mismatch_value", ""},
		{"1001,1", "1001.0,1", "1 missing, 1 extra", ""},
		{"1001,1", "01001,1", "1 missing, 1 extra", ""},
		{"0,1", "000,1", "1 missing, 1 extra", ""},
		{"0.5,1", "00.50,1", "1 missing, 1 extra", ""},
		{"+4917,1", "4917,1", "1 missing, 1 extra", ""},
		{"1001,1", " 1001 ,1", "", ""},
		{"A7,1", "A07,1", "1 missing, 1 extra", "1 missing, 1 extra"},
		{"2026-03-29T00:00:00Z,1", "2026-03-29T02:00:00+02:00,1", "", ""},
		{"2026-03-29T00:00:00.000001Z,1 2026-03-29T00:00:00.000002Z,2", "2026-03-29T00:00:00.000001Z,2 2026-03-29T00:00:00.000002Z,1", "2 mismatch_value", "2 mismatch_value"},
	} {
		file := func(s string) string {
			return "id,v\n" + strings.NewReplacer(" 1001 ", " 1001 ", " ", "\n").Replace(s) + "\n"
		}
		if strings.HasPrefix(c.b, " ") {
			file = func(s string) string { return "id,v\n" + s + "\n" }
		}
		for declared, want := range map[bool]string{false: c.text, true: c.declared} {
			if got := counts(diffOf(t, spec(declared), file(c.a), file(c.b))); got != want {
				t.Errorf("%s and %s, declared %v: %q, want %q", c.a, c.b, declared, got, want)
			}
		}
	}
}

// TestRecordsThatShareAKey: each is compared with one of its own.
func TestRecordsThatShareAKey(t *testing.T) {
	t.Parallel()
	spec := Spec{Key: []Column{{"id", "id"}}, Compare: []Column{{"v", "v"}}}
	for _, c := range []struct{ a, b, want, hint string }{
		{"10 20", "10 30", "1 mismatch_value", "key_not_unique key_not_unique"},
		{"10 20", "20 10", "", "key_not_unique key_not_unique"},
		{"10 10", "10 20", "1 mismatch_value", "key_not_unique key_not_unique"},
		{"10 20", "10 30 40", "1 duplicate, 1 mismatch_value", ""},
		{"10 20 30", "11 21 31", "3 mismatch_value", "value_offset key_not_unique key_not_unique"},
		{"10", "10 10", "1 duplicate", ""},
	} {
		file := func(s string) string { return "id,v\n1," + strings.ReplaceAll(s, " ", "\n1,") + "\n2,0\n" }
		r := diffOf(t, spec, file(c.a), file(c.b))
		var hints []string
		for _, h := range r.Hints {
			hints = append(hints, h.Code)
		}
		if got := counts(r); got != c.want || strings.Join(hints, " ") != c.hint {
			t.Errorf("%s and %s: %q %v, want %q %s", c.a, c.b, got, hints, c.want, c.hint)
		}
	}
}

// TestHints: what nearly all differences have in common is said, and what to
// declare; what differs otherwise has no hint.
func TestHints(t *testing.T) {
	t.Parallel()
	spec := Spec{Key: []Column{{"id", "id"}}, Compare: []Column{{"v", "v"}}}
	for _, c := range []struct{ name, keyA, keyB, a, b, want string }{
		{"decimals", "%d", "%d.0", "1", "1", "--number id"},
		{"zeros", "%d", "%07d", "1", "1", "--number id"},
		{"thousands", "%d", "\"%d\"", "1", "1", ""},
		{"a mark", "%d", "#%d", "1", "1", "in one way"},
		{"case", "ord-%d", "ORD-%d", "1", "1", "--ignore-case"},
		{"hyphens", "ORD-%d", "ORD%d", "1", "1", "in one way"},
		{"dates", "2026-03-25 %d", "25.03.2026 %d", "1", "1", "before or behind"},
		{"a prefix", "SHOP-%d", "%d", "1", "1", "\"SHOP-1\" in A, \"1\" in B"},
		{"a suffix and zeros", "%d", "%06d/DE", "1", "1", "before or behind"},
		{"a comma on B", "%d", "%d", "10.50", "\"10,50\"", "--decimal-comma b"},
		{"a comma on A", "%d", "%d", "\"1.210,5\"", "1210.50", "--decimal-comma a"},
		{"dates of values", "%d", "%d", "2026-03-25", "25.03.2026", "in one way"},
		{"case of values", "%d", "%d", "Paid", "PAID", "--ignore-case"},
		{"other values", "%d", "%d", "1", "2", ""},
		{"an hour", "%d", "%d", "2026-03-25T10:00:%02dZ", "2026-03-25T11:00:%02dZ", "lie 1h apart"},
		{"local times", "%d", "%d", "2026-03-25 10:00:%02d", "2026-03-25 12:00:%02d", "lie 2h apart"},
		{"something added", "%d", "%d", "%d.50", "%d.75", "lie 0.25 apart"},
		{"cents", "%d", "%d", "%d.50", "%d50", "100 times"},
		{"a number that would fill the memory", "%d", "%d", "1e999999999", "2e999999999", ""},
	} {
		var a, b strings.Builder
		a.WriteString("id,v\n")
		b.WriteString("id,v\n")
		rows := 300
		if c.name == "decimals" {
			rows = 20_000 // more than a sample
		}
		for i := range rows {
			put := func(to *strings.Builder, key, value string) {
				if strings.Contains(value, "%") {
					value = fmt.Sprintf(value, i%60)
				}
				fmt.Fprintf(to, key+","+value+"\n", i+1)
			}
			put(&a, c.keyA, c.a)
			put(&b, c.keyB, c.b)
		}
		r := diffOf(t, spec, a.String(), b.String())
		text := ""
		for _, h := range r.Hints {
			text += h.Text
		}
		if (c.want == "") != (text == "") || !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, want %q", c.name, text, c.want)
		}
		marked := 0
		for _, f := range r.Findings {
			if f.Hint != "" && (len(f.Like) > 0) == strings.HasPrefix(f.Hint, "key") {
				marked++
			}
		}
		if (marked > 0) != (text != "") || text != "" && rows == 300 && marked < len(r.Findings)/2 {
			t.Errorf("%s: %d of %d findings are marked", c.name, marked, len(r.Findings))
		}
	}
}

// TestAZoneThatIsWrong: how far times lie apart is said by the zones that are
// declared.
func TestAZoneThatIsWrong(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("tokyo", 9*3600)
	spec := Spec{Key: []Column{{"id", "id"}}, Compare: []Column{{"at", "at"}}, Times: map[string]bool{"at": true}, Zones: [2]*time.Location{tokyo, nil}}
	a, b := "id,at\n", "id,at\n"
	for i := range 9 {
		a += fmt.Sprintf("%d,2026-11-05 16:20:%02d\n", i, i)
		b += fmt.Sprintf("%d,2026-11-05T15:20:%02dZ\n", i, i)
	}
	if r := diffOf(t, spec, a, b); len(r.Hints) != 1 || !strings.Contains(r.Hints[0].Text, "lie 8h apart") {
		t.Errorf("%+v", r.Hints)
	}
}

// TestDecimalCommas: a side that is declared to write commas is compared, and
// added up, by its numbers.
func TestDecimalCommas(t *testing.T) {
	t.Parallel()
	spec := Spec{Key: []Column{{"id", "id"}}, Compare: []Column{{"v", "v"}}, Measures: []Column{{"v", "v"}}, Channel: Column{"c", "c"}, Commas: [2]bool{false, true}}
	r := diffOf(t, spec, "id,v,c\n1,1234.5,x\n2,-0.07,x\n3,1000,x\n4,1.234,x\n5,1.2.3,x\n", "id;v;c\n1;1.234,50;x\n2;-0,07;x\n3;1.000;x\n4;1.234;x\n5;1.2.3;x\n")
	if counts(r) != "1 mismatch_value" || r.Findings[0].Key[0] != "4" {
		t.Errorf("%s %v", counts(r), r.Findings)
	}
	if sum := r.Buckets[0].B.Sums[0]; sum.String() != "3468.43" || sum.Bad != 1 {
		t.Errorf("%s, %d bad", sum, sum.Bad)
	}
}

// TestSidesOfOneName: where the tables of both sides are called the same, an
// error says which side it is of.
func TestSidesOfOneName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("id\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	orders := CSVFile{Path: path, Label: "orders"}
	_, err := Diff(context.Background(), Spec{Key: []Column{{"id", "no"}}}, orders, orders)
	if err == nil || !strings.Contains(err.Error(), "side B: orders has no column") {
		t.Error(err)
	}
}
