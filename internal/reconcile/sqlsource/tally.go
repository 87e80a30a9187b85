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

// tongue is how an engine writes what is needed to count and hash rows. Texts
// that are hashed follow package reconcile as far as that is quick; where they
// do not, rows hash differently and are fetched and compared.
type tongue interface {
	// able reports whether this server can do it at all.
	able(ctx context.Context, db *DB) bool
	// version names the engine and its version.
	version(ctx context.Context, db *DB) (string, error)
	// canon gives the canonical text of a column, an empty one where it is empty
	// or null; blank whether the canonical text of a key is one of spaces.
	canon(db *DB, c string, of column, fold, key bool) string
	blank(canonical string) string
	// trim gives a column as trimmed text, null for null.
	trim(c string) string
	// bytes gives the length of a column in bytes.
	bytes(c string) string
	// instant gives a time without a zone, read in zone, in UTC; day the day of
	// a time in a zone as text, where the time has no zone read in from; write
	// the canonical text of an instant.
	instant(c string, zone *time.Location) string
	day(c string, from, zone *time.Location) string
	write(at string) string
	// moment writes an instant.
	moment(t time.Time) string
	// literal writes a text.
	literal(s string) string
	// hash gives 64 bits of canonical texts as a number; own says that the
	// quickest hash of the engine will do.
	hash(texts []string, own bool, seed int64) string
	// low gives the lowest bits of a hash, cut the number of a part.
	low(hash string, parts uint64) string
	cut(key string, r reconcile.Range, parts uint64) string
	// grouped gives the rows of a select so that they can be grouped well.
	grouped(t *Table, list []string, where string) string
	// number gives a measure as a number that is added exactly.
	number(c string) string
	// keyed asks for the columns of the indexes of a table, comma and all, and
	// whether each is unique.
	keyed(t *Table) (query string, args []any)
}

// column is one column as its engine describes it.
type column struct {
	typ   string
	scale int64 // decimals; -1: any
}

// tongue returns how the engine speaks, nil where it does not hash.
func (db *DB) tongue() tongue {
	switch db.kind {
	case Postgres:
		return postgres{}
	case MySQL:
		return maria{}
	}
	return nil
}

// Able implements reconcile.Tallier: PostgreSQL from 13, MySQL and MariaDB are.
func (t *Table) Able(ctx context.Context, s reconcile.Shape) bool {
	if t.db.tongue() == nil {
		return false
	}
	l, err := t.look(ctx)
	if err != nil {
		return false
	}
	family := func(name string) family { return familyOf(t.db.kind, l.typeOf(name)) }
	for _, name := range slices.Concat(s.Key, s.Compare, s.Measures) {
		if family(name) == binaries {
			return false
		}
	}
	for _, name := range s.Measures {
		if f := family(name); f != integers && f != decimals && (f != floats || t.db.kind != Postgres) {
			return false
		}
	}
	if s.Time != "" {
		switch family(s.Time) {
		case zoned:
		case local, dates:
			if s.Zone == nil {
				return false
			}
		default:
			return false
		}
	}
	return t.db.tongue().able(ctx, t.db)
}

// forms are the expressions of a shape.
type forms struct {
	keys, cells []string // canonical texts
	at          string   // empty: there is no time
	day         string
	channel     string
	odd         string // a row cannot be compared
	inside      string // the condition of the window
}

func (t *Table) forms(ctx context.Context, s *reconcile.Shape) (*forms, error) {
	l, err := t.look(ctx)
	if err != nil {
		return nil, err
	}
	say := t.db.tongue()
	f := &forms{inside: "1 = 1", day: "''", channel: "''"}
	odd := []string{"1 = 0"}
	for _, name := range s.Key {
		c := say.canon(t.db, t.db.column(name), l.of(name), s.Fold, true)
		f.keys = append(f.keys, c)
		if familyOf(t.db.kind, l.typeOf(name)) == texts {
			odd = append(odd, say.blank(c))
		} else {
			odd = append(odd, c+" = ''")
		}
	}
	for k, name := range s.Compare {
		col := t.db.column(name)
		fam := familyOf(t.db.kind, l.typeOf(name))
		c := say.canon(t.db, col, l.of(name), s.Fold, false)
		if s.Local[k] && (fam == local || fam == dates) && s.Zone != nil {
			c = "COALESCE(" + say.write(say.instant(col, s.Zone)) + ", '')"
		}
		if m := s.Status[k]; len(m) > 0 {
			c = images(say, say.trim(col), m, s.Fold, c)
		}
		f.cells = append(f.cells, c)
		if fam == texts {
			odd = append(odd, fmt.Sprintf("COALESCE(%s, 0) > %d", say.bytes(col), MostCell))
		}
	}
	if s.Time != "" {
		c := t.db.column(s.Time)
		f.at, f.day = c, say.day(c, nil, s.Day)
		fam := familyOf(t.db.kind, l.typeOf(s.Time))
		if fam == local || fam == dates {
			f.at, f.day = say.instant(c, s.Zone), say.day(c, orUTC(s.Zone), s.Day)
		}
		for _, b := range []struct {
			op    string
			at    time.Time
			slack time.Duration // for an index, which has times without zones
		}{{" >= ", s.From, -26 * time.Hour}, {" < ", s.To, 26 * time.Hour}} {
			if b.at.IsZero() {
				continue
			}
			f.inside += " AND " + f.at + b.op + say.moment(b.at)
			if fam == local || fam == dates {
				f.inside += " AND " + c + b.op + "'" + b.at.Add(b.slack).UTC().Format(time.DateTime) + "'"
			}
		}
		if s.Days != nil {
			days := []string{"''"}
			for _, d := range s.Days {
				days = append(days, say.literal(d))
			}
			f.inside += " AND " + f.day + " IN (" + strings.Join(days, ", ") + ")"
		}
		odd = append(odd, f.at+" IS NULL")
	}
	if s.Channel != "" {
		f.channel = "COALESCE(" + say.trim(t.db.column(s.Channel)) + ", '')"
	}
	f.odd = "(" + strings.Join(odd, " OR ") + ")"
	return f, nil
}

