package vital_test

import (
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/plethtest"
	"pleth/internal/signalfile/vital"
)

// What the sources state of the real files: ../shared/data/SOURCES.md.
func TestRealCaptures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file        string
		rows        int
		first, last string
	}{
		{"test_intellivue_demo1.vital", 25, "2019-06-27T11:14:16.892", "2019-06-27T11:14:41.468"},
		{"test_intelliue_demo2.vital", 213, "2019-07-11T09:47:45.103", "2019-07-11T09:51:22.191"},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			got := devicetest.Read(vital.Formats(), plethtest.Shared(t, "data/oximetry/vitalrecorder-intellivue/"+c.file), device.Given{})
			if got.Err != nil || len(got.Warnings) > 0 || len(got.Recordings) != 1 || got.Rows.Len() != c.rows {
				t.Fatalf("got %d rows, %v, %v, want %d in one recording and nothing said", got.Rows.Len(), got.Warnings, got.Err, c.rows)
			}
			h := got.Header
			if h.Clock != pleth.UTCClock || h.Zone != "+02:00" || h.Device != (pleth.Device{Maker: "Philips", Model: "Intellivue"}) {
				t.Errorf("got clock %d, zone %s, device %v", h.Clock, h.Zone, h.Device)
			}
			for i := range got.Rows.Len() {
				for m, want := range map[pleth.Metric]float64{pleth.SpO2: 95, pleth.PulseRate: 60, pleth.HeartRate: 60, pleth.PerfusionIndex: 10, pleth.RespRate: 15} {
					if f := got.Rows.Value(m, i).Float(); f != want {
						t.Fatalf("row %d: %s is %v, want %v", i, m, f, want)
					}
				}
				if i > 0 && got.Rows.Time(i)-got.Rows.Time(i-1) != int64(1024*time.Millisecond) {
					t.Fatalf("row %d is not 1.024 s after the one before", i)
				}
			}
			if out := got.Dump(); !strings.Contains(out, "\n"+c.first+" ") || !strings.Contains(out, "\n"+c.last+" ") {
				t.Errorf("the first row is not at %s or the last not at %s", c.first, c.last)
			}
		})
	}
}
