package sqlsource

import (
	"database/sql"
	"path/filepath"
	"testing"

	"pleth/internal/reconcile"
)

// TestKeysAsTheyMayStand: rows of wanted keys come also where the key is written
// otherwise than it is compared.
func TestKeysAsTheyMayStand(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "keys.db")
	file, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Exec("CREATE TABLE orders (name TEXT, number DECIMAL(10,2)); INSERT INTO orders VALUES ('Ka\u0308se', '1.50'), ('K\u00e4se', 1.5), (' x ', 2), (char(9) || 'tab' || char(10), 3), ('ABC', 4)"); err != nil {
		t.Fatal(err)
	}
	db, err := Open(SQLite, path, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	spec := func(key string) reconcile.Spec {
		return reconcile.Spec{Key: []reconcile.Column{{A: key, B: key}}}
	}
	for _, c := range []struct {
		key, value string
		rows       int
	}{{"name", "K\u00e4se", 2}, {"name", "x", 1}, {"number", "1.5", 2}, {"number", "2", 1}, {"name", "y", 0}, {"name", "tab", 1}, {"name", "abc", 0}} {
		got, err := reconcile.Find(t.Context(), spec(c.key), db.Table("orders", ""), false, [][]string{{c.value}})
		if err != nil || len(got[0]) != c.rows {
			t.Errorf("%s %s: %d rows, want %d, %v", c.key, c.value, len(got[0]), c.rows, err)
		}
	}
	folded := spec("name")
	folded.Fold = true
	if got, err := reconcile.Find(t.Context(), folded, db.Table("orders", ""), false, [][]string{{"abc"}}); err != nil || len(got[0]) != 1 {
		t.Errorf("without case: %d rows, %v", len(got[0]), err)
	}
}
