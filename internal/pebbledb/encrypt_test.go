package pebbledb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth/internal/reading"
)

var testKey = bytes.Repeat([]byte{7}, KeySize)

// open opens the folder and fails the test if that fails.
func open(t testing.TB, fs vfs.FS, o Options) *DB {
	t.Helper()
	o.FS = fs
	db, err := Open("data", o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func set(t testing.TB, db *DB, key, value string) {
	t.Helper()
	b := db.NewBatch()
	defer b.Close()
	if err := b.Set([]byte(key), []byte(value), nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Apply(b, true); err != nil {
		t.Fatal(err)
	}
}

// bytesOf returns the content of every file of dir.
func bytesOf(t testing.TB, fs vfs.FS, dir string) string {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, n := range names {
		b, err := readAll(fs, fs.PathJoin(dir, n))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	for _, key := range [][]byte{nil, testKey} {
		fs := vfs.NewMem()
		for round := range 3 { // with a log that is read again, and tables
			db := open(t, fs, Options{Key: key})
			for i := range 500 {
				set(t, db, fmt.Sprint("key-of-somebody-", round, i), strings.Repeat("value-of-somebody", 20))
			}
			if _, err := db.MakeID(reading.Partition{Device: "device-of-somebody"}); err != nil {
				t.Fatal(err)
			}
			if round == 1 {
				if err := db.Flush(); err != nil {
					t.Fatal(err)
				}
			}
			n := 0
			err := db.Walk([]byte("key"), func(_, v []byte) error {
				n++
				if !strings.HasPrefix(string(v), "value-of-somebody") {
					t.Fatalf("value is %q", v)
				}
				return nil
			}, nil)
			if err != nil || n != 500*(round+1) {
				t.Fatalf("%d entries, %v", n, err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if plain := strings.Contains(bytesOf(t, fs, "data"), "of-somebody"); plain != (key == nil) {
			t.Errorf("with key %v: readable is %v", key != nil, plain)
		}
		for _, wrong := range [][]byte{nil, testKey, bytes.Repeat([]byte{8}, KeySize), {1}} {
			if bytes.Equal(wrong, key) {
				continue
			}
			if _, err := Open("data", Options{FS: fs, Key: wrong}); err == nil || len(wrong) != 1 && !errors.Is(err, ErrKey) {
				t.Errorf("key %v opens what was written with %v: %v", wrong, key, err)
			}
		}
	}
}

func TestEncryptedFile(t *testing.T) {
	t.Parallel()
	mem := vfs.NewMem()
	if err := mem.MkdirAll("data", 0o700); err != nil {
		t.Fatal(err)
	}
	fs, err := encrypt(mem, "data", testKey, false)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	want := make([]byte, 100_000)
	for i := range want {
		want[i] = byte(r.Uint32())
	}
	f, err := fs.Create("data/f", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	for rest := want; len(rest) > 0; {
		n := min(len(rest), r.IntN(5000))
		if _, err := f.Write(bytes.Clone(rest[:n])); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	f.Close()
	if info, err := fs.Stat("data/f"); err != nil || info.Size() != int64(len(want)) {
		t.Errorf("length is %d, %v", info.Size(), err)
	}
	if f, err = fs.Open("data/f"); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, want) {
		t.Errorf("what is read from the start differs, %v", err)
	}
	for range 300 {
		at := r.IntN(len(want))
		p := make([]byte, min(r.IntN(300), len(want)-at))
		if _, err := f.ReadAt(p, int64(at)); err != nil || !bytes.Equal(p, want[at:at+len(p)]) {
			t.Fatalf("%d bytes at %d differ, %v", len(p), at, err)
		}
	}
	// An old file is not written over with its own key.
	g, err := fs.ReuseForWrite("data/f", "data/g", vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Write(bytes.Clone(want)); err != nil {
		t.Fatal(err)
	}
	g.Close()
	// A file whose header was never synced is empty.
	z, _ := mem.Create("data/z", vfs.WriteCategoryUnspecified)
	z.Write(make([]byte, 500))
	z.Close()
	if z, err = fs.Open("data/z"); err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if b, err := io.ReadAll(z); err != nil || len(b) > 0 {
		t.Errorf("a file without a header has %d bytes, %v", len(b), err)
	}
}

// BenchmarkApply writes batches of 4 KiB, in memory, so that what encryption
// costs is not hidden behind a disk.
func BenchmarkApply(b *testing.B) {
	for _, key := range [][]byte{nil, testKey} {
		b.Run(fmt.Sprint("encrypted=", key != nil), func(b *testing.B) {
			db := open(b, vfs.NewMem(), Options{Key: key})
			defer db.Close()
			value := make([]byte, 4096)
			for i := range value {
				value[i] = byte(i * i >> 3)
			}
			b.SetBytes(int64(len(value)))
			for i := 0; b.Loop(); i++ {
				set(b, db, fmt.Sprintf("key-%09d", i), string(value))
			}
		})
	}
}

// BenchmarkRead reads tables that are not in the cache.
func BenchmarkRead(b *testing.B) {
	for _, key := range [][]byte{nil, testKey} {
		b.Run(fmt.Sprint("encrypted=", key != nil), func(b *testing.B) {
			db := open(b, vfs.NewMem(), Options{Key: key, Cache: 1 << 16})
			defer db.Close()
			r := rand.New(rand.NewPCG(1, 2))
			value := make([]byte, 4096)
			for i := range 5000 {
				for i := range value {
					value[i] = byte(r.Uint32())
				}
				set(b, db, fmt.Sprintf("key-%09d", i), string(value))
			}
			if err := db.Compact(b.Context(), []byte{0}, []byte{0xff}, false); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(5000 * 4096)
			for b.Loop() {
				it, _ := db.NewIter(&pebble.IterOptions{})
				n := 0
				for ok := it.First(); ok; ok = it.Next() {
					n += len(it.Value())
				}
				if it.Close() != nil || n != 5000*4096 {
					b.Fatal(n)
				}
			}
		})
	}
}
