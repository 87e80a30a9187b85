package lineprotocol_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	influx "github.com/influxdata/influxdb-client-go/v2"

	"pleth/internal/intake/readings"
	"pleth/internal/lineprotocol"
	"pleth/internal/reading"
)

// now is what the clock of the doors in these tests says.
var now = time.Date(2025, 11, 28, 20, 15, 0, 0, time.UTC)

// road keeps what it takes. With an err it takes nothing.
type road struct {
	mu      sync.Mutex
	batches []*reading.Batch
	err     error
}

func (r *road) Submit(_ context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	r.batches = append(r.batches, batches...)
	return nil, nil
}

// dump writes every row as text.
func (r *road) dump() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, b := range r.batches {
		for i := range b.Rows.Len() {
			line := fmt.Sprintf("%s %s", b.Device, time.Unix(0, b.Rows.Time(i)).UTC().Format(time.RFC3339Nano))
			if b.SeqOf(i) != reading.NoSeq {
				line += fmt.Sprintf(" #%d", b.SeqOf(i))
			}
			for _, f := range reading.Fields() {
				if v := b.Rows.Value(f.Metric, i); !v.IsAbsent() {
					line += " " + f.Name + "=" + v.String()
				}
			}
			for _, said := range []string{b.Subject, b.Firmware, string(b.Tags)} {
				if said != "" {
					line += " " + said
				}
			}
			out = append(out, line+"\n")
		}
	}
	slices.Sort(out)
	return strings.Join(out, "")
}

type people struct{}

func (people) Pseudonyms(_ context.Context, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		out = append(out, "p("+id+")")
	}
	return out, nil
}

func (people) Seal(plain []byte) []byte { return plain }

type caller struct{ wait time.Duration }

func (c caller) Take(time.Time, int) time.Duration { return c.wait }

// door is a server with the door alone.
type door struct {
	*httptest.Server
	road  *road
	aside []string // the refused lines
	wait  time.Duration
	room  atomic.Int64 // left for bodies
}

func start(tb testing.TB) *door {
	tb.Helper()
	d := &door{road: &road{}}
	d.room.Store(1 << 30)
	made := lineprotocol.New(lineprotocol.Config{
		Road: d.road, People: people{}, Clock: func() time.Time { return now }, Body: 1 << 20, Lines: 5000,
		Aside: d,
		Room: func(n int64) (func(), bool) {
			if d.room.Add(-n) < 0 {
				d.room.Add(n)
				return nil, false
			}
			return func() { d.room.Add(n) }, true
		},
		Authenticate: func(token string) lineprotocol.Caller {
			if token != "secret" {
				return nil
			}
			return caller{d.wait}
		},
	})
	mux := http.NewServeMux()
	for _, r := range made.Routes() {
		mux.HandleFunc(r.Method+" "+r.Path, r.Handle)
	}
	d.Server = httptest.NewServer(mux)
	tb.Cleanup(d.Close)
	return d
}

// Put keeps the refused lines.
func (d *door) Put(_ context.Context, _ string, _ int64, body []byte, refused []readings.Refusal) error {
	for _, r := range refused {
		d.aside = append(d.aside, string(body[r.From:r.To]))
	}
	return nil
}

