package fsck

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestManifest: a storage whose list of tables is damaged or gone is not opened;
// it is said, and a repair brings everything back, from tables, logs or both,
// encrypted or not.
func TestManifest(t *testing.T) {
	t.Parallel()
	for _, key := range [][]byte{nil, []byte("0123456789abcdef0123456789abcdef")} {
		for _, flush := range []bool{true, false} {
			pristine := vfs.NewMem()
			fill(t, pristine, key, flush)
			whole, err := Run("data", Options{FS: pristine, Key: key})
			if err != nil || !whole.Sound() {
				t.Fatalf("%+v, %v", whole, err)
			}
			for _, how := range []string{"gone", "empty", "other"} {
				fs := copyOf(t, pristine)
				what := fmt.Sprintf("encrypted %v, flush %v, %s", key != nil, flush, how)
				breakManifest(t, fs, how)
				report, err := Run("data", Options{FS: fs, Key: key})
				if err != nil || report.Sound() || report.Aside != "" || !strings.Contains(report.Flaws[0].What, "list of tables") {
					t.Fatalf("%s: %+v, %v", what, report, err)
				}
				if report, err = Run("data", Options{FS: fs, Key: key, Repair: true}); err != nil || report.Aside == "" {
					t.Fatalf("%s: repair: %+v, %v", what, report, err)
				}
				after, err := Run("data", Options{FS: fs, Key: key})
				if err != nil || !after.Sound() || after.Log.Readings != whole.Log.Readings || after.Partitions != whole.Partitions ||
					after.Series.Rows != whole.Series.Rows || after.Series.Rollups != whole.Series.Rollups {
					t.Errorf("%s: afterwards %+v, %v, before %+v", what, after, err, whole)
				}
				if key != nil {
					continue
				}
				want, err := contents(pristine)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := contents(fs); err != nil || got != want {
					t.Errorf("%s: other data are read, %v", what, err)
				}
			}
		}
	}
}

// breakManifest takes every manifest away, or something from it.
func breakManifest(t *testing.T, fs vfs.FS, how string) {
	t.Helper()
	names, err := fs.List("data/store")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		path := "data/store/" + n
		switch {
		case !strings.HasPrefix(n, "MANIFEST-"):
		case how == "gone":
			err = fs.Remove(path)
		case how == "empty":
			err = write(fs, path, nil)
		default:
			err = write(fs, path, []byte(strings.Repeat("not a manifest ", 20)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
