package sqlsource

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pleth/internal/reconcile"
)

// maria is what MySQL and MariaDB say.
type maria struct{}

func (maria) able(context.Context, *DB) bool { return true }

func (maria) version(ctx context.Context, db *DB) (string, error) {
	var v string
	err := db.pool.QueryRowContext(ctx, "SELECT VERSION()").Scan(&v)
	return "mysql " + v, err
}

func (say maria) canon(db *DB, c string, of column, fold, _ bool) string {
	switch familyOf(MySQL, of.typ) {
	case decimals:
		c = "CAST(" + c + " AS CHAR)"
		if of.scale > 0 {
			c = "TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM " + c + "))"
		}
	case texts:
		c = say.trim(c)
		if fold {
			c = "LOWER(" + c + ")"
		}
	default:
		c = db.text(c, of.typ)
	}
	return "COALESCE(" + c + ", '')"
}

// blank: TRIM knows the space alone.
func (maria) blank(canonical string) string {
	return fmt.Sprintf("(%[1]s = '' OR ORD(%[1]s) < 32 AND %[1]s REGEXP '^[[:space:]]*$')", canonical)
}

// trim takes a collation that tells all texts apart.
func (maria) trim(c string) string {
	return "TRIM(CONVERT(" + c + " USING utf8mb4)) COLLATE utf8mb4_bin"
}

func (maria) bytes(c string) string { return "LENGTH(" + c + ")" }

func (say maria) instant(c string, zone *time.Location) string {
	return say.shifted(c, localToUTC(zone))
}

func (say maria) day(c string, from, zone *time.Location) string {
	steps := utcToLocal(zone)
	if from != nil {
		steps = localToLocal(from, zone)
	}
	return "DATE_FORMAT(" + say.shifted(c, steps) + ", '%Y-%m-%d')"
}

// shifted moves a time by what the steps say.
func (say maria) shifted(c string, steps []step) string {
	if len(steps) == 1 && steps[0].shift == 0 {
		return "CAST(" + c + " AS DATETIME(6))"
	}
	return fmt.Sprintf("(CAST(%s AS DATETIME(6)) + INTERVAL %s SECOND)", c, say.shift(c, steps))
}

// shift finds the step of a time by halves.
func (say maria) shift(c string, steps []step) string {
	if len(steps) == 1 {
		return fmt.Sprint(steps[0].shift)
	}
	n := len(steps) / 2
	return fmt.Sprintf("IF(%s < %s, %s, %s)", c, say.moment(time.Unix(steps[n].from, 0)), say.shift(c, steps[:n]), say.shift(c, steps[n:]))
}

func (maria) write(at string) string {
	return "CONCAT(LEFT(DATE_FORMAT(" + at + ", '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z')"
}

func (maria) moment(t time.Time) string {
	return "'" + t.UTC().Format("2006-01-02 15:04:05.999999") + "'"
}

// literal writes a text that means the same in every mode of the session.
func (maria) literal(s string) string {
	if s == "" {
		return "''"
	}
	return fmt.Sprintf("_utf8mb4 X'%X'", s)
}

func (maria) hash(texts []string, _ bool, _ int64) string {
	nets := []string{"''"}
	for _, c := range texts {
		nets = append(nets, "LENGTH("+c+"), ':', "+c)
	}
	return "CAST(CONV(LEFT(SHA2(CONCAT(" + strings.Join(nets, ", ") + "), 256), 16), 16, 10) AS UNSIGNED)"
}

func (maria) low(hash string, parts uint64) string { return fmt.Sprintf("(%s & %d)", hash, parts-1) }

func (maria) cut(key string, r reconcile.Range, parts uint64) string {
	return fmt.Sprintf("LEAST(GREATEST((CAST(%s AS SIGNED) - %d) DIV %d, 0), %d)", key, r.From, r.Width, parts-1)
}

func (maria) grouped(t *Table, list []string, where string) string {
	return "SELECT " + strings.Join(list, ", ") + " FROM " + t.from + " WHERE " + where
}

func (maria) number(c string) string { return c }

func (maria) keyed(t *Table) (string, []any) {
	schema, name, two := strings.Cut(t.name, ".")
	if !two {
		schema, name = "", t.name
	}
	return "SELECT GROUP_CONCAT(column_name ORDER BY seq_in_index), MIN(non_unique) = 0 FROM information_schema.statistics WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? AND index_type = 'BTREE' GROUP BY index_name HAVING COUNT(sub_part) = 0", []any{schema, name}
}
