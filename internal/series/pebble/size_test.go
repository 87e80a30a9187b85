package pebble

import (
	"fmt"
	"math"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/contec"
	"pleth/internal/device/devicetest"
	"pleth/internal/pebbledb"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/reading/readingtest"
	"pleth/internal/series"
)

// sealedRows is how many rows a live partition seals at a time.
const sealedRows = 600

// contecNight returns the recorded night, SpO2 and pulse at 1 Hz.
func contecNight(tb testing.TB) *reading.Batch {
	tb.Helper()
	path := plethtest.Shared(tb, "data/oximetry/contec-cms50e/auto/20210515120642.csv")
	r := devicetest.Read(contec.Formats(), path, device.Given{})
	if r.Err != nil || len(r.Recordings) != 1 {
		tb.Fatalf("%d recordings, %v", len(r.Recordings), r.Err)
	}
	return &reading.Batch{Partition: bedOne, Origin: reading.Origin{Door: "import", Subject: "p-0123456789abcdef", Firmware: "1.2"}, Rows: *r.Recordings[0].Rows}
}

// seal commits rows of b in chunks as a live partition does.
func seal(tb testing.TB, s *Store, p reading.Partition, b *reading.Batch) {
	tb.Helper()
	for i, n := 0, b.Rows.Len(); i < n; i += sealedRows {
		j := min(i+sealedRows, n)
		t := &reading.Table{Partition: p, Rows: b.Rows.Slice(i, j), Origins: []reading.Origin{b.Origin}}
		c := series.Chunk{Rows: t}
		c.LagMin, c.LagMedian, c.LagMax = 20e6, 35e6, 900e6
		if err := s.Commit(&series.Commit{Partition: p, Chunks: []series.Chunk{c}, State: make([]byte, 400)}); err != nil {
			tb.Fatal(err)
		}
	}
}

// stored returns the bytes of the series on disk after everything is
// compacted: chunks, rollups and states with their keys, as Pebble packs them.
func stored(tb testing.TB, db *pebbledb.DB) int64 {
	tb.Helper()
	if err := db.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := db.Compact(tb.Context(), []byte{0}, []byte{0xff}, false); err != nil {
		tb.Fatal(err)
	}
	n := int64(0)
	tables, err := db.SSTables()
	if err != nil {
		tb.Fatal(err)
	}
	for _, level := range tables {
		for _, t := range level {
			n += int64(t.Size)
		}
	}
	return n
}

// TestSize holds the figures of the series: bytes per value, everything that is
// kept beside the values included.
func TestSize(t *testing.T) {
	t.Parallel()
	beds := func(n, rows int) map[string]*reading.Batch {
		out := map[string]*reading.Batch{}
		for i := range n {
			out[fmt.Sprint("bed-", i)] = readingtest.Bed(uint64(i), 1_700_000_000e9, rows)
		}
		return out
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T) map[string]*reading.Batch
		most float64
	}{
		{"real Contec night", func(t *testing.T) map[string]*reading.Batch {
			return map[string]*reading.Batch{"contec": contecNight(t)}
		}, 0.25},
		{"simulated ward, 20 beds of 8 h", func(*testing.T) map[string]*reading.Batch { return beds(20, 8*3600) }, 0.6},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db, s := open(t, vfs.NewMem())
			var before, after Size
			for device, b := range c.make(t) {
				p := reading.Partition{Device: device}
				seal(t, s, p, b)
				z, err := s.SizeOf(p)
				if err != nil {
					t.Fatal(err)
				}
				before.Add(z)
				if _, err := s.Merge(p, math.MinInt64, math.MaxInt64, 2); err != nil {
					t.Fatal(err)
				}
				if z, err = s.SizeOf(p); err != nil {
					t.Fatal(err)
				}
				after.Add(z)
			}
			n := float64(after.Values)
			disk := float64(stored(t, db)) / n
			t.Logf("%d values: sealed %.3f B/value in %d chunks, merged %.3f B/value in %d, rollups %.3f, on disk all together %.3f",
				after.Values, float64(before.ChunkBytes)/n, before.Chunks, float64(after.ChunkBytes)/n, after.Chunks, float64(after.RollupBytes)/n, disk)
			if disk > c.most || float64(after.ChunkBytes+after.RollupBytes)/n > c.most {
				t.Errorf("%.3f bytes per value, at most %v are wanted", disk, c.most)
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	db, s := open(b, vfs.NewMem())
	const beds, rows = 4, 7 * 86400
	start := int64(1_700_000_000e9)
	for i := range beds {
		p := reading.Partition{Device: fmt.Sprint("bed-", i)}
		seal(b, s, p, readingtest.Bed(uint64(i), start, rows))
		if _, err := s.Merge(p, math.MinInt64, math.MaxInt64, 2); err != nil {
			b.Fatal(err)
		}
	}
	stored(b, db)
	p := reading.Partition{Device: "bed-1"}
	for _, c := range []struct {
		name    string
		long    int64
		metrics []pleth.Metric
	}{{"10min", 600e9, nil}, {"8h-of-one", 8 * series.Hour, []pleth.Metric{pleth.SpO2}}, {"8h", 8 * series.Hour, nil}, {"week", 168 * series.Hour, nil}} {
		b.Run(c.name, func(b *testing.B) {
			n := 0
			for i := 0; b.Loop(); i++ {
				from := start + int64(i*7919%100000)*1e9
				err := s.Scan(p, from, from+c.long, c.metrics, func(t *reading.Table) error { n += t.Rows.Len(); return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

// BenchmarkYearOfRollups reads a year of one device from its hours.
func BenchmarkYearOfRollups(b *testing.B) {
	db, s := open(b, vfs.NewMem())
	day := readingtest.Bed(1, 0, 86400)
	c := series.Commit{Partition: bedOne}
	for d := range 365 {
		t := &reading.Table{Partition: bedOne, Origins: []reading.Origin{{}}}
		times := make([]int64, day.Rows.Len())
		for i := range times {
			times[i] = int64(d)*24*series.Hour + int64(i)*1e9
		}
		t.Rows.SetRows(times, nil)
		col := day.Rows.Column(pleth.SpO2)
		t.Rows.SetColumn(pleth.SpO2, 0, col.Mantissas())
		c.Chunks = []series.Chunk{{Rows: t}}
		if err := s.Commit(&c); err != nil {
			b.Fatal(err)
		}
	}
	stored(b, db)
	for b.Loop() {
		n := int64(0)
		err := s.Rollups(bedOne, pleth.SpO2, 0, math.MaxInt64, func(_ int64, r *series.Rollup) error {
			n += r.Count()
			r.Mean()
			return nil
		})
		if err != nil || n != 365*86400 {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkCommit seals chunks of a bed.
func BenchmarkCommit(b *testing.B) {
	_, s := open(b, vfs.NewMem())
	bed := readingtest.Bed(1, 0, sealedRows)
	t := &reading.Table{Partition: bedOne, Rows: bed.Rows, Origins: []reading.Origin{bed.Origin}}
	for i := 0; b.Loop(); i++ {
		for r := range sealedRows {
			t.Rows.SetTime(r, int64(i*sealedRows+r)*1e9)
		}
		if err := s.Commit(&series.Commit{Partition: bedOne, Chunks: []series.Chunk{{Rows: t}}, State: make([]byte, 400)}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*sealedRows/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
