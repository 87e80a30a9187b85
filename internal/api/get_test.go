package api_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/parquet-go/parquet-go"

	"pleth/internal/api"
	"pleth/internal/deadletter"
	"pleth/internal/reading"
)

// rowsPage is a page of raw rows.
type rowsPage struct {
	Readings []map[string]any `json:"readings"`
	Next     string           `json:"next_cursor"`
}

// filled returns a server with 100 readings of each of two devices, some of
// them at one instant.
func filled(t *testing.T) *server {
	s := start(t)
	s.post("a", list(100)).want(t, 201, nil)
	s.post("b", list(100)).want(t, 201, nil)
	s.post("b", at(50, `"spo2":88`)).want(t, 201, nil)
	s.post("b", at(50, `"spo2":null,"seq":9`)).want(t, 201, nil)
	return s
}

func TestPagesHoldEveryRowOnce(t *testing.T) {
	t.Parallel()
	s := filled(t)
	var whole rowsPage
	s.do("GET", "/api/v1/readings", "").want(t, 200, &whole)
	if len(whole.Readings) != 202 || whole.Next != "" {
		t.Fatalf("%d rows, next %q", len(whole.Readings), whole.Next)
	}
	for _, limit := range []int{1, 7, 101, 202} {
		var rows []map[string]any
		cursor := ""
		for {
			var p rowsPage
			s.do("GET", fmt.Sprintf("/api/v1/readings?limit=%d&cursor=%s", limit, cursor), "").want(t, 200, &p)
			rows = append(rows, p.Readings...)
			if cursor = p.Next; cursor == "" {
				break
			}
		}
		if fmt.Sprint(rows) != fmt.Sprint(whole.Readings) {
			t.Errorf("pages of %d come to %d other rows", limit, len(rows))
		}
	}
}

// A row that the query leaves out does not count for the place in its pages.
func TestPagesOfOneMetric(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, rest := range []string{`"pulse_rate":60`, `"spo2":97`, `"resp_rate":12`, `"spo2":96`, `"spo2":98`} {
		s.post("d", at(0, rest)).want(t, 201, nil)
	}
	var got []any
	for cursor, n := "", 0; n == 0 || cursor != ""; n++ {
		var p rowsPage
		s.do("GET", "/api/v1/readings?metric=spo2&limit=1&cursor="+cursor, "").want(t, 200, &p)
		got = append(got, p.Readings[0]["spo2"])
		cursor = p.Next
	}
	if fmt.Sprint(got) != "[96 97 98]" {
		t.Errorf("got %v", got)
	}
}

func TestSelectingRows(t *testing.T) {
	t.Parallel()
	s := filled(t)
	s.do("POST", "/api/v1/assignments", `{"device_id":"a","subject_id":"P-123","from":"2025-11-28T10:00:10Z","to":"2025-11-28T10:00:20Z"}`).want(t, 201, nil)
	for query, want := range map[string]int{
		"device_id=a":                   100,
		"device_id=a&device_id=b":       202,
		"device_id=a,b":                 202,
		"device_id=nobody":              0,
		"device_id=b&metric=pulse_rate": 100,
		"device_id=b&metric=spo2":       202 - 100,
		"metric=rso2":                   0,
		"from=2025-11-28T10:01:00Z":     80,
		"to=2025-11-28T10:00:10Z":       20,
		"from=2025-11-28T11:00:00%2B01:00&to=2025-11-28T10:00:10Z": 20,
		"subject_id=P-123": 10,
		"subject_id=P-999": 0,
		"recording=":       202,
		"recording=other":  0,
	} {
		var p rowsPage
		if s.do("GET", "/api/v1/readings?"+query, "").want(t, 200, &p); len(p.Readings) != want {
			t.Errorf("%s: %d rows, want %d", query, len(p.Readings), want)
		}
	}
}

