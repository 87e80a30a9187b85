// Package pagerduty sends messages to PagerDuty by its Events API v2.
package pagerduty

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/notify"
)

// Address is where PagerDuty takes events.
const Address = "https://events.pagerduty.com/v2/enqueue"

// Channel sends to one service of PagerDuty.
type Channel struct {
	url, key string
	client   *http.Client
}

// New returns a channel for the service with that routing key; url is Address
// but in tests.
func New(url, key string, client *http.Client) *Channel { return &Channel{url, key, client} }

type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"`
	DedupKey   string   `json:"dedup_key"`
	Payload    *payload `json:"payload,omitempty"`
	Links      []link   `json:"links,omitempty"`
	Client     string   `json:"client,omitempty"`
	ClientURL  string   `json:"client_url,omitempty"`
}

type payload struct {
	Summary   string          `json:"summary"`
	Source    string          `json:"source"`
	Severity  string          `json:"severity"`
	Timestamp string          `json:"timestamp"`
	Component string          `json:"component,omitempty"`
	Group     string          `json:"group,omitempty"`
	Class     string          `json:"class,omitempty"`
	Details   *notify.Message `json:"custom_details,omitempty"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

var severities = map[alarm.Priority]string{alarm.High: "critical", alarm.Medium: "error", alarm.Low: "warning"}

// Send sends m and returns the dedup key that PagerDuty confirms. A test opens
// an incident and leaves it to the person to close it.
func (c *Channel) Send(ctx context.Context, m *notify.Message) (string, error) {
	e := event{RoutingKey: c.key, Action: string(m.Event), DedupKey: short(m.Alarm, 255)}
	if m.Event == notify.Test {
		e.Action = string(notify.Trigger)
	}
	if e.Action == string(notify.Trigger) {
		severity := severities[m.Priority]
		if severity == "" {
			severity = "info"
		}
		e.Payload = &payload{
			Summary: short(m.Summary(), 1024), Source: m.Device, Severity: severity, Timestamp: m.At.UTC().Format(time.RFC3339Nano),
			Component: m.Bed, Class: m.Condition, Details: m,
		}
		if e.Payload.Source == "" {
			e.Payload.Source = "pleth"
		}
		if m.Link != "" {
			e.Links = []link{{m.Link, "Open the alarm"}}
			e.ClientURL = m.Link
		}
		e.Client = "pleth"
	}
	b, err := json.Marshal(e)
	if err != nil {
		return "", err
	}
	answer, err := notify.Post(ctx, c.client, c.url, http.Header{}, b)
	if err != nil {
		return "", err
	}
	var said struct {
		DedupKey string `json:"dedup_key"`
	}
	_ = json.Unmarshal(answer, &said) // an answer without it is as good
	return said.DedupKey, nil
}

func short(s string, n int) string {
	for len(s) > n {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	return s
}
