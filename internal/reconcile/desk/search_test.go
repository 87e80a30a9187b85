package desk

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/plan"
	"pleth/internal/sealed"
	"pleth/internal/sqlitefile"
)

// said returns the numbers of the incidents that a query finds.
func said(t *testing.T, d *Desk, q IncidentQuery) []int64 {
	t.Helper()
	list, err := d.Incidents(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	out := []int64{}
	for i := range list {
		out = append(out, list[i].ID)
	}
	return out
}

// TestSearch: words of notes, owners, causes, titles and classes, also those
// that came or went after the first search.
func TestSearch(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	ctx := t.Context()
	d, err := Open(ctx, Config{Path: filepath.Join(t.TempDir(), "r.db"), Key: sealed.NewKey(), Clock: func() time.Time { return now },
		Pairs: []*plan.Pair{{Name: "orders", Title: "Orders to the ERP"}, {Name: "stock", Title: "Stock"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	err = d.store.file.InTx(ctx, func(tx *sql.Tx) error {
		for n := range 2500 { // more than one statement looks at
			i := Incident{Integration: []string{"orders", "stock"}[n%2], Class: reconcile.Missing, Channel: "web", State: Opened, Opened: now, Occurred: now, Last: now, Owner: "Shop Team"}
			if err := d.store.putIncident(ctx, tx, &i); err != nil {
				return err
			}
			if err := d.store.addStep(ctx, tx, i.ID, &Step{At: now, Who: "check", What: "opened", Why: fmt.Sprintf("Ticket <%d>", n+1)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		q    IncidentQuery
		want []int64
	}{
		{IncidentQuery{Text: "ticket <7>"}, []int64{7}},
		{IncidentQuery{Text: "ERP", Limit: 2}, []int64{2499, 2497}},
		{IncidentQuery{Text: "ERP", Limit: 2, Before: 2497}, []int64{2495, 2493}},
		{IncidentQuery{Text: "shop team", Integration: "stock", Limit: 1}, []int64{2500}},
		{IncidentQuery{Text: "missing", Before: 3}, []int64{2, 1}},
		{IncidentQuery{Text: "openedticket"}, []int64{}}, // what and why are two passages
		{IncidentQuery{Text: "2500"}, []int64{2500}},
		{IncidentQuery{Text: "9999"}, []int64{}},
		{IncidentQuery{Text: "\x00"}, []int64{}},
	} {
		if got := said(t, d, c.q); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.q, got, c.want)
		}
	}
	if got := said(t, d, IncidentQuery{Text: "stock", Limit: 2000}); len(got) != 1250 {
		t.Errorf("%d of 1250", len(got))
	}
	owner, cause := "Anna Weber", "clock"
	if _, err := d.Act(ctx, 7, Action{Actor: "anna", What: "note", Note: "the gateway, ÄRGER", Owner: &owner, Cause: &cause}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]int64{"anna": {7}, "clock": {7}, "ärger": {7}, "ticket <7>": {7}} {
		if got := said(t, d, IncidentQuery{Text: text}); !slices.Equal(got, want) {
			t.Errorf("%s: %v", text, got)
		}
	}
	if got := said(t, d, IncidentQuery{Text: "shop team", Before: 9, Limit: 2}); !slices.Equal(got, []int64{8, 6}) {
		t.Errorf("the owner that was: %v", got)
	}
}

// before is the migrations up to a file.
type before struct {
	fs.FS
	name string
}

// ReadDir implements fs.ReadDirFS.
func (b before) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(b.FS, name)
	return slices.DeleteFunc(list, func(e fs.DirEntry) bool { return e.Name() >= b.name }), err
}

// Glob implements fs.GlobFS.
func (b before) Glob(pattern string) ([]string, error) {
	list, err := fs.Glob(b.FS, pattern)
	return slices.DeleteFunc(list, func(n string) bool { return n >= b.name }), err
}

// TestStripsOfBefore: quarters of an hour that were kept one by one are kept by
// day, the worst of each, over midnight as well.
func TestStripsOfBefore(t *testing.T) {
	t.Parallel()
	path, ctx := filepath.Join(t.TempDir(), "r.db"), context.Background()
	all, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	old, err := sqlitefile.Open(ctx, path, before{all, "00003"})
	if err != nil {
		t.Fatal(err)
	}
	midnight := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for at, c := range map[int]Colour{-97: Red, -96: Grey, -1: Red, 0: Yellow, 2: Green, 95: Red} {
		if _, err := old.Write.ExecContext(ctx, `INSERT INTO strip (integration, slot, colour) VALUES ('a', ?, ?)`, slotOf(midnight)+int64(at), c.rank()); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := openStore(ctx, path, sealed.Key{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	strip := func(to time.Time, n int) []Colour {
		t.Helper()
		got, err := s.strips(ctx, `["a", "b"]`, to, n)
		if err != nil || got["b"] != nil {
			t.Fatal(got, err)
		}
		return got["a"]
	}
	at := func(n int) time.Time { return midnight.Add(time.Duration(n)*slot + time.Minute) }
	if got := strip(at(3), 6); !slices.Equal(got, []Colour{"", Red, Yellow, "", Green, ""}) {
		t.Errorf("%q", got)
	}
	for _, c := range []struct {
		n int
		c Colour
	}{{0, Green}, {1, Green}, {2, Red}, {3, Yellow}} { // the worst stays
		if err := s.putStrip(ctx, s.file.Write, "a", at(c.n), c.c); err != nil {
			t.Fatal(err)
		}
	}
	if got := strip(at(3), 6); !slices.Equal(got, []Colour{"", Red, Yellow, Green, Red, Yellow}) {
		t.Errorf("%q", got)
	}
	shares, err := s.shares(ctx, []string{"a"}, at(-97), at(95))
	if err != nil || shares["a"][Red] != 4 || shares["a"][Grey] != 1 || shares["a"][Green] != 1 || shares["a"][Yellow] != 2 {
		t.Error(shares, err)
	}
	if err := s.putStrip(ctx, s.file.Write, "a", at(96*stripDays), Green); err != nil {
		t.Fatal(err)
	}
	if got := strip(at(0), 3); !slices.Equal(got, []Colour{"", "", Yellow}) { // days are forgotten, not hours
		t.Errorf("%q", got)
	}
}