func TestEveryBadParameterIsNamed(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.do("GET", "/api/v1/readings?device_id=a/b&metric=sp02&from=now&to=2025&limit=0&limit=3&cursor=x&resolution=ms&devise=a", "")
	var p api.Problem
	got.want(t, 400, &p)
	var names []string
	for _, e := range p.Errors {
		names = append(names, e.Path)
	}
	slices.Sort(names)
	if got, want := strings.Join(slices.Compact(names), " "), "cursor device_id devise from limit metric resolution to"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFormsOfRows(t *testing.T) {
	t.Parallel()
	s := filled(t)
	ndjson := s.do("GET", "/api/v1/readings?device_id=b", "", "Accept: application/x-ndjson")
	if ndjson.want(t, 200, nil); bytes.Count(ndjson.body, []byte{'\n'}) != 102 {
		t.Errorf("%d lines", bytes.Count(ndjson.body, []byte{'\n'}))
	}
	// What comes out as lines goes in again, all of it as duplicates.
	again := "[" + strings.Join(strings.Split(strings.TrimSpace(string(ndjson.body)), "\n"), ",") + "]"
	var taken api.Taken
	if s.post("b", again).want(t, 201, &taken); taken.Duplicate != 102 {
		t.Errorf("sent again: %+v", taken)
	}

	got := s.do("GET", "/api/v1/readings?device_id=b", "", "Accept: text/csv")
	got.want(t, 200, nil)
	rows, err := csv.NewReader(bytes.NewReader(got.body)).ReadAll()
	if err != nil || len(rows) != 103 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	col := func(name string) int { return slices.Index(rows[0], name) }
	if r := rows[2]; r[col("spo2")] != "96.1" || r[col("timestamp")] != "2025-11-28T10:00:01Z" || r[col("seq")] != "1" || r[col("missing")] != "" {
		t.Errorf("row %q of %q", r, rows[0])
	}
	missing := 0
	for _, r := range rows[1:] {
		if r[col("missing")] == "spo2" {
			missing++
		}
	}
	if missing != 1 {
		t.Errorf("%d rows with a missing SpO2, want 1", missing)
	}

	got = s.do("GET", "/api/v1/readings?device_id=b", "", "Accept: application/vnd.apache.arrow.stream")
	got.want(t, 200, nil)
	stream, err := ipc.NewReader(bytes.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for stream.Next() {
		rec := stream.RecordBatch()
		n += int(rec.NumRows())
		at := rec.Schema().FieldIndices("spo2")[0]
		if v := rec.Column(at).(*array.Float64).Value(1); v != 96.1 {
			t.Errorf("Arrow: SpO2 %v", v)
		}
	}
	if stream.Err() != nil || n != 102 {
		t.Errorf("Arrow: %d rows, %v", n, stream.Err())
	}

	got = s.do("GET", "/api/v1/readings?device_id=b", "", "Accept: application/vnd.apache.parquet")
	got.want(t, 200, nil)
	type row struct {
		Device string   `parquet:"device_id,optional"`
		SpO2   *float64 `parquet:"spo2,optional"`
		Time   int64    `parquet:"timestamp,timestamp(nanosecond)"`
	}
	file, err := parquet.Read[row](bytes.NewReader(got.body), int64(len(got.body)))
	if err != nil || len(file) != 102 || file[1].SpO2 == nil || *file[1].SpO2 != 96.1 || file[1].Device != "b" {
		t.Errorf("Parquet: %d rows, %v", len(file), err)
	}

	page := s.do("GET", "/api/v1/readings?device_id=b&limit=10", "", "Accept: text/csv")
	next := regexp.MustCompile(`^<(.*)>; rel="next"$`).FindStringSubmatch(page.Header.Get("Link"))
	if page.want(t, 200, nil); next == nil || bytes.Count(page.body, []byte{'\n'}) != 11 {
		t.Fatalf("Link %q", page.Header.Get("Link"))
	}
	if u, err := url.Parse(next[1]); err != nil || u.Query().Get("device_id") != "b" {
		t.Errorf("Link %q", next[1])
	}
	s.do("GET", next[1], "", "Accept: text/csv").want(t, 200, nil)
	s.do("GET", "/api/v1/readings", "", "Accept: image/png").want(t, 406, nil)
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	s := filled(t)
	type page struct {
		Readings []struct {
			Device, Metric, Start string
			Count                 int
			Min, Mean, Max        float64
			P5, P50, P95          float64
		}
		Next string `json:"next_cursor"`
	}
	var whole page
	s.do("GET", "/api/v1/readings?device_id=a&resolution=1m", "").want(t, 200, &whole)
	if len(whole.Readings) != 4 || whole.Next != "" {
		t.Fatalf("%+v", whole)
	}
	if b := whole.Readings[0]; b.Metric != "spo2" || b.Start != "2025-11-28T10:00:00Z" || b.Count != 60 || b.Min != 95 || b.Max != 98.9 || b.P50 < b.P5 || b.P95 < b.P50 {
		t.Errorf("%+v", b)
	}
	var parts page
	cursor := ""
	for range 4 {
		var p page
		s.do("GET", "/api/v1/readings?device_id=a&resolution=60&limit=1&cursor="+cursor, "").want(t, 200, &p)
		parts.Readings = append(parts.Readings, p.Readings...)
		cursor = p.Next
	}
	if fmt.Sprint(parts.Readings) != fmt.Sprint(whole.Readings) || cursor != "" {
		t.Errorf("pages come to %+v, want %+v", parts.Readings, whole.Readings)
	}
	got := s.do("GET", "/api/v1/readings?device_id=a&resolution=1m", "", "Accept: text/csv")
	if got.want(t, 200, nil); !strings.HasPrefix(string(got.body), "device_id,recording,metric,start,count,min,mean,max,p5,p50,p95\na,,spo2,2025-11-28T10:00:00Z,60,95,") {
		t.Errorf("got %s", got.body)
	}
}

func TestWhatIsKnown(t *testing.T) {
	t.Parallel()
	s := filled(t)
	for path, want := range map[string]string{
		"/api/v1/devices":                     `"device_id":"b","recordings":\[\],"live":true,.*"accepted":102`,
		"/api/v1/devices/a":                   `^{"device_id":"a",`,
		"/api/v1/latest?device_id=a":          `"values":{.*"spo2":{"timestamp":"2025-11-28T10:01:39Z","value":98.9}`,
		"/api/v1/sessions?device_id=a":        `"sessions":\[{"key":"s-`,
		"/api/v1/derived?device_id=a&limit=2": `"samples":\[{"device_id":"a","metric":"spo2",.*"next_cursor":"[^"]`,
		"/api/v1/provenance?device_id=a&metric=spo2&at=2025-11-28T10:00:01Z": `"seq":1,"value":96.1,.*"door":"rest"`,
		"/api/v1/subjects":     `{"subjects":\[\],"next_cursor":""}`,
		"/api/v1/assignments":  `{"assignments":\[\],"next_cursor":""}`,
		"/api/v1/calibrations": `{"calibrations":\[\],"next_cursor":""}`,
		"/api/v1/annotations":  `{"annotations":\[\],"next_cursor":""}`,
	} {
		got := s.do("GET", path, "")
		if got.want(t, 200, nil); !regexp.MustCompile(want).Match(got.body) {
			t.Errorf("%s: %.600s", path, got.body)
		}
	}
	for path, status := range map[string]int{
		"/api/v1/devices/nobody": 404, "/api/v1/sessions/none/analysis": 404, "/api/v1/nothing": 404, "/api/v1/derived": 400,
		"/api/v1/provenance?device_id=a": 400, "/api/v1/provenance?device_id=a&metric=spo2&at=2025-01-01T00:00:00Z": 404,
	} {
		s.do("GET", path, "").want(t, status, nil)
	}
	if got := s.do("DELETE", "/api/v1/readings", ""); got.StatusCode != 405 || got.Header.Get("Allow") != "GET, POST" {
		t.Errorf("got %d, Allow %q", got.StatusCode, got.Header.Get("Allow"))
	}
	var sessions struct{ Sessions []api.Session }
	s.do("GET", "/api/v1/sessions?device_id=a", "").want(t, 200, &sessions)
	for _, name := range []string{sessions.Sessions[0].Key, sessions.Sessions[0].ID} {
		got := s.do("GET", "/api/v1/sessions/"+name+"/analysis", "")
		if got.want(t, 200, nil); !strings.HasPrefix(string(got.body), `{"format":"pleth.analysis/1"`) || !bytes.HasSuffix(got.body, []byte("}\n")) {
			t.Errorf("got %.100s", got.body)
		}
	}
}

func TestControlRecords(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"assignments", `{"device_id":"d","subject_id":"Jane Doe","from":"2025-11-28T10:00:00Z"}`, 201, `"subject_id":"p-`},
		{"assignments", `{"device_id":"d","subject_id":null}`, 201, `"subject_id":null,"from":"2025-11-28T20:16:00Z"`},
		{"assignments", `{"device_id":"d d","from":"x","to":"y"}`, 422, `"/device_id".*"/from".*"/to"`},
		{"assignments", `{"device_id":"d","who":1}`, 422, `unknown_field`},
		{"assignments", `{"device_id":5}`, 422, `wrong_type`},
		{"assignments", `{`, 400, `malformed`},
		{"calibrations", `{"device_id":"d","metric":"local_tissue_o2","from":"2025-11-28T10:00:00Z","offset":-1.5,"gain":1.02,"reason":"bench, Dr. Example"}`, 201, `"version":1,.*"offset":-1.5,"gain":1.02,"poly":\[\],"reason":"bench, Dr. Example","actor":"admin"`},
		{"calibrations", `{"device_id":"d","metric":"local_tissue_o2","from":"2025-11-28T10:00:00Z","gain":1.03,"reason":"again"}`, 201, `"version":2`},
		{"calibrations", `{"device_id":"d","metric":"x"}`, 422, `"/reason".*"/metric".*"/from"`},
		{"annotations", `{"device_id":"d","from":"2025-11-28T10:00:00Z","text":"sensor moved, Jane Doe"}`, 201, `"text":"sensor moved, Jane Doe","author":"admin"`},
		{"annotations", `{"device_id":"d","from":"2025-11-28T10:00:00Z","to":"2025-11-28T09:00:00Z","text":""}`, 422, `"/text".*"/to"`},
		{"subjects", `{"patient_id":"Jane Doe"}`, 201, `"subject_id":"p-`},
		{"subjects", `{}`, 422, `patient_id`},
	} {
		got := s.do("POST", "/api/v1/"+c.path, c.body)
		if got.StatusCode != c.status || !regexp.MustCompile(c.want).Match(got.body) {
			t.Errorf("%s %s: %d %s", c.path, c.body, got.StatusCode, got.body)
		}
	}
	for path, n := range map[string]int{"assignments": 2, "calibrations": 2, "annotations": 1, "calibrations?metric=spo2": 0} {
		if got := s.do("GET", "/api/v1/"+path, ""); strings.Count(string(got.body), `"device_id":"d"`) != n {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	var kept *deadletter.Store
	s := start(t, func(c *api.Config) {
		kept = letters(t)
		c.Aside, c.Letters = kept, kept
		c.Intake.Known = func(d string) bool { return known[d] }
	})
	s.post("d", list(3)).want(t, 422, nil)
	known["d"] = true
	s.post("d", at(0, `"spo2":197`)).want(t, 422, nil)
	var page struct {
		Letters []api.Letter `json:"dead_letters"`
		Next    string       `json:"next_cursor"`
	}
	s.do("GET", "/api/v1/dead-letters?limit=1", "").want(t, 200, &page)
	if len(page.Letters) != 1 || page.Letters[0].Readings != 3 || page.Next == "" {
		t.Fatalf("%+v", page)
	}
	var open api.OpenLetter
	s.do("GET", "/api/v1/dead-letters/1", "").want(t, 200, &open)
	if len(open.Items) != 3 || open.Items[1].Text != at(1, `"spo2":96.1,"pulse_rate":61,"seq":1`) || open.Items[1].Errors[0].Code != "unknown_device" {
		t.Errorf("%+v", open)
	}
	var taken api.Taken
	s.do("POST", "/api/v1/dead-letters/1/resubmit?reason=assigned", "").want(t, 201, &taken)
	if taken.Accepted != 3 {
		t.Errorf("%+v", taken)
	}
	s.do("POST", "/api/v1/dead-letters/2/resubmit", "").want(t, 422, nil)
	s.do("POST", "/api/v1/dead-letters/2/resubmit", at(0, `"spo2":97,"seq":50`)).want(t, 201, nil)
	s.do("GET", "/api/v1/dead-letters/2", "").want(t, 200, &open)
	if !open.Settled || open.Attempts != 2 || open.Tried[0].Refused != 1 || open.Tried[0].Actor != "admin" {
		t.Errorf("%+v", open)
	}
	s.do("GET", "/api/v1/dead-letters/3", "").want(t, 404, nil)
	s.do("GET", "/api/v1/dead-letters/x", "").want(t, 404, nil)
	s.do("POST", "/api/v1/dead-letters/drop", `{"through":2}`).want(t, 422, nil)
	s.do("POST", "/api/v1/dead-letters/drop", `{"through":2,"reason":"done"}`).want(t, 200, nil)
	s.do("GET", "/api/v1/dead-letters?open=true", "").want(t, 200, &page)
	if len(page.Letters) != 0 {
		t.Errorf("%+v", page)
	}
}

// The document knows every route and every field, and every reference in it
// leads somewhere.
func TestTheDocument(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.do("GET", "/openapi.json", "", "Authorization: ")
	var doc struct {
		OpenAPI    string
		Paths      map[string]map[string]struct{ OperationID string }
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	got.want(t, 200, &doc)
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("openapi %q", doc.OpenAPI)
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			if op.OperationID == "" || ids[op.OperationID] {
				t.Errorf("%s %s: operation id %q", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
			at := regexp.MustCompile(`{\w+}`).ReplaceAllString(path, "x")
			if got := s.do(strings.ToUpper(method), at, ""); got.StatusCode == 405 || got.StatusCode >= 500 && got.StatusCode != 503 {
				t.Errorf("%s %s: %d", method, path, got.StatusCode)
			}
		}
	}
	for _, f := range reading.Fields() {
		if doc.Components.Schemas["Reading"].Properties[f.Name] == nil || doc.Components.Schemas["StoredReading"].Properties[f.Name] == nil {
			t.Errorf("field %s is not in the document", f.Name)
		}
	}
	for _, ref := range regexp.MustCompile(`"\$ref":"#/components/schemas/(\w+)"`).FindAllSubmatch(got.body, -1) {
		if _, ok := doc.Components.Schemas[string(ref[1])]; !ok {
			t.Errorf("nothing is called %s", ref[1])
		}
	}
	if !json.Valid(got.body) {
		t.Error("not JSON")
	}
}

func TestThePagesLoadNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	s := start(t)
	got := s.do("GET", "/docs", "", "Authorization: ")
	got.want(t, 200, nil)
	if regexp.MustCompile(`(src|href|url)="?(https?:)?//`).Match(got.body) {
		t.Errorf("the page loads from elsewhere: %s", got.body)
	}
	if csp := got.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "http") {
		t.Errorf("policy %q", csp)
	}
	got = s.do("GET", "/docs/rapidoc.js", "") // the client unpacks it
	if got.want(t, 200, nil); len(got.body) < 500_000 {
		t.Errorf("%d bytes", len(got.body))
	}
}

func TestTheTokenOfTheAddressBecomesACookie(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("GET", "/?token=wrong", "", "Authorization: ").want(t, 401, nil)
	client := s.Client()
	req := func(path, cookie string) reply {
		return s.do("GET", path, "", "Authorization: ", "Cookie: "+cookie)
	}
	jar := &cookies{}
	client.Jar = jar
	got := s.do("GET", "/?token="+url.QueryEscape(token), "", "Authorization: ")
	client.Jar = nil
	if got.want(t, 200, nil); got.Request.URL.Path != "/docs" || jar.value == "" || strings.Contains(jar.value, token) {
		t.Fatalf("at %s with %q", got.Request.URL, jar.value)
	}
	req("/api/v1/devices", "pleth="+jar.value).want(t, 200, nil)
	req("/api/v1/devices", "pleth="+strings.Repeat("0", 64)).want(t, 401, nil)
}

// A server without tokens answers to the machine's own names alone.
func TestOpenServersAnswerLocally(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Open, c.Keys = true, nil })
	s.do("GET", "/api/v1/devices", "", "Authorization: ").want(t, 200, nil)
	got := s.do("GET", "/api/v1/devices", "", "Authorization: ", "Host: evil.example")
	got.want(t, 421, nil)
	_, _ = io.Discard.Write(got.body)
}