// images puts the image of a word in its place.
func images(say tongue, trimmed string, m map[string]string, fold bool, rest string) string {
	var b strings.Builder
	b.WriteString("CASE " + trimmed)
	for _, from := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, " WHEN %s THEN %s", say.literal(from), say.literal(reconcile.Canonical(m[from], fold)))
	}
	return b.String() + " ELSE " + rest + " END"
}

// around is the condition of the window that also lets rows in that have no
// time at all.
func (f *forms) around() string {
	if f.at == "" {
		return f.inside
	}
	return "(" + f.at + " IS NULL OR " + f.inside + ")"
}

// part gives the number of the part that a row falls into.
func (t *Table) part(f *forms, s *reconcile.Shape, parts uint64) string {
	say := t.db.tongue()
	if s.Range != (reconcile.Range{}) {
		return say.cut(t.db.column(s.Key[0]), s.Range, parts)
	}
	return say.low(say.hash(f.keys, s.Alike, s.Seed), parts)
}

// Version implements reconcile.Tallier.
func (t *Table) Version(ctx context.Context) (string, error) {
	ctx, _, end := t.db.bound(ctx)
	defer end()
	v, err := t.db.tongue().version(ctx, t.db)
	return v, explain(t.name, silent(ctx, err))
}

// Bounds implements reconcile.Tallier.
func (t *Table) Bounds(ctx context.Context, s reconcile.Shape) (from, to int64, ok bool, err error) {
	ctx, _, end := t.db.bound(ctx)
	defer end()
	l, err := t.look(ctx)
	if err != nil || len(s.Key) != 1 || familyOf(t.db.kind, l.typeOf(s.Key[0])) != integers {
		return 0, 0, false, err
	}
	indexes, err := t.indexes(ctx)
	if err != nil || !slices.ContainsFunc(indexes, func(x index) bool { return x.columns[0] == s.Key[0] }) {
		return 0, 0, false, err
	}
	c := t.db.column(s.Key[0])
	var low, high sql.NullString // unsigned ones do not fit into an int64
	if err := t.db.pool.QueryRowContext(ctx, "SELECT min("+c+"), max("+c+") FROM "+t.from).Scan(&low, &high); err != nil {
		return 0, 0, false, explain(t.name, silent(ctx, err))
	}
	_, errLow := fmt.Sscan(low.String, &from)
	_, errHigh := fmt.Sscan(high.String, &to)
	return from, to, errLow == nil && errHigh == nil, nil
}

// index is an index of a table.
type index struct {
	columns []string
	unique  bool
}

// indexes returns the indexes of a table; a query has none.
func (t *Table) indexes(ctx context.Context) ([]index, error) {
	ctx, _, end := t.db.bound(ctx)
	defer end()
	if strings.HasPrefix(t.from, "(") {
		return nil, nil
	}
	query, args := t.db.tongue().keyed(t)
	rows, err := t.db.pool.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, explain(t.name, silent(ctx, err))
	}
	defer rows.Close()
	var out []index
	for rows.Next() {
		var names string
		var one index
		if err := rows.Scan(&names, &one.unique); err != nil {
			return nil, explain(t.name, silent(ctx, err))
		}
		one.columns = strings.Split(names, ",")
		out = append(out, one)
	}
	return out, explain(t.name, silent(ctx, rows.Err()))
}

