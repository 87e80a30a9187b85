package slack_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pleth/internal/alarm"
	"pleth/internal/notify"
	"pleth/internal/notify/slack"
)

// TestSend checks what Slack documents: a fallback text, at most 50 blocks, a
// header of 150 characters of plain text, a section of 3000.
func TestSend(t *testing.T) {
	t.Parallel()
	var got struct {
		Text   string
		Blocks []struct {
			Type     string
			Text     struct{ Type, Text string }
			Elements []json.RawMessage
		}
	}
	answer := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v, %s", err, r.Header)
		}
		w.WriteHeader(answer)
		fmt.Fprint(w, "ok")
	}))
	defer server.Close()
	c := slack.New(server.URL, notify.Client(true))
	m := &notify.Message{ID: "m1", Alarm: "a1", Event: notify.Trigger, Priority: alarm.High, Bed: strings.Repeat("ü", 200), Condition: "SpO2 < 85 % <!channel>", Value: "81 %", Link: "https://pleth.example/alarms/1", Delays: "delay 5 s"}
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if len(got.Blocks) != 4 || got.Blocks[0].Type != "header" || got.Blocks[0].Text.Type != "plain_text" || len([]rune(got.Blocks[0].Text.Text)) > 150 ||
		got.Blocks[1].Text.Type != "mrkdwn" || strings.Contains(got.Blocks[1].Text.Text, "<!channel>") || got.Blocks[3].Type != "actions" || got.Text == "" {
		t.Errorf("%+v", got)
	}
	answer = http.StatusNotFound
	if _, err := c.Send(t.Context(), m); notify.Refused(err) == nil || !notify.Refused(err).Final {
		t.Errorf("no such webhook: %v", err)
	}
}
