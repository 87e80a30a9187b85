package contec_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/contec"
	"pleth/internal/device/devicetest"
	"pleth/internal/intake"
	"pleth/internal/plethtest"
)

func TestCases(t *testing.T) { devicetest.Run(t, contec.Formats()) }

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, contec.Formats()) }

const (
	autoBinary = "data/oximetry/contec-cms50e/auto/20210515120642.SpO2"
	autoCSV    = "data/oximetry/contec-cms50e/auto/20210515120642.csv"
	cms60      = "data/oximetry/contec-other/_20111017200058.SpO2"
	beats      = "data/oximetry/contec-cms50dplus-live/Example data alarm on.csv.gz"
)

func TestRealCaptures(t *testing.T) {
	tests := []struct {
		path, format string
		device       pleth.Device
		first        string
		rows         int
		spo2, pulse  [2]int64
	}{
		{autoBinary, "contec-spo2", pleth.Device{Maker: "Contec", Model: "BLE"}, "2021-05-15T12:06:42Z", 10425, [2]int64{90, 98}, [2]int64{55, 112}},
		{autoCSV, "contec-csv", pleth.Device{Maker: "Contec"}, "2021-05-15T12:06:42Z", 10425, [2]int64{90, 98}, [2]int64{55, 112}},
		{cms60, "contec-spo2", pleth.Device{Maker: "Contec", Model: "CMS60CW"}, "2011-10-17T20:00:25Z", 42, [2]int64{}, [2]int64{}},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			r := devicetest.Read(contec.Formats(), plethtest.Shared(t, test.path), device.Given{})
			if r.Err != nil || len(r.Warnings) > 0 || r.Format != test.format {
				t.Fatalf("format %q, error %v, warnings %v", r.Format, r.Err, r.Warnings)
			}
			if r.Rows.Len() != test.rows || r.Header.Device != test.device {
				t.Fatalf("%d rows of %+v, want %d of %+v", r.Rows.Len(), r.Header.Device, test.rows, test.device)
			}
			if got := time.Unix(0, r.Rows.Time(0)).UTC().Format(time.RFC3339); got != test.first {
				t.Errorf("first row at %s, want %s", got, test.first)
			}
			for i := range r.Rows.Len() {
				if want := r.Rows.Time(0) + int64(i)*1e9; r.Rows.Time(i) != want {
					t.Fatalf("row %d at %d, want %d", i, r.Rows.Time(i), want)
				}
			}
			if test.spo2 != [2]int64{} {
				wantRange(t, r.Rows, pleth.SpO2, test.spo2, 0)
				wantRange(t, r.Rows, pleth.PulseRate, test.pulse, 0)
			}
			if strings.Contains(strings.ToLower(r.Dump()), "user") {
				t.Error("the name of the user left the file")
			}
		})
	}
}

// The binary file and the CSV of one recording are one and the same session.
func TestRealCapturesOfOneRecordingAreOneSession(t *testing.T) {
	id := func(path string) string {
		r := devicetest.Read(contec.Formats(), plethtest.Shared(t, path), device.Given{})
		in := intake.New(intake.Options{})
		if err := in.Start(r.Header); err != nil {
			t.Fatal(err)
		}
		if err := in.Rows(r.Rows); err != nil {
			t.Fatal(err)
		}
		sessions := in.Close()
		if len(sessions) != 1 {
			t.Fatalf("%s: %d sessions, want 1", path, len(sessions))
		}
		return sessions[0].ID()
	}
	if a, b := id(autoBinary), id(autoCSV); a != b {
		t.Errorf("session ids differ: %s and %s", a, b)
	}
}

// One night of beats: 28466 rows in 8.79 h, 56 of them with an interval of
// zero, the first of the file among these, and one shifted row.
func TestRealCapturesOfBeats(t *testing.T) {
	r := devicetest.Read(contec.Formats(), plethtest.Shared(t, beats), device.Given{})
	if r.Err != nil || r.Format != "contec-beats" || r.Header.Clock != pleth.NoClock {
		t.Fatalf("format %q, clock %d, error %v", r.Format, r.Header.Clock, r.Err)
	}
	const rows = 28466
	if r.Rows.Len() != rows {
		t.Fatalf("%d rows, want %d", r.Rows.Len(), rows)
	}
	if len(r.Warnings) != 1 || r.Warnings[0].Code != "reconnected" || !strings.HasPrefix(r.Warnings[0].Text, "55 rows follow") {
		t.Errorf("warnings %v, want one that counts 55 reconnections", r.Warnings)
	}
	zero := 0
	for i := 1; i < rows; i++ {
		switch step := r.Rows.Time(i) - r.Rows.Time(i-1); {
		case step < 0:
			t.Fatalf("row %d goes back in time", i)
		case step == 0:
			zero++
		}
	}
	if zero != 55 || r.Rows.Time(0) != 0 {
		t.Errorf("%d rows stand at the instant of the row before, the first at %d; want 55 and 0", zero, r.Rows.Time(0))
	}
	// The sum of the first column, 8.79 h.
	if end := time.Duration(r.Rows.Time(rows - 1)); end != 31642814803*time.Microsecond {
		t.Errorf("the last beat is at %v, want 31642.814803s", end)
	}
	wantRange(t, r.Rows, pleth.SpO2, [2]int64{85, 99}, 1)
	// The 96 that the column of the pulse reaches is the SpO2 of the shifted row.
	wantRange(t, r.Rows, pleth.PulseRate, [2]int64{49, 85}, 1)
	if v := r.Rows.Value(pleth.PulseRate, 18906); !v.IsMissing() {
		t.Errorf("the shifted row has the pulse %v, want none", v)
	}
}

// A real file, cut at every byte and damaged.
func TestRealCapturesKeepThePromises(t *testing.T) {
	b, err := os.ReadFile(plethtest.Shared(t, cms60))
	if err != nil {
		t.Fatal(err)
	}
	devicetest.Promises(t, contec.Formats(), b, device.Given{})
}

// What the device sends over USB is no recording.
func TestRealCapturesOfTransmissions(t *testing.T) {
	for _, name := range []string{"hid-transmission-spo2.bin", "hid-transmission-pr.bin"} {
		path := plethtest.Shared(t, "data/oximetry/contec-cms50e/auto/"+name)
		if r := devicetest.Read(contec.Formats(), path, device.Given{}); r.Format != "" || r.Rows.Len() != 0 {
			t.Errorf("%s is taken for %s with %d rows, want not recognised", name, r.Format, r.Rows.Len())
		}
	}
}

// wantRange fails unless m spans limits and is missing in so many rows.
func wantRange(t *testing.T, b *pleth.Batch, m pleth.Metric, limits [2]int64, missing int) {
	t.Helper()
	low, high, none := int64(1<<62), int64(-1), 0
	for i := range b.Len() {
		v := b.Value(m, i)
		if !v.Ok() {
			none++
			continue
		}
		n, _ := v.Mantissa()
		low, high = min(low, n), max(high, n)
	}
	if got := [2]int64{low, high}; got != limits || none != missing {
		t.Errorf("%s is %v with %d missing, want %v with %d", m, got, none, limits, missing)
	}
}
