package webhook

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/notify"
)

// TestSign is the vector of the reference.
func TestSign(t *testing.T) {
	t.Parallel()
	got := Sign(bytes.Repeat([]byte{1}, 24), "msg_1", "1763683200", []byte(`{"a":1}`))
	if want := "v1,qqE18hOP1X9e7Ml1yN1AhNcPjHSftwV8ekJMvdKEPPQ="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func secret(b byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32))
}

func TestSend(t *testing.T) {
	t.Parallel()
	status := http.StatusNoContent
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, body = r, nil
		body, _ = io.ReadAll(r.Body)
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", "7")
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	c, err := New(server.URL, []string{secret(1), secret(2)}, notify.Client(true))
	if err != nil {
		t.Fatal(err)
	}
	c.now = func() time.Time { return time.Unix(1763683200, 0) }
	m := &notify.Message{ID: "m1", Alarm: "a1", Event: notify.Trigger, Priority: alarm.High, Bed: "Bed 4", Condition: "SpO2 below 85 %", Value: "81 %"}
	if _, err := c.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	signatures := strings.Fields(got.Header.Get("webhook-signature"))
	if got.Header.Get("webhook-id") != "m1" || got.Header.Get("webhook-timestamp") != "1763683200" || len(signatures) != 2 ||
		signatures[1] != Sign(bytes.Repeat([]byte{2}, 32), "m1", "1763683200", body) {
		t.Errorf("%v", got.Header)
	}
	var said struct {
		Type, Priority string
		Data           struct{ Alarm, Bed, Value string }
	}
	if err := json.Unmarshal(body, &said); err != nil || said.Type != "alarm.trigger" || said.Priority != "high" || said.Data.Alarm != "a1" || said.Data.Value != "81 %" {
		t.Errorf("%s, %v", body, err)
	}
	for _, want := range []struct {
		status      int
		final, gone bool
		after       time.Duration
	}{{400, true, false, 0}, {410, true, true, 0}, {302, true, false, 0}, {429, false, false, 7 * time.Second}, {503, false, false, 0}} {
		status = want.status
		_, err := c.Send(t.Context(), m)
		r := notify.Refused(err)
		if r == nil || r.Final != want.final || r.Gone != want.gone || r.After != want.after {
			t.Errorf("status %d: %+v", want.status, err)
		}
	}
	outside, err := New(server.URL, []string{secret(1)}, notify.Client(false))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := outside.Send(t.Context(), m); notify.Refused(err) == nil || !strings.Contains(err.Error(), "inside the network") {
		t.Errorf("an address inside the network: %v", err)
	}
	for _, bad := range [][]string{nil, {"secret"}, {"whsec_c2hvcnQ="}} {
		if _, err := New(server.URL, bad, nil); err == nil {
			t.Errorf("the secrets %q are taken", bad)
		}
	}
}

// TestErrorsHoldNoAddress: it may hold a secret.
func TestErrorsHoldNoAddress(t *testing.T) {
	t.Parallel()
	c, err := New("http://127.0.0.1:1/hook/secret", []string{secret(1)}, notify.Client(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(t.Context(), &notify.Message{ID: "m"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}
