package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestOverrideTakesTwoKeys: one person cannot override a value, with one key or
// with two of their own.
func TestOverrideTakesTwoKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "$DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("a.csv", "id,total,at\n1,5,2026-03-29T00:00:00Z\n")
	write("b.csv", "id,total,at\n1,6,2026-03-29T00:00:00Z\n")
	for _, key := range []string{"anna", "tablet", "ben", "reader"} {
		write(key, "the-token-of-"+key)
	}
	set, err := ReadSettings(write("pleth.yaml", `data: $DIR/data
listen: 127.0.0.1:0
keys:
  - {name: anna, token_file: $DIR/anna, owner: Anna Weber}
  - {name: tablet, token_file: $DIR/tablet, owner: anna  weber}
  - {name: ben, token_file: $DIR/ben}
  - {name: reader, token_file: $DIR/reader, scope: dry-run}
reconcile:
  dashboard: https://grafana.example/d/pleth?var-integration={integration}
  systems: {files: {kind: csv, folder: $DIR}}
  pairs:
    files:
      a: {system: files, table: a.csv}
      b: {system: files, table: b.csv}
      key: [id]
      compare: [total]
      time: at
      history: 3650d
      cadence: 1s
      mend: {url: "http://127.0.0.1:9/"}
`))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := serving(t, func(to *Settings) { *to = set })
	call := func(key, path, body string) (int, map[string]any) {
		t.Helper()
		req, err := http.NewRequestWithContext(context.Background(), map[bool]string{true: "GET", false: "POST"}[body == ""], "http://"+s.Addr().String()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		token := "the-token-of-" + key
		if key == "admin" {
			token = s.token
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var out map[string]any
		_ = json.NewDecoder(res.Body).Decode(&out)
		return res.StatusCode, out
	}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, out := call("anna", "/api/v1/incidents?integration=files", "")
		if list, _ := out["incidents"].([]any); len(list) > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("no incident was opened")
		}
	}
	propose := `{"action":"override","actor":"somebody","reason":"the shop is right","values":{"id":"1","total":"5","at":"2026-03-29T00:00:00Z"}}`
	if status, out := call("reader", "/api/v1/incidents/1/mends", propose); status != http.StatusForbidden {
		t.Errorf("%d %v", status, out)
	}
	status, out := call("anna", "/api/v1/incidents/1/mends", propose)
	if status != http.StatusCreated || out["state"] != "proposed" || out["by"] != "Anna Weber (anna)" {
		t.Fatalf("%d %v", status, out)
	}
	confirm := fmt.Sprintf("/api/v1/incidents/1/mends/%v/confirm", out["id"])
	for _, c := range []struct {
		key  string
		want int
	}{{"anna", 409}, {"tablet", 409}, {"reader", 403}, {"ben", 201}, {"admin", 409}} {
		if status, out := call(c.key, confirm, `{"actor":"somebody else"}`); status != c.want {
			t.Errorf("%s: %d, want %d: %v", c.key, status, c.want, out)
		}
	}
	// One token is one key.
	set.Keys[1].TokenFile = set.Keys[0].TokenFile
	if _, err := (&Server{settings: set, token: "t"}).keys(); err == nil {
		t.Error("two keys have one token")
	}
}

