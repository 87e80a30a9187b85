package fsck

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth/internal/eventlog"
	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/reading/readingtest"
	"pleth/internal/series"
	chunks "pleth/internal/series/pebble"
)

const beds, rows = 3, 1200

func bed(i int) reading.Partition { return reading.Partition{Device: fmt.Sprint("bed-", i)} }

// fill makes a data folder with three beds: log records of 100 readings, and
// chunks of all but the last two records.
func fill(t testing.TB, fs vfs.FS, key []byte, flush bool) {
	t.Helper()
	db, err := pebbledb.Open("data/store", pebbledb.Options{FS: fs, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	log, store := logs.Open(db), chunks.Open(db)
	for i := range beds {
		b := readingtest.Bed(uint64(i), 1_700_000_000e9, rows)
		for at := 0; at < rows; at += 100 {
			part := readingtest.Rows(b, at, at+100)
			part.Partition = bed(i)
			if err := log.Append([]eventlog.Record{{Partition: bed(i), LoggedAt: part.Received, Readings: part}}, nil); err != nil {
				t.Fatal(err)
			}
			if at%200 == 100 && at < rows-200 {
				x := &reading.Table{Partition: bed(i), Rows: b.Rows.Slice(at-100, at+100), Origins: []reading.Origin{b.Origin}}
				c := series.Chunk{Rows: x, Source: series.Source{First: eventlog.Offset(at/100 - 1), Last: eventlog.Offset(at / 100)}}
				if err := store.Commit(&series.Commit{Partition: bed(i), Chunks: []series.Chunk{c}, State: []byte("state"), Position: c.Last + 1}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if flush {
		if err := db.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// contents reads everything as an engine would: the text of each bed, or the
// error that it ran into.
func contents(fs vfs.FS) (texts [beds]string, err error) {
	db, err := pebbledb.Open("data/store", pebbledb.Options{FS: fs})
	if err != nil {
		return texts, err
	}
	defer db.Close()
	log, store := logs.Open(db), chunks.Open(db)
	for i := range beds {
		var s strings.Builder
		err = log.Read(bed(i), 0, func(r *eventlog.Record) error {
			text(&s, &reading.Table{Rows: r.Readings.Rows})
			return nil
		})
		if err == nil {
			err = store.Scan(bed(i), math.MinInt64, math.MaxInt64, nil, func(t *reading.Table) error { text(&s, t); return nil })
		}
		if err != nil {
			return texts, err
		}
		texts[i] = s.String()
	}
	return texts, nil
}

func text(w io.Writer, t *reading.Table) {
	for i := range t.Rows.Len() {
		fmt.Fprintln(w, t.Rows.Time(i), t.Rows.Value(1, i), t.Rows.Value(4, i), t.Rows.Value(6, i))
	}
}

func run(t testing.TB, fs vfs.FS, repair bool) *Report {
	t.Helper()
	r, err := Run("data", Options{FS: fs, Repair: repair})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSound(t *testing.T) {
	t.Parallel()
	for _, key := range [][]byte{nil, bytes.Repeat([]byte{3}, pebbledb.KeySize)} {
		fs := vfs.NewMem()
		fill(t, fs, key, false)
		r, err := Run("data", Options{FS: fs, Key: key, Repair: true})
		if err != nil || !r.Sound() || r.Aside != "" {
			t.Fatalf("%+v, %v", r, err)
		}
		if r.Partitions != beds || r.Log.Records != beds*rows/100 || r.Log.Readings != beds*rows || r.Series.Rows != beds*(rows-200) || r.Series.Chunks != beds*5 || r.Series.States != beds || r.Series.Rollups == 0 {
			t.Errorf("%+v", r)
		}
	}
}

// TestFlawedEntries changes one entry of each kind, and more, and expects each
// to be named, and a storage without flaws after the repair that still has
// everything else.
func TestFlawedEntries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		prefix pebbledb.Prefix
		bend   func(b *pebble.Batch, key, value []byte) error
		want   string
	}{
		{pebbledb.LogRecord, flip, "damaged"},
		{pebbledb.LogRecord, remove, "log records 0 to 0 are missing"},
		{pebbledb.SeriesChunk, flip, "damaged"},
		{pebbledb.SeriesChunk, remove, "is not that of its rows"},
		{pebbledb.SeriesChunk, twin, "stored twice"},
		{pebbledb.SeriesRollup, flip, "is not that of its rows"},
		{pebbledb.SeriesRollup, remove, "is missing"},
		{pebbledb.SeriesState, flip, "state"},
		{pebbledb.PartitionEntry, flip, "name of partition 0 is lost"},
		{pebbledb.PartitionEntry, remove, "name of partition 0 is lost"},
		{pebbledb.PartitionEntry, stranger, "no known kind"},
	} {
		fs := vfs.NewMem()
		fill(t, fs, nil, true)
		db, err := pebbledb.Open("data/store", pebbledb.Options{FS: fs})
		if err != nil {
			t.Fatal(err)
		}
		b := db.NewBatch()
		done := false
		err = db.Walk([]byte{byte(c.prefix)}, func(key, value []byte) error {
			if done {
				return nil
			}
			done = true
			return c.bend(b, bytes.Clone(key), bytes.Clone(value))
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Apply(b, true); err != nil {
			t.Fatal(err)
		}
		db.Close()
		r := run(t, fs, false)
		if r.Sound() || !strings.Contains(fmt.Sprint(r.Flaws), c.want) {
			t.Errorf("%q: flaws are %+v, want %q", c.prefix, r.Flaws, c.want)
			continue
		}
		if r = run(t, fs, true); r.Aside != "data/lost/store-1" {
			t.Errorf("the old storage is put into %q", r.Aside)
		}
		r = run(t, fs, false)
		// What is lost stays lost: a record that is missing is still missing.
		for _, f := range r.Flaws {
			if !strings.Contains(f.What, "are missing") {
				t.Errorf("%q: after the repair: %s", c.prefix, f.What)
			}
		}
		texts, err := contents(fs)
		if err != nil {
			t.Errorf("%q: after the repair: %v", c.prefix, err)
		}
		for i := 1; i < beds; i++ {
			if n := strings.Count(texts[i], "\n"); n != 2*rows-200 {
				t.Errorf("%q: bed %d has %d lines after the repair", c.prefix, i, n)
			}
		}
	}
}

func flip(b *pebble.Batch, key, value []byte) error {
	value[len(value)/2] ^= 0x10
	return b.Set(key, value, nil)
}

func remove(b *pebble.Batch, key, _ []byte) error { return b.Delete(key, nil) }

func stranger(b *pebble.Batch, _, value []byte) error { return b.Set([]byte("?"), value, nil) }

func twin(b *pebble.Batch, key, value []byte) error {
	key[len(key)-1]++
	return b.Set(key, value, nil)
}

// TestBitFlips flips single bits in the files, of tables and of Pebble's own
// log. Either fsck says so, or nothing at all has changed; and what is read is
// either what was written or an error.
func TestBitFlips(t *testing.T) {
	t.Parallel()
	for _, flush := range []bool{true, false} {
		pristine := vfs.NewMem()
		fill(t, pristine, nil, flush)
		want, err := contents(pristine)
		if err != nil {
			t.Fatal(err)
		}
		found, harmless := 0, 0
		r := rand.New(rand.NewPCG(5, 6))
		for n := range 25 {
			fs := copyOf(t, pristine)
			name, at := flipBit(t, fs, r)
			what := fmt.Sprintf("flush %v, flip %d of %s at %d", flush, n, name, at)
			report, err := Run("data", Options{FS: fs})
			got, readErr := contents(fs)
			switch {
			case err != nil || !report.Sound():
				found++
			case readErr == nil && got == want:
				harmless++
			default:
				t.Errorf("%s: fsck finds nothing, but reading gives %v", what, readErr)
			}
			for i := range got {
				if readErr == nil && got[i] != want[i] {
					t.Errorf("%s: other data is served", what)
				}
			}
		}
		t.Logf("flush %v: %d found, %d without any effect", flush, found, harmless)
		if found == 0 {
			t.Error("no flip was found")
		}
	}
}

// copyOf returns a copy of a data folder.
func copyOf(t testing.TB, from vfs.FS) vfs.FS {
	t.Helper()
	to := vfs.NewMem()
	if ok, err := vfs.Clone(from, to, "data", "data"); !ok || err != nil {
		t.Fatal(err)
	}
	return to
}

// flipBit flips one bit of a table or of Pebble's log.
func flipBit(t testing.TB, fs vfs.FS, r *rand.Rand) (name string, at int) {
	t.Helper()
	all, err := fs.List("data/store")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range all {
		if info, err := fs.Stat("data/store/" + n); err == nil && info.Size() > 0 && (strings.HasSuffix(n, ".sst") || strings.HasSuffix(n, ".log")) {
			names = append(names, n)
		}
	}
	name = names[r.IntN(len(names))]
	path := "data/store/" + name
	f, err := fs.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	at = r.IntN(len(b))
	b[at] ^= 1 << r.IntN(8)
	if err := write(fs, path, b); err != nil {
		t.Fatal(err)
	}
	return name, at
}
