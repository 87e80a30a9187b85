package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// request asks s with its token and returns the body of the answer.
func request(t *testing.T, s *Server, method, path, body string) string {
	t.Helper()
	req, err := http.NewRequest(method, address(s)+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode/100 != 2 && res.StatusCode != http.StatusMultiStatus {
		t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, b)
	}
	return string(b)
}

// eventually fails unless ok comes true.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 3000 {
		if ok() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s never came", what)
}

// TestAMessageThatIsGivenUp is an alarm of its own and stands in the metrics;
// nothing of it can be read on the disk.
func TestAMessageThatIsGivenUp(t *testing.T) {
	t.Parallel()
	desk := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no such channel", http.StatusForbidden)
	}))
	defer desk.Close()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, stop := serving(t, func(set *Settings) {
		set.Notify.Channels = map[string]ChannelSettings{"desk": {Kind: "webhook", URL: desk.URL, SecretFile: secret, AllowPrivate: true}}
		set.Notify.Routes = []RouteSettings{{Channels: []string{"desk"}}}
	})
	const bed = "Bed in the corner"
	request(t, s, "PUT", "/api/v1/alarm-limits", fmt.Sprintf(`{"device_id":"o2-1","bed":%q,"reason":"moved"}`, bed))
	begin := time.Now().Add(-time.Minute)
	var rows []string
	for i := range 60 {
		rows = append(rows, fmt.Sprintf(`{"spo2":%d,"timestamp":%q}`, 97-i/30*20, begin.Add(time.Duration(i)*time.Second).UTC().Format(time.RFC3339)))
	}
	request(t, s, "POST", "/api/v1/devices/o2-1/readings", "["+strings.Join(rows, ",")+"]")
	var list struct {
		Alerts []struct{ ID, Rule, State, Channel string }
	}
	eventually(t, "the alarm of the channel", func() bool {
		if err := json.Unmarshal([]byte(request(t, s, "GET", "/api/v1/alerts?state=active", "")), &list); err != nil {
			t.Fatal(err)
		}
		for _, a := range list.Alerts {
			if a.Rule == "notify.given_up" && a.Channel == "desk" {
				return true
			}
		}
		return false
	})
	eventually(t, "the metric", func() bool {
		return strings.Contains(request(t, s, "GET", "/metrics", ""), `pleth_messages{state="given_up"} `) && !strings.Contains(request(t, s, "GET", "/metrics", ""), `pleth_messages{state="given_up"} 0`)
	})
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(s.settings.Data, "outbox.db"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), bed) || strings.Contains(string(b), "no such channel") {
		t.Error("the outbox can be read")
	}
}

// TestImportsAreJudgedByTheProfileOfTheirSubject, or by that of the house.
func TestImportsAreJudgedByTheProfileOfTheirSubject(t *testing.T) {
	t.Parallel()
	s, _ := serving(t, func(set *Settings) { set.Alarms.Profile = "child" })
	request(t, s, "PUT", "/api/v1/alarm-limits", `{"subject_id":"P-7","profile":"infant","reason":"age"}`)
	rows := "Time,SpO2(%),Pulse Rate(bpm),Motion\n"
	begin := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)
	for i := range 1800 {
		rows += fmt.Sprintf("%s,%d,70,0\n", begin.Add(time.Duration(i)*4*time.Second).Format("15:04:05 Jan 02 2006"), 97-i/60%2*9)
	}
	for _, c := range []struct{ device, query, profile string }{{"one", "", "child"}, {"two", "&subject_id=P-7", "infant"}} {
		request(t, s, "POST", "/api/v1/import?filename=night.csv&device_id="+c.device+c.query, rows)
		var list struct {
			Alerts []struct{ Rule, Profile string }
		}
		eventually(t, "an alarm of the import", func() bool {
			if err := json.Unmarshal([]byte(request(t, s, "GET", "/api/v1/alerts?device_id="+c.device, "")), &list); err != nil {
				t.Fatal(err)
			}
			return len(list.Alerts) > 0
		})
		for _, a := range list.Alerts {
			if a.Profile != c.profile {
				t.Errorf("device %s: %s by the profile %s, want %s", c.device, a.Rule, a.Profile, c.profile)
			}
		}
	}
}
