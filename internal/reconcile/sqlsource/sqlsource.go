// Package sqlsource reads tables and queries of SQL engines: PostgreSQL,
// MySQL and MariaDB, SQL Server, and SQLite files. It only reads: sessions are
// read-only where the engine knows such a thing.
package sqlsource

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "github.com/microsoft/go-mssqldb" // the driver "sqlserver"
	"golang.org/x/time/rate"
	_ "modernc.org/sqlite" // the driver

	"pleth/internal/reconcile"
)

// The kinds of engines.
const (
	Postgres  = "postgres"
	MySQL     = "mysql" // MariaDB too
	SQLServer = "sqlserver"
	SQLite    = "sqlite"
)

// MostCell is how many bytes a cell may have to be compared. A row with a
// larger one is reported, not read.
const MostCell = reconcile.MostCell

// DB is one database. It is safe for concurrent use.
type DB struct {
	kind  string
	pool  *sql.DB
	limit *rate.Limiter // of rows; nil: no bound
	// timeout is how long a statement may give nothing. Servers that know such a
	// thing are told; a network that has gone tells nobody.
	timeout time.Duration
}

// Open returns the database that dsn names, a URL or what the driver takes; a
// path for SQLite. It connects when something is asked. timeout bounds one
// statement, 0: 5 minutes. rowsPerSecond bounds what is read, 0: no bound.
func Open(kind, dsn string, timeout time.Duration, rowsPerSecond float64) (*DB, error) {
	if timeout <= 0 {
		timeout = 5 * time.Minute
	}
	db := &DB{kind: kind, timeout: timeout}
	var err error
	switch kind {
	case Postgres:
		var cfg *pgx.ConnConfig
		if cfg, err = pgx.ParseConfig(dsn); err != nil {
			return nil, errors.New("the address of the database cannot be read: write postgres://user:password@host/database")
		}
		cfg.RuntimeParams["default_transaction_read_only"] = "on"
		if rowsPerSecond <= 0 { // else a statement takes as long as its rows may
			cfg.RuntimeParams["statement_timeout"] = fmt.Sprint(timeout.Milliseconds())
		}
		cfg.RuntimeParams["timezone"] = "UTC"
		cfg.RuntimeParams["application_name"] = "pleth reconcile"
		cfg.ConnectTimeout = 10 * time.Second
		db.pool = stdlib.OpenDB(*cfg)
	case MySQL:
		var cfg *mysql.Config
		if cfg, err = mysql.ParseDSN(dsn); err != nil {
			return nil, errors.New("the address of the database cannot be read: write user:password@tcp(host:3306)/database")
		}
		if cfg.Params == nil {
			cfg.Params = map[string]string{}
		}
		cfg.Params["time_zone"] = "'+00:00'"
		cfg.Timeout, cfg.ReadTimeout = 10*time.Second, timeout
		connector, cerr := mysql.NewConnector(cfg)
		if cerr != nil {
			return nil, errors.New("the address of the database cannot be used")
		}
		db.pool = sql.OpenDB(readOnly{connector})
	case SQLServer:
		if db.pool, err = sql.Open("sqlserver", dsn); err != nil {
			return nil, errors.New("the address of the database cannot be read: write sqlserver://user:password@host?database=name&ApplicationIntent=ReadOnly")
		}
	case SQLite:
		if db.pool, err = sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(dsn)+"?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(5000)"); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("kind %q: postgres, mysql, sqlserver or sqlite", kind)
	}
	db.pool.SetMaxOpenConns(2)
	db.pool.SetConnMaxIdleTime(time.Minute)
	if rowsPerSecond > 0 {
		db.limit = rate.NewLimiter(rate.Limit(rowsPerSecond), max(1, int(rowsPerSecond)))
	}
	return db, nil
}

// readOnly makes sessions of MySQL and MariaDB, which name the variable
// differently, read-only.
type readOnly struct{ driver.Connector }

// Connect implements driver.Connector.
func (r readOnly) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.(driver.ExecerContext).ExecContext(ctx, "SET SESSION TRANSACTION READ ONLY", nil); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close closes the connections.
func (db *DB) Close() error { return db.pool.Close() }

// quote writes a name so that it is one: shop.orders is two.
func (db *DB) quote(name string) string {
	var parts []string
	for part := range strings.SplitSeq(name, ".") {
		parts = append(parts, db.column(part))
	}
	return strings.Join(parts, ".")
}