// send posts a body with the token and returns status and answer.
func (d *door) send(tb testing.TB, path string, body []byte, headers ...string) (int, string) {
	tb.Helper()
	req, err := http.NewRequest("POST", d.URL+path, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Authorization", "Token secret")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return res.StatusCode, string(text)
}

const example = "tissue_o2,deviceId=device-42,firmware=1.2.3 local_tissue_o2=36.5,spo2=97.1,signal_quality=80 1672531200000000000"

const exampleRow = "device-42 2023-01-01T00:00:00Z spo2=97.1 local_tissue_o2=36.5 signal_quality=80 1.2.3 {\"_measurement\":\"tissue_o2\"}\n"

func TestWrite(t *testing.T) {
	t.Parallel()
	const m = ` {"_measurement":"m"}` + "\n"
	for _, c := range []struct{ name, path, body, rows, aside, answer string }{
		{"the example", "/write?db=x", example, exampleRow, "", ""},
		{"the example, version 2", "/api/v2/write?org=o&bucket=b&precision=ns", example + "\n", exampleRow, "", ""},
		{"types", "/write", `m,device=d spo2=97i,pulse_rate=60u,temperature_c=3.65e1,firmware_version="2.0",patient_id="Anna 1",posture="supine",worn=t,seq=7i 0`,
			`d 1970-01-01T00:00:00Z #7 spo2=97 pulse_rate=60 temperature_c=36.5 p(Anna 1) 2.0 {"_measurement":"m","posture":"supine","worn":"true"}` + "\n", "", ""},
		{"no time is now", "/write", "m,host=h spo2=97", "h 2025-11-28T20:15:00Z spo2=97" + m, "", ""},
		{"a time among the fields", "/write", `m,host=h spo2=97,timestamp="2025-11-28T20:14:00Z"`, "h 2025-11-28T20:14:00Z spo2=97" + m, "", ""},
		{"which tag is the device", "/write", "m,host=h,device=c,device_id=b,deviceId=a spo2=97 0\nm,host=h,device=c spo2=96 0",
			`c 1970-01-01T00:00:00Z spo2=96 {"_measurement":"m","host":"h"}` + "\n", "m,host=h,device=c,device_id=b,deviceId=a spo2=97 0", `\"device_id\" duplicate_field`},
		{"precision s", "/write?precision=s", "m,host=h spo2=97 1672531200", "h 2023-01-01T00:00:00Z spo2=97" + m, "", ""},
		{"precision ms", "/api/v2/write?precision=ms", "m,host=h spo2=97 1672531200001", "h 2023-01-01T00:00:00.001Z spo2=97" + m, "", ""},
		{"precision u", "/write?precision=u", "m,host=h spo2=97 1672531200000001", "h 2023-01-01T00:00:00.000001Z spo2=97" + m, "", ""},
		{"precision m", "/write?precision=m", "m,host=h spo2=97 27875520", "h 2023-01-01T00:00:00Z spo2=97" + m, "", ""},
		{"precision h", "/write?precision=h", "m,host=h spo2=97 464592", "h 2023-01-01T00:00:00Z spo2=97" + m, "", ""},
		{"no such precision", "/write?precision=d", example, "", "", "precision is one of"},
		{"a measurement that is none of ours", "/write", "cpu,host=h usage_idle=99.1 0\n" + example, exampleRow, "cpu,host=h usage_idle=99.1 0",
			`partial write: line 1: \"usage_idle\" unknown_field dropped=1 of 2`},
		{"a misspelt vital sign", "/api/v2/write", "m,host=h sp02=97 0", "", "m,host=h sp02=97 0", `"message":"partial write: line 1: \"sp02\" unknown_field dropped=1 of 1"`},
		{"out of range, no device, a vital sign as a tag", "/write", "m,host=h spo2=140 0\n\nm spo2=97 0\nm,host=h,spo2=97 pulse_rate=60 0",
			"", "m,host=h spo2=140 0|m spo2=97 0|m,host=h,spo2=97 pulse_rate=60 0",
			`line 1: \"spo2\" out_of_range (allowed 0..100 %); line 3: \"device_id\" missing_device; line 4: \"spo2\" wrong_type`},
		{"no number", "/write", "m,host=h spo2=NaN\nm,host=h spo2=abc\nm,host=h spo2=1.5i\nm,host=h spo2=-1u\nm,host=h spo2=i\nm,host=h spo2=\"97\"\nm,host=h spo2=t", "",
			"m,host=h spo2=NaN|m,host=h spo2=abc|m,host=h spo2=1.5i|m,host=h spo2=-1u|m,host=h spo2=i|m,host=h spo2=\"97\"|m,host=h spo2=t",
			`line 1: \"spo2\" not_finite (allowed 0..100 %); line 2: \"spo2\" wrong_type`},
		{"times that are none", "/write", "m,host=h spo2=97 x\nm,host=h spo2=97 -5\nm,host=h spo2=97 99999999999999999999\nm,host=h spo2=97 1795900000000000000", "",
			"m,host=h spo2=97 x|m,host=h spo2=97 -5|m,host=h spo2=97 99999999999999999999|m,host=h spo2=97 1795900000000000000", `line 4: \"timestamp\" future_timestamp`},
		{"bad lines between good ones", "/write", "m,host=h spo2=97 1\nnonsense\nm,host=h spo2=96 2\nm,host=h spo2= 3\n",
			"h 1970-01-01T00:00:00.000000001Z spo2=97" + m + "h 1970-01-01T00:00:00.000000002Z spo2=96" + m, "nonsense|m,host=h spo2= 3", "line 2: malformed (there are no fields); line 4: malformed (a field has no value) dropped=2 of 4"},
		{"a tag twice", "/write", "m,host=h,host=g spo2=97 1\nm,host=h,ward=a,ward=b spo2=97 2\nm,host=h,wa\\ rd=a,ward=b spo2=96 2", `h 1970-01-01T00:00:00.000000002Z spo2=96 {"_measurement":"m","wa rd":"a","ward":"b"}` + "\n",
			`m,host=h,host=g spo2=97 1|m,host=h,ward=a,ward=b spo2=97 2`, "line 1: malformed (a tag stands twice); line 2: malformed (a tag stands twice) dropped=2 of 3"},
		{"nothing", "/write", "", "", "", ""},
	} {
		d := start(t)
		status, text := d.send(t, c.path, []byte(c.body))
		want := http.StatusNoContent
		if c.answer != "" {
			want = http.StatusBadRequest
		}
		if status != want || !strings.Contains(text, c.answer) || d.road.dump() != c.rows || strings.Join(d.aside, "|") != c.aside {
			t.Errorf("%s: %d %s\nrows  %swant  %saside %q\nwant  %q", c.name, status, text, d.road.dump(), c.rows, d.aside, c.aside)
		}
	}
}

func TestWhoIsCalling(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, header, query string
		want                int
	}{
		{"Token", "Token secret", "", 204},
		{"Bearer", "Bearer secret", "", 204},
		{"Token of version 1.8", "Token user:secret", "", 204},
		{"Basic", "Basic dXNlcjpzZWNyZXQ=", "", 204},
		{"u and p", "", "?u=user&p=secret", 204},
		{"a wrong one", "Token other", "", 401},
		{"a wrong password", "", "?u=secret&p=other", 401},
		{"nobody", "", "", 401},
	} {
		d := start(t)
		if status, text := d.send(t, "/write"+c.query, []byte(example), "Authorization", c.header); status != c.want {
			t.Errorf("%s: got %d %s, want %d", c.name, status, text, c.want)
		}
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	d := start(t)
	for range 2 {
		var body bytes.Buffer
		z := gzip.NewWriter(&body)
		_, _ = io.WriteString(z, example)
		_ = z.Close()
		if status, text := d.send(t, "/write", body.Bytes(), "Content-Encoding", "gzip"); status != 204 {
			t.Fatalf("got %d %s", status, text)
		}
	}
	if got := d.road.dump(); got != exampleRow+exampleRow {
		t.Errorf("got %s", got)
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 64<<20))
	_ = z.Close()
	for name, c := range map[string]struct {
		body     []byte
		encoding string
		want     int
	}{
		"not gzip":            {[]byte(example), "gzip", 400},
		"cut":                 {bomb.Bytes()[:100], "gzip", 400},
		"a bomb":              {bomb.Bytes(), "gzip", 413},
		"too large":           {make([]byte, 2<<20), "", 413},
		"another compression": {[]byte(example), "br", 415},
	} {
		if status, text := d.send(t, "/write", c.body, "Content-Encoding", c.encoding); status != c.want {
			t.Errorf("%s: got %d %s, want %d", name, status, text, c.want)
		}
	}
}

