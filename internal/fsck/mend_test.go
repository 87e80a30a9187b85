package fsck

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestFlawsOfPebblesLog: Pebble does not open a storage whose own log has a flaw
// before its end. It is said where, and a repair loses the record at most that
// the flaw is in, encrypted or not.
func TestFlawsOfPebblesLog(t *testing.T) {
	t.Parallel()
	for _, key := range [][]byte{nil, []byte("0123456789abcdef0123456789abcdef")} {
		pristine := vfs.NewMem()
		fill(t, pristine, key, false)
		whole, err := Run("data", Options{FS: pristine, Key: key})
		if err != nil || !whole.Sound() {
			t.Fatalf("%+v, %v", whole, err)
		}
		for share := range 8 {
			fs := copyOf(t, pristine)
			name := flipLog(t, fs, share)
			what := fmt.Sprintf("encrypted %v, %s changed at %d tenths", key != nil, name, share)
			report, err := Run("data", Options{FS: fs, Key: key})
			if err != nil || report.Sound() || report.Aside != "" || !strings.Contains(report.Flaws[0].What, "cannot be read at byte") {
				t.Fatalf("%s: %+v, %v", what, report, err)
			}
			if report, err = Run("data", Options{FS: fs, Key: key, Repair: true}); err != nil || report.Aside == "" {
				t.Fatalf("%s: repair: %+v, %v", what, report, err)
			}
			if _, err := fs.Stat(fs.PathJoin(report.Aside, Storage, name)); err != nil {
				t.Errorf("%s: the old log is not kept: %v", what, err)
			}
			after, err := Run("data", Options{FS: fs, Key: key})
			if err != nil || after.Log.Readings < whole.Log.Readings-100 || after.Partitions < whole.Partitions-1 {
				t.Errorf("%s: afterwards %+v, %v", what, after, err)
			}
			if err == nil {
				for _, f := range after.Flaws {
					if !strings.Contains(f.What, "are missing") {
						t.Errorf("%s: afterwards %s", what, f.What)
					}
				}
			}
			if files, err := fs.List("data"); err != nil || strings.Contains(strings.Join(files, " "), "store.") {
				t.Errorf("%s: %v is left, %v", what, files, err)
			}
		}
	}
}

// flipLog flips a bit of the largest log, so many tenths behind its beginning.
func flipLog(t *testing.T, fs vfs.FS, tenths int) (name string) {
	t.Helper()
	files, err := fs.List("data/store")
	if err != nil {
		t.Fatal(err)
	}
	var b []byte
	for _, n := range files {
		if !strings.HasSuffix(n, ".log") {
			continue
		}
		f, err := fs.Open("data/store/" + n)
		if err != nil {
			t.Fatal(err)
		}
		one, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(one) > len(b) {
			name, b = n, one
		}
	}
	b[len(b)*tenths/10+200] ^= 16
	if err := write(fs, "data/store/"+name, b); err != nil {
		t.Fatal(err)
	}
	return name
}
