package lineprotocol

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Route is one method on one path.
type Route struct {
	Method, Path, ID, Summary string
	// Takes says that the body is line protocol.
	Takes  bool
	Handle http.HandlerFunc
}

// Routes returns what the door answers. The handlers ask themselves who is
// calling; /ping, /health and /ready tell everybody that the server is there.
func (d *Door) Routes() []Route {
	return []Route{
		{"POST", "/write", "influxWrite", "Takes Influx line protocol as version 1 does", true, d.write},
		{"POST", "/api/v2/write", "influxWriteV2", "Takes Influx line protocol as version 2 does", true, d.write},
		{"GET", "/ping", "influxPing", "Answers programs that look for InfluxDB", false, d.ping},
		{"GET", "/query", "influxQuery", "Answers the statements that writing programs send when they start", false, d.query},
		{"POST", "/query", "influxQueryPost", "Answers the statements that writing programs send when they start", false, d.query},
		{"GET", "/health", "influxHealth", "Answers programs that look for InfluxDB 2", false, d.health},
		{"GET", "/ready", "influxReady", "Answers programs that look for InfluxDB 2", false, d.ready},
		{"GET", "/api/v2/buckets", "influxBuckets", "Names the bucket asked for: every bucket is this server", false, d.buckets},
		{"GET", "/api/v2/orgs", "influxOrgs", "Names the organisation asked for: every one is this server", false, d.orgs},
	}
}

// version is what clients take the server for: the last of version 1, which
// both kinds of client can write to.
const version = "1.8.10"

func stamp(w http.ResponseWriter) {
	w.Header().Set("X-Influxdb-Version", version)
	w.Header().Set("X-Influxdb-Build", "pleth")
}

func (d *Door) ping(w http.ResponseWriter, _ *http.Request) {
	stamp(w)
	w.WriteHeader(http.StatusNoContent)
}

func (d *Door) health(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"name": "pleth", "message": "ready for writes", "status": "pass", "checks": []any{}, "version": version})
}

func (d *Door) ready(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"status": "ready"})
}

// query answers what writing programs ask before they write.
func (d *Door) query(w http.ResponseWriter, r *http.Request) {
	if d.caller(w, r) == nil {
		return
	}
	type series struct {
		Name    string   `json:"name,omitempty"`
		Columns []string `json:"columns"`
		Values  [][]any  `json:"values"`
	}
	type result struct {
		ID     int      `json:"statement_id"`
		Series []series `json:"series,omitempty"`
	}
	results := []result{}
	for i, statement := range strings.Split(strings.Trim(r.FormValue("q"), "; \t\r\n"), ";") {
		one := result{ID: i}
		switch words := strings.ToUpper(strings.Join(strings.Fields(statement), " ")); {
		case words == "":
			d.fail(w, r, http.StatusBadRequest, "invalid", `missing required parameter "q"`)
			return
		case strings.HasPrefix(words, "CREATE DATABASE"), strings.HasPrefix(words, "CREATE RETENTION POLICY"):
			// Every database is this server: there is nothing to make.
		case words == "SHOW DATABASES":
			one.Series = []series{{"databases", []string{"name"}, [][]any{{name(r.FormValue("db"))}}}}
		case strings.HasPrefix(words, "SHOW RETENTION POLICIES"):
			one.Series = []series{{"", []string{"name", "duration", "shardGroupDuration", "replicaN", "default"}, [][]any{{"autogen", "0s", "168h0m0s", 1, true}}}}
		default:
			d.fail(w, r, http.StatusBadRequest, "invalid", "this server takes line protocol and answers no InfluxQL: ask /api/v1/readings, which /docs describes")
			return
		}
		results = append(results, one)
	}
	stamp(w)
	answer(w, http.StatusOK, map[string]any{"results": results})
}

// name is what the one database, bucket or organisation is called: as it was
// asked for.
func name(asked string) string {
	if asked == "" {
		return "pleth"
	}
	return asked
}

func (d *Door) buckets(w http.ResponseWriter, r *http.Request) {
	if d.caller(w, r) != nil {
		answer(w, http.StatusOK, map[string]any{"buckets": []any{map[string]any{"id": "0000000000000001", "orgID": "0000000000000001",
			"type": "user", "name": name(r.FormValue("name")), "retentionRules": []any{}}}})
	}
}

func (d *Door) orgs(w http.ResponseWriter, r *http.Request) {
	if d.caller(w, r) != nil {
		answer(w, http.StatusOK, map[string]any{"orgs": []any{map[string]any{"id": "0000000000000001", "name": name(r.FormValue("org"))}}})
	}
}

// fail answers that the request was not done, in the form that clients of the
// version asked for know.
func (d *Door) fail(w http.ResponseWriter, r *http.Request, status int, code, text string) {
	stamp(w)
	if strings.HasPrefix(r.URL.Path, "/api/v2/") {
		answer(w, status, map[string]any{"code": code, "message": text})
		return
	}
	w.Header().Set("X-Influxdb-Error", text)
	answer(w, status, map[string]any{"error": text})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
