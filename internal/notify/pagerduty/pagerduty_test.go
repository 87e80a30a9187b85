package pagerduty_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pleth/internal/alarm"
	"pleth/internal/notify"
	"pleth/internal/notify/pagerduty"
)

// TestSend checks what the Events API v2 documents of its requests.
func TestSend(t *testing.T) {
	t.Parallel()
	var all []map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e map[string]any
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
			t.Error(err)
		}
		if e["routing_key"] != "key" {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"status":"invalid event","message":"Event object is invalid","errors":["no key"]}`)
			return
		}
		all = append(all, e)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, `{"status":"success","message":"Event processed","dedup_key":%q}`, e["dedup_key"])
	}))
	defer server.Close()
	c := pagerduty.New(server.URL, "key", notify.Client(true))
	m := &notify.Message{ID: "m1", Alarm: strings.Repeat("a", 300), Event: notify.Trigger, Priority: alarm.High, Device: "d1", Condition: strings.Repeat("long ", 400), Link: "https://pleth.example/a/1"}
	for _, e := range []notify.Event{notify.Trigger, notify.Acknowledge, notify.Resolve} {
		m.Event = e
		receipt, err := c.Send(t.Context(), m)
		if err != nil || len(receipt) != 255 {
			t.Fatalf("%s: %q, %v", e, receipt, err)
		}
	}
	if all[0]["event_action"] != "trigger" || all[1]["event_action"] != "acknowledge" || all[2]["event_action"] != "resolve" || all[0]["dedup_key"] != all[2]["dedup_key"] {
		t.Errorf("%v", all)
	}
	p := all[0]["payload"].(map[string]any)
	if s := p["summary"].(string); len(s) > 1024 || p["severity"] != "critical" || p["source"] != "d1" || p["timestamp"] == "" {
		t.Errorf("%v", p)
	}
	if all[1]["payload"] != nil {
		t.Errorf("an acknowledgement with a payload: %v", all[1])
	}
	if _, err := pagerduty.New(server.URL, "other", notify.Client(true)).Send(t.Context(), m); notify.Refused(err) == nil || !notify.Refused(err).Final {
		t.Errorf("an invalid event is tried again: %v", err)
	}
}
