package app

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pleth/internal/analysis"
)

// TestTheClockJumps: the clock of the server jumps back and ahead by hours while
// it serves, with quotas on. Nothing that was acknowledged is lost, what is
// refused says why, and everything goes on.
func TestTheClockJumps(t *testing.T) {
	t.Parallel()
	set := Settings{Data: filepath.Join(t.TempDir(), "data"), Listen: "127.0.0.1:0"}
	set.Quota.DeviceReadingsPerSecond = 1000
	s, err := NewServer(set, analysis.Program{Version: "test"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	var ahead atomic.Int64
	s.clock = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	sent := map[int64]bool{} // acknowledged
	next := int64(0)
	send := func(at time.Time) (int, string) {
		next++ // never the same instant twice
		stamp := at.UnixMicro()/1000*1000 + next%1000
		req, err := http.NewRequest("POST", address(s)+"/api/v1/devices/a/readings", strings.NewReader(fmt.Sprintf(`{"spo2":97,"timestamp":%d}`, stamp)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		if res.StatusCode == http.StatusCreated {
			sent[stamp] = true
		}
		return res.StatusCode, string(b)
	}
	right := time.Now() // of the device, whose clock is right
	for _, jump := range []struct {
		to   time.Duration
		want int // for a device whose clock is right
	}{{0, 201}, {-2 * time.Hour, 422}, {3 * time.Hour, 201}, {-time.Minute, 201}, {-10 * 365 * 24 * time.Hour, 422}, {0, 201}, {90 * 24 * time.Hour, 201}, {0, 201}} {
		ahead.Store(int64(jump.to))
		for range 3 {
			got, body := send(right)
			if got != jump.want || got == 422 && !strings.Contains(body, "future_timestamp") {
				t.Errorf("jump by %v: %d %s", jump.to, got, body)
			}
		}
		if got, body := send(s.clock().Add(-time.Second)); got != 201 {
			t.Errorf("jump by %v, a device that has jumped too: %d %s", jump.to, got, body)
		}
		for _, path := range []string{"/readyz", "/metrics", "/api/v1/status", "/api/v1/devices", "/api/v1/latest", "/api/v1/alerts", "/api/v1/sessions", "/api/v1/readings?resolution=1m"} {
			ask(t, s, path)
		}
	}
	rows := strings.Count(ask(t, s, "/api/v1/readings?device_id=a&limit=10000"), `"timestamp"`)
	if rows != len(sent) {
		t.Errorf("%d acknowledged, %d there", len(sent), rows)
	}
}
