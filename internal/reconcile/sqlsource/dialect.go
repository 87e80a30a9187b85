package sqlsource

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"pleth/internal/reconcile"
)

// family is what kind of values a type has.
type family uint8

const (
	texts family = iota
	integers
	decimals
	floats
	bools
	zoned // instants
	local // times without a zone
	dates
	binaries
)

// familyOf returns the family of a type by the name that the driver gives it.
func familyOf(kind, typ string) family {
	base, _, _ := strings.Cut(strings.TrimPrefix(typ, "UNSIGNED "), "(")
	switch base {
	case "INT2", "INT4", "INT8", "INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "MEDIUMINT":
		return integers
	case "NUMERIC", "DECIMAL", "MONEY", "SMALLMONEY":
		if kind == Postgres && base == "MONEY" {
			return texts
		}
		return decimals
	case "FLOAT4", "FLOAT8", "FLOAT", "DOUBLE", "REAL":
		return floats
	case "BOOL", "BIT", "BOOLEAN":
		return bools
	case "TIMESTAMPTZ", "DATETIMEOFFSET":
		return zoned
	case "TIMESTAMP":
		if kind == MySQL {
			return zoned // in the zone of the session, which is UTC
		}
		return local
	case "DATETIME", "DATETIME2", "SMALLDATETIME":
		return local
	case "DATE":
		return dates
	case "BYTEA", "BLOB", "BINARY", "VARBINARY", "IMAGE", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB":
		return binaries
	}
	return texts
}

// text returns the expression that gives a column as text in the form that Go
// reads: numbers plain, instants in UTC with a Z.
func (db *DB) text(c, typ string) string {
	f := familyOf(db.kind, typ)
	switch db.kind {
	case Postgres:
		switch f {
		case zoned:
			return zonedText(c)
		case local:
			return localText(c)
		case binaries:
			return db.bounded(fmt.Sprintf("octet_length(%s)", c), fmt.Sprintf("encode(%s, 'hex')", c))
		case texts:
			return db.bounded(fmt.Sprintf("octet_length(%s::text)", c), c+"::text")
		}
		return c + "::text"
	case MySQL:
		switch f {
		case zoned:
			return fmt.Sprintf("CONCAT(LEFT(DATE_FORMAT(%s, '%%Y-%%m-%%dT%%H:%%i:%%s.%%f'), 23), 'Z')", c)
		case local:
			return fmt.Sprintf("LEFT(DATE_FORMAT(%s, '%%Y-%%m-%%dT%%H:%%i:%%s.%%f'), 23)", c)
		case binaries:
			return db.bounded(fmt.Sprintf("LENGTH(%s)", c), fmt.Sprintf("LOWER(HEX(%s))", c))
		case texts:
			return db.bounded(fmt.Sprintf("LENGTH(%s)", c), fmt.Sprintf("CONVERT(%s USING utf8mb4)", c))
		case floats:
			if typ == "FLOAT" { // it shows six digits of what are seven and more
				return fmt.Sprintf("CAST(%s + 0E0 AS CHAR)", c)
			}
		case bools:
			return fmt.Sprintf("CAST(%s + 0 AS CHAR)", c)
		}
		return fmt.Sprintf("CAST(%s AS CHAR)", c)
	case SQLServer:
		switch f {
		case zoned:
			return fmt.Sprintf("LEFT(CONVERT(nvarchar(27), CAST(SWITCHOFFSET(%s, '+00:00') AS datetime2(7)), 126), 23) + 'Z'", c)
		case local: // a cast to fewer digits would round
			return fmt.Sprintf("LEFT(CONVERT(nvarchar(27), CAST(%s AS datetime2(7)), 126), 23)", c)
		case dates:
			return fmt.Sprintf("CONVERT(nvarchar(10), %s, 23)", c)
		case binaries:
			return db.bounded(fmt.Sprintf("DATALENGTH(%s)", c), fmt.Sprintf("LOWER(CONVERT(nvarchar(max), CAST(%s AS varbinary(max)), 2))", c))
		case bools:
			return fmt.Sprintf("CASE %s WHEN 1 THEN 'true' WHEN 0 THEN 'false' END", c)
		case decimals:
			if strings.HasSuffix(typ, "MONEY") { // four digits, not two
				return fmt.Sprintf("CONVERT(nvarchar(60), %s, 2)", c)
			}
			return fmt.Sprintf("CONVERT(nvarchar(60), %s)", c)
		case floats: // seventeen digits, which exact writes shortly
			return fmt.Sprintf("CONVERT(nvarchar(60), %s, 3)", c)
		case texts:
			if typ == "UNIQUEIDENTIFIER" { // others write it in small letters
				return fmt.Sprintf("LOWER(CAST(%s AS nvarchar(36)))", c)
			}
			return db.bounded(fmt.Sprintf("DATALENGTH(%s)", c), fmt.Sprintf("CAST(%s AS nvarchar(max))", c))
		}
		return fmt.Sprintf("CAST(%s AS nvarchar(max))", c)
	}
	return fmt.Sprintf("CASE WHEN length(CAST(%[1]s AS BLOB)) > %[2]d THEN char(1) || 'too large: ' || length(CAST(%[1]s AS BLOB)) WHEN typeof(%[1]s) = 'blob' THEN lower(hex(%[1]s)) ELSE CAST(%[1]s AS TEXT) END", c, MostCell)
}

