package sqlsource

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pleth/internal/reconcile"
)

// postgres is what PostgreSQL says.
type postgres struct{}

// Spaces that are trimmed: of texts, and of keys, which are looked at for being
// empty, all that Unicode has.
const (
	spaces    = `E' \t\n\r\v\f'`
	allSpaces = `E' \t\n\r\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'`
)

func (postgres) able(ctx context.Context, db *DB) bool {
	var version int
	var encoding string
	err := db.pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int, current_setting('server_encoding')").Scan(&version, &encoding)
	return err == nil && version >= 130000 && encoding == "UTF8"
}

func (postgres) version(ctx context.Context, db *DB) (string, error) {
	var v int
	err := db.pool.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&v)
	return fmt.Sprint("postgres ", v/10000), err
}

func (say postgres) canon(db *DB, c string, of column, fold, key bool) string {
	switch familyOf(Postgres, of.typ) {
	case decimals:
		c = "trim_scale(" + c + ")::text"
	case texts:
		c = say.trim(c)
		if key {
			c = strings.Replace(c, spaces, allSpaces, 1)
		}
		if fold {
			c = "lower(" + c + ")"
		}
	default:
		c = db.text(c, of.typ)
	}
	// A collation may hold different texts for equal ones; bytes do not.
	return "COALESCE(" + c + `, '') COLLATE "C"`
}

func (postgres) blank(canonical string) string { return canonical + " = ''" }

func (postgres) trim(c string) string { return "btrim(" + c + "::text, " + spaces + `) COLLATE "C"` }

func (postgres) bytes(c string) string { return "octet_length(" + c + "::text)" }

func (postgres) instant(c string, zone *time.Location) string {
	return fmt.Sprintf("(%s::timestamp AT TIME ZONE %s)", c, literal(zone.String()))
}

func (say postgres) day(c string, from, zone *time.Location) string {
	if from != nil {
		c = say.instant(c, from)
	}
	return fmt.Sprintf("to_char(%s AT TIME ZONE %s, 'YYYY-MM-DD')", c, literal(orUTC(zone).String()))
}

func (postgres) write(at string) string { return zonedText(at) }

// zonedText writes an instant; what to_char cannot write without loss, infinity
// and years before 1, as PostgreSQL does.
func zonedText(c string) string {
	return fmt.Sprintf(`CASE WHEN %[1]s >= '0001-01-01Z' AND %[1]s < '10000-01-01Z' THEN to_char(%[1]s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') ELSE (%[1]s)::text END`, c)
}

// localText is zonedText of a time without a zone.
func localText(c string) string {
	return fmt.Sprintf(`CASE WHEN %[1]s >= '0001-01-01' AND %[1]s < '10000-01-01' THEN to_char(%[1]s, 'YYYY-MM-DD"T"HH24:MI:SS.MS') ELSE (%[1]s)::text END`, c)
}

func (postgres) moment(t time.Time) string {
	return literal(t.UTC().Format(time.RFC3339Nano)) + "::timestamptz"
}

func (postgres) literal(s string) string { return literal(s) }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// hash chains the quick hash, the seed of each text being the hash of those
// before it: sums of such hashes tell rows apart whose values have changed
// places. SHA-256 is what other engines have too.
func (postgres) hash(texts []string, own bool, seed int64) string {
	if own {
		h := fmt.Sprintf("'%d'::bigint", seed)
		for _, c := range texts {
			h = "hashtextextended(" + c + ", " + h + ")"
		}
		return h
	}
	nets := []string{"''"}
	for _, c := range texts {
		nets = append(nets, fmt.Sprintf("octet_length(%[1]s) || ':' || %[1]s", "("+c+")"))
	}
	return "('x' || substr(encode(sha256(convert_to(" + strings.Join(nets, " || ") + ", 'UTF8')), 'hex'), 1, 16))::bit(64)::bigint"
}

func (postgres) low(hash string, parts uint64) string {
	return fmt.Sprintf("(%s & %d)", hash, parts-1)
}

func (postgres) cut(key string, r reconcile.Range, parts uint64) string {
	return fmt.Sprintf("least(greatest((%s::bigint - %d) / %d, 0), %d)", key, r.From, r.Width, parts-1)
}

// grouped adds a branch that gives nothing: behind it the planner expects few
// groups, so that they are counted in memory, by its workers.
func (postgres) grouped(t *Table, list []string, where string) string {
	nulls := strings.TrimSuffix(strings.Repeat("NULL, ", len(list)), ", ")
	return "SELECT " + strings.Join(list, ", ") + " FROM " + t.from + " WHERE " + where + " UNION ALL SELECT " + nulls + " FROM " + t.from + " WHERE false"
}

func (postgres) number(c string) string { return c + "::numeric" }

func (postgres) keyed(t *Table) (string, []any) {
	return `SELECT (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(num, n) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num WHERE k.n <= i.indnkeyatts), i.indisunique
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam WHERE i.indrelid = to_regclass($1) AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND m.amname = 'btree'`, []any{t.db.quote(t.name)}
}
