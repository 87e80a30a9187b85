//go:build linux

// Package reconcile_test measures the comparison of two systems against its
// figures: make bench-reconcile. It is a test so that it can run its own
// PostgreSQL; without PLETH_BENCH it only says how to run it.
package reconcile_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/plan"
	"pleth/internal/reconcile/sqlsource"
	"pleth/internal/sealed"
	"pleth/internal/servicetest"
)

var ctx = context.Background()

func wanted(t *testing.T) {
	t.Helper()
	if os.Getenv("PLETH_BENCH") == "" {
		t.Skip("make bench-reconcile runs it")
	}
}

func ping(ctx context.Context, url string) error {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.PingContext(ctx)
}

func exec1(t testing.TB, url string, statements ...string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// usage is what a stretch of work took.
type usage struct {
	wall, cpu time.Duration
	peak      int64 // bytes of this process
}

func (u usage) String() string {
	return fmt.Sprintf("%.2f s, %.2f s CPU, %d MB at most", u.wall.Seconds(), u.cpu.Seconds(), u.peak>>20)
}

func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// measure runs f and says what it took.
func measure(f func()) usage {
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // the peak begins anew
	began, was := time.Now(), cpu()
	f()
	u := usage{wall: time.Since(began), cpu: cpu() - was}
	b, _ := os.ReadFile("/proc/self/status")
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			u.peak = n << 10
		}
	}
	return u
}

func columns(names ...string) []reconcile.Column {
	var out []reconcile.Column
	for _, n := range names {
		out = append(out, reconcile.Column{A: n, B: n})
	}
	return out
}

func said(r *reconcile.Result) string {
	var lines []string
	for _, f := range r.Findings {
		lines = append(lines, string(f.Class)+" "+strings.Join(f.Key, "/"))
	}
	return strings.Join(lines, "; ")
}

// orders makes a table of n orders.
const orders = `CREATE TABLE %s AS SELECT 'K' || i AS order_id, ((i %% 997) + (i %% 100) / 100.0)::numeric(12,2) AS total, CASE WHEN i %% 3 = 0 THEN 'open' ELSE 'paid' END AS status, timestamptz '2026-01-01 00:00Z' + i * interval '1 second' AS created_at FROM generate_series(1, %d) AS i`

