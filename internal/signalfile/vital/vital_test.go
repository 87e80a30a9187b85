package vital_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/signalfile/vital"
)

func TestCases(t *testing.T) {
	devicetest.Made(t, made())
	devicetest.Run(t, vital.Formats())
}

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, vital.Formats()) }

// What people typed, remarks and names, never leaves the reader.
func TestRemarksStayIn(t *testing.T) {
	t.Parallel()
	for name, input := range made() {
		for n := 0; n <= len(input); n += 13 {
			got := devicetest.ReadBytes(vital.Formats(), input[:n], device.Given{})
			if strings.Contains(got.Dump(), "Do_Not_Print") {
				t.Fatalf("%s: a remark or a name comes out", name)
			}
		}
	}
}

// The rows do not depend on the order of the packets.
func TestOrderOfRecordsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type record struct {
			id    uint16
			at    int
			value uint8
		}
		var records []record
		for at := range rapid.IntRange(1, 20).Draw(t, "seconds") {
			records = append(records, record{1, at, rapid.Uint8Range(50, 100).Draw(t, "spo2")})
			if rapid.Bool().Draw(t, "has pulse") {
				records = append(records, record{2, at, rapid.Uint8Range(20, 255).Draw(t, "pulse")})
			}
		}
		dump := func(records []record) string {
			f := begin(0)
			f.track(1, numeric, 4, "SPO2", "%", 0)
			f.track(2, numeric, 4, "PR", "/min", 0)
			for _, r := range records {
				f.record(r.id, t0+float64(r.at), r.value)
			}
			got := devicetest.ReadBytes(vital.Formats(), f, device.Given{})
			return got.Dump()
		}
		if want, got := dump(records), dump(rapid.Permutation(records).Draw(t, "order")); got != want {
			t.Fatalf("got:\n%s\nwant:\n%s", got, want)
		}
	})
}

// A packet may state any length; memory follows what the file holds.
func TestPromisesCostNothing(t *testing.T) {
	f := begin(0)
	for _, kind := range []byte{0, 1, 6, 9} {
		input := append(bytes.Clone(f), kind, 0xff, 0xff, 0xff, 0xff, 0, 0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := devicetest.ReadBytes(vital.Formats(), input, device.Given{})
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
			t.Errorf("packet %d: %d bytes allocated for a file of %d", kind, grown, len(input))
		}
		if got.Err == nil {
			t.Errorf("packet %d: want an error: nothing can be read", kind)
		}
	}
}

func TestStopsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := vital.Formats()[0].Read(ctx, &device.Source{R: bytes.NewReader(made()["philips-numerics/input.vital"])}, device.NewWriter(discard{}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

// discard takes rows and keeps nothing.
type discard struct{}

func (discard) Start(pleth.Header) error { return nil }
func (discard) Rows(*pleth.Batch) error  { return nil }

// BenchmarkRead reads an hour of numerics beside the waves of a monitor.
func BenchmarkRead(b *testing.B) {
	f := begin(-120)
	f.track(1, numeric, 1, "PLETH_SAT_O2", "%", 0)
	f.track(2, numeric, 1, "PLETH_HR", "/min", 0)
	f.track(3, wave, 6, "ECG_II", "mV", 0)
	samples := make([]uint16, 2+512)
	samples[0] = 512
	for i := range 3600 {
		at := t0 + 1.024*float64(i)
		f.record(1, at, float32(90+i%8))
		f.record(2, at, float32(60+i%8))
		f.record(3, at, samples)
	}
	devicetest.Bench(b, vital.Formats(), f, device.Given{}, 3600)
}

// A sound file without an oximeter is no fault of the file.
func TestNoOximetryIsNoFault(t *testing.T) {
	t.Parallel()
	got := devicetest.ReadBytes(vital.Formats(), made()["waves-only/input.vital"], device.Given{})
	if !errors.Is(got.Err, device.ErrNoOximetry) {
		t.Errorf("got %v, want no oximetry", got.Err)
	}
}
