package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// rows is a side in memory; "null" is null.
type rows struct {
	name  string
	cells [][]string
}

func (r *rows) Name() string { return r.name }
func (r *rows) Columns(context.Context) ([]string, error) {
	return []string{"unused", "total", "id", "at"}, nil
}
func (r *rows) Scan(_ context.Context, row func(int64, []Cell) error, bad func(int64, string) error) error {
	for i, one := range r.cells {
		if one == nil {
			if err := bad(int64(i+1), "broken"); err != nil {
				return err
			}
			continue
		}
		var cells []Cell
		for _, c := range one {
			cells = append(cells, Cell{Text: []byte(c), Null: c == "null"})
		}
		if err := row(int64(i+1), cells); err != nil {
			return err
		}
	}
	return nil
}

// TestSpilled: where nearly everything differs, records go through a file, and
// what is found is what would be found in memory; the file is gone then, and
// nothing can be read in it before.
func TestSpilled(t *testing.T) { // not parallel: it changes bounds of all
	const n = 3000
	random := rand.New(rand.NewPCG(1, 2))
	a, b := &rows{name: "a"}, &rows{name: "b"}
	for i := range n {
		at := fmt.Sprintf("2026-03-%02dT10:00:00Z", 1+i%28)
		one := []string{"x", fmt.Sprint(i), fmt.Sprint("Schlüssel ", i), at}
		other := []string{"y", fmt.Sprint(i + 1), one[2], at}
		switch random.IntN(12) {
		case 0:
			other = []string{"y", one[1], one[2], at}
		case 1:
			other[1] = "null"
		case 2:
			other[1] = strings.Repeat("long ", 30000)
		case 3:
			b.cells = append(b.cells, other)
		case 4:
			other[2] = "null"
		case 5:
			other = nil
		case 6:
			other[3] = "2025-01-01T00:00:00Z"
		}
		a.cells, b.cells = append(a.cells, one), append(b.cells, other)
	}
	random.Shuffle(len(b.cells), func(i, j int) { b.cells[i], b.cells[j] = b.cells[j], b.cells[i] })
	same := func(n string) Column { return Column{n, n} }
	spec := Spec{Key: []Column{same("id")}, Compare: []Column{same("total")}, Time: same("at"), Limit: 10 * n}
	find := func() string {
		t.Helper()
		r, err := Diff(context.Background(), spec, a, b)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := find()
	held, at := maxHeld, spillAt
	defer func() { maxHeld, spillAt = held, at }()
	maxHeld, spillAt = 200, 1
	t.Setenv("TMPDIR", t.TempDir())
	if got := find(); got != want {
		t.Error("other findings than in memory")
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	d := newDiff(spec, a, b)
	f, err := newSpill(2, d.a)
	if err != nil {
		t.Fatal(err)
	}
	f.used, f.width = []int{0}, 1
	secret := []byte(strings.Repeat("a record ", 20000))
	if err := f.put(1, 7, []Cell{{Text: secret}}); err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, f.groups[1].blocks[0][1])
	if _, err := f.file.ReadAt(raw, f.groups[1].blocks[0][0]); err != nil || strings.Contains(string(raw), "record") {
		t.Errorf("the file can be read, %v", err)
	}
	if err := (&group{Source: a, spill: f, n: 1}).Scan(t.Context(), func(place int64, cells []Cell) error {
		if place != 7 || string(cells[0].Text) != string(secret) {
			t.Errorf("row %d of %d bytes", place, len(cells[0].Text))
		}
		return nil
	}, nil); err != nil {
		t.Error(err)
	}
	f.close()
}
