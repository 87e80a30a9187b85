package pebbledb

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestFlawInFirstLog: a bit that flips in the first log of a new folder is no
// torn end. What was written behind it would be lost without a word.
func TestFlawInFirstLog(t *testing.T) {
	t.Parallel()
	pristine := vfs.NewMem()
	write(t, pristine)
	files, err := pristine.List("data")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{10, 1500, 33000, 60000, 98500, 150000} {
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

// write puts some records into a new folder.
func write(t *testing.T, fs vfs.FS) {
	db, err := Open("data", Options{FS: fs})
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
}

// tableless is a disk that has no room for a table.
type tableless struct{ vfs.FS }

func (d tableless) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if strings.HasSuffix(name, ".sst") {
		return nil, errors.New("injected: no space left on device")
	}
	return d.FS.Create(name, c)
}

// TestOpenOnFullDisk: where what the log holds cannot be written to a table,
// opening says so after its patience; it does not wait for ever.
func TestOpenOnFullDisk(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	write(t, fs)
	fatal, opened := make(chan string), make(chan error)
	go func() { // stays where the process would end
		_, err := Open("data", Options{FS: tableless{fs}, Patience: 200 * time.Millisecond, Fatal: func(m string) { fatal <- m; select {} }})
		opened <- err
	}()
	select {
	case m := <-fatal:
		if !strings.Contains(m, "no space left on device") || !strings.Contains(m, "start again") {
			t.Error(m)
		}
	case err := <-opened:
		t.Fatalf("opened, %v", err)
	}
}
