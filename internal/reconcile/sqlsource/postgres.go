package sqlsource

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"pleth/internal/reconcile"
)

// spaces are what is trimmed; engines know fewer of them than we do.
const spaces = `E' \t\n\r\v\f'`

// canon returns the expression of the canonical form of a column, null for
// what is empty. It follows package reconcile as far as that is quick; where it
// does not, rows hash differently and are fetched and compared.
func (t *Table) canon(c, typ string, fold bool) string {
	switch familyOf(Postgres, typ) {
	case decimals:
		return "trim_scale(" + c + ")::text"
	case texts:
		trimmed := "nullif(btrim(" + c + "::text, " + spaces + "), '')"
		if fold {
			return "lower(" + trimmed + ")"
		}
		return trimmed
	}
	return t.db.text(c, typ)
}

// localInstant gives a time without a zone, read in zone, in UTC.
func localInstant(c string, zone *time.Location) string {
	return fmt.Sprintf(`to_char(%s AT TIME ZONE %s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`, c, literal(zone.String()))
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Able implements reconcile.Tallier: PostgreSQL 13 and later is.
func (t *Table) Able(ctx context.Context, s reconcile.Shape) bool {
	if t.db.kind != Postgres {
		return false
	}
	l, err := t.look(ctx)
	if err != nil {
		return false
	}
	for _, name := range slices.Concat(s.Key, s.Compare, s.Measures) {
		if f := familyOf(Postgres, l.typeOf(name)); f == binaries {
			return false
		}
	}
	for _, name := range s.Measures {
		if f := familyOf(Postgres, l.typeOf(name)); f != integers && f != decimals && f != floats {
			return false
		}
	}
	if s.Time != "" {
		switch familyOf(Postgres, l.typeOf(s.Time)) {
		case zoned:
		case local, dates:
			if s.Zone == nil {
				return false
			}
		default:
			return false
		}
	}
	var version int
	if err := t.db.pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil || version < 130000 {
		return false
	}
	var encoding string
	return t.db.pool.QueryRowContext(ctx, "SELECT current_setting('server_encoding')").Scan(&encoding) == nil && encoding == "UTF8"
}

// forms are the expressions of a shape.
type forms struct {
	inner    []string // canonical columns c0, c1, …, then day, channel and measures m0, m1, …
	key, row string   // texts that are hashed, of c0, c1, …
	at       string   // empty: there is no time
	odd      string   // a row cannot be compared
	inside   string   // the condition of the window
}

const (
	hashed = "('x' || substr(encode(sha256(convert_to(%s, 'UTF8')), 'hex'), 1, 16))::bit(64)::bigint"
	// quick and quicker are hashes that one version of PostgreSQL has in common.
	quick   = "hashtextextended(%s, 0)"
	quicker = "hashtextextended(%s, 7)"
)

func (t *Table) forms(ctx context.Context, s *reconcile.Shape) (*forms, error) {
	l, err := t.look(ctx)
	if err != nil {
		return nil, err
	}
	f := &forms{}
	var nets, odd []string
	add := func(c string) {
		n := len(f.inner)
		f.inner = append(f.inner, fmt.Sprintf("%s AS c%d", c, n))
		nets = append(nets, fmt.Sprintf("coalesce(octet_length(c%[1]d) || ':' || c%[1]d, '-')", n))
	}
	for _, name := range s.Key {
		c := t.canon(t.db.column(name), l.typeOf(name), s.Fold)
		add(c)
		odd = append(odd, c+" IS NULL")
	}
	for k, name := range s.Compare {
		col, typ := t.db.column(name), l.typeOf(name)
		c := t.canon(col, typ, s.Fold)
		fam := familyOf(Postgres, typ)
		if s.Local[k] && (fam == local || fam == dates) && s.Zone != nil {
			c = localInstant(col, s.Zone)
		}
		if m := s.Status[k]; len(m) > 0 {
			var b strings.Builder
			b.WriteString("CASE btrim(" + col + "::text, " + spaces + ")")
			for _, from := range slices.Sorted(maps.Keys(m)) {
				fmt.Fprintf(&b, " WHEN %s THEN %s", literal(from), literal(reconcile.Canonical(m[from], s.Fold)))
			}
			c = b.String() + " ELSE " + c + " END"
		}
		add(c)
		if fam == texts {
			odd = append(odd, fmt.Sprintf("coalesce(octet_length(%s::text), 0) > %d", col, MostCell))
		}
	}
	f.key, f.row = strings.Join(nets[:len(s.Key)], " || "), strings.Join(nets, " || ")
	if len(s.Key) == 0 {
		f.key = "''"
	}
	if len(nets) == 0 {
		f.row = "''"
	}
	f.inside = "true"
	day := "NULL::date"
	if s.Time != "" {
		f.at = t.db.column(s.Time)
		if fam := familyOf(Postgres, l.typeOf(s.Time)); fam == local || fam == dates {
			f.at = fmt.Sprintf("(%s::timestamp AT TIME ZONE %s)", f.at, literal(s.Zone.String()))
		}
		zone := "UTC"
		if s.Day != nil {
			zone = s.Day.String()
		}
		day = fmt.Sprintf("(%s AT TIME ZONE %s)::date", f.at, literal(zone))
		if !s.From.IsZero() {
			f.inside += fmt.Sprintf(" AND %s >= %s::timestamptz", f.at, literal(s.From.UTC().Format(time.RFC3339Nano)))
		}
		if !s.To.IsZero() {
			f.inside += fmt.Sprintf(" AND %s < %s::timestamptz", f.at, literal(s.To.UTC().Format(time.RFC3339Nano)))
		}
		if s.Days != nil {
			f.inside += " AND " + day + " = ANY (" + literal("{"+strings.Join(s.Days, ",")+"}") + "::date[])"
		}
		odd = append(odd, f.at+" IS NULL")
	}
	channel := "''::text"
	if s.Channel != "" {
		channel = "coalesce(btrim(" + t.db.column(s.Channel) + "::text, " + spaces + "), '')"
	}
	f.inner = append(f.inner, day+" AS day", channel+" AS channel")
	for k, m := range s.Measures {
		f.inner = append(f.inner, fmt.Sprintf("%s::numeric AS m%d", t.db.column(m), k))
	}
	f.odd = "(" + strings.Join(append(odd, "false"), " OR ") + ")"
	f.inner = append(f.inner, f.odd+" AS odd")
	return f, nil
}

// around is the condition of the window that also lets rows in that have no
// time at all.
func (f *forms) around() string {
	if f.at == "" {
		return f.inside
	}
	return "(" + f.at + " IS NULL OR " + f.inside + ")"
}

// rows is what the hashes are made of: every expression is worked out once.
func (t *Table) rows(f *forms) string {
	return " FROM (SELECT " + strings.Join(f.inner, ", ") + " FROM " + t.from + " WHERE " + f.around() + " OFFSET 0) AS q"
}

// partOf is the hash by which rows fall into parts.
func partOf(s *reconcile.Shape) string {
	if s.Alike {
		return quick
	}
	return hashed
}

// Version implements reconcile.Tallier.
func (t *Table) Version(ctx context.Context) (string, error) {
	var v int
	err := t.db.pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&v)
	return fmt.Sprint("postgres ", v/10000), explain(t.name, err)
}

