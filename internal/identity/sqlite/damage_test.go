package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pleth/internal/identity"
)

// A pair that is not what was written is not served: neither as somebody else's
// pseudonym, nor with others that are asked for at the same time.
func TestDamagedPairsAreNotServed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "identity")
	s := openStore(t, dir)
	names, err := s.Pseudonyms(ctx, []string{"MRN 1", "MRN 2"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "identity.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{`DROP TRIGGER pair_stays`, `UPDATE pair SET pseudonym = 'p-other' WHERE pseudonym = '` + names[0] + `'`} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := removeSum(dir); err != nil { // as after a crash
		t.Fatal(err)
	}
	again := openStore(t, dir)
	if got, err := again.Pseudonyms(ctx, []string{"MRN 1"}); !errors.Is(err, identity.ErrStore) {
		t.Errorf("%v %v", got, err)
	}
	who := identity.Who{Actor: "a", Reason: "b"}
	if got, err := again.Find(ctx, "MRN 1", who); !errors.Is(err, identity.ErrStore) {
		t.Errorf("%v %v", got, err)
	}
	if got, err := again.Reveal(ctx, "p-other", who); err == nil {
		t.Error(got)
	}
	if got, err := again.Pseudonyms(ctx, []string{"MRN 2"}); err != nil || got[0] != names[1] {
		t.Errorf("%v %v", got, err)
	}
}

func removeSum(dir string) error { return os.Remove(filepath.Join(dir, "identity.db.sum")) }
