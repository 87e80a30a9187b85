package viatom_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"testing"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/device/viatom"
	"pleth/internal/intake"
	"pleth/internal/plethtest"
	"pleth/internal/session"
)

func TestCases(t *testing.T) { devicetest.Run(t, viatom.Formats()) }

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, viatom.Formats()) }

const (
	ringRecord   = "data/oximetry/viatom-o2ring/20250306222056"
	ringCSV      = "data/oximetry/viatom-o2ring/O2Ring _20250306222056.csv"
	checkmeNight = "data/oximetry/viatom-checkme-o2-max/checkme-o2-max-20260310.csv"
	checkmeShort = "data/oximetry/viatom-checkme-o2-max/checkme-o2-max-20260220-short.csv"
)

func TestRealCaptures(t *testing.T) {
	tests := []struct {
		path, format string
		first        string
		rows         int
		step         time.Duration
		spo2         [2]int64
		pulse        [2]int64
		missing      []int // rows without SpO2, and without a pulse
	}{
		{ringRecord, "viatom-record", "2025-03-06T22:20:56Z", 7818, 4 * time.Second, [2]int64{87, 99}, [2]int64{49, 99}, []int{7815, 7816, 7817}},
		{ringCSV, "viatom-csv", "2025-03-06T22:20:56Z", 7818, 4 * time.Second, [2]int64{87, 99}, [2]int64{49, 99}, []int{7815, 7816, 7817}},
		{checkmeNight, "viatom-csv", "2026-03-10T00:02:16Z", 13570, 2 * time.Second, [2]int64{87, 99}, [2]int64{44, 99}, []int{60, 13565, 13566, 13567, 13568, 13569}},
		{checkmeShort, "viatom-csv", "2026-02-20T06:53:12Z", 2548, 2 * time.Second, [2]int64{91, 97}, [2]int64{}, []int{2543, 2544, 2545, 2546, 2547}},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			r := devicetest.Read(viatom.Formats(), plethtest.Shared(t, test.path), device.Given{})
			if r.Err != nil || len(r.Warnings) > 0 || r.Format != test.format {
				t.Fatalf("format %q, error %v, warnings %v", r.Format, r.Err, r.Warnings)
			}
			if r.Rows.Len() != test.rows {
				t.Fatalf("got %d rows, want %d", r.Rows.Len(), test.rows)
			}
			if got := time.Unix(0, r.Rows.Time(0)).UTC().Format(time.RFC3339); got != test.first {
				t.Errorf("first row at %s, want %s", got, test.first)
			}
			for i := 1; i < r.Rows.Len(); i++ {
				if step := r.Rows.Time(i) - r.Rows.Time(i-1); step != int64(test.step) {
					t.Fatalf("row %d is %v after the one before, want %v", i, time.Duration(step), test.step)
				}
			}
			wantRange(t, r.Rows, pleth.SpO2, test.spo2, test.missing)
			if test.pulse != [2]int64{} {
				wantRange(t, r.Rows, pleth.PulseRate, test.pulse, test.missing)
			}
			wantRange(t, r.Rows, pleth.Motion, [2]int64{0, -1}, nil)
		})
	}
}

// wantRange fails unless exactly the rows in missing have no number of m, and
// the others span limits. An upper limit of -1 is not tested.
func wantRange(t *testing.T, b *pleth.Batch, m pleth.Metric, limits [2]int64, missing []int) {
	t.Helper()
	low, high := int64(1<<62), int64(-1)
	var none []int
	for i := range b.Len() {
		v := b.Value(m, i)
		if !v.Ok() {
			none = append(none, i)
			continue
		}
		n, scale := v.Mantissa()
		if scale != 0 {
			t.Fatalf("row %d: %s is %s, not a whole number", i, m, v)
		}
		low, high = min(low, n), max(high, n)
	}
	if low != limits[0] || limits[1] >= 0 && high != limits[1] {
		t.Errorf("%s is %d..%d, want %v", m, low, high, limits)
	}
	if len(none) != len(missing) {
		t.Fatalf("%s is missing in rows %v, want %v", m, none, missing)
	}
	for i := range none {
		if none[i] != missing[i] {
			t.Fatalf("%s is missing in rows %v, want %v", m, none, missing)
		}
	}
}

// sessions reads a recording through intake, as analyze does.
func sessions(t *testing.T, path string) (pleth.Header, []*session.Session) {
	t.Helper()
	f, err := os.Open(plethtest.Shared(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var header pleth.Header
	in := intake.New(intake.Options{})
	_, err = device.Open(path, f, device.Given{}, device.DefaultLimits, func(src *device.Source) error {
		b, err := io.ReadAll(src.R)
		if err != nil {
			return err
		}
		src.R = bytes.NewReader(b)
		format, ok := device.Detect(viatom.Formats(), device.Head{Bytes: b[:min(len(b), device.HeadBytes)], Size: src.Size})
		if !ok {
			return errors.New("not recognised")
		}
		w := device.NewWriter(in)
		if err := format.Read(t.Context(), src, w); err != nil {
			return err
		}
		header = w.Header
		return w.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	return header, in.Close()
}

// The raw record and the app's CSV of one night are one and the same session.
func TestRealCapturesOfOneNightAreOneSession(t *testing.T) {
	rawHeader, raw := sessions(t, ringRecord)
	csvHeader, csv := sessions(t, ringCSV)
	if len(raw) != 1 || len(csv) != 1 {
		t.Fatalf("%d sessions from the record and %d from the CSV, want one each", len(raw), len(csv))
	}
	if raw[0].ID() != csv[0].ID() {
		t.Errorf("session ids differ: %s and %s", raw[0].ID(), csv[0].ID())
	}
	if raw[0].Start != csv[0].Start || raw[0].Interval != csv[0].Interval || raw[0].Interval != 4e9 {
		t.Errorf("start and interval differ: %d %d and %d %d", raw[0].Start, raw[0].Interval, csv[0].Start, csv[0].Interval)
	}
	if want := (pleth.Device{Maker: "Viatom"}); rawHeader.Device != want || csvHeader.Device != want {
		t.Errorf("devices %+v and %+v, want %+v", rawHeader.Device, csvHeader.Device, want)
	}
	want := map[string]float64{"spo2.mean": 94, "spo2.min": 87, "odi3.count": 53, "odi4.count": 22, "below.90.pct": 1,
		"below.90.seconds": 396, "episodes.90.count": 26, "o2_score": 8.5, "steps": 0}
	if !maps.Equal(rawHeader.Reported, want) {
		t.Errorf("the vendor's figures are %v, want %v", rawHeader.Reported, want)
	}
}
