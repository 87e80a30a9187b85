package pebbledb

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// waitReady waits until a file is ready for the next log.
func waitReady(t *testing.T, db *DB) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		db.prepared.mu.Lock()
		ready := db.prepared.ready
		db.prepared.mu.Unlock()
		if ready {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no file is ready for the next log")
		}
	}
}

// put writes keys from up to to, each synced.
func put(t *testing.T, db *DB, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		b := db.NewBatch()
		if err := b.Set(fmt.Appendf(nil, "k%06d", i), make([]byte, 1000), nil); err != nil {
			t.Fatal(err)
		}
		if err := db.Apply(b, true); err != nil {
			t.Fatal(err)
		}
		b.Close()
	}
}

// has fails unless the DB has keys from 0 up to n.
func has(t *testing.T, db *DB, n int) {
	t.Helper()
	for i := range n {
		_, c, err := db.Get(fmt.Appendf(nil, "k%06d", i))
		if err != nil {
			t.Fatalf("key %d of %d: %v", i, n, err)
		}
		c.Close()
	}
}

// A log that is written over zeros loses nothing that was synced where the power
// goes, whatever else of it came to the disk, and no file is left when the DB is
// closed.
func TestPrepared(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	o := Options{FS: fs, MemTable: 256 << 10, Prepare: true}
	db, err := Open("store", o)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range 4 { // each a log of its own: the small table is full after some 200 keys
		waitReady(t, db)
		before := db.Metrics().WAL.Files + db.Metrics().WAL.ObsoleteFiles
		for i := 0; db.Metrics().WAL.Files+db.Metrics().WAL.ObsoleteFiles == before && i < 1000; i++ {
			put(t, db, n, n+1)
			n++
		}
		put(t, db, n, n+20)
		n += 20
		for seed := range uint64(3) {
			after := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rand.New(rand.NewPCG(seed, 1))})
			again, err := Open("store", Options{FS: after, MemTable: o.MemTable, Prepare: seed == 0})
			if err != nil {
				t.Fatalf("after %d keys: %v", n, err)
			}
			has(t, again, n)
			put(t, again, n, n+1)
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := fs.List("store")
	if err != nil || slices.Contains(names, PreparedFile) {
		t.Fatalf("%v, %v: the prepared file is left", names, err)
	}
	db, err = Open("store", o)
	if err != nil {
		t.Fatal(err)
	}
	has(t, db, n)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// The prepared file becomes the next log, and what is short is not used again.
func TestPreparedIsTaken(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	p := newPrepared(fs, "", 1<<20, Options{})
	p.begin()
	db := &DB{prepared: p}
	size := func(name string) int64 {
		info, err := fs.Stat(name)
		if err != nil {
			return -1
		}
		return info.Size()
	}
	waitReady(t, db)
	f, err := p.Create("000001.log", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if got := size("000001.log"); got != 1<<20 {
		t.Errorf("the log has %d bytes, want those of the prepared file", got)
	}
	short, err := fs.Create("000002.log", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	short.Close()
	waitReady(t, db)
	if f, err = p.ReuseForWrite("000002.log", "000003.log", vfs.WriteCategoryUnspecified); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if got := size("000003.log"); got != 1<<20 || size("000002.log") != -1 {
		t.Errorf("the log has %d bytes, the short one %d, want the prepared file in its place", got, size("000002.log"))
	}
	waitReady(t, db)
	if f, err = p.ReuseForWrite("000001.log", "000004.log", vfs.WriteCategoryUnspecified); err != nil {
		t.Fatal(err)
	}
	f.Close()
	if got := size("000004.log"); got != 1<<20 || size(PreparedFile) != 1<<20 {
		t.Errorf("the log has %d bytes, the prepared file %d, want the old log used again", got, size(PreparedFile))
	}
	if err := p.end(); err != nil || size(PreparedFile) != -1 {
		t.Errorf("%v: the prepared file is left", err)
	}
	if err := p.end(); err != nil {
		t.Errorf("ended twice: %v", err)
	}
}

// Nothing is prepared under a key: bytes there are written once.
func TestPreparedUnderKey(t *testing.T) {
	t.Parallel()
	db, err := Open("store", Options{FS: vfs.NewMem(), Key: make([]byte, 32), Prepare: true})
	if err != nil {
		t.Fatal(err)
	}
	if db.prepared != nil {
		t.Error("a file is prepared")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