// column writes the name of a column.
func (db *DB) column(name string) string {
	switch db.kind {
	case MySQL:
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	case SQLServer:
		return "[" + strings.ReplaceAll(name, "]", "]]") + "]"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// quoted finds what stands in quotes in the message of an engine: values of
// records may.
var quoted = regexp.MustCompile(`"[^"]*"|'[^']*'`)

// errSilent is the cause of a statement that was ended here.
var errSilent = errors.New("the database gave nothing for too long; timeout of the system says how long it may")

// bound ends what it is given to when the database gives nothing for the
// timeout. heard puts that off; end frees it.
func (db *DB) bound(ctx context.Context) (_ context.Context, heard, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(db.timeout+db.timeout/8, func() { cancel(errSilent) })
	return ctx, func() { timer.Reset(db.timeout + db.timeout/8) }, func() { timer.Stop(); cancel(nil) }
}

// silent returns errSilent in the place of an error that it caused.
func silent(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errSilent) {
		return errSilent
	}
	return err
}

// explain returns an error without what it may quote of records or
// credentials.
func explain(name string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if errors.Is(err, errSilent) {
		return fmt.Errorf("%s: %w", name, err)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		text := pg.Message
		if !strings.HasPrefix(pg.Code, "42") && !strings.HasPrefix(pg.Code, "3D") && !strings.HasPrefix(pg.Code, "28") {
			text = quoted.ReplaceAllString(text, "…")
		}
		return fmt.Errorf("%s: the database says %s (SQLSTATE %s)", name, text, pg.Code)
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return fmt.Errorf("%s: the database cannot be reached: %w", name, errors.Unwrap(connect))
	}
	return fmt.Errorf("%s: %s", name, quoted.ReplaceAllString(err.Error(), "…"))
}

// Table is a table or a query of a database. It is a reconcile.Source.
type Table struct {
	db   *DB
	name string
	from string // what stands after FROM
	want reconcile.Want
	tail string // more of WHERE, without AND

	once  *sync.Once
	shape *layout
}

// layout is what the columns are.
type layout struct {
	names []string
	types []string
	scale []int64 // of decimals; -1: any
	err   error
}

// Table returns a table by its name, or with query a query instead: SELECT …
// without an end.
func (db *DB) Table(name, query string) *Table {
	t := &Table{db: db, name: name, once: new(sync.Once), shape: new(layout)}
	if query != "" {
		t.from = "(" + strings.TrimRight(strings.TrimSpace(query), ";") + ") AS pleth_t"
	} else {
		t.from = db.quote(name) + " AS pleth_t"
	}
	return t
}

// Name returns the name of the table.
func (t *Table) Name() string { return t.name }

// look asks for the columns once.
func (t *Table) look(ctx context.Context) (*layout, error) {
	t.once.Do(func() {
		ctx, _, end := t.db.bound(ctx)
		defer end()
		rows, err := t.db.pool.QueryContext(ctx, "SELECT * FROM "+t.from+" WHERE 1 = 0")
		if err != nil {
			t.shape.err = explain(t.name, silent(ctx, err))
			return
		}
		defer rows.Close()
		types, err := rows.ColumnTypes()
		if err != nil {
			t.shape.err = explain(t.name, err)
			return
		}
		for _, c := range types {
			t.shape.names = append(t.shape.names, c.Name())
			t.shape.types = append(t.shape.types, strings.ToUpper(c.DatabaseTypeName()))
			_, scale, ok := c.DecimalSize()
			if !ok {
				scale = -1
			}
			t.shape.scale = append(t.shape.scale, scale)
		}
		if t.db.kind == SQLite && len(t.shape.names) == 0 {
			t.shape.names, err = rows.Columns()
			t.shape.err = err
		}
	})
	return t.shape, t.shape.err
}

// Columns returns the names of the columns.
func (t *Table) Columns(ctx context.Context) ([]string, error) {
	l, err := t.look(ctx)
	return l.names, err
}

// typeOf returns the type of a column as the engine calls it.
func (l *layout) typeOf(name string) string {
	for i, n := range l.names {
		if n == name {
			return l.types[i]
		}
	}
	return ""
}

// of returns a column as its engine describes it.
func (l *layout) of(name string) column {
	for i, n := range l.names {
		if n == name {
			return column{l.types[i], l.scale[i]}
		}
	}
	return column{}
}

// Types implements reconcile.Tallier. SQLite holds anything anywhere.
func (t *Table) Types(ctx context.Context) (map[string]string, error) {
	if t.db.kind == SQLite {
		return nil, nil
	}
	l, err := t.look(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for i, n := range l.names {
		out[n] = strings.ToLower(l.types[i])
	}
	return out, nil
}

// Narrow implements reconcile.Narrower.
func (t *Table) Narrow(w reconcile.Want) reconcile.Source {
	one := *t
	if w.Columns == nil {
		w.Columns = t.want.Columns
	}
	one.want = w
	return &one
}

// tooLarge begins what stands in the place of a cell that is too large.
const tooLarge = "\x01too large: "

// statement asks for the wanted rows: every column as text, null where nobody
// looks at it.
func (t *Table) statement(l *layout) (query string, args []any) {
	var list []string
	for i, n := range l.names {
		if t.want.Columns != nil && !slices.Contains(t.want.Columns, n) {
			list = append(list, "NULL")
			continue
		}
		list = append(list, t.db.text(t.db.column(n), l.types[i]))
	}
	where, args := t.where(l)
	return "SELECT " + strings.Join(list, ", ") + " FROM " + t.from + where, args
}

// Scan reads the rows.
func (t *Table) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, bad func(int64, string) error) error {
	l, err := t.look(ctx)
	if err != nil {
		return err
	}
	query, args := t.statement(l)
	whole := ctx
	ctx, heard, end := t.db.bound(ctx)
	defer end()
	rows, err := t.db.pool.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(t.name, silent(ctx, err))
	}
	defer rows.Close()
	raw := make([]sql.RawBytes, len(l.names))
	into := make([]any, len(raw))
	for i := range raw {
		into[i] = &raw[i]
	}
	cells, numeric := make([]reconcile.Cell, len(raw)), make([]bool, len(raw))
	for i, typ := range l.types {
		f := familyOf(t.db.kind, typ)
		numeric[i] = f == integers || f == decimals || f == floats
	}
	for n := int64(1); rows.Next(); n++ {
		if t.db.limit != nil {
			heard()
			if err := t.db.limit.Wait(whole); err != nil {
				return err
			}
		}
		if n%64 == 0 {
			heard()
		}
		if err := rows.Scan(into...); err != nil {
			return explain(t.name, silent(ctx, err))
		}
		why := ""
		for i, b := range raw {
			b = t.exact(b, l.types[i])
			cells[i] = reconcile.Cell{Text: b, Null: b == nil, Number: numeric[i]}
			if strings.HasPrefix(string(b[:min(len(b), len(tooLarge))]), tooLarge) {
				why = fmt.Sprintf("column %q has %s bytes; the most is %d MB", l.names[i], b[len(tooLarge):], MostCell>>20)
			}
		}
		if why != "" {
			err = bad(n, why)
		} else {
			err = row(n, cells)
		}
		if err != nil {
			return err
		}
	}
	return explain(t.name, silent(ctx, rows.Err()))
}

