// Package opsgenie sends messages to Opsgenie, and to Jira Service Management,
// which takes the same requests. Opsgenie itself ends on 5 April 2027.
package opsgenie

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"pleth/internal/alarm"
	"pleth/internal/notify"
)

// Channel sends to one account.
type Channel struct {
	base, key string
	client    *http.Client
}

// New returns a channel for the API at base ("https://api.opsgenie.com",
// "https://api.eu.opsgenie.com" or that of Jira Service Management).
func New(base, key string, client *http.Client) *Channel {
	return &Channel{strings.TrimSuffix(base, "/"), key, client}
}

var priorities = map[alarm.Priority]string{alarm.High: "P1", alarm.Medium: "P2", alarm.Low: "P3"}

// Send sends m and returns the id of the request.
func (c *Channel) Send(ctx context.Context, m *notify.Message) (string, error) {
	path := "/v2/alerts"
	var body any
	switch m.Event {
	case notify.Acknowledge:
		path += "/" + url.PathEscape(m.Alarm) + "/acknowledge?identifierType=alias"
		body = map[string]any{"user": m.Actor, "source": "pleth"}
	case notify.Resolve:
		path += "/" + url.PathEscape(m.Alarm) + "/close?identifierType=alias"
		body = map[string]any{"source": "pleth"}
	default:
		priority := priorities[m.Priority]
		if priority == "" {
			priority = "P5"
		}
		details := map[string]string{}
		for k, v := range map[string]string{"value": m.Value, "device": m.Device, "bed": m.Bed, "delays": m.Delays, "link": m.Link, "beds": strings.Join(m.Beds, ", ")} {
			if v != "" {
				details[k] = v
			}
		}
		body = map[string]any{
			"message": cut(m.Summary(), 130), "alias": m.Alarm, "description": m.Summary() + "\n" + m.Delays + "\n" + m.Link,
			"tags": []string{"pleth", string(m.Event)}, "details": details, "entity": m.Bed, "source": "pleth", "priority": priority,
		}
	}
	b, err := json.Marshal(body)
	if err != nil {
		return "", err
	}
	answer, err := notify.Post(ctx, c.client, c.base+path, http.Header{"Authorization": {"GenieKey " + c.key}}, b)
	if err != nil {
		return "", err
	}
	var said struct {
		RequestID string `json:"requestId"`
	}
	_ = json.Unmarshal(answer, &said) // an answer without it is as good
	return said.RequestID, nil
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
