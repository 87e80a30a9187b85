// Package sqlite keeps the pairs of the identity store in an SQLite file of
// their own.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"pleth/internal/identity"
	"pleth/internal/sealed"
	"pleth/internal/sqlitefile"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Rows is an SQLite file. It implements identity.Rows.
type Rows struct{ file *sqlitefile.File }

// OpenStore opens the identity store in the folder dir, creating it if there
// is none: identity.db, and the file key unless a key is given. It refuses to
// make a new key for a store that has lost its own.
func OpenStore(ctx context.Context, dir string, key sealed.Key, clock func() int64) (*identity.Store, sealed.Key, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, key, fmt.Errorf("identity store: %w", err)
	}
	path := filepath.Join(dir, "identity.db")
	if key.IsZero() {
		var err error
		keyPath := filepath.Join(dir, "key")
		if _, missing := os.Stat(path); errors.Is(missing, fs.ErrNotExist) {
			key, err = sealed.LoadOrCreate(keyPath)
		} else {
			key, err = sealed.Load(keyPath)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil, key, fmt.Errorf("identity store in %s: %w; put the copy of it there, as docs/operations/keys.md says", dir, err)
		}
		if err != nil {
			return nil, key, fmt.Errorf("identity store in %s: %w", dir, err)
		}
	}
	rows, err := Open(ctx, path)
	if err != nil {
		return nil, key, err
	}
	store, err := identity.New(ctx, rows, key, clock)
	if err != nil {
		return nil, key, fmt.Errorf("identity store in %s: %w", dir, err)
	}
	return store, key, nil
}

// Open opens or creates the file at path, for its owner alone.
func Open(ctx context.Context, path string) (*Rows, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	file, err := sqlitefile.Open(ctx, path, files)
	if err != nil {
		return nil, fmt.Errorf("identity store: %w", err)
	}
	return &Rows{file}, nil
}

func failed(err error) error { return fmt.Errorf("%w: %w", identity.ErrStore, err) }

// Close closes the file.
func (r *Rows) Close() error { return r.file.Close() }

// Add implements identity.Rows.
func (r *Rows) Add(ctx context.Context, pairs []identity.Pair) (kept []identity.Pair, err error) {
	err = r.file.InTx(ctx, func(tx *sql.Tx) error {
		kept, err = add(ctx, tx, pairs)
		return err
	})
	if err != nil {
		return nil, failed(err)
	}
	return kept, nil
}

func add(ctx context.Context, tx *sql.Tx, pairs []identity.Pair) ([]identity.Pair, error) {
	insert, err := tx.PrepareContext(ctx, `INSERT INTO pair (hash, pseudonym, sealed, created) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`)
	if err != nil {
		return nil, err
	}
	defer insert.Close()
	find, err := tx.PrepareContext(ctx, `SELECT pseudonym, sealed, created FROM pair WHERE hash = ?`)
	if err != nil {
		return nil, err
	}
	defer find.Close()
	kept := make([]identity.Pair, len(pairs))
	for i, p := range pairs {
		kept[i].Index = p.Index
		err := find.QueryRowContext(ctx, p.Index[:]).Scan(&kept[i].Pseudonym, &kept[i].Sealed, &kept[i].Created)
		if errors.Is(err, sql.ErrNoRows) {
			kept[i] = p
			_, err = insert.ExecContext(ctx, p.Index[:], p.Pseudonym, p.Sealed, p.Created)
		}
		if err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// Find implements identity.Rows.
func (r *Rows) Find(ctx context.Context, index [32]byte) (identity.Pair, error) {
	return r.pair(ctx, `SELECT hash, pseudonym, sealed, created FROM pair WHERE hash = ?`, index[:])
}

// Named implements identity.Rows.
func (r *Rows) Named(ctx context.Context, pseudonym string) (identity.Pair, error) {
	return r.pair(ctx, `SELECT hash, pseudonym, sealed, created FROM pair WHERE pseudonym = ?`, pseudonym)
}

func (r *Rows) pair(ctx context.Context, query string, arg any) (identity.Pair, error) {
	var p identity.Pair
	var hash []byte
	err := r.file.Read.QueryRowContext(ctx, query, arg).Scan(&hash, &p.Pseudonym, &p.Sealed, &p.Created)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return identity.Pair{}, identity.ErrUnknown
	case err != nil:
		return identity.Pair{}, failed(err)
	}
	copy(p.Index[:], hash)
	return p, nil
}

// Note implements identity.Rows.
func (r *Rows) Note(ctx context.Context, at int64, sealed []byte) error {
	if _, err := r.file.Write.ExecContext(ctx, `INSERT INTO look (at, sealed) VALUES (?, ?)`, at, sealed); err != nil {
		return failed(err)
	}
	return nil
}

// Looks implements identity.Rows.
func (r *Rows) Looks(ctx context.Context, after int64, limit int) ([]identity.Look, error) {
	rows, err := r.file.Read.QueryContext(ctx, `SELECT number, at, sealed FROM look WHERE number > ? ORDER BY number LIMIT ?`, after, limit)
	if err != nil {
		return nil, failed(err)
	}
	defer rows.Close()
	var looks []identity.Look
	for rows.Next() {
		var l identity.Look
		if err := rows.Scan(&l.Number, &l.At, &l.Sealed); err != nil {
			return nil, failed(err)
		}
		looks = append(looks, l)
	}
	if err := rows.Err(); err != nil {
		return nil, failed(err)
	}
	return looks, nil
}

// Check implements identity.Rows.
func (r *Rows) Check(ctx context.Context, first []byte) ([]byte, error) {
	if _, err := r.file.Write.ExecContext(ctx, `INSERT INTO key_check (one, sealed) VALUES (1, ?) ON CONFLICT DO NOTHING`, first); err != nil {
		return nil, failed(err)
	}
	var kept []byte
	if err := r.file.Write.QueryRowContext(ctx, `SELECT sealed FROM key_check`).Scan(&kept); err != nil {
		return nil, failed(err)
	}
	return kept, nil
}

// Size implements identity.Rows.
func (r *Rows) Size(ctx context.Context) (int64, error) {
	var n int64
	if err := r.file.Read.QueryRowContext(ctx, `SELECT count(*) FROM pair`).Scan(&n); err != nil {
		return 0, failed(err)
	}
	return n, nil
}