// Tally implements reconcile.Tallier.
func (t *Table) Tally(ctx context.Context, s reconcile.Shape, parts uint64) ([]reconcile.Tallied, error) {
	ctx, _, end := t.db.bound(ctx)
	defer end()
	f, err := t.forms(ctx, &s)
	if err != nil {
		return nil, err
	}
	say := t.db.tongue()
	list := []string{f.odd + " AS odd", say.hash(slices.Concat(f.keys, f.cells), s.Alike, s.Seed) + " AS h"}
	query, by := "SELECT odd, COALESCE(day, ''), channel, 0", "odd, day, channel"
	if parts > 0 {
		query, by = "SELECT odd, '', '', COALESCE(part, 0)", "odd, part"
		list = append(list, t.part(f, &s, parts)+" AS part")
	} else {
		list = append(list, f.day+" AS day", f.channel+" AS channel")
	}
	query += ", COUNT(*), COUNT(h), SUM(h)"
	for k, m := range s.Measures {
		list = append(list, fmt.Sprintf("%s AS m%d", say.number(t.db.column(m)), k))
		query += fmt.Sprintf(", COALESCE(SUM(m%d), 0)", k)
	}
	query += " FROM (" + say.grouped(t, list, f.around()) + ") AS q GROUP BY " + by
	rows, err := t.db.pool.QueryContext(ctx, query)
	if err != nil {
		return nil, explain(t.name, silent(ctx, err))
	}
	defer rows.Close()
	var out []reconcile.Tallied
	two64 := new(big.Int).Lsh(big.NewInt(1), 64)
	for rows.Next() {
		var one reconcile.Tallied
		var sum sql.NullString
		var hashed int64
		sums := make([]string, len(s.Measures))
		into := []any{&one.Odd, &one.Bucket.Day, &one.Bucket.Channel, &one.Part, &one.Rows, &hashed, &sum}
		for k := range sums {
			into = append(into, &sums[k])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, explain(t.name, silent(ctx, err))
		}
		n, ok := new(big.Int).SetString(sum.String, 10)
		if !one.Odd && (!ok || hashed != one.Rows) {
			return nil, fmt.Errorf("%s: %w", t.name, reconcile.ErrNotHashed)
		}
		if ok {
			one.Digest = n.Mod(n, two64).Uint64()
		}
		for _, text := range sums {
			one.Sums = append(one.Sums, reconcile.ParseSum(text))
		}
		out = append(out, one)
	}
	return out, explain(t.name, silent(ctx, rows.Err()))
}

// Keys implements reconcile.Tallier. A unique index says that every row has a
// key of its own.
func (t *Table) Keys(ctx context.Context, s reconcile.Shape) (int64, error) {
	ctx, _, end := t.db.bound(ctx)
	defer end()
	f, err := t.forms(ctx, &s)
	if err != nil {
		return 0, err
	}
	indexes, err := t.indexes(ctx)
	if err != nil {
		return 0, err
	}
	want := slices.Sorted(slices.Values(s.Key))
	if !s.Fold && slices.ContainsFunc(indexes, func(x index) bool { return x.unique && slices.Equal(slices.Sorted(slices.Values(x.columns)), want) }) {
		return -1, nil
	}
	var n int64
	query := "SELECT COUNT(DISTINCT " + t.db.tongue().hash(f.keys, true, s.Seed) + ") FROM " + t.from + " WHERE " + f.inside + " AND NOT " + f.odd
	err = t.db.pool.QueryRowContext(ctx, query).Scan(&n)
	return n, explain(t.name, silent(ctx, err))
}

// Words implements reconcile.Tallier.
func (t *Table) Words(ctx context.Context, s reconcile.Shape, name string) (map[string]int64, error) {
	ctx, _, end := t.db.bound(ctx)
	defer end()
	f, err := t.forms(ctx, &s)
	if err != nil {
		return nil, err
	}
	rows, err := t.db.pool.QueryContext(ctx, "SELECT COALESCE("+t.db.tongue().trim(t.db.column(name))+", '') AS w, COUNT(*) FROM "+t.from+" WHERE "+f.inside+" GROUP BY w LIMIT 1000")
	if err != nil {
		return nil, explain(t.name, silent(ctx, err))
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var word string
		var n int64
		if err := rows.Scan(&word, &n); err != nil {
			return nil, explain(t.name, silent(ctx, err))
		}
		out[word] = n
	}
	return out, explain(t.name, silent(ctx, rows.Err()))
}

// Last implements reconcile.Tallier.
func (t *Table) Last(ctx context.Context, s reconcile.Shape) (time.Time, error) {
	ctx, _, end := t.db.bound(ctx)
	defer end()
	f, err := t.forms(ctx, &s)
	if err != nil || f.at == "" {
		return time.Time{}, err
	}
	var last sql.NullString
	say := t.db.tongue()
	err = t.db.pool.QueryRowContext(ctx, "SELECT "+say.write("max("+f.at+")")+" FROM "+t.from+" WHERE "+f.inside).Scan(&last)
	if err != nil || last.String == "" {
		return time.Time{}, explain(t.name, silent(ctx, err))
	}
	at, err := time.Parse(time.RFC3339Nano, last.String)
	if err != nil {
		return time.Time{}, nil // infinity, or before the year 1
	}
	return at, nil
}
