package wfdb_test

import (
	"strings"
	"testing"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/plethtest"
	"pleth/internal/signalfile/wfdb"
)

const numerics = "data/oximetry/mimic2-numerics-wfdb/s00001/"

// What the sources state of the real records: ../shared/data/SOURCES.md.
func TestRealCaptures(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"s00001-2896-10-10-00-31n.hea", "3975656n.dat"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := devicetest.Read(wfdb.Formats(), plethtest.Shared(t, numerics+name), device.Given{})
			checkMIMIC(t, got)
		})
	}
	for _, name := range []string{"s00001-2896-10-09-01-56n.hea", "3248903n.dat"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := devicetest.Read(wfdb.Formats(), plethtest.Shared(t, numerics+name), device.Given{})
			checkSingleSample(t, got)
		})
	}
	for _, name := range []string{"a103l.hea", "a103l.mat"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := devicetest.Read(wfdb.Formats(), plethtest.Shared(t, "data/oximetry/physionet-2015-pleth-wfdb/"+name), device.Given{})
			if got.Err == nil || !strings.Contains(got.Err.Error(), "its signals are II, V, PLETH;") || got.Rows.Len() > 0 {
				t.Errorf("got %d rows, %v, want none and the names of the signals", got.Rows.Len(), got.Err)
			}
		})
	}
}

// checkSingleSample checks the record of one minute in which only the
// respiration rate was measured.
func checkSingleSample(t *testing.T, got devicetest.Result) {
	t.Helper()
	if got.Err != nil || got.Rows.Len() != 1 || !got.Rows.Value(pleth.SpO2, 0).IsMissing() || !got.Rows.Value(pleth.HeartRate, 0).IsMissing() {
		t.Fatalf("got %d rows, %v, want one without SpO2 and heart rate", got.Rows.Len(), got.Err)
	}
	if f := got.Rows.Value(pleth.RespRate, 0).Float(); f != 110.9 {
		t.Errorf("respiration rate: got %v, want 110.9", f)
	}
	if len(got.Warnings) != 1 || got.Warnings[0].Code != "no-oximetry" {
		t.Errorf("got the warnings %v, want no-oximetry", got.Warnings)
	}
}

// checkMIMIC checks the record of 1936 minutes: SpO2 91.9 to 100, 363 of them
// missing as 0, the sums of its signals right.
func checkMIMIC(t *testing.T, got devicetest.Result) {
	t.Helper()
	if got.Err != nil || len(got.Warnings) > 0 || got.Rows.Len() != 1936 {
		t.Fatalf("got %d rows, %v, %v, want 1936 and nothing said", got.Rows.Len(), got.Warnings, got.Err)
	}
	h := got.Header
	if h.Clock != pleth.LocalClock || h.Interval.Minutes() != 1 || h.Zone != "" {
		t.Errorf("got clock %d, zone %q, interval %s, want a local clock, no zone, 1 min", h.Clock, h.Zone, h.Interval)
	}
	if out := got.Dump(); !strings.Contains(out, "\n2896-10-10T00:31:25.894 ") || !strings.Contains(out, "\n2896-10-11T08:46:25.894 ") {
		t.Error("the first row is not at 2896-10-10 00:31:25.894 or the last not 1935 min later")
	}
	type summary struct {
		missing  int
		min, max float64
	}
	for m, want := range map[pleth.Metric]summary{
		pleth.SpO2:      {363, 91.9, 100},
		pleth.PulseRate: {363, 47.4, 93.7},
		pleth.HeartRate: {46, 11.5, 99.8},
		pleth.RespRate:  {45, 2, 23.6},
	} {
		s := summary{min: 1e9}
		for i := range got.Rows.Len() {
			v := got.Rows.Value(m, i)
			if v.IsMissing() {
				s.missing++
			} else {
				s.min, s.max = min(s.min, v.Float()), max(s.max, v.Float())
			}
		}
		if s != want {
			t.Errorf("%s: got %+v, want %+v", m, s, want)
		}
	}
}
