package pebbledb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestFlawInFirstLog: a bit that flips in the first log of a new folder is no
// torn end. What was written behind it would be lost without a word.
func TestFlawInFirstLog(t *testing.T) {
	t.Parallel()
	pristine := vfs.NewMem()
	db, err := Open("data", Options{FS: pristine})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		b := db.NewBatch()
		if err := b.Set(fmt.Appendf(nil, "l%04d", i), []byte(strings.Repeat("x", 1000)), nil); err != nil {
			t.Fatal(err)
		}
		if err := db.Apply(b, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := pristine.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{10, 1500, 33000, 60000, 98500, 150000, 195000, 200000} {
		fs := vfs.NewMem()
		if ok, err := vfs.Clone(pristine, fs, "data", "data"); !ok || err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			info, err := fs.Stat("data/" + name)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(name, ".log") || info.Size() < 1000 {
				continue
			}
			f, err := fs.OpenReadWrite("data/"+name, vfs.WriteCategoryUnspecified)
			if err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 1)
			if _, err = f.ReadAt(b, at); err == nil {
				b[0] ^= 8
				_, err = f.WriteAt(b, at)
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if db, err := Open("data", Options{FS: fs, ReadOnly: true}); err == nil {
			t.Errorf("byte %d is changed and nothing is said", at)
			_ = db.Close()
		}
	}
}
