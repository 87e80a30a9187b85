package api_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pleth/internal/api"
	"pleth/internal/deadletter"
	"pleth/internal/identity"
	"pleth/internal/intake/readings"
)

// full is a place for what was refused that has no room.
type full struct{}

func (full) Put(context.Context, string, int64, []byte, []readings.Refusal) error {
	return deadletter.ErrFull
}

// What cannot be kept aside is not acknowledged: the sender keeps it.
func TestDeadLettersFull(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Aside = full{} })
	good, bad := strings.TrimSuffix(example, "}")+`,"seq":1}`, `{"spo2":101}`
	for _, body := range []string{bad, "[" + good + "," + bad + "]", `{"spo2":`} {
		if r := s.post("ECG-001", body); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || !strings.Contains(string(r.body), "dead letters are full") {
			t.Errorf("%s: got %d %s", body, r.StatusCode, r.body)
		}
	}
	var taken api.Taken
	s.post("ECG-001", good).want(t, 201, &taken)
	if taken.Duplicate != 1 {
		t.Errorf("what was taken beside it is not stored: %+v", taken)
	}
}

// down is an identity store on a disk that fails.
type down struct{ people }

func (*down) Pseudonyms(context.Context, []string) ([]string, error) {
	return nil, fmt.Errorf("%w: disk full", identity.ErrStore)
}

func TestIdentityStoreDown(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.People = &down{} })
	if r := s.post("ECG-001", example); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || strings.Contains(string(r.body), "P-123") {
		t.Errorf("got %d %s", r.StatusCode, r.body)
	}
	var got struct{ Readings []any }
	s.do("GET", "/api/v1/readings", "").want(t, 200, &got)
	if len(got.Readings) > 0 {
		t.Error("a reading without its person was stored")
	}
}

// A small body of many refused readings takes no more memory than there is.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Limits.Bodies = 1 << 20 })
	body := "[" + strings.Repeat("1,", 9999) + "1]"
	if r := s.post("ECG-001", body); r.StatusCode != 503 {
		t.Errorf("got %d %.200s", r.StatusCode, r.body)
	}
	s.post("ECG-001", "["+strings.Repeat("1,", 999)+"1]").want(t, 422, nil)
	for range 20 { // all memory was given back
		s.post("ECG-001", "["+strings.Repeat("1,", 999)+"1]", "Idempotency-Key: a").want(t, 422, nil)
	}
}
