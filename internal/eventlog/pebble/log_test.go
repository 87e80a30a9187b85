package pebble

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth/internal/eventlog"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/reading/readingtest"
)

// open opens the log on fs and closes it when the test ends.
func open(t testing.TB, fs vfs.FS) (*pebbledb.DB, *Log) {
	t.Helper()
	db, err := pebbledb.Open("data", pebbledb.Options{FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, Open(db)
}

// bounds returns "device/recording first-next" of every partition.
func bounds(t *testing.T, l *Log) string {
	t.Helper()
	var s []string
	err := l.Partitions(func(p reading.Partition, first, next eventlog.Offset) error {
		s = append(s, fmt.Sprintf("%s/%s %d-%d", p.Device, p.Recording, first, next))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(s, ", ")
}

func record(p reading.Partition, note string) eventlog.Record {
	return eventlog.Record{Partition: p, LoggedAt: 5, Control: &eventlog.Control{Kind: eventlog.KindAnnotation, Reason: note}}
}

// notes returns the reasons of the control records of p from an offset on.
func notes(t *testing.T, l *Log, p reading.Partition, from eventlog.Offset) string {
	t.Helper()
	var s []string
	err := l.Read(p, from, func(r *eventlog.Record) error {
		s = append(s, fmt.Sprintf("%d:%s", r.Offset, r.Control.Reason))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(s, " ")
}

func TestAppendReadDrop(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	a, b := reading.Partition{Device: "a"}, reading.Partition{Device: "a", Recording: "x"}
	func() {
		db, err := pebbledb.Open("data", pebbledb.Options{FS: fs})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		l := Open(db)
		recs := []eventlog.Record{record(a, "one"), record(b, "two"), record(a, "three")}
		if err := l.Append(recs, nil); err != nil {
			t.Fatal(err)
		}
		if recs[0].Offset != 0 || recs[1].Offset != 0 || recs[2].Offset != 1 {
			t.Errorf("offsets are %d %d %d", recs[0].Offset, recs[1].Offset, recs[2].Offset)
		}
		bed := readingtest.Bed(3, 1e18, 10)
		bed.Partition = b
		if err := l.Append([]eventlog.Record{{Partition: b, Readings: bed}}, func(x *pebble.Batch) error { return x.Set([]byte("x"), []byte("y"), nil) }); err != nil {
			t.Fatal(err)
		}
		if err := l.Append([]eventlog.Record{record(a, "never")}, func(*pebble.Batch) error { return errors.New("no") }); err == nil {
			t.Error("an error of extra is lost")
		}
		if err := l.Append([]eventlog.Record{record(a, "never"), {}}, nil); err == nil {
			t.Error("an empty record is taken")
		}
		if got := notes(t, l, a, 0); got != "0:one 1:three" {
			t.Errorf("the log of a is %s", got)
		}
		if err := l.Drop(a, 100); err != nil {
			t.Fatal(err)
		}
	}()
	db, l := open(t, fs)
	if got := bounds(t, l); got != "a/ 2-2, a/x 0-2" {
		t.Errorf("partitions are %s", got)
	}
	recs := []eventlog.Record{record(a, "four")}
	if err := l.Append(recs, nil); err != nil {
		t.Fatal(err)
	}
	if got := notes(t, l, a, 0); got != "2:four" {
		t.Errorf("the log of a is %s", got)
	}
	if v, closer, err := db.Get([]byte("x")); err != nil || string(v) != "y" {
		t.Errorf("what came with a record is %q, %v", v, err)
	} else {
		closer.Close()
	}
	n := 0
	err := l.Read(b, 1, func(r *eventlog.Record) error {
		n++
		want := readingtest.Bed(3, 1e18, 10)
		if d := readingtest.Diff(&r.Readings.Rows, &want.Rows); d != "" {
			t.Error(d)
		}
		return nil
	})
	if n != 1 || err != nil {
		t.Errorf("%d records from offset 1 on, %v", n, err)
	}
	if err := l.Read(reading.Partition{Device: "nobody"}, 0, nil); err != nil {
		t.Error(err)
	}
}

func TestAppendAtOnce(t *testing.T) {
	t.Parallel()
	_, l := open(t, vfs.NewMem())
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			p := reading.Partition{Device: fmt.Sprint(g)}
			for i := range 50 {
				recs := []eventlog.Record{record(p, fmt.Sprint(i))}
				if err := l.Append(recs, nil); err != nil || recs[0].Offset != eventlog.Offset(i) {
					t.Errorf("record %d of %d has offset %d, %v", i, g, recs[0].Offset, err)
				}
			}
		})
	}
	wg.Wait()
	if got := bounds(t, l); strings.Count(got, " 0-50") != 8 {
		t.Errorf("partitions are %s", got)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := pebbledb.Open(dir, pebbledb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := pebbledb.Open(dir, pebbledb.Options{}); !errors.Is(err, pebbledb.ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
}