// TestMillion: of 1,000,000 records one is removed, one duplicated, one has
// another status and one another value: inside PostgreSQL, and across
// PostgreSQL and CSV.
func TestMillion(t *testing.T) {
	wanted(t)
	url := servicetest.Postgres(t, ping)
	exec1(t, url, fmt.Sprintf(orders, "a", 1_000_000), "CREATE TABLE b AS SELECT * FROM a",
		"DELETE FROM b WHERE order_id = 'K1000'", "INSERT INTO b SELECT * FROM b WHERE order_id = 'K2000'", "UPDATE b SET status = 'void' WHERE order_id = 'K3000'", "UPDATE b SET total = total + 0.1 WHERE order_id = 'K4000'", "ANALYZE")
	db, err := sqlsource.Open(sqlsource.Postgres, url, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	dir := t.TempDir()
	files := map[string]reconcile.CSVFile{}
	for _, name := range []string{"a", "b"} {
		files[name] = reconcile.CSVFile{Path: filepath.Join(dir, name+".csv")}
		export(t, db.Table(name, ""), files[name].Path)
	}
	spec := reconcile.Spec{Key: columns("order_id"), Compare: columns("total", "status")}
	placed := spec
	placed.Time, placed.Measures = reconcile.Column{A: "created_at", B: "created_at"}, columns("total")
	for _, c := range []struct {
		name string
		spec reconcile.Spec
		a, b reconcile.Source
	}{
		{"CSV, CSV", spec, files["a"], files["b"]},
		{"PostgreSQL, PostgreSQL", spec, db.Table("a", ""), db.Table("b", "")},
		{"PostgreSQL, PostgreSQL, by day with sums", placed, db.Table("a", ""), db.Table("b", "")},
		{"PostgreSQL, CSV", spec, db.Table("a", ""), files["b"]},
		{"CSV, PostgreSQL, by day with sums", placed, files["a"], db.Table("b", "")},
	} {
		var r *reconcile.Result
		u := measure(func() { r, err = reconcile.Diff(ctx, c.spec, c.a, c.b) })
		if err != nil {
			t.Fatal(err)
		}
		if got := said(r); got != "missing K1000; duplicate K2000; mismatch_status K3000; mismatch_value K4000" {
			t.Errorf("%s: %s", c.name, got)
		}
		t.Logf("1 M rows, %s: %s", c.name, u)
		if u.wall > 10*time.Second || u.peak > 300<<20 {
			t.Errorf("%s misses 10 s and 300 MB", c.name)
		}
	}
}

// export writes a table as CSV.
func export(t *testing.T, src reconcile.Source, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	names, err := src.Columns(ctx)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(w, strings.Join(names, ","))
	err = src.Scan(ctx, func(_ int64, cells []reconcile.Cell) error {
		for i, c := range cells {
			if i > 0 {
				_ = w.WriteByte(',')
			}
			_, _ = w.Write(c.Text)
		}
		return w.WriteByte('\n')
	}, func(int64, string) error { return nil })
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestTenMillion: 10 M x 10 M rows with 1,000 differences, against reladiff in
// the same PostgreSQL. RELADIFF is its program; without it only pleth runs.
func TestTenMillion(t *testing.T) {
	wanted(t)
	n := 10_000_000
	if s := os.Getenv("PLETH_BENCH_ROWS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	url := servicetest.Postgres(t, ping)
	// A whole number as key, which is what reladiff is quickest with.
	exec1(t, url, strings.Replace(fmt.Sprintf(orders, "a", n), "'K' || i AS order_id", "i AS order_id", 1), "CREATE TABLE b AS SELECT * FROM a",
		fmt.Sprintf("UPDATE b SET total = total + 0.1 WHERE order_id %% %d = 7", n/1000), "ALTER TABLE a ADD PRIMARY KEY (order_id)", "ALTER TABLE b ADD PRIMARY KEY (order_id)", "VACUUM ANALYZE")
	db, err := sqlsource.Open(sqlsource.Postgres, url, 30*time.Minute, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	spec := reconcile.Spec{Key: columns("order_id"), Compare: columns("total", "status"), Limit: 5000}
	var r *reconcile.Result
	ours := measure(func() { r, err = reconcile.Diff(ctx, spec, db.Table("a", ""), db.Table("b", "")) })
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d x %d rows, %d differences: pleth %s", n, n, len(r.Findings), ours)
	if len(r.Findings) != 1000 || ours.peak > 400<<20 {
		t.Errorf("%d differences of 1000, %d MB", len(r.Findings), ours.peak>>20)
	}
	program := os.Getenv("RELADIFF")
	if program == "" {
		t.Log("NOT COMPARED: RELADIFF names no program (pip install 'reladiff[postgresql]')")
		return
	}
	limit, cancel := context.WithTimeout(ctx, max(15*time.Minute, 20*ours.wall))
	defer cancel()
	dsn := strings.Replace(strings.TrimSuffix(url, "?sslmode=disable"), "postgres://", "postgresql://", 1)
	cmd := exec.CommandContext(limit, program, dsn, "a", dsn, "b", "-k", "order_id", "-c", "total", "-c", "status", "--json")
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	began := time.Now()
	err = cmd.Run()
	wall := time.Since(began)
	lines := bytes.Count(out.Bytes(), []byte("\n"))
	peak := int64(0)
	if ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = ru.Maxrss << 10
	}
	t.Logf("reladiff: %.2f s, %d lines, %d MB at most, %v", wall.Seconds(), lines, peak>>20, err)
	switch {
	case limit.Err() != nil:
		t.Logf("reladiff was stopped after %s", wall)
	case lines < 1000:
		t.Errorf("reladiff did not do it: %s", trouble.String()[:min(trouble.Len(), 2000)])
	case wall < ours.wall:
		t.Errorf("reladiff is quicker: %s and %s", wall, ours.wall)
	}
}

// TestManyIntegrations: 200 pairs of PostgreSQL tables, each checked once a
// minute, take at most 20 % of one core.
func TestManyIntegrations(t *testing.T) {
	wanted(t)
	url := servicetest.Postgres(t, ping)
	now := time.Now()
	exec1(t, url, fmt.Sprintf("CREATE TABLE a AS SELECT 'K' || i AS order_id, (i %% 1000)::numeric(12,2) AS total, 'paid' AS status, to_timestamp(%d - i * 60) AS created_at, CASE i %% 3 WHEN 0 THEN 'web' WHEN 1 THEN 'store' ELSE 'market' END AS channel FROM generate_series(30, 50000) AS i", now.Unix()),
		"ALTER TABLE a ADD PRIMARY KEY (order_id)", "CREATE INDEX ON a (created_at)", "CREATE TABLE b (LIKE a INCLUDING ALL)", "INSERT INTO b SELECT * FROM a", "VACUUM ANALYZE")
	db, err := sqlsource.Open(sqlsource.Postgres, url, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	side := func(table string) plan.Side {
		return plan.Side{System: table, Open: func() (reconcile.Source, error) { return db.Table(table, ""), nil }}
	}
	var pairs []*plan.Pair
	for i := range 200 {
		pairs = append(pairs, &plan.Pair{Name: fmt.Sprint("pair ", i), Group: "g", Records: "orders", A: side("a"), B: side("b"), Grace: 15 * time.Minute, Cadence: time.Minute, Window: 24 * time.Hour, History: 7 * 24 * time.Hour, Full: 24 * time.Hour,
			Spec: reconcile.Spec{Key: columns("order_id"), Compare: columns("total", "status"), Measures: columns("total"), Time: reconcile.Column{A: "created_at", B: "created_at"}, Channel: reconcile.Column{A: "channel", B: "channel"}}})
	}
	d, err := desk.Open(ctx, desk.Config{Path: filepath.Join(t.TempDir(), "r.db"), Key: sealed.NewKey(), Pairs: pairs})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	round := func() {
		for _, p := range pairs {
			c, err := d.Check(ctx, p.Name, false)
			if err != nil || c.Colour != desk.Green {
				t.Fatalf("%+v %v", c, err)
			}
		}
	}
	round() // the first one is full
	u := measure(func() {
		for range 3 {
			round()
		}
	})
	share := u.cpu.Seconds() / 3 / 60
	t.Logf("200 integrations once a minute: %.1f %% of one core in pleth; a round takes %.1f s with PostgreSQL on the same machine, %d MB at most", 100*share, u.wall.Seconds()/3, u.peak>>20)
	if share > 0.2 {
		t.Error("more than 20 % of one core")
	}
	var pages []time.Duration
	for range 100 {
		began := time.Now()
		if _, err := d.Overview(ctx); err != nil {
			t.Fatal(err)
		}
		pages = append(pages, time.Since(began))
	}
	slices.Sort(pages)
	t.Logf("the page of 200 integrations: p50 %s, p95 %s", pages[50].Round(time.Millisecond), pages[95].Round(time.Millisecond))
}
