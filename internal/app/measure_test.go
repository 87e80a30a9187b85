package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"pleth/client/live"
	"pleth/internal/plethtest"
)

// scrape returns the metrics of s, asked with its token.
func scrape(t *testing.T, s *Server) string {
	t.Helper()
	return ask(t, s, "/metrics")
}

// send posts body as readings of a device of its own.
func send(t *testing.T, s *Server, body string, want int) {
	t.Helper()
	req, _ := http.NewRequest("POST", address(s)+"/api/v1/readings", strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); res.StatusCode != want {
		t.Fatalf("%s: %s %s", body, res.Status, b)
	}
}

// What happened stands in the metrics, nothing of a person or a device does,
// and what the rules and the dashboard ask for is there.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s, _ := serving(t, func(set *Settings) { set.Debug.Listen = "127.0.0.1:0" })
	c, err := live.Open(live.Config{URL: address(s), Token: s.token})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for !c.State().Connected {
		<-c.Changed()
	}
	now := time.Now().UTC()
	for i, seq := range []int{1, 2, 5, 4, 7} { // 3 and 6 never come
		send(t, s, fmt.Sprintf(`{"device_id":"ward-7-secret","patient_id":"Jane Roe","spo2":%d,"seq":%d,"timestamp":%q}`, 90+i, seq, now.Add(time.Duration(seq)*time.Millisecond).Format(time.RFC3339Nano)), 201)
	}
	send(t, s, `{"device_id":"ward-7-secret","spo2":"x","timestamp":"2025-01-01T00:00:00Z"}`, 422)
	for c.State().Devices == nil {
		<-c.Changed()
	}
	text := scrape(t, s)
	for _, line := range []string{
		`pleth_ingest_acknowledge_seconds_count{door="rest"} 5`, `pleth_readings_total{outcome="accepted"} 5`, `pleth_refused_total{reason="wrong_type"} 1`,
		"pleth_sequence_expected_total 7", "pleth_sequence_arrived_total 5", "pleth_freshness_seconds_count 5", "pleth_watermark_lag_seconds_count 1",
		`pleth_saturation_readings_total{state="measured"} 5`, "pleth_dead_letters 1", "pleth_devices 1", "pleth_live_clients 1", "pleth_queue_readings 0",
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	status := ask(t, s, "/api/v1/status")
	if strings.Contains(text+status, "ward-7") || strings.Contains(text+status, "Roe") {
		t.Error("the metrics or the status name a device or a person")
	}
	checkStatus(t, status)
	if m := regexp.MustCompile(`pleth_log_sync_seconds_count (\d+)`).FindStringSubmatch(text); m == nil || m[1] == "0" {
		t.Error("no sync was measured")
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	checkAsked(t, text)
	t.Run("promtool", func(t *testing.T) { runPromtool(t, text) })
	for host, want := range map[string]int{s.debug.String(): http.StatusOK, "elsewhere.example:80": http.StatusMisdirectedRequest} {
		for _, path := range []string{"/metrics", "/debug/pprof/goroutine?debug=1"} {
			req, _ := http.NewRequest("GET", "http://"+s.debug.String()+path, nil)
			req.Host = host
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != want {
				t.Errorf("%s of %s: %s", path, host, res.Status)
			}
		}
	}
}

// checkStatus holds the status of TestMetrics to what it sent.
func checkStatus(t *testing.T, text string) {
	t.Helper()
	var got status
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	door, readings, loss := got.Doors[0], got.Readings[0], got.Objectives[4]
	if door.Name != "rest" || door.Batches != 5 || door.P99 == nil || readings.Name != "accepted" || readings.Total != 5 || loss.Name != "loss" || loss.Count != 7 ||
		len(got.Refused) != 1 || got.Refused[0].Name != "wrong_type" || got.Letters != 1 || got.Devices != 1 || got.Lag == nil || got.Clients != 1 || got.SyncP50 == nil {
		t.Errorf("%s", text)
	}
	if !got.Writes || got.Why != "" || got.DiskFree == 0 || got.DiskFree > got.DiskWhole {
		t.Errorf("writes %v %q, %d bytes free of %d", got.Writes, got.Why, got.DiskFree, got.DiskWhole)
	}
}

// deployed returns a file of deploy/.
func deployed(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(plethtest.Root(t), "deploy", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// checkAsked holds rules and dashboard to what is exposed and recorded, and
// every alert to its page in the manual.
func checkAsked(t *testing.T, text string) {
	t.Helper()
	rules, board := deployed(t, "prometheus/pleth.rules.yml"), deployed(t, "grafana/pleth.json")
	if !json.Valid([]byte(board)) {
		t.Error("the dashboard is not JSON")
	}
	have := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(text, -1) {
		have[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`record: (\S+)`).FindAllStringSubmatch(rules, -1) {
		have[m[1]] = true
	}
	asked := 0
	for _, m := range regexp.MustCompile(`\b(pleth:[a-z_]+:[a-z0-9_]+|(?:pleth|process)_[a-z_]+)`).FindAllString(rules+board, -1) {
		asked++
		if !have[m] {
			t.Errorf("%s is asked for and not there", m)
		}
	}
	if asked < 100 {
		t.Errorf("only %d names were found", asked)
	}
	manual, err := os.ReadFile(filepath.Join(plethtest.Root(t), "docs", "operations.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`alert: (\S+)`).FindAllStringSubmatch(rules, -1) {
		if !bytes.Contains(manual, []byte("\n### "+m[1]+"\n")) {
			t.Errorf("docs/operations.md does not say what %s means", m[1])
		}
	}
}

// runPromtool lets Prometheus judge the alert rules, their tests and text, which
// is what /metrics says. make services fetches it.
func runPromtool(t *testing.T, text string) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		tool = filepath.Join(plethtest.Root(t), ".cache", "prometheus", "usr", "bin", "promtool")
		_, err = os.Stat(tool)
	}
	if err != nil {
		const what = "promtool is not here: make services fetches it"
		if os.Getenv("CI") != "" {
			t.Fatal(what)
		}
		t.Skip("NOT TESTED: " + what)
	}
	dir := filepath.Join(plethtest.Root(t), "deploy", "prometheus")
	for _, args := range [][]string{{"check", "rules", "pleth.rules.yml"}, {"test", "rules", "pleth.test.yml"}, {"check", "metrics"}} {
		cmd := exec.Command(tool, args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
