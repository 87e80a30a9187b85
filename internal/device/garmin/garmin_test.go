package garmin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/device/garmin"
)

func TestCases(t *testing.T) {
	devicetest.Made(t, made())
	devicetest.Run(t, garmin.Formats())
}

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, garmin.Formats()) }

func TestNumbersOfPeopleStayIn(t *testing.T) {
	t.Parallel()
	for name, input := range made() {
		got := devicetest.ReadBytes(garmin.Formats(), input, device.Given{})
		if out := got.Dump(); strings.Contains(out, "98765432") || strings.Contains(out, "87654321") {
			t.Errorf("%s: the number of an account or a device comes out", name)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.IntRange(1, 100), 1, 300).Draw(t, "values")
		var entries []string
		for i, v := range values {
			entries = append(entries, spo2(fmt.Sprintf(`"2025-03-%02dT%02d:%02d:00.0"`, 7+i/1440, i/60%24, i%60), "60", fmt.Sprint(v)))
		}
		got := devicetest.ReadBytes(garmin.Formats(), array(entries...), device.Given{})
		if got.Err != nil || len(got.Warnings) > 0 || got.Rows.Len() != len(values) {
			t.Fatalf("got %d rows, %v, %v, want %d", got.Rows.Len(), got.Warnings, got.Err, len(values))
		}
		for i, v := range values {
			if got.Rows.Value(pleth.SpO2, i) != pleth.Num(int64(v), 0) || got.Rows.Time(i)-got.Rows.Time(0) != int64(i)*60*device.Second {
				t.Fatalf("row %d: got %s at %d", i, got.Rows.Value(pleth.SpO2, i), got.Rows.Time(i))
			}
		}
	})
}

// endless is a text without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// An entry without an end stops the reader within bounded memory; what came
// before stands.
func TestEndlessEntry(t *testing.T) {
	head := "[" + spo2(at(5), "60", "92") + `, {"note": "`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	w := device.NewWriter(discard{})
	err := garmin.Formats()[0].Read(context.Background(), &device.Source{R: io.MultiReader(strings.NewReader(head), endless{})}, w)
	runtime.ReadMemStats(&after)
	warnings, _ := w.Warnings()
	if err != nil || w.RowCount() != 1 || len(warnings) != 1 || warnings[0].Code != "truncated" {
		t.Errorf("got %d rows, %v, %v, want one and a warning", w.RowCount(), warnings, err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("%d bytes allocated", grown)
	}
}

func TestStopsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := garmin.Formats()[0].Read(ctx, &device.Source{R: bytes.NewReader(made()["spo2/input.json"])}, device.NewWriter(discard{}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

// discard takes rows and keeps nothing.
type discard struct{}

func (discard) Start(pleth.Header) error { return nil }
func (discard) Rows(*pleth.Batch) error  { return nil }

func BenchmarkRead(b *testing.B) {
	var entries []string
	for i := range 1440 {
		entries = append(entries, spo2(fmt.Sprintf(`"2025-03-07T%02d:%02d:00.0"`, i/60, i%60), "60", "97"))
	}
	devicetest.Bench(b, garmin.Formats(), array(entries...), device.Given{}, 1440)
}
