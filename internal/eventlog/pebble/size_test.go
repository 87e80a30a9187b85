package pebble

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/reading/readingtest"
)

// TestSize holds the bytes that one reading of 4 values takes in the log once
// it is compacted. Single readings pay for their own frame: they are stated,
// not held.
func TestSize(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		batch int
		most  float64
	}{{1000, 4}, {60, 4.5}, {10, 10}, {1, 60}} {
		t.Run(fmt.Sprint("batches of ", c.batch), func(t *testing.T) {
			t.Parallel()
			db, l := open(t, vfs.NewMem())
			const beds, rows = 5, 6000
			for bed := range beds {
				b := readingtest.Bed(uint64(bed), 1_700_000_000e9, rows)
				b.Partition = reading.Partition{Device: fmt.Sprint("bed-", bed)}
				for i := 0; i < rows; i += c.batch {
					part := readingtest.Rows(b, i, i+c.batch)
					if err := l.Append([]eventlog.Record{{Partition: b.Partition, LoggedAt: part.Received + 3e6, Readings: part}}, nil); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := db.Flush(); err != nil {
				t.Fatal(err)
			}
			if err := db.Compact(t.Context(), []byte{0}, []byte{0xff}, false); err != nil {
				t.Fatal(err)
			}
			tables, err := db.SSTables()
			if err != nil {
				t.Fatal(err)
			}
			n := uint64(0)
			for _, level := range tables {
				for _, table := range level {
					n += table.Size
				}
			}
			got := float64(n) / (beds * rows)
			t.Logf("%.2f bytes per reading of 4 values", got)
			if got > c.most {
				t.Errorf("%.2f bytes per reading, at most %v are wanted", got, c.most)
			}
		})
	}
}
