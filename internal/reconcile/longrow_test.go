package reconcile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestLongRows: a row that is read cell by cell says what it says as a whole,
// however it is written. It changes a bound, so that it does not run beside
// others.
func TestLongRows(t *testing.T) {
	was := mostQuick
	defer func() { mostQuick = was }()
	path := filepath.Join(t.TempDir(), "a.csv")
	read := func(quick int) string {
		mostQuick = quick
		var out strings.Builder
		err := CSVFile{Path: path}.Scan(context.Background(), func(place int64, cells []Cell) error {
			fmt.Fprintf(&out, "%d:", place)
			for _, c := range cells {
				fmt.Fprintf(&out, " %q", c.Text)
			}
			out.WriteByte('\n')
			return nil
		}, func(place int64, why string) error {
			fmt.Fprintf(&out, "%d: bad %s\n", place, why)
			return nil
		})
		fmt.Fprint(&out, err)
		return out.String()
	}
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"a", "bc", ",", ",", "\"", "\"\"", "\"x,y\"", "\n", "\r\n", "\r", " ", "ä", "0123456789012345"})
		text := "a,b\n" + strings.Join(rapid.SliceOfN(part, 0, 40).Draw(t, "text"), "")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if whole, single := read(1<<20), read(16); whole != single {
			t.Fatalf("%q: as a whole\n%s\nby cells\n%s", text, whole, single)
		}
	})
}

// TestLongCells: a cell that is too long makes its row a finding with its key
// where it is compared, and does no harm where it is not; the rows behind it are
// compared.
func TestLongCells(t *testing.T) {
	t.Parallel()
	text := "id,note,total\n1,x,1\n2,\"" + strings.Repeat("long, ", MostCell/6+1) + "\",2\n3,x,3\n"
	spec := Spec{Key: []Column{{"id", "id"}}, Compare: []Column{{"total", "total"}}}
	if r := diffOf(t, spec, text, strings.Replace(text, "3,x,3", "3,x,4", 1)); counts(r) != "1 mismatch_value" || r.Findings[0].Key[0] != "3" {
		t.Errorf("%s %v", counts(r), r.Findings)
	}
	spec.Compare = append(spec.Compare, Column{"note", "note"})
	r := diffOf(t, spec, text, text)
	if counts(r) != "2 rejected" || r.Equal || r.Findings[0].Key[0] != "2" || r.Findings[1].A[0] != 3 || !strings.Contains(r.Findings[0].Text, `"note": a cell of more than 16 MB`) {
		t.Errorf("%s %v", counts(r), r.Findings)
	}
	// What is there and cannot be read is not missing.
	for _, c := range [][2]string{{text, strings.Replace(text, "long, ", "", -1)}, {"id,note,total\n1,x\xff,1\n", "id,note,total\n1,x,1\n"}} {
		if r = diffOf(t, spec, c[0], c[1]); counts(r) != "1 rejected" {
			t.Errorf("%s %v", counts(r), r.Findings)
		}
		if r = diffOf(t, spec, c[1], c[0]); counts(r) != "1 rejected" {
			t.Errorf("%s %v", counts(r), r.Findings)
		}
	}
}
