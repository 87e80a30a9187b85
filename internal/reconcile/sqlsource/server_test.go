package sqlsource_test

import (
	"strings"
	"testing"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/sqlsource"
	"pleth/internal/servicetest"
)

// TestKeysOfServers: rows of wanted keys are found on the engines as well,
// whatever stands around them and whatever their type is.
func TestKeysOfServers(t *testing.T) {
	pg, my := servicetest.Postgres(t, ping("pgx")), servicetest.MariaDB(t, ping("mysql"))
	rows := "INSERT INTO k VALUES ('1001', 1001.00, 1), ('\t1002\n', 1002.50, 2), (' 1003 ', 1003.10, 3), ('01001', 7, 4), ('1001.0', 8, 5)"
	exec(t, "pgx", pg, "CREATE TABLE k (name text, number numeric(12,2), id bigint)", strings.NewReplacer("'\t1002\n'", "E'\\t1002\\n'").Replace(rows))
	exec(t, "mysql", my, "CREATE TABLE k (name varchar(40), number decimal(12,2), id bigint)", strings.NewReplacer("\t", "\\t", "\n", "\\n").Replace(rows))
	for kind, dsn := range map[string]string{sqlsource.Postgres: pg, sqlsource.MySQL: my} {
		table := open(t, kind, dsn).Table("k", "")
		for _, c := range []struct {
			column, key string
			declared    bool
			rows        int
		}{
			{"name", "1001", false, 1}, {"name", "1002", false, 1}, {"name", "1003", false, 1}, {"name", "1001", true, 3}, {"name", "1001.0", false, 1}, {"name", "01001", false, 1},
			{"number", "1001", false, 1}, {"number", "1002.5", false, 1}, {"number", "1003.1", false, 1}, {"number", "9", false, 0}, {"id", "3", false, 1},
		} {
			spec := reconcile.Spec{Key: names(c.column), Numbers: map[string]bool{c.column: c.declared}}
			got, err := reconcile.Find(t.Context(), spec, table, false, [][]string{{c.key}})
			if err != nil || len(got[0]) != c.rows {
				t.Errorf("%s, %s %q declared %v: %d rows, want %d, %v", kind, c.column, c.key, c.declared, len(got[0]), c.rows, err)
			}
		}
	}
	// A number of an engine is the text that it is written as; a text is not a
	// number of another writing.
	r, err := reconcile.Diff(t.Context(), reconcile.Spec{Key: []reconcile.Column{{A: "number", B: "name"}}}, open(t, sqlsource.Postgres, pg).Table("a", "SELECT number FROM k WHERE id = 1"), open(t, sqlsource.MySQL, my).Table("b", "SELECT name FROM k WHERE id IN (1, 5)"))
	if err != nil || said(r) != "extra 1001.0" {
		t.Errorf("%s %v", said(r), err)
	}
}
