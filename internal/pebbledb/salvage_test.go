package pebbledb

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// everything returns all entries of a folder.
func everything(t *testing.T, fs vfs.FS, dir string) map[string]string {
	t.Helper()
	db, err := Open(dir, Options{FS: fs, ReadOnly: true, Damaged: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	it, err := db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	all := map[string]string{}
	for ok := it.First(); ok; ok = it.Next() {
		all[string(it.Key())] = string(it.Value())
	}
	if err := it.Error(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestSalvage: without its manifest a folder holds what it held, through tables
// of every level, logs, entries that were replaced and ranges that were deleted.
func TestSalvage(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			fs := vfs.NewMem()
			r := rand.New(rand.NewPCG(seed, 1))
			db, err := Open("d", Options{FS: fs, MemTable: 64 << 10})
			if err != nil {
				t.Fatal(err)
			}
			recordKey := func(id, n uint64) []byte { return binary.BigEndian.AppendUint64(Key(LogRecord, ID(id), 8), n) }
			next, first := map[uint64]uint64{}, map[uint64]uint64{}
			value := make([]byte, 300)
			for range 3000 {
				b := db.NewBatch()
				id := r.Uint64N(10)
				for i := range value {
					value[i] = byte(r.Uint32())
				}
				if err := b.Set(recordKey(id, next[id]), value[:r.IntN(300)], nil); err != nil { // written once
					t.Fatal(err)
				}
				next[id]++
				if err := b.Set(Key(SeriesState, ID(r.Uint64N(50)), 0), value[:20], nil); err != nil { // replaced
					t.Fatal(err)
				}
				if r.IntN(10) == 0 {
					_ = b.Delete(Key(SeriesState, ID(r.Uint64N(50)), 0), nil)
				}
				if r.IntN(50) == 0 { // as retention does
					first[id] += r.Uint64N(next[id] - first[id] + 1)
					_ = b.DeleteRange(recordKey(id, 0), recordKey(id, first[id]), nil)
				}
				if err := db.Apply(b, false); err != nil {
					t.Fatal(err)
				}
				_ = b.Close()
			}
			if seed%2 == 0 {
				if err := db.Compact(t.Context(), []byte{0}, []byte{255}, false); err != nil {
					t.Fatal(err)
				}
				b := db.NewBatch()
				_ = b.Set(Key(SeriesState, 1, 0), []byte("the last"), nil)
				if err := db.Apply(b, true); err != nil {
					t.Fatal(err)
				}
				_ = b.Close()
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			want := everything(t, fs, "d")
			names, err := fs.List("d")
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range names {
				if strings.HasPrefix(n, "MANIFEST-") {
					_ = fs.Remove("d/" + n)
				}
			}
			if _, err := Open("d", Options{FS: fs}); err == nil {
				t.Fatal("it opens without a manifest")
			}
			flaws, err := Salvage("d", "to", Options{FS: fs})
			if err != nil || len(flaws) > 0 {
				t.Fatal(flaws, err)
			}
			got := everything(t, fs, "to")
			for k, v := range want {
				if got[k] != v {
					t.Errorf("%x is %.8x, was %.8x", k, got[k], v)
				}
			}
			for k := range got {
				if _, ok := want[k]; !ok {
					t.Errorf("%x was deleted and is there again", k)
				}
			}
			if db, err := Open("to", Options{FS: fs}); err != nil {
				t.Error(err)
			} else if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
