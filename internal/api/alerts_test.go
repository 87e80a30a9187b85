package api_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/api"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
	"pleth/internal/watch"
)

// startWatch returns a server with alarms. Its clock is that of the machine.
func startWatch(t *testing.T) *server {
	t.Helper()
	s := &server{t: t, memory: roadtest.NewMemory(), aside: &aside{}}
	settings := analysis.Settings{Config: analysis.Config{ODI: "abosa"}}
	if err := settings.Resolve(); err != nil {
		t.Fatal(err)
	}
	alarms := watch.New(watch.Config{Store: &watch.Memory{}})
	r, err := road.Open(road.Config{Log: s.memory, Series: s.memory, Settings: settings, Follow: alarms.Follow})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	wait := alarms.Start(ctx, r)
	a, err := api.New(api.Config{Road: r, Aside: s.aside, People: &people{}, Alarms: alarms, Keys: []api.Key{{Name: "admin", Token: token}}, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(a)
	t.Cleanup(func() {
		s.Close()
		cancel()
		wait()
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

type alertsPage struct {
	Alerts []api.Alert `json:"alerts"`
	Next   string      `json:"next_cursor"`
}

// await asks until there are n alerts.
func (s *server) await(path string, n int) []api.Alert {
	s.t.Helper()
	var page alertsPage
	for range 200 {
		s.do("GET", path, "").want(s.t, 200, &page)
		if len(page.Alerts) == n {
			return page.Alerts
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("%s: %+v, want %d alerts", path, page.Alerts, n)
	return nil
}

// TestSpotCheckToCleared: the example of the documentation, from the reading to
// the last of its alarms.
func TestSpotCheckToCleared(t *testing.T) {
	t.Parallel()
	s := startWatch(t)
	s.post("ECG-001", example).want(t, 201, nil)
	list := s.await("/api/v1/alerts?device_id=ECG-001", 2)
	if list[0].Rule != "heart_rate.high" && list[1].Rule != "heart_rate.high" || list[0].Subject == nil || !list[0].Spot {
		t.Fatalf("%+v", list)
	}
	var page alertsPage
	s.do("GET", "/api/v1/alerts?limit=1", "").want(t, 200, &page)
	if len(page.Alerts) != 1 || page.Next == "" {
		t.Fatalf("%+v", page)
	}
	first := page.Alerts[0].ID
	s.do("GET", "/api/v1/alerts?limit=1&cursor="+page.Next, "").want(t, 200, &page)
	if len(page.Alerts) != 1 || page.Next != "" || page.Alerts[0].ID == first {
		t.Fatalf("%+v", page)
	}
	var one api.Alert
	path := "/api/v1/alerts/" + first
	s.do("POST", path+"/note", `{"actor":"nurse","note":"is being looked at"}`).want(t, 201, nil)
	s.do("POST", path+"/silence", `{"actor":"nurse","until":"`+time.Now().Add(time.Hour).Format(time.RFC3339)+`"}`).want(t, 201, &one)
	if one.Silenced == nil {
		t.Errorf("%+v", one)
	}
	s.do("POST", path+"/ack", `{"actor":"nurse"}`).want(t, 201, &one)
	if one.State != "cleared" || one.By != "nurse" || len(one.Evidence) != 1 || len(one.History) != 5 {
		t.Errorf("%+v", one)
	}
	if s.await("/api/v1/alerts?state=active", 1)[0].ID == first {
		t.Error("the cleared one is active")
	}
	s.await("/api/v1/alerts?priority=high", 0)
	s.await("/api/v1/alerts?from=2025-11-29", 0)
	s.await("/api/v1/alerts?subject_id=nobody", 0)
	s.await("/api/v1/alerts?subject_id=P-123", 2)
}

// TestAlertsBadInput: every answer to what cannot be done.
func TestAlertsBadInput(t *testing.T) {
	t.Parallel()
	s := startWatch(t)
	s.post("ECG-001", example).want(t, 201, nil)
	id := s.await("/api/v1/alerts", 2)[0].ID
	path := "/api/v1/alerts/" + id
	later := time.Now().Add(5 * time.Hour).Format(time.RFC3339)
	for _, one := range []struct {
		name, method, path, body string
		status                   int
		says                     string
	}{
		{"a state that is none", "GET", "/api/v1/alerts?state=firing", "", 400, "pending, active"},
		{"a priority that is none", "GET", "/api/v1/alerts?priority=urgent", "", 400, "low, medium"},
		{"an alert that is not there", "GET", "/api/v1/alerts/al-00", "", 404, "no alert"},
		{"nobody acknowledges", "POST", path + "/ack", `{}`, 422, "/actor"},
		{"a silence without end", "POST", path + "/silence", `{"actor":"n"}`, 422, "/until"},
		{"a silence for five hours", "POST", path + "/silence", `{"actor":"n","until":"` + later + `"}`, 422, "4 h"},
		{"a silence in the past", "POST", path + "/silence", `{"actor":"n","until":"2020-01-01T00:00:00Z"}`, 422, "/until"},
		{"an empty note", "POST", path + "/note", `{"actor":"n"}`, 422, "/note"},
		{"an acknowledgement with an end", "POST", path + "/ack", `{"actor":"n","until":"2020-01-01T00:00:00Z"}`, 422, "/until"},
		{"garbage", "POST", path + "/ack", `{"actor":`, 400, "body ends"},
		{"acknowledged", "POST", path + "/ack", `{"actor":"n"}`, 201, "cleared"},
		{"acknowledged when it is over", "POST", path + "/ack", `{"actor":"m"}`, 409, "alert-cleared"},
		{"silenced when it is over", "POST", path + "/silence", `{"actor":"m","until":"` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}`, 409, "alert-cleared"},
		{"a profile for no age", "PUT", "/api/v1/alarm-profiles/old", `{"base":"elderly","edits":[],"reason":"r"}`, 422, "infant, child, adult"},
		{"a built-in name", "PUT", "/api/v1/alarm-profiles/adult", `{"base":"adult","edits":[],"reason":"r"}`, 422, "built in"},
		{"no reason", "PUT", "/api/v1/alarm-profiles/x", `{"base":"adult","edits":[]}`, 422, "/reason"},
		{"a limit above its opposite", "PUT", "/api/v1/alarm-limits", `{"device_id":"ECG-001","edits":[{"rule":"heart_rate.low","limit":130}],"reason":"r"}`, 422, "every value would alarm"},
		{"a limit out of this world", "PUT", "/api/v1/alarm-limits", `{"device_id":"ECG-001","edits":[{"rule":"spo2.low","limit":30}],"reason":"r"}`, 422, "outside 50 to 100"},
		{"a rule that is not there", "PUT", "/api/v1/alarm-limits", `{"device_id":"ECG-001","edits":[{"rule":"spo2.lo"}],"reason":"r"}`, 422, "there is no rule"},
		{"a rule in words with a wrong word", "PUT", "/api/v1/alarm-limits", `{"edits":[{"rule":"mine","text":"avg(spo2) over hopping 30s < 90 for 0s priority low"}],"reason":"r"}`, 422, "hopping"},
		{"device and subject", "PUT", "/api/v1/alarm-limits", `{"device_id":"a","subject_id":"b","reason":"r"}`, 422, "/subject_id"},
		{"the bed of a subject", "PUT", "/api/v1/alarm-limits", `{"subject_id":"b","bed":"4","reason":"r"}`, 422, "/device_id"},
		{"beds of a device", "PUT", "/api/v1/alarm-limits", `{"device_id":"a","beds":["4"],"reason":"r"}`, 422, "/beds"},
		{"a bed twice", "PUT", "/api/v1/alarm-limits", `{"beds":["4","5","4"],"reason":"r"}`, 422, "/beds/2"},
		{"a bed without a name", "PUT", "/api/v1/alarm-limits", `{"beds":[" "],"reason":"r"}`, 422, "/beds/0"},
		{"a delay of two hours", "PUT", "/api/v1/alarm-limits", `{"edits":[{"rule":"spo2.low","delay_s":7200}],"reason":"r"}`, 422, "3600"},
		{"rules of nobody", "GET", "/api/v1/devices/none/alarm-rules", "", 404, "no reading"},
	} {
		got := s.do(one.method, one.path, one.body)
		if got.StatusCode != one.status || !strings.Contains(string(got.body), one.says) {
			t.Errorf("%s: status %d, want %d with %q: %s", one.name, got.StatusCode, one.status, one.says, got.body)
		}
	}
}

func TestLimitsComeIntoForce(t *testing.T) {
	t.Parallel()
	s := startWatch(t)
	s.post("ECG-001", example).want(t, 201, nil)
	var p api.AlarmProfile
	s.do("PUT", "/api/v1/alarm-profiles/ward-3", `{"base":"adult","edits":[{"rule":"heart_rate.high","limit":140},{"rule":"temperature.high","off":true}],"reason":"after the round"}`).want(t, 201, &p)
	if p.Version != 1 || p.Actor != "admin" || p.Reason != "after the round" {
		t.Errorf("%+v", p)
	}
	var l api.AlarmLimits
	s.do("PUT", "/api/v1/alarm-limits", `{"device_id":"ECG-001","profile":"ward-3","averaging_s":8,"bed":"4","edits":[{"rule":"spo2.low","limit":92,"delay_s":20}],"reason":"known low"}`).want(t, 201, &l)
	if l.Version != 1 {
		t.Errorf("%+v", l)
	}
	in := func() string {
		return string(s.do("GET", "/api/v1/devices/ECG-001/alarm-rules", "").body)
	}
	for range 100 {
		if strings.Contains(in(), "device averaging 8 s + delay 20 s") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, want := range []string{"heart rate above 140 /min", "SpO2 below 92 %", "ward-3"} {
		if !strings.Contains(in(), want) {
			t.Errorf("no %q in %s", want, in())
		}
	}
	// The spot check is judged by the rules in force when it is: nothing but SpO2.
	if list := s.await("/api/v1/alerts?device_id=ECG-001", 1); list[0].Rule != "spo2.low" || list[0].Bed != "4" {
		t.Errorf("%+v", list)
	}
	var page struct {
		Limits []api.AlarmLimits `json:"limits"`
	}
	s.do("GET", "/api/v1/alarm-limits?device_id=ECG-001", "").want(t, 200, &page)
	if len(page.Limits) != 1 || page.Limits[0].Reason != "known low" {
		t.Errorf("%+v", page)
	}
}