// Tally implements reconcile.Tallier.
func (t *Table) Tally(ctx context.Context, s reconcile.Shape, parts uint64) ([]reconcile.Tallied, error) {
	f, err := t.forms(ctx, &s)
	if err != nil {
		return nil, err
	}
	query := "SELECT odd, coalesce(to_char(day, 'YYYY-MM-DD'), ''), channel, 0::bigint, count(*), sum(" + fmt.Sprintf(hashed, f.row) + ")::text"
	by := "odd, day, channel"
	if parts > 0 {
		row := hashed
		if s.Alike {
			row = quicker // it only says where to look
		}
		query = fmt.Sprintf("SELECT odd, '', '', %s & %d AS part, count(*), sum(%s)::text", fmt.Sprintf(partOf(&s), f.key), parts-1, fmt.Sprintf(row, f.row))
		by = "odd, part"
	}
	for k := range s.Measures {
		query += fmt.Sprintf(", coalesce(sum(m%d), 0)::text", k)
	}
	query += t.rows(f) + " GROUP BY " + by
	rows, err := t.db.pool.QueryContext(ctx, query)
	if err != nil {
		return nil, explain(t.name, err)
	}
	defer rows.Close()
	var out []reconcile.Tallied
	two64 := new(big.Int).Lsh(big.NewInt(1), 64)
	for rows.Next() {
		var one reconcile.Tallied
		var sum sql.NullString
		sums := make([]string, len(s.Measures))
		into := []any{&one.Odd, &one.Bucket.Day, &one.Bucket.Channel, &one.Part, &one.Rows, &sum}
		for k := range sums {
			into = append(into, &sums[k])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, explain(t.name, err)
		}
		if n, ok := new(big.Int).SetString(sum.String, 10); ok {
			one.Digest = n.Mod(n, two64).Uint64()
		}
		for _, text := range sums {
			one.Sums = append(one.Sums, reconcile.ParseSum(text))
		}
		out = append(out, one)
	}
	return out, explain(t.name, rows.Err())
}

