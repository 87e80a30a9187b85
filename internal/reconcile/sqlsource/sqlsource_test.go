package sqlsource_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/sqlsource"
	"pleth/internal/servicetest"
)

var ctx = context.Background()

func ping(driver string) func(context.Context, string) error {
	return func(ctx context.Context, dsn string) error {
		db, err := sql.Open(driver, dsn)
		if err != nil {
			return err
		}
		defer db.Close()
		return db.PingContext(ctx)
	}
}

// exec runs statements.
func exec(t testing.TB, driver, dsn string, statements ...string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s[:min(len(s), 200)], err)
		}
	}
}

func open(t testing.TB, kind, dsn string) *sqlsource.DB {
	t.Helper()
	db, err := sqlsource.Open(kind, dsn, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func names(list ...string) []reconcile.Column {
	var out []reconcile.Column
	for _, n := range list {
		c, err := reconcile.ParseColumn(n)
		if err != nil {
			panic(err)
		}
		out = append(out, c)
	}
	return out
}

func said(r *reconcile.Result) string {
	var lines []string
	for _, f := range r.Findings {
		lines = append(lines, strings.TrimSpace(string(f.Class)+" "+strings.Join(f.Key, "/")))
	}
	return strings.Join(lines, "; ")
}

// engines are the databases and how orders are made in them.
type engine struct {
	kind, dsn string
	table     func(t testing.TB, name string, rows [][]string)
}

func engines(t *testing.T) []engine {
	pg := servicetest.Postgres(t, ping("pgx"))
	my := servicetest.MariaDB(t, ping("mysql"))
	lite := filepath.Join(t.TempDir(), "shop.db")
	make := func(kind, driver, dsn, create string) engine {
		return engine{kind, dsn, func(t testing.TB, name string, rows [][]string) {
			t.Helper()
			var all []string
			for _, r := range rows {
				var cells []string
				for _, c := range r {
					if c == "null" {
						cells = append(cells, "NULL")
					} else {
						cells = append(cells, "'"+strings.ReplaceAll(c, "'", "''")+"'")
					}
				}
				all = append(all, "("+strings.Join(cells, ", ")+")")
			}
			exec(t, driver, dsn, fmt.Sprintf(create, name), "INSERT INTO "+name+" VALUES "+strings.Join(all, ", "))
		}}
	}
	return []engine{
		make(sqlsource.Postgres, "pgx", pg, "CREATE TABLE %s (id text, total numeric(12,2), status text, at timestamptz, shop text)"),
		make(sqlsource.MySQL, "mysql", my, "CREATE TABLE %s (id varchar(40), total decimal(12,2), status varchar(40), at timestamp NULL, shop varchar(40))"),
		make(sqlsource.SQLite, "sqlite", lite, "CREATE TABLE %s (id text, total real, status text, at text, shop text)"),
	}
}

// TestEveryEngineAgainstEvery: the same orders in three engines are equal, and
// the same faults are found whichever two are compared.
func TestEveryEngineAgainstEvery(t *testing.T) {
	all := engines(t)
	const n = 600
	for _, e := range all {
		var good, bad [][]string
		for i := range n {
			at := time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC).Add(time.Duration(i) * 4 * time.Minute)
			stamp := at.Format("2006-01-02 15:04:05")
			if e.kind != sqlsource.MySQL {
				stamp += "+00:00"
			}
			r := []string{fmt.Sprintf("K%d", i), fmt.Sprintf("%d.%02d", i, i%100), "paid", stamp, []string{"web", "café"}[i%2]}
			good = append(good, r)
			c := append([]string(nil), r...)
			switch i {
			case 10:
				continue
			case 20:
				bad = append(bad, c)
			case 30:
				c[2] = "void"
			case 40:
				c[1] = "40.50"
			case 50:
				bad = append(bad, append([]string{"null"}, c[1:]...))
			}
			bad = append(bad, c)
		}
		e.table(t, "good", good)
		e.table(t, "bad", bad)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	spec := reconcile.Spec{Key: names("id"), Compare: names("total", "status", "at"), Time: reconcile.Column{A: "at", B: "at"}, Channel: reconcile.Column{A: "shop", B: "shop"}, Measures: names("total"), Day: zone, Zones: [2]*time.Location{time.UTC, time.UTC}, Times: map[string]bool{"at": true}}
	for _, a := range all {
		for _, b := range all {
			t.Run(a.kind+" "+b.kind, func(t *testing.T) {
				r, err := reconcile.Diff(ctx, spec, open(t, a.kind, a.dsn).Table("good", ""), open(t, b.kind, b.dsn).Table("good", "SELECT * FROM good"))
				if err != nil {
					t.Fatal(err)
				}
				if !r.Equal || r.A.Rows != n || r.B.Rows != n || len(r.Buckets) != 6 {
					t.Errorf("%s; %d and %d rows, %d buckets %+v", said(r), r.A.Rows, r.B.Rows, len(r.Buckets), r.Buckets)
				}
				total := new(big.Rat)
				for _, b := range r.Buckets {
					if !b.Equal || b.A.Rows != b.B.Rows {
						t.Errorf("bucket %+v", b)
					}
					total.Add(total, b.A.Sums[0].Rat())
				}
				if total.FloatString(2) != "179997.00" {
					t.Errorf("the totals come to %s", total.FloatString(2))
				}
				r, err = reconcile.Diff(ctx, spec, open(t, a.kind, a.dsn).Table("good", ""), open(t, b.kind, b.dsn).Table("bad", ""))
				if err != nil {
					t.Fatal(err)
				}
				if got := said(r); got != "no_key; missing K10; duplicate K20; mismatch_status K30; mismatch_value K40" {
					t.Error(got)
				}
				// A window whose end cuts between the sides finds nothing new.
				cut := spec
				cut.From = time.Date(2026, 3, 29, 0, 30, 0, 0, zone)
				if r, err = reconcile.Diff(ctx, cut, open(t, a.kind, a.dsn).Table("good", ""), open(t, b.kind, b.dsn).Table("bad", "")); err != nil || said(r) != "" {
					t.Errorf("in the window: %v %v", said(r), err)
				}
				if r, err = reconcile.Diff(ctx, cut, open(t, a.kind, a.dsn).Table("good", ""), open(t, b.kind, b.dsn).Table("good", "")); err != nil || r.A.Rows == n || !r.Equal {
					t.Errorf("in the window: %+v %v", r, err)
				}
			})
		}
	}
}

// TestWhatCannotBeRead: errors name the trouble and neither passwords nor
// what is in records.
func TestWhatCannotBeRead(t *testing.T) {
	pg := servicetest.Postgres(t, ping("pgx"))
	exec(t, "pgx", pg, "CREATE TABLE t (id text, n text, at text)", "INSERT INTO t VALUES ('1', 'secret name', 'soon')")
	db := open(t, sqlsource.Postgres, pg)
	spec := reconcile.Spec{Key: names("id")}
	for query, want := range map[string]string{"SELECT n::int AS id FROM t": "22P02", "SELECT nothing FROM t": "nothing", "SELECT 1": "no column"} {
		_, err := reconcile.Diff(ctx, spec, db.Table("q", query), db.Table("t", ""))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", query, err)
		}
	}
	if _, err := reconcile.Diff(ctx, reconcile.Spec{Key: names("id"), Time: reconcile.Column{A: "at", B: "at"}}, db.Table("t", ""), db.Table("t", "")); err != nil {
		t.Error(err)
	}
	dead := open(t, sqlsource.Postgres, "postgres://somebody:hunter2@127.0.0.1:1/x")
	if _, err := reconcile.Diff(ctx, spec, dead.Table("t", ""), db.Table("t", "")); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	// It cannot write, whatever the query says.
	if _, err := reconcile.Diff(ctx, spec, db.Table("q", "WITH d AS (DELETE FROM t RETURNING id) SELECT * FROM d"), db.Table("t", "")); err == nil {
		t.Error("a query that writes was run")
	}
	if _, err := sqlsource.Open(sqlsource.Postgres, "postgres://a:hunter2@[", 0, 0); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// TestLargeCells: what is too large to compare is reported, never equal.
func TestLargeCells(t *testing.T) {
	pg := servicetest.Postgres(t, ping("pgx"))
	lite := filepath.Join(t.TempDir(), "x.db")
	exec(t, "pgx", pg, "CREATE TABLE t (id int, n text)", "INSERT INTO t VALUES (1, repeat('x', 17000000)), (2, 'y')")
	exec(t, "sqlite", lite, "CREATE TABLE t (id int, n text)", "INSERT INTO t VALUES (1, hex(zeroblob(8500000))), (2, 'y')")
	for _, db := range []*sqlsource.DB{open(t, sqlsource.Postgres, pg), open(t, sqlsource.SQLite, lite)} {
		r, err := reconcile.Diff(ctx, reconcile.Spec{Key: names("id"), Compare: names("n")}, db.Table("t", ""), db.Table("t", ""))
		if err != nil || r.Equal || r.Counts[reconcile.Rejected] != 2 {
			t.Errorf("%v %+v", err, r)
		}
	}
	if _, err := os.Stat(lite); err != nil {
		t.Error(err)
	}
}
