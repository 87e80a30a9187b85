package pebble

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/reading/readingtest"
	"pleth/internal/series"
)

var bedOne = reading.Partition{Device: "bed-1"}

// open opens the series on fs and closes it when the test ends.
func open(t interface {
	Fatal(...any)
	Cleanup(func())
	Error(...any)
}, fs vfs.FS) (*pebbledb.DB, *Store) {
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

// tableOf returns readings as a table of bedOne.
func tableOf(b *reading.Batch) *reading.Table {
	return &reading.Table{Partition: bedOne, Rows: b.Rows, Seq: b.Seq, Origins: []reading.Origin{b.Origin}}
}

// scan returns all rows in the range as one table.
func scan(t interface{ Fatal(...any) }, s *Store, from, to int64, metrics ...pleth.Metric) *reading.Table {
	all := &reading.Table{}
	err := s.Scan(bedOne, from, to, metrics, func(x *reading.Table) error {
		for i := range x.Rows.Len() {
			all.AppendRow(x, i)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestModel commits random chunks, overlapping ones too, merges now and then,
// and compares what comes back with all rows in order.
func TestModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		_, s := open(t, vfs.NewMem())
		var committed []series.Chunk
		for range rapid.IntRange(1, 6).Draw(t, "commits") {
			x := readingtest.Table(t, 20)
			x.Partition = bedOne
			start := rapid.Int64Range(0, 20e9).Draw(t, "at")
			by := start - x.Rows.Time(0)
			for i := range x.Rows.Len() {
				x.Rows.SetTime(i, x.Rows.Time(i)+by)
			}
			for i, q := range x.Seq {
				if q == pleth.AbsentMantissa {
					x.Seq[i] = 1
				}
			}
			// In the order of stored rows.
			c := series.Chunk{Rows: series.Interleave([]series.Chunk{{Rows: x}})}
			committed = append(committed, c)
			if err := s.Commit(&series.Commit{Partition: bedOne, Chunks: []series.Chunk{c}, Position: 5, State: []byte("state")}); err != nil {
				t.Fatal(err)
			}
		}
		want := series.Interleave(committed)
		if rapid.Bool().Draw(t, "merge") {
			before := rapid.SampledFrom([]int64{math.MaxInt64, 10e9, 0}).Draw(t, "before")
			if _, err := s.Merge(bedOne, math.MinInt64, before, rapid.IntRange(0, 4).Draw(t, "least")); err != nil {
				t.Fatal(err)
			}
		}
		compare(t, scan(t, s, math.MinInt64, math.MaxInt64), want)
		from := rapid.Int64Range(-1, 40e9).Draw(t, "from")
		to := from + rapid.Int64Range(0, 40e9).Draw(t, "long")
		inside := &reading.Table{}
		for i, at := range want.Rows.Times() {
			if at >= from && at < to {
				inside.AppendRow(want, i)
			}
		}
		compare(t, scan(t, s, from, to), inside)
		// The rollups hold every number that is not in conflict.
		for _, m := range pleth.Metrics() {
			var all, hours series.Rollup
			all.AddRows(want, m, 0, want.Rows.Len())
			last := int64(math.MinInt64)
			err := s.Rollups(bedOne, m, math.MinInt64, math.MaxInt64, func(hour int64, r *series.Rollup) error {
				if hour <= last || hour%series.Hour != 0 {
					t.Fatalf("hour %d after %d", hour, last)
				}
				last = hour
				hours.Add(r)
				return nil
			})
			if err != nil || !bytes.Equal(series.AppendRollup(nil, &all), series.AppendRollup(nil, &hours)) {
				t.Fatalf("%v: rollups are %+v, %v, want %+v", m, hours, err, all)
			}
		}
	})
}

// compare fails where two tables differ in anything but the order of rows that
// are of equal order: a road stores none of these twice.
func compare(t interface{ Fatalf(string, ...any) }, got, want *reading.Table) {
	if d := readingtest.Diff(&got.Rows, &want.Rows); d != "" {
		t.Fatalf("%d rows, want %d: different %s", got.Rows.Len(), want.Rows.Len(), d)
	}
	n := got.Rows.Len()
	for from, to := 0, 0; from < n; from = to {
		for to = from + 1; to < n && reading.Compare(want, from, want, to) == 0; to++ {
		}
		a, b := about(got, from, to), about(want, from, to)
		if !slices.Equal(a, b) {
			t.Fatalf("rows %d to %d differ in sequence, flags or origin: %q, want %q", from, to, a, b)
		}
	}
}

// about returns what a table says of rows besides their values, in order.
func about(t *reading.Table, from, to int) []string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, fmt.Sprintf("%d %d %+v", t.SeqOf(i), t.FlagsOf(i), *t.OriginOf(i)))
	}
	slices.Sort(out)
	return out
}