// picked is what Pick and Odd return: forms are made when it is scanned.
type picked struct {
	*Table
	s     reconcile.Shape
	parts uint64
	some  []uint64
	limit int // of odd rows; 0: it is a Pick
}

// Pick implements reconcile.Tallier.
func (t *Table) Pick(s reconcile.Shape, parts uint64, some []uint64) reconcile.Source {
	return &picked{Table: t, s: s, parts: parts, some: some}
}

// Odd implements reconcile.Tallier.
func (t *Table) Odd(s reconcile.Shape, limit int) reconcile.Source {
	return &picked{Table: t, s: s, limit: max(1, limit)}
}

// Scan reads the rows.
func (p *picked) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, bad func(int64, string) error) error {
	f, err := p.forms(ctx, &p.s)
	if err != nil {
		return err
	}
	one := *p.Table
	one.want = reconcile.Want{Columns: p.want.Columns}
	if p.limit > 0 {
		one.tail = fmt.Sprintf("%s AND %s LIMIT %d", f.odd, f.around(), p.limit)
		return one.Scan(ctx, row, bad)
	}
	var list, key []string
	for _, n := range p.some {
		list = append(list, fmt.Sprint(n))
	}
	l, err := p.look(ctx)
	if err != nil {
		return err
	}
	for _, name := range p.s.Key {
		c := p.canon(p.db.column(name), l.typeOf(name), p.s.Fold)
		key = append(key, fmt.Sprintf("coalesce(octet_length(%[1]s) || ':' || %[1]s, '-')", c))
	}
	one.tail = fmt.Sprintf("%s AND NOT %s AND (%s & %d) = ANY ('{%s}'::bigint[])", f.inside, f.odd, fmt.Sprintf(partOf(&p.s), strings.Join(key, " || ")), p.parts-1, strings.Join(list, ","))
	return one.Scan(ctx, row, bad)
}

// Keys implements reconcile.Tallier. A unique index says that every row has a
// key of its own.
func (t *Table) Keys(ctx context.Context, s reconcile.Shape) (int64, error) {
	f, err := t.forms(ctx, &s)
	if err != nil {
		return 0, err
	}
	if t.unique(ctx, s.Key) {
		return -1, nil
	}
	var n int64
	query := "SELECT count(*) FROM (SELECT DISTINCT " + fmt.Sprintf(quick, f.key) + t.rows(f) + " WHERE NOT odd) AS d"
	err = t.db.pool.QueryRowContext(ctx, query).Scan(&n)
	return n, explain(t.name, err)
}

// unique reports whether there is a unique index on exactly these columns.
func (t *Table) unique(ctx context.Context, key []string) bool {
	if strings.HasPrefix(t.from, "(") {
		return false
	}
	rows, err := t.db.pool.QueryContext(ctx, `SELECT (SELECT string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey))
		FROM pg_index i WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL`, t.db.quote(t.name))
	if err != nil {
		return false
	}
	defer rows.Close()
	want := slices.Sorted(slices.Values(key))
	for rows.Next() {
		var names sql.NullString
		if rows.Scan(&names) == nil && names.String == strings.Join(want, ",") {
			return true
		}
	}
	return false
}

// Words implements reconcile.Tallier.
func (t *Table) Words(ctx context.Context, s reconcile.Shape, column string) (map[string]int64, error) {
	f, err := t.forms(ctx, &s)
	if err != nil {
		return nil, err
	}
	rows, err := t.db.pool.QueryContext(ctx, "SELECT coalesce(btrim("+t.db.column(column)+"::text, "+spaces+"), ''), count(*) FROM "+t.from+" WHERE "+f.inside+" GROUP BY 1 LIMIT 1000")
	if err != nil {
		return nil, explain(t.name, err)
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var word string
		var n int64
		if err := rows.Scan(&word, &n); err != nil {
			return nil, explain(t.name, err)
		}
		out[word] = n
	}
	return out, explain(t.name, rows.Err())
}

// Last implements reconcile.Tallier.
func (t *Table) Last(ctx context.Context, s reconcile.Shape) (time.Time, error) {
	f, err := t.forms(ctx, &s)
	if err != nil || f.at == "" {
		return time.Time{}, err
	}
	var last sql.NullTime
	err = t.db.pool.QueryRowContext(ctx, "SELECT max("+f.at+") FROM "+t.from+" WHERE "+f.inside).Scan(&last)
	return last.Time, explain(t.name, err)
}
