package sqlsource_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/sqlsource"
	"pleth/internal/servicetest"
)

// TestNothingHashesAlike: what differs is found where engines hash, however
// alike it is to a collation, to a sum of hashes or to how a type is shown.
func TestNothingHashesAlike(t *testing.T) {
	pg, my := servicetest.Postgres(t, ping("pgx")), servicetest.MariaDB(t, ping("mysql"))
	exec(t, "pgx", pg, "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level1', deterministic = false)")
	type column struct{ typ, a, b, class string }
	for kind, columns := range map[string][]column{
		sqlsource.Postgres: {
			{"text COLLATE loose", "'Zoë'", "'zoe'", "mismatch_value 1"}, {"text", "'a'", "'A'", "mismatch_value 1"}, {"text", "NULL", "'null'", "mismatch_value 1"},
			{"text", "NULL", "' '", ""}, {"numeric", "10", "10.00", ""}, {"numeric", "10.1", "10.2", "mismatch_value 1"}, {"float8", "0.1", "0.1000000000000001", "mismatch_value 1"},
			{"real", "16777216", "16777218", "mismatch_value 1"}, {"timestamptz", "NULL", "'infinity'", "mismatch_value 1"}, {"timestamptz", "'0044-03-15 00:00Z'", "'0044-03-15 00:00Z BC'", "mismatch_value 1"},
			{"timestamptz", "'2026-01-01 00:00:00.0001Z'", "'2026-01-01 01:00:00.0002+01'", ""}, {"text", "e'a\\tb'", "'a b'", "mismatch_value 1"}, {"jsonb", `'{"a": 1}'`, `'{"a": 2}'`, "mismatch_value 1"},
		},
		sqlsource.MySQL: {
			{"varchar(20)", "'Zoë'", "'zoe'", "mismatch_value 1"}, {"varchar(20)", "NULL", "'null'", "mismatch_value 1"}, {"varchar(20)", "NULL", "'  '", ""}, {"varchar(20)", "CONCAT(CHAR(9), 'x')", "'x'", ""},
			{"decimal(12,2)", "10", "10.00", ""}, {"decimal(12,0)", "10", "100", "mismatch_value 1"}, {"decimal(12,2)", "10.1", "10.2", "mismatch_value 1"}, {"float", "1234567", "1234568", "mismatch_value 1"},
			{"double", "0.1", "0.1000000000000001", "mismatch_value 1"}, {"bit(4)", "1", "2", "mismatch_value 1"}, {"datetime(6)", "'2026-01-01 00:00:00.0001'", "'2026-01-01 00:00:00.0002'", ""}, {"datetime", "'2026-01-01'", "NULL", "mismatch_value 1"},
		},
	} {
		driver, dsn := "pgx", pg
		if kind == sqlsource.MySQL {
			driver, dsn = "mysql", my
		}
		db := open(t, kind, dsn)
		for n, c := range columns {
			a, b := fmt.Sprint("a", n), fmt.Sprint("b", n)
			exec(t, driver, dsn, fmt.Sprintf("CREATE TABLE %s (id int, v %s)", a, c.typ), fmt.Sprintf("CREATE TABLE %s (id int, v %s)", b, c.typ),
				fmt.Sprintf("INSERT INTO %s VALUES (1, %s), (2, NULL)", a, c.a), fmt.Sprintf("INSERT INTO %s VALUES (1, %s), (2, NULL)", b, c.b))
			r, err := reconcile.Diff(ctx, reconcile.Spec{Key: names("id"), Compare: names("v")}, db.Table(a, ""), db.Table(b, ""))
			if err != nil || said(r) != c.class {
				t.Errorf("%s, %s, %s and %s: %q %v", kind, c.typ, c.a, c.b, said(r), err)
			}
		}
		// Values that two rows, or two columns, have exchanged add up to the same.
		exec(t, driver, dsn, "CREATE TABLE sa (id int, x varchar(9), y varchar(9))", "CREATE TABLE sb (id int, x varchar(9), y varchar(9))", "INSERT INTO sa VALUES (1, 'p', 'q'), (2, 'r', 's'), (3, 't', 'u')", "INSERT INTO sb VALUES (1, 'r', 'q'), (2, 'p', 's'), (3, 'u', 't')")
		r, err := reconcile.Diff(ctx, reconcile.Spec{Key: names("id"), Compare: names("x", "y")}, db.Table("sa", ""), db.Table("sb", ""))
		if err != nil || said(r) != "mismatch_value 1; mismatch_value 2; mismatch_value 3" {
			t.Errorf("%s: exchanged values: %v %v", kind, said(r), err)
		}
		// A word is what the map says, letter by letter.
		exec(t, driver, dsn, "CREATE TABLE wa (id int, st varchar(9))", "CREATE TABLE wb (id int, st varchar(9))", "INSERT INTO wa VALUES (1, 'paid'), (2, 'Paid')", "INSERT INTO wb VALUES (1, 'P'), (2, 'P')")
		r, err = reconcile.Diff(ctx, reconcile.Spec{Key: names("id"), Compare: names("st"), Status: map[string]map[string]string{"st": {"paid": "P"}}}, db.Table("wa", ""), db.Table("wb", ""))
		if err != nil || said(r) != "mismatch_status 2" || r.A.Unknown["st"]["Paid"] != 1 {
			t.Errorf("%s: words: %v %v", kind, said(r), err)
		}
	}
}