func TestState(t *testing.T) {
	t.Parallel()
	_, s := open(t, vfs.NewMem())
	if _, _, ok, err := s.State(bedOne); ok || err != nil {
		t.Errorf("there is a state before the first commit, %v", err)
	}
	for i, c := range []series.Commit{
		{Partition: bedOne, Position: 7, State: []byte("one")},
		{Partition: bedOne, Position: 9}, // keeps the state
		{Partition: bedOne, Position: 9, State: []byte{}},
	} {
		if err := s.Commit(&c); err != nil {
			t.Fatal(err)
		}
		position, state, ok, err := s.State(bedOne)
		if want := []string{"one", "one", ""}[i]; !ok || err != nil || position != c.Position || string(state) != want {
			t.Errorf("state is %d %q %v %v, want %d %q", position, state, ok, err, c.Position, want)
		}
	}
}

func TestScanOfSomeMetrics(t *testing.T) {
	t.Parallel()
	_, s := open(t, vfs.NewMem())
	x := tableOf(readingtest.Bed(1, 0, 100))
	late := tableOf(readingtest.Bed(2, 50e9+1, 1))
	for _, c := range []*reading.Table{x, late} {
		if err := s.Commit(&series.Commit{Partition: bedOne, Chunks: []series.Chunk{{Rows: c}}}); err != nil {
			t.Fatal(err)
		}
	}
	got := scan(t, s, 0, 1e12, pleth.PulseRate)
	if got.Rows.Len() != 101 || got.Rows.Has(pleth.SpO2) || !got.Rows.Has(pleth.PulseRate) {
		t.Errorf("%d rows, SpO2 %v", got.Rows.Len(), got.Rows.Has(pleth.SpO2))
	}
}

func TestLongChunksAreCut(t *testing.T) {
	t.Parallel()
	_, s := open(t, vfs.NewMem())
	x := &reading.Table{Partition: bedOne, Origins: []reading.Origin{{}}}
	for i := range 100 {
		x.Rows.AddRow(int64(i) * series.Hour * 10)
		x.Rows.SetInt(pleth.SpO2, 97)
	}
	if err := s.Commit(&series.Commit{Partition: bedOne, Chunks: []series.Chunk{{Rows: x}}}); err != nil {
		t.Fatal(err)
	}
	compare(t, scan(t, s, math.MinInt64, math.MaxInt64), x)
}

// TestDamageIsNotServed changes a byte of a chunk, which Pebble's own checksum
// cannot notice when it was wrong before it came to Pebble.
func TestDamageIsNotServed(t *testing.T) {
	t.Parallel()
	db, s := open(t, vfs.NewMem())
	if err := s.Commit(&series.Commit{Partition: bedOne, Chunks: []series.Chunk{{Rows: tableOf(readingtest.Bed(1, 0, 100))}}}); err != nil {
		t.Fatal(err)
	}
	it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte("c"), UpperBound: []byte("d")})
	if err != nil {
		t.Fatal(err)
	}
	it.First()
	key, value := bytes.Clone(it.Key()), bytes.Clone(it.Value())
	it.Close()
	value[20] ^= 1
	if err := db.Set(key, value, nil); err != nil {
		t.Fatal(err)
	}
	err = s.Scan(bedOne, 0, math.MaxInt64, nil, func(*reading.Table) error { t.Error("damaged rows are given"); return nil })
	if !errors.Is(err, series.ErrCorrupt) {
		t.Errorf("got %v", err)
	}
}
