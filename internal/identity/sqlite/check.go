package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"pleth/internal/identity"
	"pleth/internal/sealed"
	"pleth/internal/sqlitefile"
)

// Check reads the identity store in the file at path, which is not in use and
// lies under key, and calls flaw with everything that is wrong with it; it
// changes nothing. Where key is no key, what is sealed is not looked at.
func Check(ctx context.Context, path string, key sealed.Key, flaw func(string)) error {
	return sqlitefile.Check(ctx, path, flaw, func(db *sql.DB) error {
		if key.IsZero() {
			return nil
		}
		in := identity.NewInspector(key)
		found := func(err error) {
			if err != nil {
				flaw(err.Error())
			}
		}
		var kept []byte
		if err := db.QueryRowContext(ctx, `SELECT sealed FROM key_check`).Scan(&kept); err != nil {
			return fmt.Errorf("the check of the key: %w", err)
		}
		if err := in.Key(kept); err != nil {
			found(err)
			return nil // nothing would open
		}
		err := each(ctx, db, `SELECT hash, pseudonym, sealed FROM pair`, func(rows *sql.Rows) error {
			var p identity.Pair
			var hash []byte
			if err := rows.Scan(&hash, &p.Pseudonym, &p.Sealed); err != nil {
				return err
			}
			copy(p.Index[:], hash)
			found(in.Pair(p))
			return nil
		})
		if err != nil {
			return fmt.Errorf("people: %w", err)
		}
		err = each(ctx, db, `SELECT number, sealed FROM look`, func(rows *sql.Rows) error {
			var l identity.Look
			if err := rows.Scan(&l.Number, &l.Sealed); err != nil {
				return err
			}
			found(in.Look(l))
			return nil
		})
		if err != nil {
			return fmt.Errorf("looks: %w", err)
		}
		return nil
	})
}

// each calls f for every row.
func each(ctx context.Context, db *sql.DB, query string, f func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