// Where the road takes nothing, nothing is kept aside, and the sender comes
// again with all of it.
func TestBusy(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.road.err = errors.New("full")
	if status, text := d.send(t, "/write", []byte(example+"\nnonsense")); status != 503 || len(d.aside) > 0 {
		t.Errorf("got %d %s, aside %q", status, text, d.aside)
	}
	d.road.err, d.wait = nil, 3*time.Second
	if status, text := d.send(t, "/write", []byte(example)); status != 429 || d.road.dump() != "" {
		t.Errorf("got %d %s", status, text)
	}
}

// A body of many points, or of many that are refused, takes no more memory than
// there is.
func TestPointsAreBounded(t *testing.T) {
	t.Parallel()
	d := start(t)
	const room = 1<<20 + 1<<17 // a body and some
	d.room.Store(room)
	point := "m,device=d spo2=97 1672531200000000000\n"
	for _, c := range []struct {
		body string
		want int
	}{
		{strings.Repeat(point, 5000), 204},
		{strings.Repeat(point, 5000) + "\n# the end\n", 204},
		{strings.Repeat(point, 5001), 413},
		{strings.Repeat("x\n", 5001), 413},
		{strings.Repeat("x\n", 5000), 503},
		{strings.Repeat("x\n", 1000), 400},
	} {
		if status, text := d.send(t, "/write", []byte(c.body)); status != c.want || d.room.Load() != room {
			t.Errorf("%.20q: got %d %.200s, %d bytes left", c.body, status, text, d.room.Load())
		}
	}
}

