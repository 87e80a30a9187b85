package crash_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// pushes is the ledger of what people were told: messages by their id, and how
// often each came.
type pushes struct {
	mu   sync.Mutex
	seen map[string]int
}

// ServeHTTP takes a webhook.
func (p *pushes) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen[r.Header.Get("webhook-id")]++
}

// got reports whether a message came.
func (p *pushes) got(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen[id] > 0
}

// A device is below the limit for lowFor of every period seconds: long enough
// for the delay of two, and back for longer than it takes to clear.
const (
	alarmDevices = 8
	period       = 18
	lowFrom      = 6
	lowFor       = 5
)

// sendLows sends a device at 1 Hz in real time until stop is closed, and then
// until it is well, each reading until it is acknowledged. It returns the times
// at which it fell; falls counts those of all devices.
func sendLows(t *testing.T, s *server, device int, stop <-chan struct{}, falls *atomic.Int64) (fell []time.Time) {
	address := fmt.Sprintf("%s/api/v1/devices/low-%d/readings", s.url(), device)
	well, low, stopped := 0, false, false
	for k := device * period / alarmDevices; well < 15; k++ {
		at := time.Now().UTC().Truncate(time.Millisecond)
		select {
		case <-stop:
			stopped = true
		default:
		}
		switch k % period {
		case lowFrom:
			if low = !stopped; low {
				fell = append(fell, at)
				falls.Add(1)
			}
		case lowFrom + lowFor:
			low = false
		}
		v := 97
		if low {
			v = 89
		} else if stopped {
			well++
		}
		body := fmt.Sprintf(`{"spo2":%d,"seq":%d,"timestamp":%q}`, v, k+1, at.Format(time.RFC3339Nano))
		for {
			res, err := http.Post(address, "application/json", strings.NewReader(body))
			if err == nil {
				_ = res.Body.Close()
				if res.StatusCode == http.StatusCreated {
					break
				}
			}
			if t.Context().Err() != nil {
				return fell
			}
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Until(at.Add(time.Second)))
	}
	return fell
}

// TestNoAlarmIsLostByKill kills the server while alarms come and go: each is
// there once, as when it happened, with every message to people under an id of
// its own, by which one that came twice is known.
func TestNoAlarmIsLostByKill(t *testing.T) {
	n := max(6, kills(t)/8)
	desk := &pushes{seen: map[string]int{}}
	hook := httptest.NewServer(desk)
	defer hook.Close()
	dir := t.TempDir()
	secret, config := filepath.Join(dir, "secret"), filepath.Join(dir, "pleth.yaml")
	settings := fmt.Sprintf("notify:\n  channels:\n    desk: {kind: webhook, url: %q, secret_file: %q, allow_private: true}\n  routes:\n    - channels: [desk]\n", hook.URL, secret)
	for path, text := range map[string]string{secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", config: settings} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := newServer(t, build(t))
	s.config = config
	s.start(t)
	limits := `{"reason":"test","edits":[{"rule":"spo2.low","delay_s":2},{"rule":"spo2.cluster","off":true}]}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url()+"/api/v1/alarm-limits", strings.NewReader(limits))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("limits: %s", res.Status)
	}
	stop := make(chan struct{})
	fell := make([][]time.Time, alarmDevices)
	var senders sync.WaitGroup
	var falls atomic.Int64
	for i := range alarmDevices {
		senders.Go(func() { fell[i] = sendLows(t, s, i, stop, &falls) })
	}
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	killed := 0
	for ; killed < n || falls.Load() < alarmDevices; killed++ {
		time.Sleep(time.Duration(800+random.IntN(2500)) * time.Millisecond)
		s.kill()
		s.start(t)
	}
	close(stop)
	senders.Wait()

	// Every alarm that must be there, once.
	type alert struct{ ID, Rule, State, Onset string }
	found := map[string][]alert{}
	for i := range alarmDevices {
		for cursor := ""; ; {
			var list struct {
				Alerts []alert
				Next   string `json:"next_cursor"`
			}
			if err := json.Unmarshal(get(t, fmt.Sprintf("%s/api/v1/alerts?device_id=low-%d&cursor=%s", s.url(), i, url.QueryEscape(cursor))), &list); err != nil {
				t.Fatal(err)
			}
			for _, a := range list.Alerts {
				if a.Rule == "spo2.low" {
					key := fmt.Sprintf("low-%d %s", i, a.Onset)
					found[key] = append(found[key], a)
				}
			}
			if cursor = list.Next; cursor == "" {
				break
			}
		}
	}
	wanted, twice := 0, 0
	for i, times := range fell {
		for _, at := range times {
			wanted++
			key := fmt.Sprintf("low-%d %s", i, at.Format(time.RFC3339Nano))
			list := found[key]
			delete(found, key)
			if len(list) != 1 || list[0].State != "cleared" {
				t.Errorf("%s: alarms %+v, want one that is over", key, list)
				continue
			}
			for _, step := range []string{"trigger", "resolve"} {
				id := list[0].ID + "." + step
				for deadline := time.Now().Add(2 * time.Minute); !desk.got(id); time.Sleep(20 * time.Millisecond) {
					if time.Now().After(deadline) {
						t.Errorf("%s: nobody was told of its %s", key, step)
						break
					}
				}
			}
		}
	}
	for key := range found {
		t.Errorf("%s: an alarm that never was", key)
	}
	desk.mu.Lock()
	for _, k := range desk.seen {
		if k > 1 {
			twice++
		}
	}
	t.Logf("%d kills: %d alarms, %d messages, %d of them more than once", killed, wanted, len(desk.seen), twice)
	desk.mu.Unlock()
	s.stop(t)
}
