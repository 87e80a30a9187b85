package wfdb_test

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"testing"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/signalfile/wfdb"
)

// discard takes rows and keeps nothing.
type discard struct{}

func (discard) Start(pleth.Header) error { return nil }
func (discard) Rows(*pleth.Batch) error  { return nil }

// opener opens the files whose names begin with dir.
func opener(files map[string][]byte, dir string) func(string) (io.ReadCloser, error) {
	return func(name string) (io.ReadCloser, error) {
		b, ok := files[dir+name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return io.NopCloser(bytes.NewReader(b)), nil
	}
}

func BenchmarkRead(b *testing.B) {
	const frames = 200_000
	for format, encode := range map[string]func(...int) []byte{"16": format16, "212": format212} {
		var samples []int
		for i := range frames {
			samples = append(samples, 600+i%7, 900+i%80, 15, 0, 0)
		}
		signals := encode(samples...)
		hea := header("r 5 1 200000 00:00:00 01/01/2024", "signals.dat "+format+" 10/bpm 16 0 0 0 0 HR", "signals.dat "+format+" 10/% 16 0 0 0 0 SpO2",
			"signals.dat "+format+" 1/pm 16 0 0 0 0 RESP", "signals.dat "+format+" 1/mmHg 16 0 0 0 0 NBPSys", "signals.dat "+format+" 1/mmHg 16 0 0 0 0 NBPDias")
		b.Run("format-"+format, func(b *testing.B) {
			b.SetBytes(int64(len(signals)))
			b.ReportAllocs()
			for b.Loop() {
				w := device.NewWriter(discard{})
				src := &device.Source{R: bytes.NewReader(hea), Sibling: opener(map[string][]byte{"signals.dat": signals}, "")}
				if err := wfdb.Formats()[0].Read(context.Background(), src, w); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil || w.RowCount() != frames {
					b.Fatalf("%d rows, %v", w.RowCount(), err)
				}
			}
		})
	}
}
