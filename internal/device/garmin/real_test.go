package garmin_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/device/garmin"
	"pleth/internal/device/viatom"
	"pleth/internal/plethtest"
)

const (
	spo2File  = "data/oximetry/garmin-venu3/garmin-2025-03-06-spo2.json"
	pulseFile = "data/oximetry/garmin-venu3/garmin-2025-03-06-pulse.json"
)

// What the sources state of the real files: ../shared/data/SOURCES.md.
func TestRealCaptures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file        string
		metric      pleth.Metric
		rows        int
		first, last time.Time
		step        time.Duration
		stated      time.Duration
		low, high   float64
	}{
		{spo2File, pleth.SpO2, 350, time.Date(2025, 3, 7, 0, 5, 0, 0, time.UTC), time.Date(2025, 3, 7, 5, 54, 0, 0, time.UTC), time.Minute, time.Minute, 88, 100},
		{pulseFile, pleth.PulseRate, 176, time.Date(2025, 3, 7, 0, 4, 0, 0, time.UTC), time.Date(2025, 3, 7, 5, 54, 0, 0, time.UTC), 2 * time.Minute, 0, 54, 67},
	} {
		t.Run(c.metric.String(), func(t *testing.T) {
			t.Parallel()
			got := devicetest.Read(garmin.Formats(), plethtest.Shared(t, c.file), device.Given{})
			if got.Err != nil || len(got.Warnings) > 0 || got.Rows.Len() != c.rows {
				t.Fatalf("got %d rows, %v, %v, want %d and nothing said", got.Rows.Len(), got.Warnings, got.Err, c.rows)
			}
			if h := got.Header; h.Clock != pleth.UTCClock || h.Zone != "UTC" || h.Interval != c.stated || h.Device != (pleth.Device{Maker: "Garmin"}) {
				t.Errorf("got the header %+v", h)
			}
			if got.Rows.Time(0) != c.first.UnixNano() || got.Rows.Time(c.rows-1) != c.last.UnixNano() {
				t.Errorf("got rows from %s to %s", time.Unix(0, got.Rows.Time(0)).UTC(), time.Unix(0, got.Rows.Time(c.rows-1)).UTC())
			}
			low, high := math.Inf(1), math.Inf(-1)
			for i := range c.rows {
				v := got.Rows.Value(c.metric, i)
				if !v.Ok() || got.Rows.Marks(i) != 0 || i > 0 && got.Rows.Time(i)-got.Rows.Time(i-1) != int64(c.step) {
					t.Fatalf("row %d: got %s, marks %s, or another step than %s", i, v, got.Rows.Marks(i), c.step)
				}
				low, high = min(low, v.Float()), max(high, v.Float())
			}
			if low != c.low || high != c.high {
				t.Errorf("got %v to %v, want %v to %v", low, high, c.low, c.high)
			}
		})
	}
}

// The watch is not nearer to the ring where it says that it is more confident,
// so readingConfidence marks nothing: docs/formats/garmin-json.md.
func TestRealConfidenceSaysNothing(t *testing.T) {
	t.Parallel()
	ring := devicetest.Read(viatom.Formats(), plethtest.Shared(t, "data/oximetry/viatom-o2ring/O2Ring _20250306222056.csv"), device.Given{})
	watch := devicetest.Read(garmin.Formats(), plethtest.Shared(t, spo2File), device.Given{})
	b, err := os.ReadFile(plethtest.Shared(t, spo2File))
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct {
		Confidence int `json:"readingConfidence"`
	}
	if err := json.Unmarshal(b, &entries); err != nil {
		t.Fatal(err)
	}
	// The ring stands in local time, an hour ahead of GMT.
	minutes := map[int64][2]float64{}
	for i := range ring.Rows.Len() {
		if v := ring.Rows.Value(pleth.SpO2, i); v.Ok() {
			minute := (ring.Rows.Time(i) - int64(time.Hour)) / int64(time.Minute)
			m := minutes[minute]
			minutes[minute] = [2]float64{m[0] + v.Float(), m[1] + 1}
		}
	}
	type difference struct{ sum, n float64 }
	groups := map[string]difference{}
	for i, e := range entries {
		m, ok := minutes[watch.Rows.Time(i)/int64(time.Minute)]
		if !ok {
			continue
		}
		name := "low"
		if e.Confidence > 3 {
			name = "high"
		}
		g := groups[name]
		groups[name] = difference{g.sum + math.Abs(watch.Rows.Value(pleth.SpO2, i).Float()-m[0]/m[1]), g.n + 1}
	}
	low, high := groups["low"], groups["high"]
	if low.n != 233 || high.n != 117 {
		t.Fatalf("got %v minutes of low and %v of high confidence, want 233 and 117", low.n, high.n)
	}
	if low.sum/low.n >= high.sum/high.n {
		t.Errorf("mean absolute difference: %.2f at low and %.2f at high confidence: the limit deserves another look", low.sum/low.n, high.sum/high.n)
	}
}
