package applehealth_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/applehealth"
	"pleth/internal/plethtest"
)

// counter counts the rows it gets.
type counter struct{ recordings, oxygen, pulse int }

func (c *counter) Start(pleth.Header) error { c.recordings++; return nil }

func (c *counter) Rows(b *pleth.Batch) error {
	for i := range b.Len() {
		if b.Value(pleth.SpO2, i).Ok() {
			c.oxygen++
		}
		if b.Value(pleth.PulseRate, i).Ok() {
			c.pulse++
		}
	}
	return nil
}

// sampler notes the greatest heap while it is read.
type sampler struct {
	r          io.Reader
	n, sampled int64
	peak       uint64
}

func (s *sampler) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.n += int64(n)
	if s.n-s.sampled >= 4<<20 || err != nil {
		s.sampled = s.n
		s.sample()
	}
	return n, err
}

func (s *sampler) sample() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.peak = max(s.peak, m.HeapInuse)
}

// TestMemory streams exports through device.Open and the reader and samples
// the heap: 256 MB always, 2 GB with PLETH_BIG=1. The generator is part of the
// time, and of the heap.
func TestMemory(t *testing.T) {
	cases := []struct {
		name          string
		size          int64
		oxygen, heart float64
		most          uint64 // of heap, in MB
	}{
		{"a watch", 256 << 20, 0.03, 0.3, 24},
		{"nothing but SpO2", 256 << 20, 1, 0, 24},
	}
	if os.Getenv("PLETH_BIG") != "" {
		cases = append(cases, cases...)
		for i := range cases[2:] {
			cases[2+i].size, cases[2+i].most = 2<<30, 100
		}
	}
	for _, c := range cases {
		runtime.GC()
		debug.FreeOSMemory()
		src := &plethtest.HealthExport{Size: c.size, Oxygen: c.oxygen, Heart: c.heart}
		heap := &sampler{r: src}
		var got counter
		begin := time.Now()
		_, err := device.Open("export.xml", heap, device.Given{}, device.DefaultLimits, func(s *device.Source) error {
			w := device.NewWriter(&got)
			if err := applehealth.Formats()[0].Read(context.Background(), s, w); err != nil {
				return err
			}
			heap.sample()
			return w.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.oxygen != src.OxygenRecords || got.recordings != plethtest.HealthSources {
			t.Errorf("%s: read %d rows of SpO2 in %d recordings, want %d in %d", c.name, got.oxygen, got.recordings, src.OxygenRecords, plethtest.HealthSources)
		}
		if heap.peak > c.most<<20 {
			t.Errorf("%s of %d MB: %d MB of heap, want at most %d", c.name, c.size>>20, heap.peak>>20, c.most)
		}
		t.Logf("%s of %d MB: %.1f MB of heap, %d rows of SpO2, %d of pulse, %.0f MB/s with its making", c.name, c.size>>20,
			float64(heap.peak)/(1<<20), got.oxygen, got.pulse, float64(c.size)/1e6/time.Since(begin).Seconds())
	}
}

// BenchmarkRead reads 64 MB from memory.
func BenchmarkRead(b *testing.B) {
	for _, c := range []struct {
		name          string
		oxygen, heart float64
	}{{"a watch", 0.03, 0.3}, {"nothing but SpO2", 1, 0}} {
		text, err := io.ReadAll(&plethtest.HealthExport{Size: 64 << 20, Oxygen: c.oxygen, Heart: c.heart})
		if err != nil {
			b.Fatal(err)
		}
		read := applehealth.Formats()[0].Read
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			defer plethtest.Throughput(b, len(text))()
			for b.Loop() {
				var got counter
				w := device.NewWriter(&got)
				if err := read(context.Background(), &device.Source{R: bytes.NewReader(text)}, w); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil || got.oxygen == 0 {
					b.Fatalf("%d rows, %v", got.oxygen, err)
				}
			}
		})
	}
}
