package edf_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/signalfile/edf"
)

func TestCases(t *testing.T) {
	devicetest.Made(t, made())
	devicetest.Run(t, edf.Formats())
}

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, edf.Formats()) }

// The fields of the patient and, in that of the recording, of administration
// and technician never leave the reader.
func TestIdentityStaysIn(t *testing.T) {
	t.Parallel()
	for name, input := range made() {
		for n := 0; n <= len(input); n += 97 {
			got := devicetest.ReadBytes(edf.Formats(), input[:n], device.Given{})
			out := got.Dump()
			for _, secret := range []string{"Do_Not_Print", "01-JAN-1980", "ADM-77", "TECH-3", "A8AA"} {
				if strings.Contains(out, secret) {
					t.Fatalf("%s: the patient's or technician's field comes out", name)
				}
			}
		}
	}
}

// Whatever the ranges and rates, the samples come back as they were written,
// at their times.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "samples")
		records := rapid.IntRange(0, 5).Draw(t, "records")
		seconds := rapid.IntRange(1, 60).Draw(t, "duration")
		before := rapid.IntRange(0, 3).Draw(t, "channels before")
		var signals []signal
		for range before {
			signals = append(signals, signal{"EEG", "uV", "-1", "1", "-1", "1", rapid.IntRange(0, 9).Draw(t, "size")})
		}
		signals = append(signals, signal{"SpO2", "%", "0", "1000", "0", "10000", n})
		f := night(signals...)
		f.records, f.duration = fmt.Sprint(records), fmt.Sprint(seconds)
		var want []int
		for range records {
			var record []string
			for _, s := range signals[:before] {
				record = append(record, strings.Repeat("1 ", s.samples))
			}
			text := ""
			for range n {
				v := rapid.IntRange(10, 10000).Draw(t, "value")
				want = append(want, v)
				text += fmt.Sprint(v, " ")
			}
			f.data = append(f.data, append(record, text))
		}
		got := devicetest.ReadBytes(edf.Formats(), f.bytes(), device.Given{})
		if got.Err != nil || got.Rows.Len() != len(want) {
			t.Fatalf("got %d rows, %v, want %d", got.Rows.Len(), got.Err, len(want))
		}
		for i, v := range want {
			at := int64(i/n)*int64(seconds)*device.Second + int64(i%n)*int64(seconds)*device.Second/int64(n)
			if got.Rows.Time(i)-got.Rows.Time(0) != at || got.Rows.Value(pleth.SpO2, i).Float() != float64(v)/10 {
				t.Fatalf("row %d: got %s at %d, want %d/10 at %d", i, got.Rows.Value(pleth.SpO2, i), got.Rows.Time(i)-got.Rows.Time(0), v, at)
			}
		}
	})
}

// A header may promise records and samples without end; memory follows what
// the file holds.
func TestPromisesCostNothing(t *testing.T) {
	f := night(signal{"EEG", "uV", "-1", "1", "-1", "1", 1}, spo2(1))
	f.records = "99999999"
	b := f.bytes()
	copy(b[256+2*(16+80+8*5+80):], "9999999 9999999 ") // samples per record
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := devicetest.ReadBytes(edf.Formats(), append(b, 97, 0), device.Given{})
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
		t.Errorf("%d bytes allocated for a file of %d", grown, len(b))
	}
	if got.Err == nil {
		t.Error("want an error: nothing can be read")
	}
}

func TestStopsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	f := edf.Formats()[0]
	err := f.Read(ctx, &device.Source{R: bytes.NewReader(made()["plain/input.edf"])}, device.NewWriter(discard{}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

// discard takes rows and keeps nothing.
type discard struct{}

func (discard) Start(pleth.Header) error { return nil }
func (discard) Rows(*pleth.Batch) error  { return nil }

func BenchmarkRead(b *testing.B) {
	night8h := func(signals ...signal) []byte {
		f := night(signals...)
		f.records, f.duration = "480", "60"
		record := make([]string, len(signals))
		for i, s := range signals {
			for j := range s.samples {
				record[i] += fmt.Sprint(90+j%8, " ")
			}
		}
		for range 480 {
			f.data = append(f.data, record)
		}
		return f.bytes()
	}
	for name, input := range map[string][]byte{
		"oximetry":        night8h(pulse(60), spo2(60), crc()),
		"polysomnography": night8h(signal{"EEG", "uV", "-100", "100", "-2048", "2047", 15360}, signal{"SpO2", "%", "0", "100", "-32768", "32767", 60}, pulse(60)),
	} {
		b.Run(name, func(b *testing.B) {
			devicetest.Bench(b, edf.Formats(), input, device.Given{}, 480*60)
		})
	}
}
