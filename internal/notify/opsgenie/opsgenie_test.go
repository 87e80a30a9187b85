package opsgenie_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"pleth/internal/alarm"
	"pleth/internal/notify"
	"pleth/internal/notify/opsgenie"
)

// TestSend checks what the Alert API documents of its requests.
func TestSend(t *testing.T) {
	t.Parallel()
	var paths []string
	var first map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || r.Header.Get("Authorization") != "GenieKey key" {
			t.Errorf("%v, %v", err, r.Header)
		}
		if first == nil {
			first = body
		}
		paths = append(paths, r.URL.RequestURI())
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"result":"Request will be processed","took":0.1,"requestId":"r1"}`)
	}))
	defer server.Close()
	c := opsgenie.New(server.URL+"/", "key", notify.Client(true))
	m := &notify.Message{ID: "m1", Alarm: "a/1", Priority: alarm.Medium, Bed: "Bed 4", Condition: "SpO2 below 88 %", Actor: "nurse"}
	for _, e := range []notify.Event{notify.Trigger, notify.Acknowledge, notify.Resolve} {
		m.Event = e
		if receipt, err := c.Send(t.Context(), m); err != nil || receipt != "r1" {
			t.Fatalf("%s: %q, %v", e, receipt, err)
		}
	}
	want := []string{"/v2/alerts", "/v2/alerts/a%2F1/acknowledge?identifierType=alias", "/v2/alerts/a%2F1/close?identifierType=alias"}
	for i := range want {
		if paths[i] != want[i] {
			t.Errorf("%s, want %s", paths[i], want[i])
		}
	}
	if s := first["message"].(string); len([]rune(s)) > 130 || first["alias"] != "a/1" || first["priority"] != "P2" || first["entity"] != "Bed 4" {
		t.Errorf("%v", first)
	}
}
