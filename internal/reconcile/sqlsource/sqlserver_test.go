package sqlsource

import (
	"os"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile"
)

// TestStatementsOfSQLServer writes what SQL Server is asked, one statement a
// line, to the file that PLETH_STATEMENTS names, and holds what must stand in
// it. No server runs here: the lines were read by a parser of its grammar
// (sqlglot, dialect tsql), not by SQL Server.
func TestStatementsOfSQLServer(t *testing.T) {
	t.Parallel()
	db := &DB{kind: SQLServer}
	l := &layout{}
	for _, c := range [][2]string{{"id", "BIGINT"}, {"na]me", "NVARCHAR"}, {"total", "DECIMAL"}, {"price", "MONEY"}, {"rate", "FLOAT"}, {"paid", "BIT"}, {"at", "DATETIME2"}, {"seen", "DATETIMEOFFSET"}, {"day", "DATE"}, {"raw", "VARBINARY"}, {"gone", "NVARCHAR"}} {
		l.names, l.types, l.scale = append(l.names, c[0]), append(l.types, c[1]), append(l.scale, -1)
	}
	from := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	table, query := db.Table("shop.orders", ""), db.Table("orders", "SELECT * FROM orders WHERE shop = 3;")
	seen := l.names[:10]
	var lines []string
	for _, c := range []struct {
		t    *Table
		w    reconcile.Want
		args int
		has  string
	}{
		{table, reconcile.Want{Columns: seen}, 0, "FROM [shop].[orders] AS pleth_t"},
		{query, reconcile.Want{Columns: seen}, 0, "FROM (SELECT * FROM orders WHERE shop = 3) AS pleth_t"},
		{table, reconcile.Want{Columns: seen, Time: "at", From: from, To: from.Add(time.Hour)}, 2, "[at] >= @p1 AND [at] < @p2"},
		{table, reconcile.Want{Columns: seen, Time: "seen", From: from, To: from.Add(time.Hour)}, 2, "[seen] >= @p1 AND [seen] < @p2"},
		{table, reconcile.Want{Columns: seen, Key: []string{"na]me", "id"}, Keys: [][]string{{"x", "1"}, {"y", "2"}}}, 4, "IN (@p1, @p2) AND LTRIM(RTRIM(CAST([id] AS nvarchar(max)))) IN (@p3, @p4)"},
	} {
		one := *c.t
		one.want = c.w
		text, args := one.statement(l)
		if len(args) != c.args || !strings.Contains(text, c.has) || !strings.Contains(text, "[na]]me]") || strings.Contains(text, "[gone]") {
			t.Errorf("%d values, want %d; %s, want %s", len(args), c.args, text, c.has)
		}
		lines = append(lines, text)
	}
	for text, want := range map[string]string{
		db.text("c", "DECIMAL"):          "CONVERT(nvarchar(60), c)", // no digit is lost
		db.text("c", "MONEY"):            "CONVERT(nvarchar(60), c, 2)",
		db.text("c", "UNIQUEIDENTIFIER"): "LOWER(CAST(c AS nvarchar(36)))",
		string(table.exact([]byte("9.9500000000000000e+001"), "FLOAT")): "99.5",
		string(table.exact([]byte("1.0000000149011612e-001"), "REAL")):  "0.1",
	} {
		if text != want {
			t.Errorf("%s, want %s", text, want)
		}
	}
	if path := os.Getenv("PLETH_STATEMENTS"); path != "" {
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
