// Package slack posts messages to an incoming webhook of Slack.
package slack

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"pleth/internal/notify"
)

// Channel posts to one incoming webhook.
type Channel struct {
	url    string
	client *http.Client
}

// New returns a channel for the webhook at url.
func New(url string, client *http.Client) *Channel { return &Channel{url, client} }

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type block struct {
	Type     string `json:"type"`
	Text     *text  `json:"text,omitempty"`
	Elements []text `json:"elements,omitempty"`
}

type click struct {
	Type string `json:"type"`
	Text text   `json:"text"`
	URL  string `json:"url"`
}

type actions struct {
	Type     string  `json:"type"`
	Elements []click `json:"elements"`
}

// Send posts m. Slack gives no receipt.
func (c *Channel) Send(ctx context.Context, m *notify.Message) (string, error) {
	blocks := []any{
		block{Type: "header", Text: &text{"plain_text", cut(m.Summary(), 150)}},
		block{Type: "section", Text: &text{"mrkdwn", cut(escape(details(m)), 3000)}},
	}
	if m.Delays != "" {
		blocks = append(blocks, block{Type: "context", Elements: []text{{"mrkdwn", escape(m.Delays)}}})
	}
	if m.Link != "" {
		blocks = append(blocks, actions{"actions", []click{{"button", text{"plain_text", "Open"}, m.Link}}})
	}
	b, err := json.Marshal(map[string]any{"text": m.Summary(), "blocks": blocks})
	if err != nil {
		return "", err
	}
	_, err = notify.Post(ctx, c.client, c.url, http.Header{}, b)
	return "", err
}

// details returns the lines of a message.
func details(m *notify.Message) string {
	lines := []string{m.Condition}
	for _, one := range [][2]string{{"Value", m.Value}, {"Bed", m.Bed}, {"Device", m.Device}, {"Beds", strings.Join(m.Beds, ", ")}, {"By", m.Actor}} {
		if one[1] != "" {
			lines = append(lines, one[0]+": "+one[1])
		}
	}
	return strings.Join(append(lines, m.At.Format("2006-01-02 15:04:05 MST")), "\n")
}

// escape keeps words from becoming links or mentions.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// cut returns the first n characters of s.
func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
