package csv_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/plethtest"
	"pleth/internal/signalfile/csv"
)

// discard takes rows and forgets them.
type discard struct{ rows int }

func (d *discard) Start(pleth.Header) error { return nil }

func (d *discard) Rows(b *pleth.Batch) error {
	d.rows += b.Len()
	return nil
}

// BenchmarkRead reads a night of 8 h at 1 Hz in each of the usual forms.
func BenchmarkRead(b *testing.B) {
	const rows = 8 * 3600
	at := time.Date(2025, 3, 14, 22, 20, 56, 0, time.UTC)
	for _, c := range []struct {
		name, header string
		row          func(i int) string
	}{
		{"stamps", "time,spo2,pulse", func(i int) string {
			return fmt.Sprintf("%s,%d,%d", at.Add(time.Duration(i)*time.Second).Format("2006-01-02 15:04:05"), 90+i%10, 50+i%30)
		}},
		{"elapsed", "t_s,spo2", func(i int) string { return fmt.Sprintf("%d,%d.49994201476788", i, 90+i%10) }},
		{"semicolons", "Datum;Zeit;SpO2;Puls;Bewegung", func(i int) string {
			return fmt.Sprintf("%s;%d,5;%d;0", at.Add(time.Duration(i)*time.Second).Format("02.01.2006;15:04:05"), 90+i%10, 50+i%30)
		}},
		{"12 hours", "Time,SpO2,PR", func(i int) string {
			return fmt.Sprintf("%s,%d,%d", at.Add(time.Duration(i)*time.Second).Format("1/2/2006 3:04:05 PM"), 90+i%10, 50+i%30)
		}},
		{"newest first", "time,spo2,pulse", func(i int) string {
			return fmt.Sprintf("%s,%d,%d", at.Add(-time.Duration(i)*time.Second).Format("2006-01-02T15:04:05+02:00"), 90+i%10, 50+i%30)
		}},
	} {
		var text bytes.Buffer
		text.WriteString(c.header + "\n")
		for i := range rows {
			text.WriteString(c.row(i) + "\n")
		}
		given := device.Given{}
		if c.name == "semicolons" {
			given.Columns = "date=Datum,time=Zeit,spo2=SpO2,pulse=Puls,motion=Bewegung"
		}
		read := csv.Formats()[0].Read
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			defer plethtest.Throughput(b, text.Len())()
			for b.Loop() {
				var got discard
				w := device.NewWriter(&got)
				src := &device.Source{Name: "night.csv", Size: -1, R: bytes.NewReader(text.Bytes()), Given: given}
				if err := read(context.Background(), src, w); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil || got.rows != rows {
					b.Fatalf("%d rows, %v", got.rows, err)
				}
			}
		})
	}
}
