package plan_test

import (
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/plan"
)

// write writes files into a folder and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(text, "$DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const good = `systems:
  shop: {kind: csv, folder: $DIR, zone: Europe/Berlin}
  erp:
    kind: sqlite
    path: $DIR/erp.db
    calendar: {days: [mon, tue, wed, thu, fri], from: "08:00", to: "18:00", holidays: [2026-12-25]}
pairs:
  orders:
    group: Shop
    records: orders
    a: {system: shop, table: orders-*.csv}
    b: {system: erp, table: orders}
    key: [order_id=OrderNo]
    compare: [total, status]
    measures: [total]
    map: {status: {paid: PAID}}
    tolerance: {total: "0.01"}
    time: created_at
    channel: channel
    grace: 10m
    history: 35d
    thresholds: ["orders differ by > 2 %", "total differs by > 0.5 %"]
`

func TestBuild(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"p.yaml": good})
	set, err := plan.Read(filepath.Join(dir, "p.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := set.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	one := p.Pairs[0]
	if one.Name != "orders" || one.Grace != 10*time.Minute || one.History != 35*24*time.Hour || len(one.Thresholds) != 2 || one.Spec.Day.String() != "Europe/Berlin" || one.Spec.Key[0] != (reconcile.Column{A: "order_id", B: "OrderNo"}) || one.Totals {
		t.Errorf("%+v", one)
	}
}

// TestFaultsNameTheirLine: every fault is told, each with the line it is on.
func TestFaultsNameTheirLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, line, text string }{
		{"kind: csv", "kind: excel", "line 2", `"excel": one of`},
		{"zone: Europe/Berlin", "zone: Atlantis", "line 2", "no zone"},
		{"path: $DIR/erp.db", "path: ''", "line 3", "needs path"},
		{"days: [mon", "days: [noday", "line 6", "no day"},
		{"system: erp", "system: crm", "line 12", `no system "crm"`},
		{`"0.01"`, "a lot", "line 17", "no number"},
		{"compare: [total, status]", "compare: [total, total]", "line 8", "named twice"},
		{"orders differ by > 2 %", "orders are many", "line 22", "orders differ by"},
		{"total differs by", "weight differs by", "line 22", "neither orders nor a measure"},
		{"grace: 10m", "grace: soon", "line 20", "no duration"},
		{"grace: 10m", "gracious: 10m", "line 20", "gracious"},
		{"time: created_at\n", "volume: true\n", "line 18", "needs the column of the time"},
		{"    key: [order_id=OrderNo]\n", "", "line 8", "no key is named"},
		{"    measures: [total]\n", "    mend: {auto: {missing: replay}}\n    measures: [total]\n", "line 15", "nothing here can replay"},
	} {
		dir := write(t, map[string]string{"p.yaml": strings.Replace(good, c.from, c.to, 1)})
		set, err := plan.Read(filepath.Join(dir, "p.yaml"))
		if err == nil {
			_, err = set.Build(nil)
		}
		if err == nil || !strings.Contains(err.Error(), c.line+":") || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s for %s: %v; want %s and %q", c.to, c.from, err, c.line, c.text)
		}
	}
}

func TestThresholds(t *testing.T) {
	t.Parallel()
	th, err := plan.ParseThreshold("orders differ by > 2 %", "orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		a, b int64
		over bool
	}{{100, 98, false}, {100, 97, true}, {0, 0, false}, {0, 1, true}, {1, 0, true}, {100, 103, true}} {
		if _, over := th.Exceeded(big.NewRat(c.a, 1), big.NewRat(c.b, 1)); over != c.over {
			t.Errorf("%d and %d: %v", c.a, c.b, over)
		}
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"p.yaml": strings.Replace(strings.Replace(good, "system: shop, table: orders-*.csv", "system: erp, table: x", 1), "path: $DIR/erp.db", "path: $DIR/erp.db\n    zone: Europe/Berlin", 1)})
	set, err := plan.Read(filepath.Join(dir, "p.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := set.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c := p.Pairs[0].Calendar
	zone, _ := time.LoadLocation("Europe/Berlin")
	friday := time.Date(2026, 3, 27, 17, 0, 0, 0, zone) // the clocks change on Sunday
	if got := c.Between(friday, time.Date(2026, 3, 30, 9, 0, 0, 0, zone)); got != 2*time.Hour {
		t.Errorf("over a weekend: %s", got)
	}
	if c.Works("2026-12-25") || c.Works("2026-12-26") || !c.Works("2026-12-28") {
		t.Error("holidays and weekends")
	}
}