// TestRangesOfKeys: whole numbers with an index are compared by ranges, also
// where they lie in lumps, below zero, or grow beyond what the other side has.
func TestRangesOfKeys(t *testing.T) {
	pg, my := servicetest.Postgres(t, ping("pgx")), servicetest.MariaDB(t, ping("mysql"))
	for kind, dsn := range map[string]string{sqlsource.Postgres: pg, sqlsource.MySQL: my} {
		driver := map[string]string{sqlsource.Postgres: "pgx", sqlsource.MySQL: "mysql"}[kind]
		for n, key := range []string{"i", "i - 10000", "CASE WHEN i < 3 THEN i * 4611686018427387903 ELSE i END", "CASE WHEN i < 3 THEN i * 2305843009213690000 ELSE i END", "i * 10003"} {
			most := 20000
			if n == 3 { // so many in one range that they are spread again
				most = 150000
			}
			numbers := fmt.Sprintf("generate_series(1, %d) AS s(i)", most)
			if kind == sqlsource.MySQL {
				numbers = fmt.Sprintf("(SELECT CAST(seq AS SIGNED) AS i FROM seq_1_to_%d) AS s", most)
			}
			a, b := fmt.Sprint("a", n), fmt.Sprint("b", n)
			for _, name := range []string{a, b} {
				exec(t, driver, dsn, fmt.Sprintf("CREATE TABLE %s (id bigint PRIMARY KEY, i bigint, total decimal(12,2))", name), fmt.Sprintf("INSERT INTO %s SELECT %s, i, i / 10.0 FROM %s WHERE i <> 2", name, key, numbers))
			}
			exec(t, driver, dsn, "DELETE FROM "+b+" WHERE i IN (7, 19999)", "DELETE FROM "+a+" WHERE i = 20000", "UPDATE "+b+" SET total = total + 0.1 WHERE i = 5000", "INSERT INTO "+b+" VALUES (-1000000, -1, 0)")
			db := open(t, kind, dsn)
			r, err := reconcile.Diff(ctx, reconcile.Spec{Key: names("id"), Compare: names("i", "total")}, db.Table(a, ""), db.Table(b, ""))
			if err != nil || r.Counts[reconcile.Missing] != 2 || r.Counts[reconcile.Extra] != 2 || r.Counts[reconcile.MismatchValue] != 1 || len(r.Findings) != 5 || r.A.Rows != int64(most-2) {
				t.Errorf("%s, %s: %v %v", kind, key, said(r), err)
			}
		}
	}
}