func TestStatements(t *testing.T) {
	t.Parallel()
	d := start(t)
	for q, want := range map[string]string{
		`CREATE DATABASE "telegraf"`:                      `{"results":[{"statement_id":0}]}`,
		"SHOW DATABASES&db=x":                             `{"results":[{"statement_id":0,"series":[{"name":"databases","columns":["name"],"values":[["x"]]}]}]}`,
		"create database a; show retention policies on a": `{"results":[{"statement_id":0},{"statement_id":1,"series":[{"columns":["name","duration","shardGroupDuration","replicaN","default"],"values":[["autogen","0s","168h0m0s",1,true]]}]}]}`,
		"SELECT * FROM cpu":                               `{"error":"this server takes line protocol and answers no InfluxQL: ask /api/v1/readings, which /docs describes"}`,
		"":                                                `{"error":"missing required parameter \"q\""}`,
	} {
		if _, got := d.send(t, "/query?q="+strings.NewReplacer(" ", "+", ";", "%3B").Replace(q), nil); got != want+"\n" {
			t.Errorf("%s: got %s, want %s", q, got, want)
		}
	}
	res, err := http.Get(d.URL + "/ping")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 204 || res.Header.Get("X-Influxdb-Version") == "" {
		t.Errorf("got %d %v", res.StatusCode, res.Header)
	}
}

// The client of InfluxDB 2 sees a server that is ready, and writes.
func TestOfficialClient(t *testing.T) {
	t.Parallel()
	d := start(t)
	c := influx.NewClientWithOptions(d.URL, "secret", influx.DefaultOptions().SetUseGZip(true).SetPrecision(time.Millisecond))
	defer c.Close()
	ctx := t.Context()
	if ok, err := c.Ping(ctx); !ok || err != nil {
		t.Errorf("ping: %v %v", ok, err)
	}
	if got, err := c.Ready(ctx); err != nil || *got.Status != "ready" {
		t.Errorf("ready: %v %v", got, err)
	}
	if got, err := c.Health(ctx); err != nil || got.Status != "pass" {
		t.Errorf("health: %v %v", got, err)
	}
	if got, err := c.BucketsAPI().FindBucketByName(ctx, "ward"); err != nil || got.Name != "ward" {
		t.Errorf("bucket: %v %v", got, err)
	}
	w := c.WriteAPIBlocking("org", "ward")
	point := influx.NewPoint("tissue o2", map[string]string{"deviceId": "device-42", "bed": "a, b=c"},
		map[string]any{"spo2": 97.1, "pulse_rate": 60, "firmware_version": "1.4", "posture": `left "x"`}, now)
	if err := w.WritePoint(ctx, point); err != nil {
		t.Fatal(err)
	}
	want := `device-42 2025-11-28T20:15:00Z spo2=97.1 pulse_rate=60 1.4 {"_measurement":"tissue o2","bed":"a, b=c","posture":"left \"x\""}` + "\n"
	if got := d.road.dump(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	err := w.WritePoint(ctx, influx.NewPoint("cpu", map[string]string{"host": "h"}, map[string]any{"usage": 1.5}, now))
	if err == nil || !strings.Contains(err.Error(), `partial write: line 1: "usage" unknown_field`) {
		t.Errorf("got %v", err)
	}
}

// 5000 lines of four fields, as Telegraf batches them.
func BenchmarkWrite(b *testing.B) {
	var body bytes.Buffer
	for i := range 5000 {
		fmt.Fprintf(&body, "tissue_o2,deviceId=device-%d,firmware=1.2.3 local_tissue_o2=36.%d,spo2=9%d.1,signal_quality=80,pulse_rate=7%d 16725312000%02d000000\n", i/100, i%10, i%10, i%10, i%100)
	}
	made := lineprotocol.New(lineprotocol.Config{
		Road: nothing{}, People: people{}, Clock: func() time.Time { return now },
		Authenticate: func(string) lineprotocol.Caller { return caller{} },
	})
	handle := made.Routes()[0].Handle
	b.SetBytes(int64(body.Len()))
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		handle(w, httptest.NewRequest("POST", "/write", bytes.NewReader(body.Bytes())))
		if w.Code != 204 {
			b.Fatal(w.Code, w.Body)
		}
	}
}

// nothing keeps nothing.
type nothing struct{}

func (nothing) Submit(context.Context, ...*reading.Batch) ([][]reading.Outcome, error) {
	return nil, nil
}
