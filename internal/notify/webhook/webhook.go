// Package webhook posts messages as JSON, signed as Standard Webhooks has it
// (https://www.standardwebhooks.com): headers webhook-id, webhook-timestamp and
// webhook-signature, an HMAC-SHA-256 over the three joined by points.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pleth/internal/notify"
)

// Channel posts to one address.
type Channel struct {
	url     string
	secrets [][]byte
	client  *http.Client
	now     func() time.Time
}

// New returns a channel that posts to url and signs with each secret: two while
// one replaces the other. A secret is "whsec_" and base64 of 24 to 64 bytes.
func New(url string, secrets []string, client *http.Client) (*Channel, error) {
	c := &Channel{url: url, client: client, now: time.Now}
	for _, s := range secrets {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		if err != nil || len(key) < 24 || len(key) > 64 || !strings.HasPrefix(s, "whsec_") {
			return nil, fmt.Errorf("the secret of a webhook is whsec_ and base64 of 24 to 64 bytes")
		}
		c.secrets = append(c.secrets, key)
	}
	if len(c.secrets) == 0 {
		return nil, fmt.Errorf("a webhook needs a secret, so that the other side can tell who sends")
	}
	return c, nil
}

// body is what is posted, format "pleth.alarm/1".
type body struct {
	Type      string          `json:"type"` // "alarm.trigger"
	Timestamp time.Time       `json:"timestamp"`
	Data      *notify.Message `json:"data"`
	Priority  string          `json:"priority"`
	Summary   string          `json:"summary"`
}

// Send posts m. The receipt is empty.
func (c *Channel) Send(ctx context.Context, m *notify.Message) (string, error) {
	b, err := json.Marshal(body{"alarm." + string(m.Event), m.At.UTC(), m, m.Priority.String(), m.Summary()})
	if err != nil {
		return "", err
	}
	at := strconv.FormatInt(c.now().Unix(), 10)
	var signatures []string
	for _, key := range c.secrets {
		signatures = append(signatures, Sign(key, m.ID, at, b))
	}
	_, err = notify.Post(ctx, c.client, c.url, http.Header{
		"Webhook-Id": {m.ID}, "Webhook-Timestamp": {at}, "Webhook-Signature": {strings.Join(signatures, " ")},
	}, b)
	return "", err
}

// Sign returns the signature "v1,…" of a message by its id, the time in Unix
// seconds and its body.
func Sign(key []byte, id, at string, body []byte) string {
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s.%s.", id, at)
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}