// exact writes a number that an engine gave with more digits than it has as
// shortly as it can be told from others.
func (t *Table) exact(b []byte, typ string) []byte {
	bits := 0
	switch {
	case t.db.kind == MySQL && typ == "FLOAT", t.db.kind == SQLServer && typ == "REAL":
		bits = 32
	case t.db.kind == SQLServer && typ == "FLOAT":
		bits = 64
	}
	if bits == 0 || b == nil {
		return b
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return b
	}
	if bits == 32 {
		v = float64(float32(v))
	}
	return strconv.AppendFloat(nil, v, 'g', -1, bits)
}

// Size implements reconcile.Sizer: what the engine guesses.
func (t *Table) Size(ctx context.Context) (int64, error) {
	var n sql.NullInt64
	var err error
	ctx, _, end := t.db.bound(ctx)
	defer end()
	switch {
	case t.db.kind == Postgres && !strings.HasPrefix(t.from, "("):
		err = t.db.pool.QueryRowContext(ctx, "SELECT greatest(reltuples, relpages*50)::bigint FROM pg_class WHERE oid = to_regclass($1)", t.db.quote(t.name)).Scan(&n)
	case t.db.kind == SQLite:
		err = t.db.pool.QueryRowContext(ctx, "SELECT count(*) FROM "+t.from).Scan(&n)
	default:
		n.Int64 = 1 << 20
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	if n.Int64 <= 0 {
		n.Int64 = 1 << 16
	}
	return n.Int64, explain(t.name, silent(ctx, err))
}
