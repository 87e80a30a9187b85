package pebble

import (
	"fmt"
	"testing"

	"pleth/internal/eventlog"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/reading/readingtest"
)

// BenchmarkDay writes a twentieth of a day of 10,000 readings of 4 values a
// second, 43.2 million, in records of 60 readings of 2,000 devices, with the
// settings of the product, and drops what is older than a fifth of that, as
// retention does. It states how many bytes reach the disk for each byte of
// records: by Pebble's own log, by tables written the first time, and by tables
// written again.
func BenchmarkDay(b *testing.B) {
	const devices, perRecord, rounds = 2000, 60, 360
	var templates []*reading.Batch
	for i := range 20 {
		templates = append(templates, readingtest.Bed(uint64(i), 1_700_000_000e9, perRecord*rounds))
	}
	for b.Loop() {
		db, err := pebbledb.Open(b.TempDir(), pebbledb.Options{})
		if err != nil {
			b.Fatal(err)
		}
		l := Open(db)
		for round := range rounds {
			for d := 0; d < devices; d += 50 {
				var recs []eventlog.Record
				for i := range 50 {
					part := readingtest.Rows(templates[(d+i)%len(templates)], round*perRecord, (round+1)*perRecord)
					part.Partition = reading.Partition{Device: fmt.Sprint("bed-", d+i)}
					recs = append(recs, eventlog.Record{Partition: part.Partition, LoggedAt: part.Received + 3e6, Readings: part})
				}
				if err := l.Append(recs, nil); err != nil {
					b.Fatal(err)
				}
			}
			if round%36 == 35 && round > 72 {
				for d := range devices {
					if err := l.Drop(reading.Partition{Device: fmt.Sprint("bed-", d)}, eventlog.Offset(round-72)); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		m := db.Metrics()
		var in, flushed, again uint64
		in = m.WAL.BytesIn
		for _, level := range m.Levels {
			flushed += level.TableBytesFlushed
			again += level.TableBytesCompacted
		}
		size := float64(m.DiskSpaceUsage())
		b.ReportMetric(float64(m.WAL.BytesWritten)/float64(in), "log/B")
		b.ReportMetric(float64(flushed)/float64(in), "first/B")
		b.ReportMetric(float64(again)/float64(in), "again/B")
		b.ReportMetric(float64(m.WAL.BytesWritten+flushed+again)/float64(in), "all/B")
		b.ReportMetric(float64(in)/(devices*perRecord*rounds), "B/reading")
		b.ReportMetric(size/1e6, "MB-left")
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