// TestLocalDays: times without a zone fall into the same days and buckets in
// every engine, on days of 23 and 25 hours too.
func TestLocalDays(t *testing.T) {
	pg, my := servicetest.Postgres(t, ping("pgx")), servicetest.MariaDB(t, ping("mysql"))
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	york, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, day := range []string{"2026-03-28", "2026-10-24", "2026-03-08", "2026-11-01"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		for range 120 {
			at = at.Add(29 * time.Minute)
			if at.Hour() == 2 && at.Month() == time.October { // may be either of two
				continue
			}
			rows = append(rows, fmt.Sprintf("(%d, '%s')", len(rows), at.Format(time.DateTime)))
		}
	}
	exec(t, "pgx", pg, "CREATE TABLE t (id int, at timestamp)", "INSERT INTO t VALUES "+strings.Join(rows, ", "))
	exec(t, "mysql", my, "CREATE TABLE t (id int, at datetime)", "INSERT INTO t VALUES "+strings.Join(rows, ", "))
	a, b := open(t, sqlsource.Postgres, pg).Table("t", ""), open(t, sqlsource.MySQL, my).Table("t", "")
	spec := reconcile.Spec{Key: names("id"), Compare: names("at"), Times: map[string]bool{"at": true}, Time: reconcile.Column{A: "at", B: "at"}, Zones: [2]*time.Location{berlin, berlin}, Day: york}
	for _, window := range [][2]time.Time{{}, {time.Date(2026, 3, 29, 0, 30, 0, 0, berlin), time.Date(2026, 10, 25, 23, 0, 0, 0, berlin)}} {
		spec.From, spec.To = window[0], window[1]
		r, err := reconcile.Diff(ctx, spec, a, b)
		if err != nil || !r.Equal || r.A.Rows == 0 || !r.A.Last.Equal(r.B.Last) {
			t.Fatalf("%v %v %+v", err, said(r), r)
		}
		for _, one := range r.Buckets {
			if !one.Equal {
				t.Errorf("%+v", one)
			}
		}
	}
}

// TestAllDiffers: where engines write the same values differently they are
// compared here.
func TestAllDiffers(t *testing.T) {
	pg := servicetest.Postgres(t, ping("pgx"))
	exec(t, "pgx", pg, "CREATE TABLE a AS SELECT i AS id, i / 4.0 AS total FROM generate_series(1, 300000) AS i", "CREATE TABLE b AS SELECT id::text || '.0' AS id, to_char(total, 'FM9999990.00000') AS total FROM a", "DELETE FROM b WHERE id = '77.0'", "ANALYZE")
	db := open(t, sqlsource.Postgres, pg)
	spec := reconcile.Spec{Key: names("id"), Compare: names("total"), Numbers: map[string]bool{"id": true}}
	r, err := reconcile.Diff(ctx, spec, db.Table("a", ""), db.Table("b", ""))
	if err != nil || said(r) != "missing 77" || len(r.Hints) > 0 {
		t.Errorf("%.300s %v", said(r), err)
	}
	if r.A.Kinds["total"]["type numeric"] != 1 || r.B.Kinds["total"]["type text"] != 1 {
		t.Errorf("columns hold their types also where rows come out: %v and %v", r.A.Kinds, r.B.Kinds)
	}
	spec.Numbers = nil // 77 and 77.0 are two texts
	r, err = reconcile.Diff(ctx, spec, db.Table("a", "SELECT * FROM a WHERE id < 2000"), db.Table("b", ""))
	if err != nil || r.Equal || len(r.Hints) != 1 || r.Hints[0].Code != "key_writing" {
		t.Errorf("%.300s %v %v", said(r), r.Hints, err)
	}
}

// TestADatabaseThatIsSilent: a statement that gives nothing is ended here, also
// where the server is not told how long it may take.
func TestADatabaseThatIsSilent(t *testing.T) {
	pg := servicetest.Postgres(t, ping("pgx"))
	for _, perSecond := range []float64{0, 1000} {
		db, err := sqlsource.Open(sqlsource.Postgres, pg, 300*time.Millisecond, perSecond)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		_, err = reconcile.Diff(ctx, reconcile.Spec{Key: names("id")}, db.Table("a", "SELECT 1 AS id FROM pg_sleep(86400)"), db.Table("b", "SELECT 1 AS id"))
		if err == nil || !strings.Contains(err.Error(), "timeout") {
			t.Errorf("%v rows a second: %v", perSecond, err)
		}
	}
}
