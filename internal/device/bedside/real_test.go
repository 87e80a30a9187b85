package bedside_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/bedside"
	"pleth/internal/device/devicetest"
	"pleth/internal/plethtest"
)

// line is a message as the standard library reads it.
type line struct {
	DevID   int    `json:"devid"`
	SysTime int64  `json:"systime"`
	Type    string `json:"type"`
	MName   string `json:"mname"`
	MTime   int64  `json:"mtime"`
	Val     string `json:"val"`
}

// What the sources state of the capture, ../shared/data/SOURCES.md, and every
// value of it, read a second time with the standard library.
func TestRealCaptures(t *testing.T) {
	t.Parallel()
	path := plethtest.Shared(t, "data/device-streams/atriumdb-cmf/cmf_test_data.jsonl.gz")
	got := devicetest.Read(bedside.Formats(), path, device.Given{})
	if got.Err != nil {
		t.Fatal(got.Err)
	}
	// 21 beds: 19 with SpO2, of which one with pre-ductal too, one with pre- and
	// post-ductal, one with post-ductal alone.
	if len(got.Recordings) != 23 {
		t.Errorf("got %d recordings, want 23", len(got.Recordings))
	}
	for i, want := range []string{
		"waveforms: blocks of waveforms, which are not read: 2420",
		"out-of-order: lines that step back in time from the line before: 182; rows are sorted by the time of the beds",
		"pulse-by-order: pulse rates of several oximeters under one name at one instant: 11; each is given to the oximeter whose values stand before it",
		"clock-skew: the clock of the gateway is from -17.6 s to +8.4 s off those of the beds; times are those of the beds",
	} {
		if i >= len(got.Warnings) || got.Warnings[i].Code+": "+got.Warnings[i].Text != want {
			t.Errorf("warnings: got %v, want at %d %q", got.Warnings, i, want)
		}
	}
	checkValues(t, got, readLines(t, path))
}

func readLines(t *testing.T, path string) []line {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var all []line
	scan := bufio.NewScanner(z)
	for scan.Scan() {
		var l line
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	if len(all) != 3690 {
		t.Fatalf("the capture has %d lines, want 3690", len(all))
	}
	return all
}

// checkValues checks that each saturation, perfusion and pulse of the capture
// stands once in the recording of its bed and oximeter.
func checkValues(t *testing.T, got devicetest.Result, lines []line) {
	t.Helper()
	type key struct {
		serial   string
		timeline pleth.Metric
		metric   pleth.Metric
		at       int64
	}
	values := map[key]string{}
	count := map[pleth.Metric]int{}
	for _, r := range got.Recordings {
		if r.Header.Clock != pleth.UTCClock || r.Header.Zone != "UTC" || !r.Header.ByTime || r.Header.Interval != 1024*time.Millisecond {
			t.Errorf("got the header %+v", r.Header)
		}
		for i := range r.Rows.Len() {
			if i > 0 && r.Rows.Time(i) <= r.Rows.Time(i-1) {
				t.Errorf("bed %s: row %d is not after the one before", r.Header.Device.Serial, i)
			}
			for _, m := range pleth.Metrics() {
				if v := r.Rows.Value(m, i); v.Ok() {
					values[key{r.Header.Device.Serial, r.Header.Timeline(), m, r.Rows.Time(i)}] = strconv.FormatFloat(v.Float(), 'f', -1, 64)
					count[m]++
				}
			}
		}
	}
	if count[pleth.SpO2] != 97 || count[pleth.SpO2PreDuctal] != 11 || count[pleth.SpO2PostDuctal] != 10 || count[pleth.PulseRate] != 107 || count[pleth.PerfusionIndex] != 118 {
		t.Errorf("got %d SpO2, %d pre-ductal, %d post-ductal, %d pulse rates, %d perfusion indices, want 97, 11, 10, 107, 118",
			count[pleth.SpO2], count[pleth.SpO2PreDuctal], count[pleth.SpO2PostDuctal], count[pleth.PulseRate], count[pleth.PerfusionIndex])
	}
	last := map[int]pleth.Metric{} // the oximeter that each bed sent last
	for _, l := range lines {
		timeline := pleth.SpO2
		switch {
		case strings.HasSuffix(l.MName, "PRE_DUCTAL"):
			timeline = pleth.SpO2PreDuctal
		case strings.HasSuffix(l.MName, "POST_DUCTAL"):
			timeline = pleth.SpO2PostDuctal
		}
		k := key{serial: strconv.Itoa(l.DevID), timeline: timeline, at: l.MTime}
		switch {
		case l.Type != "met":
			continue
		case strings.Contains(l.MName, "OXIM_SAT_O2"):
			k.metric, last[l.DevID] = timeline, timeline
		case strings.Contains(l.MName, "OXIM_PERF_REL"):
			k.metric = pleth.PerfusionIndex
		case l.MName == "MDC_PLETH_PULS_RATE":
			k.metric, k.timeline = pleth.PulseRate, last[l.DevID]
		default:
			continue
		}
		if values[k] != l.Val {
			t.Errorf("bed %d, %s at %d: got %q, want %q", l.DevID, l.MName, l.MTime, values[k], l.Val)
		}
	}
}

// The aperiodic numerics hold a respiration rate and no oximetry.
func TestRealCapturesAperiodic(t *testing.T) {
	t.Parallel()
	got := devicetest.Read(bedside.Formats(), plethtest.Shared(t, "data/device-streams/atriumdb-cmf/single_cmf_test_aperiodic_met.jsonl"), device.Given{})
	if !errors.Is(got.Err, device.ErrNoOximetry) || !strings.Contains(got.Err.Error(), "its numerics are MDC_RESP_RATE;") {
		t.Errorf("got %v, want an error that names the respiration rate", got.Err)
	}
}
