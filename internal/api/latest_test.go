package api

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/road"
)

func TestStampsAreRFC3339(t *testing.T) {
	t.Parallel()
	var s stamps
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-5, 5), rapid.Map(rapid.Int64Range(-1e6, 1e6), func(n int64) int64 { return n * 1e11 })).Draw(t, "at")
		if got, want := string(s.append(nil, at)), time.Unix(0, at).UTC().Format(time.RFC3339Nano); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	})
}

// TestLatestIsWhatTheDocumentSays reads back what is written by hand.
func TestLatestIsWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	l := road.Latest{Device: "ring:1", Subject: "p-x", At: 1e18, Received: 1e18 + 5e6, Late: true, Values: []road.LatestValue{
		{Metric: pleth.SpO2, At: 1e18, Value: pleth.Num(971, 1)}, {Metric: pleth.PulseRate, At: 1e18 - 1, Value: pleth.Missing()}}}
	var got struct {
		Latest
		Values map[string]struct {
			At    string          `json:"timestamp"`
			Value json.RawMessage `json:"value"`
		} `json:"values"`
	}
	var s stamps
	if err := json.Unmarshal(appendLatest(nil, &l, &s), &got); err != nil {
		t.Fatal(err)
	}
	spo2, pulse := got.Values["spo2"], got.Values["pulse_rate"]
	if got.Device != "ring:1" || got.Subject == nil || *got.Subject != "p-x" || !got.Late || got.At != "2001-09-09T01:46:40Z" || got.Received != "2001-09-09T01:46:40.005Z" ||
		string(spo2.Value) != "97.1" || string(pulse.Value) != "null" || pulse.At != "2001-09-09T01:46:39.999999999Z" || len(got.Values) != 2 {
		t.Errorf("%+v", got)
	}
}

func BenchmarkLatest(b *testing.B) {
	list := make([]road.Latest, 1000)
	for i := range list {
		at := 1_700_000_000e9 + int64(i)*1e6
		list[i] = road.Latest{Device: "device-0001", At: at, Received: at + 123456789}
		for _, m := range []pleth.Metric{pleth.SpO2, pleth.PulseRate, pleth.Temperature, pleth.PerfusionIndex} {
			list[i].Values = append(list[i].Values, road.LatestValue{Metric: m, At: at, Value: pleth.Num(971, 1)})
		}
	}
	out := make([]byte, 0, 1<<20)
	for b.Loop() {
		out = out[:0]
		var s stamps
		for i := range list {
			out = appendLatest(out, &list[i], &s)
		}
	}
}