// bounded leaves the text of a cell out that is too large.
func (db *DB) bounded(length, text string) string {
	switch db.kind {
	case Postgres:
		return fmt.Sprintf("CASE WHEN %s > %d THEN E'\\x01too large: ' || %s::text ELSE %s END", length, MostCell, length, text)
	case MySQL:
		return fmt.Sprintf("CASE WHEN %s > %d THEN CONCAT(CHAR(1), 'too large: ', %s) ELSE %s END", length, MostCell, length, text)
	}
	return fmt.Sprintf("CASE WHEN %s > %d THEN NCHAR(1) + 'too large: ' + CAST(%s AS nvarchar(20)) ELSE %s END", length, MostCell, length, text)
}

// where returns the condition of a scan: what is left out is outside for
// certain.
func (t *Table) where(l *layout) (string, []any) {
	var conds []string
	var args []any
	mark := func(v any) string {
		args = append(args, v)
		switch t.db.kind {
		case Postgres:
			return fmt.Sprintf("$%d", len(args))
		case SQLServer:
			return fmt.Sprintf("@p%d", len(args))
		}
		return "?"
	}
	w := &t.want
	if w.Time != "" {
		c := t.db.column(w.Time)
		for _, b := range []struct {
			op    string
			at    time.Time
			slack time.Duration
		}{{">=", w.From, -26 * time.Hour}, {"<", w.To, 26 * time.Hour}} {
			if b.at.IsZero() {
				continue
			}
			switch familyOf(t.db.kind, l.typeOf(w.Time)) {
			case zoned:
				v := any(b.at.UTC())
				if t.db.kind == MySQL {
					v = b.at.UTC().Format("2006-01-02 15:04:05.999999")
				}
				conds = append(conds, c+" "+b.op+" "+mark(v))
			case local, dates:
				if t.db.kind == SQLite {
					conds = append(conds, "CAST("+c+" AS TEXT) "+b.op+" "+mark(b.at.Add(b.slack).UTC().Format("2006-01-02")))
					continue
				}
				conds = append(conds, c+" "+b.op+" "+mark(b.at.Add(b.slack).UTC().Format("2006-01-02 15:04:05")))
			default:
				if t.db.kind == SQLite { // times are texts there, the day first
					conds = append(conds, "(typeof("+c+") <> 'text' OR "+c+" "+b.op+" "+mark(b.at.Add(b.slack).UTC().Format("2006-01-02"))+")")
				}
			}
		}
	}
	if len(w.Key) > 0 && len(w.Keys) > 0 {
		if cond, ok := t.keys(l, w, mark); ok {
			conds = append(conds, cond)
		}
	}
	if t.tail != "" {
		conds = append(conds, t.tail)
	}
	if len(conds) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(conds, " AND "), args
}

// instants are keys that are compared as instants.
var instants = regexp.MustCompile(`^\d{4}-\d\d-\d\dT[\d:.]+Z`)

// keys is the condition for some keys; not ok where it would leave too much out
// or in.
func (t *Table) keys(l *layout, w *reconcile.Want, mark func(any) string) (string, bool) {
	if len(w.Keys) > 500 || w.Loose {
		return "", false
	}
	var parts []string
	for k, name := range w.Key {
		f := familyOf(t.db.kind, l.typeOf(name))
		if f != texts && f != integers && (f != decimals || t.db.kind != Postgres && l.of(name).scale != 0) {
			return "", false // it may be written otherwise: 1.50 is 1.5
		}
		var marks []string
		for _, key := range w.Keys {
			if instants.MatchString(key[k]) {
				return "", false // it stands in any zone
			}
			marks = append(marks, mark(key[k]))
			if apart := norm.NFD.String(key[k]); apart != key[k] {
				marks = append(marks, mark(apart))
			}
		}
		c := t.db.column(name)
		switch t.db.kind {
		case Postgres:
			c = postgres{}.canon(t.db, c, l.of(name), false, true)
		case SQLServer:
			c = "LTRIM(RTRIM(CAST(" + c + " AS nvarchar(max))))"
		case SQLite:
			c = "TRIM(CAST(" + c + " AS TEXT), char(9, 10, 11, 12, 13, 32, 133, 160))"
		default:
			c = "TRIM(CAST(" + c + " AS CHAR))"
		}
		cond := c + " IN (" + strings.Join(marks, ", ") + ")"
		if t.db.kind == MySQL && f == texts { // it trims spaces alone
			cond = "(" + cond + " OR " + c + " REGEXP '^[[:space:]]|[[:space:]]$')"
		}
		parts = append(parts, cond)
	}
	return strings.Join(parts, " AND "), true
}
