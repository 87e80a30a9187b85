package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pairServer is a server that compares a.csv with b.csv of a folder.
type pairServer struct {
	*Server
	set Settings
	t   *testing.T
}

// servePair starts one with keys, by the name of the key and what stands beside
// it in the settings; the token of anna is the-token-of-anna.
func servePair(t *testing.T, b string, keys ...[2]string) *pairServer {
	t.Helper()
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
	write("b.csv", "id,total,at\n"+b)
	list := ""
	for _, k := range keys {
		write(k[0], "the-token-of-"+k[0])
		list += "  - {name: " + k[0] + ", token_file: $DIR/" + k[0] + k[1] + "}\n"
	}
	set, err := ReadSettings(write("pleth.yaml", `data: $DIR/data
listen: 127.0.0.1:0
keys:
`+list+`reconcile:
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
	return &pairServer{s, set, t}
}

// call asks with the key of somebody; admin is that of the server.
func (w *pairServer) call(key, method, path, body string) (int, map[string]any) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+w.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	token := "the-token-of-" + key
	if key == "admin" {
		token = w.token
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	_ = json.NewDecoder(res.Body).Decode(&out)
	return res.StatusCode, out
}

// incident waits for the first incident and returns its path.
func (w *pairServer) incident(key string) string {
	w.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, out := w.call(key, "GET", "/api/v1/incidents?integration=files", "")
		if list, _ := out["incidents"].([]any); len(list) > 0 {
			return "/api/v1/incidents/1"
		}
		if time.Now().After(end) {
			w.t.Fatal("no incident was opened")
		}
	}
}

// TestOverrideTakesTwoKeys: one person cannot override a value, with one key or
// with two of their own.
func TestOverrideTakesTwoKeys(t *testing.T) {
	t.Parallel()
	w := servePair(t, "1,6,2026-03-29T00:00:00Z\n", [2]string{"anna", ", owner: Anna Weber"}, [2]string{"tablet", ", owner: anna  weber"}, [2]string{"ben", ""}, [2]string{"reader", ", scope: dry-run"})
	incident := w.incident("anna")
	propose := `{"action":"override","actor":"somebody","reason":"the shop is right","values":{"id":"1","total":"5","at":"2026-03-29T00:00:00Z"}}`
	if status, out := w.call("reader", "POST", incident+"/mends", propose); status != http.StatusForbidden {
		t.Errorf("%d %v", status, out)
	}
	status, out := w.call("anna", "POST", incident+"/mends", propose)
	if status != http.StatusCreated || out["state"] != "proposed" || out["by"] != "Anna Weber (anna)" {
		t.Fatalf("%d %v", status, out)
	}
	confirm := fmt.Sprintf("%s/mends/%v/confirm", incident, out["id"])
	for _, c := range []struct {
		key  string
		want int
	}{{"anna", 409}, {"tablet", 409}, {"reader", 403}, {"ben", 201}, {"admin", 409}} {
		if status, out := w.call(c.key, "POST", confirm, `{"actor":"somebody else"}`); status != c.want {
			t.Errorf("%s: %d, want %d: %v", c.key, status, c.want, out)
		}
	}
	// One token is one key.
	w.set.Keys[1].TokenFile = w.set.Keys[0].TokenFile
	if _, err := (&Server{settings: w.set, token: "t"}).keys(); err == nil {
		t.Error("two keys have one token")
	}
}

// TestKeysThatMayOnlyAsk: a read-only key asks, a dry-run key asks what would
// happen, and neither changes anything.
func TestKeysThatMayOnlyAsk(t *testing.T) {
	t.Parallel()
	w := servePair(t, "", [2]string{"reader", ", scope: read"}, [2]string{"planner", ", scope: dry-run"})
	incident := w.incident("reader")
	for _, c := range []struct {
		key, method, path, body string
		want                    int
	}{
		{"reader", "GET", "/api/v1/integrations", "", 200},
		{"reader", "GET", "/api/v1/integrations/files/buckets", "", 200},
		{"reader", "GET", "/api/v1/integration-summary?period=week", "", 200},
		{"reader", "GET", "/api/v1/integration-summary?form=html", "", 200},
		{"reader", "GET", "/api/v1/integration-summary?form=pdf", "", 200},
		{"reader", "GET", "/api/v1/integrations/nothing", "", 404},
		{"reader", "POST", "/api/v1/integrations/files/checks", "", 403},
		{"reader", "POST", incident + "/mends", `{"action":"replay","actor":"x","reason":"y","dry_run":true}`, 403},
		{"reader", "POST", "/api/v1/readings", `{}`, 403},
		{"reader", "POST", "/write", "m v=1", 401},
		{"planner", "POST", incident + "/mends", `{"action":"replay","actor":"x","reason":"y","dry_run":true}`, 200},
		{"planner", "POST", incident + "/mends", `{"action":"replay","actor":"x","reason":"y"}`, 403},
		{"planner", "POST", incident + "/actions", `{"action":"acknowledge","actor":"x"}`, 403},
		{"admin", "POST", incident + "/mends", `{"action":"sing","actor":"","reason":""}`, 422},
		{"admin", "POST", incident + "/actions", `{"action":"acknowledge","actor":"x"}`, 201},
		{"admin", "POST", incident + "/actions", `{"action":"acknowledge","actor":"x"}`, 409},
		{"admin", "POST", "/api/v1/integrations/files/checks", `{"full":true}`, 202},
		{"admin", "POST", "/api/v1/integrations/files/pause", `{"until":"2020-01-01T00:00:00Z"}`, 422},
	} {
		if got, out := w.call(c.key, c.method, c.path, c.body); got != c.want {
			t.Errorf("%s %s %s: %d, want %d: %v", c.method, c.path, c.body, got, c.want, out)
		}
	}
	if _, out := w.call("admin", "GET", "/api/v1/integrations/files", ""); out["dashboard"] != "https://grafana.example/d/pleth?var-integration=files" {
		t.Errorf("%v", out["dashboard"])
	}
	if metrics := scrape(t, w.Server); !strings.Contains(metrics, `pleth_integration_colour{colour="red",group="Systems",integration="files"} 1`) || !strings.Contains(metrics, `pleth_integration_incidents{group="Systems",integration="files"} 1`) {
		t.Error("the metrics do not have the integration")
	}
	if _, out := w.call("admin", "GET", incident, ""); out["state"] != "acknowledged" || len(out["findings"].([]any)) != 1 {
		t.Errorf("%v", out)
	}
}

// TestScopesOnEveryEndpoint: whatever is in the API, a key that may only read
// changes nothing, and one that may ask what a mend would do changes nothing
// either.
func TestScopesOnEveryEndpoint(t *testing.T) {
	t.Parallel()
	w := servePair(t, "", [2]string{"reader", ", scope: read"}, [2]string{"planner", ", scope: dry-run"})
	w.incident("reader")
	_, doc := w.call("reader", "GET", "/openapi.json", "")
	paths, _ := doc["paths"].(map[string]any)
	asked := 0
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	for path, methods := range paths {
		for method := range methods.(map[string]any) {
			method = strings.ToUpper(method)
			if method == "GET" || path == "/api/v1/sign-in" { // who signs out changes nothing of others
				continue
			}
			asked++
			for _, key := range []string{"reader", "planner"} {
				status, out := w.call(key, method, parameter.ReplaceAllString(path, "1"), `{}`)
				// The one thing a planner may ask says that nothing was asked.
				mend := key == "planner" && path == "/api/v1/incidents/{incident}/mends" && status == http.StatusUnprocessableEntity
				if status != http.StatusForbidden && status != http.StatusUnauthorized && !mend {
					t.Errorf("%s %s as %s: %d %v", method, path, key, status, out)
				}
			}
		}
	}
	if asked < 10 {
		t.Errorf("%d endpoints that change something were found", asked)
	}
}
