package app

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/client/live"
	"pleth/internal/reading"
)

func TestWall(t *testing.T) {
	t.Parallel()
	now := time.Date(2025, 11, 28, 20, 15, 0, 0, time.UTC)
	at := func(d time.Duration) live.Value { return live.Value{At: now.Add(-d), Value: pleth.Num(971, 1)} }
	s := &live.State{Connected: true, Now: now,
		Devices: []live.Device{
			{ID: "bed-1", At: now, Received: now, Values: map[string]live.Value{"spo2": at(0), "pulse_rate": {At: now, Value: pleth.Missing()}}},
			{ID: "bed-2", At: now.Add(-time.Minute), Received: now, Values: map[string]live.Value{"spo2": at(time.Minute)}},
		},
		Alarms: []live.Alarm{
			{ID: "a", Alert: json.RawMessage(`{"device_id":"bed-2","priority":"low","condition":"no data","state":"active","onset":"2025-11-28T20:14:00Z"}`)},
			{ID: "u", Alert: json.RawMessage(`{"device_id":"bed-2","priority":"low","condition":"no data","state":"active","onset":"2025-11-28T20:14:00Z","under_gateway":true}`)},
			{ID: "b", Alert: json.RawMessage(`{"device_id":"bed-1","priority":"high","condition":"spo2 below 80\u001b[2J","state":"acknowledged","value":79,"unit":"%","onset":"2025-11-28T20:10:00Z","acknowledged_by":"x"}`)},
		}}
	w := Wall{Stale: 15 * time.Second}
	got := strings.Join(w.Screen(s), "\n")
	want := `pleth 2025-11-28 20:15:00Z  2 devices  2 alarms

HIGH   bed-1  spo2 below 80[2J  79 %  since 5m  acknowledged by x
LOW    bed-2  no data  since 60s  active

Device  Age        SpO2 %  Pulse /min
bed-1   0s         97.1    --
bed-2   60s STALE  (97.1)  `
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	small := Wall{Stale: time.Hour, Width: 20, Height: 8}.Screen(s)
	if len(small) > 8 || !strings.HasSuffix(small[0], "…") {
		t.Errorf("a small terminal shows\n%s", strings.Join(small, "\n"))
	}
	w.Color = true
	if lines := w.Screen(s); !strings.HasPrefix(lines[2], "\x1b[1;31mHIGH") || !strings.HasSuffix(lines[2], "\x1b[0m") || !strings.HasPrefix(lines[7], "\x1b[2mbed-2") {
		t.Errorf("in colour: %q", lines)
	}
	for _, f := range reading.Fields() {
		if headings[f.Name] == "" && f.Metric != pleth.Battery {
			t.Errorf("the wall has no heading for %s", f.Name)
		}
	}
	var b strings.Builder
	if err := w.Lines(&b, &live.State{}, s); err != nil {
		t.Fatal(err)
	}
	after := *s
	after.Alarms, after.Connected = s.Alarms[1:], false
	if err := w.Lines(&b, s, &after); err != nil {
		t.Fatal(err)
	}
	if err := w.Lines(&b, &live.State{}, &live.State{Err: errors.New("nobody listens")}); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"- pleth -  0 devices  0 alarms  NOT CONNECTED, what follows is old: nobody listens", "alarm HIGH   bed-1", "bed-1 age=0s spo2=97.1 pulse_rate=--", "bed-2 age=60s stale spo2=(97.1)", "alarm over: bed-2 no data", "NOT CONNECTED"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("no line with %q in\n%s", line, b.String())
		}
	}
}
