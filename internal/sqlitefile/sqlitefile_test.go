package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var tables = fstest.MapFS{"00001_t.sql": {Data: []byte("-- +goose Up\nCREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;\n")}}

// crashed makes a file with rows as kill -9 leaves it: what was written last
// stands in the log.
func crashed(t *testing.T, rows int) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.db")
	f, err := Open(context.Background(), path, tables)
	if err != nil {
		t.Fatal(err)
	}
	for range rows {
		if err := f.InTx(t.Context(), func(tx *sql.Tx) error {
			_, err := tx.Exec("INSERT INTO t (text) VALUES (?)", strings.Repeat("x", 500))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	left := filepath.Join(t.TempDir(), "a.db")
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return left
}

func count(t *testing.T, path string) (n int, err error) {
	t.Helper()
	f, err := Open(t.Context(), path, tables)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	err = f.Read.QueryRow("SELECT count(*) FROM t").Scan(&n)
	return n, err
}

func flaws(t *testing.T, path string) (all []string) {
	t.Helper()
	if err := Check(t.Context(), path, func(s string) { all = append(all, s) }, nil); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestFlawsOfTheLog: a flipped bit anywhere in the log but its last transaction
// is found; nothing is opened with half of what was written. A torn end is none.
func TestFlawsOfTheLog(t *testing.T) {
	t.Parallel()
	const rows = 20
	long := crashed(t, 1500) // the log was begun anew over an old one
	if got := flaws(t, long); len(got) > 0 {
		t.Error(got)
	}
	if n, err := count(t, long); n != 1500 || err != nil {
		t.Error(n, err)
	}
	whole := crashed(t, rows)
	if got := flaws(t, whole); len(got) > 0 {
		t.Fatal(got)
	}
	wal, err := os.ReadFile(whole + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := count(t, whole); n != rows || err != nil {
		t.Fatal(n, err)
	}
	path := filepath.Join(t.TempDir(), "b.db")
	put := func(wal []byte) {
		t.Helper()
		_ = os.Remove(path + sumSuffix)
		for suffix, b := range map[string][]byte{"": main, "-wal": wal} {
			if err := os.WriteFile(path+suffix, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for at := 0; at < len(wal)*3/4; at += 997 {
		flipped := append([]byte{}, wal...)
		flipped[at] ^= 8
		put(flipped)
		if got := flaws(t, path); len(got) == 0 || !strings.Contains(got[0], "flaw in frame") {
			t.Errorf("byte %d of %d: %q", at, len(wal), got)
		}
		if n, err := count(t, path); !errors.Is(err, ErrChanged) {
			t.Errorf("byte %d of %d: %d rows, %v", at, len(wal), n, err)
		}
	}
	put(wal[:len(wal)-1000]) // the last transaction never came whole
	if n, err := count(t, path); n != rows-1 || err != nil {
		t.Errorf("torn: %d rows, %v", n, err)
	}
}

// TestChanged: a file that was closed is opened again as it is, and not at all
// when a byte of it has changed.
func TestChanged(t *testing.T) {
	t.Parallel()
	path := crashed(t, 5)
	for range 2 {
		if n, err := count(t, path); n != 5 || err != nil {
			t.Fatal(n, err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := count(t, path); !errors.Is(err, ErrChanged) {
		t.Error(err)
	}
	if got := flaws(t, path); len(got) == 0 {
		t.Error("no flaw is found")
	}
	if err := os.Remove(path + sumSuffix); err != nil {
		t.Fatal(err)
	}
	if n, err := count(t, path); n != 5 || err != nil {
		t.Error(n, err)
	}
}
