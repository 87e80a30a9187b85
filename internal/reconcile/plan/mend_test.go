package plan_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	_ "modernc.org/sqlite" // the driver

	"pleth/internal/reconcile/plan"
)

// pairOf builds the one pair of some settings.
func pairOf(t *testing.T, dir string) *plan.Pair {
	t.Helper()
	set, err := plan.Read(filepath.Join(dir, "s.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := set.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p.Pairs[0]
}

// TestMendByHTTP: a busy system is asked again with the same key, a page of a
// login is no success, and neither the token nor the record is in an error.
func TestMendByHTTP(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	keys := make(chan string, 10)
	answer := atomic.Value{}
	answer.Store("busy")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys <- r.Header.Get("Idempotency-Key")
		var s plan.Step
		if err := json.NewDecoder(r.Body).Decode(&s); err != nil || s.Record["total"] != "9.90" || len(s.Null) != 1 {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		switch n := asked.Add(1); {
		case answer.Load() == "html":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html>log in")
		case answer.Load() == "hours":
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		case n < 3:
			w.Header().Set("Retry-After", "0.01")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	t.Cleanup(srv.Close)
	dir := write(t, map[string]string{"token": "secret-token\n", "s.yaml": `systems:
  shop: {kind: csv, folder: $DIR}
pairs:
  p:
    a: {system: shop, table: a.csv}
    b: {system: shop, table: b.csv}
    key: [id]
    compare: [total]
    mend: {url: ` + srv.URL + `, token_file: $DIR/token}
`})
	m := pairOf(t, dir).Mender
	step := plan.Step{Action: plan.Replay, ID: "step-1", Key: map[string]string{"id": "Anna"}, Record: map[string]string{"total": "9.90"}, Null: []string{"note"}}
	if err := m.Apply(context.Background(), step); err != nil {
		t.Fatal(err)
	}
	if asked.Load() != 3 || <-keys != "step-1" || <-keys != "step-1" || <-keys != "step-1" {
		t.Errorf("asked %d times, or with another key", asked.Load())
	}
	for how, want := range map[string]string{"html": "page of HTML", "hours": "429"} {
		answer.Store(how)
		err := m.Apply(context.Background(), step)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "Anna") {
			t.Errorf("%s: %v", how, err)
		}
	}
	if asked.Load() != 5 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// TestMendNulls: a column without a value is put as null by a statement.
func TestMendNulls(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"s.yaml": `systems:
  shop: {kind: csv, folder: $DIR}
  erp: {kind: sqlite, path: $DIR/erp.db}
pairs:
  p:
    a: {system: shop, table: a.csv}
    b: {system: erp, table: orders}
    key: [id]
    compare: [total, note]
    mend:
      system: erp
      statements: {replay: "INSERT INTO orders VALUES (:id, :total, :note)"}
`})
	db, err := sql.Open("sqlite", filepath.Join(dir, "erp.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE orders (id TEXT, total TEXT, note TEXT)"); err != nil {
		t.Fatal(err)
	}
	m := pairOf(t, dir).Mender
	step := plan.Step{Action: plan.Replay, Key: map[string]string{"id": "K1"}, Record: map[string]string{"id": "K1", "total": "1"}, Null: []string{"note"}}
	if err := m.Apply(context.Background(), step); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := db.QueryRow("SELECT count(*) FROM orders WHERE id = 'K1' AND note IS NULL").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
	step.Null = nil
	if err := m.Apply(context.Background(), step); err == nil || !strings.Contains(err.Error(), ":note") {
		t.Errorf("%v", err)
	}
}
