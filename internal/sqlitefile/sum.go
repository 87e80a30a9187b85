package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"pleth/internal/atomicfile"
)

// ErrChanged says that a file is not as it was closed: SQLite has no checksums
// of its own, and would serve flipped bytes as data.
var ErrChanged = errors.New("its bytes have changed on disk since it was closed")

// sumSuffix ends the name of the file that has the checksum of another, from
// when that was closed until it is opened again: after a crash there is none.
const sumSuffix = ".sum"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumOf returns the text that stands for the file at path.
func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := crc32.New(castagnoli)
	n, err := io.Copy(h, f)
	return fmt.Sprintf("crc32c %08x of %d bytes\n", h.Sum32(), n), err
}

// writeSum notes what the file at path is, unless SQLite left something of it
// beside it.
func writeSum(path string) error {
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	sum, err := sumOf(path)
	if err != nil {
		return err
	}
	err = atomicfile.Write(path+sumSuffix, func(w io.Writer) error {
		_, err := io.WriteString(w, sum)
		return err
	})
	return errors.Join(err, os.Chmod(path+sumSuffix, 0o600))
}

// checkSum returns ErrChanged if the file at path is not what was noted.
func checkSum(path string) error {
	want, err := os.ReadFile(path + sumSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	got, err := sumOf(path)
	if err == nil && got != string(want) {
		err = ErrChanged
	}
	return err
}

// Check reads the file at path, which nobody has open for writing, and calls
// flaw with everything that is wrong with it; it changes nothing. What it can
// not read at all is a flaw too. Then it calls rows (nil: nobody) with the file
// opened for reading.
func Check(ctx context.Context, path string, flaw func(string), rows func(*sql.DB) error) error {
	for _, check := range []func(string) error{checkSum, checkLog} {
		switch err := check(path); {
		case errors.Is(err, ErrChanged):
			flaw(err.Error())
		case err != nil:
			return err
		}
	}
	q := url.Values{"mode": {"ro"}}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		q.Set("immutable", "1") // or SQLite would leave files beside it
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode())
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, pragma := range []string{"integrity_check", "foreign_key_check"} {
		if err := lines(ctx, db, "PRAGMA "+pragma, flaw); err != nil {
			flaw(pragma + ": " + err.Error())
		}
	}
	if rows == nil {
		return nil
	}
	if err := rows(db); err != nil {
		flaw(err.Error())
	}
	return nil
}

// lines calls f with what a pragma that finds flaws says.
func lines(ctx context.Context, db *sql.DB, query string, f func(string)) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]sql.NullString, len(names))
	into := make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		var texts []string
		for i, v := range values {
			texts = append(texts, v.String)
			if len(names) > 1 {
				texts[i] = names[i] + " " + v.String
			}
		}
		if text := strings.Join(texts, ", "); text != "ok" {
			for line := range strings.SplitSeq(text, "\n") {
				f(line)
			}
		}
	}
	return rows.Err()
}