func TestABrowserThatErredGetsAPage(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) {
		c.Pages = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<title>pages</title>"))
			_, _ = w.Write([]byte("<p>"))
		})
	})
	got := s.do("GET", "/no-such-page", "", "Accept: text/html,*/*")
	if got.want(t, 404, nil); string(got.body) != "<title>pages</title><p>" {
		t.Errorf("%s", got.body)
	}
	// every screen is an address of its own, however it is come to
	source, err := os.ReadFile("../../web/src/screens.tsx")
	if err != nil {
		t.Fatal(err)
	}
	screens := regexp.MustCompile(`\bat: '([a-z-]+)'`).FindAllSubmatch(source, -1)
	if len(screens) < 5 {
		t.Fatalf("%d screens", len(screens))
	}
	for _, one := range screens {
		s.do("GET", "/"+string(one[1]), "", "Accept: text/html").want(t, 200, nil)
		s.do("GET", "/"+string(one[1])+"/x", "", "Accept: text/html").want(t, 200, nil)
	}
	for _, c := range [][2]string{{"/no-such-page", "Accept: application/json"}, {"/api/v1/no-such-thing", "Accept: text/html"}} {
		if got := s.do("GET", c[0], "", c[1]); !strings.Contains(got.Header.Get("Content-Type"), "json") {
			t.Errorf("%s with %s: %s", c[0], c[1], got.Header.Get("Content-Type"))
		}
	}
}
