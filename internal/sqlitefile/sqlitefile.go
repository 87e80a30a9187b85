// Package sqlitefile opens SQLite files the way every store wants them: for
// their owner alone, written ahead, synced at every commit, migrated.
package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver

	"pleth/internal/atomicfile"
)

// File is an open SQLite file.
type File struct {
	Write *sql.DB // one connection; transactions begin by locking
	Read  *sql.DB // up to four
	path  string
}

// Open opens or creates the file at path (mode 0600, as SQLite's own files
// beside it) and brings its tables up to the last of migrations, whose files
// stand at its root. A file that is not as it was closed is ErrChanged.
func Open(ctx context.Context, path string, migrations fs.FS) (*File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	if err := checkSum(path); err != nil {
		return nil, fmt.Errorf("%s: %w: pleth fsck says what is wrong; put a copy from a backup in its place, or remove %s to have it as it is", path, err, filepath.Base(path)+sumSuffix)
	}
	if err := checkLog(path); err != nil {
		return nil, fmt.Errorf("%s: %w: put a copy from a backup in its place, or move the log away to have the file as it was before", path, err)
	}
	// Not after a power cut either may it stand beside a file that was written to.
	switch err := os.Remove(path + sumSuffix); {
	case err == nil:
		if err := atomicfile.SyncDir(filepath.Dir(path)); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	file := &File{}
	if file.Write, err = open(path, "immediate"); err == nil {
		file.Write.SetMaxOpenConns(1)
		err = migrate(ctx, file.Write, migrations)
	}
	if err == nil {
		file.Read, err = open(path, "deferred")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(err, file.Close()))
	}
	file.Read.SetMaxOpenConns(4)
	file.path = path
	return file, nil
}

func open(path, lock string) (*sql.DB, error) {
	q := url.Values{"_txlock": {lock}, "_pragma": {"busy_timeout(5000)", "journal_mode(wal)", "synchronous(full)", "secure_delete(on)"}}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
}

// Copy writes the file at path, which may be in use, as it is at one instant to
// a new file at to (mode 0600).
func Copy(ctx context.Context, path, to string) error {
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db, err := open(path, "deferred")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return fmt.Errorf("copy %s: %w", path, err)
	}
	return nil
}

func migrate(ctx context.Context, db *sql.DB, migrations fs.FS) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// Close closes the file, and notes what it is by then.
func (f *File) Close() error {
	var errs []error
	for _, db := range []*sql.DB{f.Read, f.Write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if err := errors.Join(errs...); err != nil || f.path == "" {
		return err
	}
	return writeSum(f.path)
}

// InTx runs f in a transaction that is durable when InTx returns nil, and
// undone otherwise.
func (f *File) InTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := f.Write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
