package crash_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestIDsOutliveKills asks for the session of a device that goes on sending,
// and kills the server now and then: whatever id an answer held leads to the
// session, though it has had others since.
func TestIDsOutliveKills(t *testing.T) {
	s := newServer(t, build(t))
	s.start(t)
	at := time.Date(2026, 1, 14, 22, 0, 0, 0, time.UTC)
	var key string
	told := map[string]bool{}
	for i := range 12 {
		var body []string
		for k := range 20 + i {
			body = append(body, fmt.Sprintf(`{"timestamp":%q,"spo2":%d}`, at.Format(time.RFC3339), 90+(i+k)%9))
			at = at.Add(time.Second)
		}
		resp, err := http.Post(s.url()+"/api/v1/devices/a/readings", "application/json", strings.NewReader("["+strings.Join(body, ",")+"]"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusCreated {
			t.Fatalf("POST answers %s", resp.Status)
		}
		var list struct {
			Sessions []struct{ Key, ID string }
		}
		if err := json.Unmarshal(get(t, s.url()+"/api/v1/sessions?device_id=a"), &list); err != nil || len(list.Sessions) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		key, told[list.Sessions[0].ID] = list.Sessions[0].Key, true
		if i%3 != 0 {
			s.kill()
			s.start(t)
		}
	}
	if len(told) != 12 {
		t.Errorf("%d ids of 12", len(told))
	}
	s.kill()
	s.start(t)
	for id := range told {
		var doc struct {
			Sessions []struct{ Key string }
		}
		if err := json.Unmarshal(get(t, s.url()+"/api/v1/sessions/"+url.PathEscape(id)+"/analysis"), &doc); err != nil || len(doc.Sessions) != 1 || doc.Sessions[0].Key != key {
			t.Errorf("%s leads to %+v, %v, want %s", id, doc, err, key)
		}
	}
	s.stop(t)
}
