package edf_test

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/plethtest"
	"pleth/internal/signalfile/edf"
)

// What the sources state of the real files: ../shared/data/SOURCES.md.
func TestRealCaptures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file    string
		rows    int
		first   string
		warning string // code
		err     string // part of it
	}{
		{file: "resmed-edf/aircurve10/20260310_000159_SAD.edf", rows: 451 * 60, first: "2026-03-10T00:02:00", warning: "no-oximetry"},
		{file: "resmed-edf/aircurve10/20260208_043817_SAD.edf", rows: 0, warning: "no-oximetry"},
		{file: "resmed-edf/aircurve10/20260111_210649_SAD.edf", rows: 7 * 60, first: "2026-01-11T21:06:50", warning: "no-oximetry"},
		{file: "resmed-edf/airsense11/20250808_010210_SA2.edf", rows: 388 * 60, first: "2025-08-08T01:02:10", warning: "no-oximetry"},
		{file: "resmed-edf/airsense11/20250316_203510_SA2.edf", rows: 0, warning: "no-oximetry"},
		{file: "resmed-edf/airsense11/20250808_230703_SA2.edf", rows: 60, first: "2025-08-08T23:07:03", warning: "no-oximetry"},
		{file: "resmed-edf/airsense11/20250316_205036_SA2.edf", rows: 356 * 60, first: "2025-03-16T20:50:36", warning: "no-oximetry"},
		{file: "resmed-edf/airsense11/20240621_013454_EVE_DISC.edf", err: "annotations only"},
		{file: "edf-conformance/test_generator_2.edf.gz", err: "its channels are squarewave, ramp, pulse, ECG, noise, sine 1 Hz, sine 8 Hz, sine 8.5 Hz, sine 15 Hz, sine 17 Hz, sine 50 Hz;"},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			path := plethtest.Shared(t, "data/oximetry/"+c.file)
			got := devicetest.Read(edf.Formats(), path, device.Given{})
			if c.err != "" {
				if got.Err == nil || !strings.Contains(got.Err.Error(), c.err) || got.Rows.Len() > 0 {
					t.Fatalf("got %d rows and the error %v, want none and %q", got.Rows.Len(), got.Err, c.err)
				}
				return
			}
			if got.Err != nil || got.Rows.Len() != c.rows {
				t.Fatalf("got %d rows and the error %v, want %d", got.Rows.Len(), got.Err, c.rows)
			}
			if len(got.Warnings) != 1 || got.Warnings[0].Code != c.warning {
				t.Errorf("got the warnings %v, want %s", got.Warnings, c.warning)
			}
			if d := got.Header.Device; d.Maker != "ResMed" || len(d.Serial) != 11 {
				t.Errorf("got %s with a serial number of %d digits, want ResMed and 11", d.Maker, len(d.Serial))
			}
			if got.Header.Clock != pleth.LocalClock || got.Header.Interval.Seconds() != 1 {
				t.Errorf("got the clock %d and the interval %s, want a local clock and 1s", got.Header.Clock, got.Header.Interval)
			}
			checkAllMissing(t, got, c.first)
		})
	}
}

// checkAllMissing checks that every row of an oximetry file without an
// oximeter is missing, one a second from the given start.
func checkAllMissing(t *testing.T, got devicetest.Result, first string) {
	t.Helper()
	for i := range got.Rows.Len() {
		if !got.Rows.Value(pleth.SpO2, i).IsMissing() || !got.Rows.Value(pleth.PulseRate, i).IsMissing() {
			t.Fatalf("row %d is not missing", i)
		}
		if got.Rows.Time(i) != got.Rows.Time(0)+int64(i)*device.Second {
			t.Fatalf("row %d is not %d s after the first", i, i)
		}
	}
	if got.Rows.Len() > 0 && !strings.Contains(got.Dump(), "\n"+first+" ") {
		t.Errorf("the first row is not at %s", first)
	}
}

// A real file of a ResMed machine into which one minute of readings was put,
// as an attached oximeter would have.
func TestRealHeaderWithReadings(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(plethtest.Shared(t, "data/oximetry/resmed-edf/aircurve10/20260111_210649_SAD.edf"))
	if err != nil {
		t.Fatal(err)
	}
	const header, record, pulses = 1024, 242, 120
	for i := range 60 {
		at := header + 3*record + 2*i
		binary.LittleEndian.PutUint16(b[at:], uint16(60+i%3))
		binary.LittleEndian.PutUint16(b[at+pulses:], uint16(90+i%8))
	}
	got := devicetest.ReadBytes(edf.Formats(), b, device.Given{})
	if got.Err != nil || len(got.Warnings) != 0 || got.Rows.Len() != 420 {
		t.Fatalf("got %d rows, %v, %v, want 420 and nothing said", got.Rows.Len(), got.Warnings, got.Err)
	}
	for i := range 420 {
		spo2, pulse := got.Rows.Value(pleth.SpO2, i), got.Rows.Value(pleth.PulseRate, i)
		if i < 180 || i >= 240 {
			if !spo2.IsMissing() || !pulse.IsMissing() {
				t.Fatalf("row %d is not missing", i)
			}
		} else if j := i - 180; spo2 != pleth.Num(int64(90+j%8), 0) || pulse != pleth.Num(int64(60+j%3), 0) {
			t.Fatalf("row %d: got SpO2 %s and pulse %s", i, spo2, pulse)
		}
	}
}