// TestKeysThatMayOnlyAsk: a read-only key asks, a dry-run key asks what would
// happen, and neither changes anything.
func TestKeysThatMayOnlyAsk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "$DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("a.csv", "id,total,at\n1,5,2026-03-29T00:00:00Z\n2,6,2026-03-29T00:00:00Z\n")
	write("b.csv", "id,total,at\n1,5,2026-03-29T00:00:00Z\n")
	write("read", "a-token-that-may-read")
	write("dry", "a-token-that-may-ask-more")
	set, err := ReadSettings(write("pleth.yaml", `data: $DIR/data
listen: 127.0.0.1:0
keys:
  - {name: reader, token_file: $DIR/read, scope: read}
  - {name: planner, token_file: $DIR/dry, scope: dry-run}
reconcile:
  dashboard: https://grafana.example/d/pleth?var-integration={integration}
  systems: {files: {kind: csv, folder: $DIR}}
  pairs:
    files:
      a: {system: files, table: a.csv}
      b: {system: files, table: b.csv}
      key: [id]
      compare: [total]
      time: at
      history: 3650d
      cadence: 1s
      mend: {url: "http://127.0.0.1:9/"}
`))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := serving(t, func(to *Settings) { *to = set })
	call := func(token, method, path, body string) (int, map[string]any) {
		t.Helper()
		req, err := http.NewRequestWithContext(context.Background(), method, "http://"+s.Addr().String()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var out map[string]any
		_ = json.NewDecoder(res.Body).Decode(&out)
		return res.StatusCode, out
	}
	incident := ""
	for end := time.Now().Add(2 * time.Minute); incident == ""; time.Sleep(50 * time.Millisecond) {
		_, out := call("a-token-that-may-read", "GET", "/api/v1/incidents?integration=files", "")
		if list, _ := out["incidents"].([]any); len(list) > 0 {
			incident = "/api/v1/incidents/1"
		}
		if time.Now().After(end) {
			t.Fatal("no incident was opened")
		}
	}
	for _, c := range []struct {
		token, method, path, body string
		want                      int
	}{
		{"a-token-that-may-read", "GET", "/api/v1/integrations", "", 200},
		{"a-token-that-may-read", "GET", "/api/v1/integrations/files/buckets", "", 200},
		{"a-token-that-may-read", "GET", "/api/v1/integration-summary?period=week", "", 200},
		{"a-token-that-may-read", "GET", "/api/v1/integration-summary?form=html", "", 200},
		{"a-token-that-may-read", "GET", "/api/v1/integration-summary?form=pdf", "", 200},
		{"a-token-that-may-read", "GET", "/api/v1/integrations/nothing", "", 404},
		{"a-token-that-may-read", "POST", "/api/v1/integrations/files/checks", "", 403},
		{"a-token-that-may-read", "POST", incident + "/mends", `{"action":"replay","actor":"x","reason":"y","dry_run":true}`, 403},
		{"a-token-that-may-read", "POST", "/api/v1/readings", `{}`, 403},
		{"a-token-that-may-read", "POST", "/write", "m v=1", 401},
		{"a-token-that-may-ask-more", "POST", incident + "/mends", `{"action":"replay","actor":"x","reason":"y","dry_run":true}`, 200},
		{"a-token-that-may-ask-more", "POST", incident + "/mends", `{"action":"replay","actor":"x","reason":"y"}`, 403},
		{"a-token-that-may-ask-more", "POST", incident + "/actions", `{"action":"acknowledge","actor":"x"}`, 403},
		{s.token, "POST", incident + "/mends", `{"action":"sing","actor":"","reason":""}`, 422},
		{s.token, "POST", incident + "/actions", `{"action":"acknowledge","actor":"x"}`, 201},
		{s.token, "POST", incident + "/actions", `{"action":"acknowledge","actor":"x"}`, 409},
		{s.token, "POST", "/api/v1/integrations/files/checks", `{"full":true}`, 202},
		{s.token, "POST", "/api/v1/integrations/files/pause", `{"until":"2020-01-01T00:00:00Z"}`, 422},
	} {
		if got, out := call(c.token, c.method, c.path, c.body); got != c.want {
			t.Errorf("%s %s %s: %d, want %d: %v", c.method, c.path, c.body, got, c.want, out)
		}
	}
	if _, out := call(s.token, "GET", "/api/v1/integrations/files", ""); out["dashboard"] != "https://grafana.example/d/pleth?var-integration=files" {
		t.Errorf("%v", out["dashboard"])
	}
	if metrics := scrape(t, s); !strings.Contains(metrics, `pleth_integration_colour{colour="red",group="Systems",integration="files"} 1`) || !strings.Contains(metrics, `pleth_integration_incidents{group="Systems",integration="files"} 1`) {
		t.Error("the metrics do not have the integration")
	}
	if _, out := call(s.token, "GET", incident, ""); out["state"] != "acknowledged" || len(out["findings"].([]any)) != 1 {
		t.Errorf("%v", out)
	}
}
