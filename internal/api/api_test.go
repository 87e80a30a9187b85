package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/api"
	"pleth/internal/deadletter"
	"pleth/internal/intake/readings"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
	"pleth/internal/sealed"
)

const token = "a token for tests, long enough"

// example is the reading of the documentation, as it stands.
const example = `{"device_id":"ECG-001","patient_id":"P-123","heart_rate":130,"spo2":90,"temperature_c":38.5,"timestamp":"2025-11-28T20:15:00Z"}`

// noon is the clock of the tests.
var noon = time.Date(2025, 11, 28, 20, 16, 0, 0, time.UTC)

// people is an identity store in memory that seals nothing.
type people struct {
	mu    sync.Mutex
	names map[string]string
}

func (p *people) Pseudonyms(_ context.Context, ids []string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]string, len(ids))
	for i, id := range ids {
		if p.names[id] == "" {
			if p.names == nil {
				p.names = map[string]string{}
			}
			p.names[id] = fmt.Sprintf("p-%026s", strings.Repeat("a", len(p.names)+1))
			p.names[id] = strings.ReplaceAll(p.names[id], "0", "b")
			p.names[id] = strings.ReplaceAll(p.names[id], " ", "b")
		}
		out[i] = p.names[id]
	}
	return out, nil
}

func (p *people) Find(_ context.Context, id, _ string) (string, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name, ok := p.names[id]
	return name, ok, nil
}

func (p *people) Seal(b []byte) []byte          { return append([]byte("sealed"), b...) }
func (p *people) Open(b []byte) ([]byte, error) { return bytes.TrimPrefix(b, []byte("sealed")), nil }

// aside keeps refused readings in memory.
type aside struct {
	mu   sync.Mutex
	kept []string
}

func (a *aside) Put(_ context.Context, door string, _ int64, body []byte, refused []readings.Refusal) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range refused {
		a.kept = append(a.kept, door+" "+string(r.Problems[0].Code)+" "+string(body[r.From:r.To]))
	}
	return nil
}

// letters opens a store of dead letters for the test.
func letters(t testing.TB) *deadletter.Store {
	t.Helper()
	key := sealed.NewKey()
	d, err := deadletter.Open(context.Background(), filepath.Join(t.TempDir(), "letters.db"), key, 0, func() int64 { return noon.UnixNano() })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// server is an API on a road in memory, behind a real listener.
type server struct {
	*httptest.Server
	t      testing.TB
	memory *roadtest.Memory
	aside  *aside
}

// start returns a server; change may change how it is made.
func start(t testing.TB, change ...func(*api.Config)) *server {
	t.Helper()
	s := &server{t: t, memory: roadtest.NewMemory(), aside: &aside{}}
	settings := analysis.Settings{Config: analysis.Config{ODI: "abosa"}}
	if err := settings.Resolve(); err != nil {
		t.Fatal(err)
	}
	r, err := road.Open(road.Config{Log: s.memory, Series: s.memory, Settings: settings, Clock: func() int64 { return noon.UnixNano() }})
	if err != nil {
		t.Fatal(err)
	}
	cfg := api.Config{Road: r, Aside: s.aside, People: &people{}, Keys: []api.Key{{Name: "admin", Token: token}},
		Clock: func() time.Time { return noon }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	for _, f := range change {
		f(&cfg)
	}
	if cfg.Letters == nil {
		cfg.Letters = letters(t)
	}
	a, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(a)
	t.Cleanup(func() {
		s.Close()
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// reply is an answer as it came.
type reply struct {
	*http.Response
	body []byte
}

// do sends a request; header lines are "Name: value".
func (s *server) do(method, path, body string, header ...string) reply {
	s.t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
		if value == "" {
			req.Header.Del(name)
		}
		if name == "Host" {
			req.Host = value
		}
	}
	res, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{res, b}
}

// want fails unless the answer has the status, and reads it into to if that is
// not nil.
func (r reply) want(t testing.TB, status int, to any) {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("%s %s: status %d, want %d: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, r.body)
	}
	if to != nil {
		if err := json.Unmarshal(r.body, to); err != nil {
			t.Fatalf("%v in %s", err, r.body)
		}
	}
}

// post sends readings of a device.
func (s *server) post(device, body string, header ...string) reply {
	s.t.Helper()
	return s.do("POST", "/api/v1/devices/"+device+"/readings", body, header...)
}

func TestTheExampleWorksAsItStands(t *testing.T) {
	t.Parallel()
	s := start(t)
	var taken api.Taken
	s.post("ECG-001", example).want(t, 201, &taken)
	if taken.Accepted != 1 || len(taken.Results) != 1 || taken.Results[0].Status != "accepted" {
		t.Fatalf("taken %+v", taken)
	}
	got := s.do("GET", "/api/v1/readings?device_id=ECG-001", "")
	want := `{"readings":[{"device_id":"ECG-001","subject_id":"p-bbbbbbbbbbbbbbbbbbbbbbbbba","timestamp":"2025-11-28T20:15:00Z","spo2":90,"heart_rate":130,"temperature_c":38.5}],"next_cursor":""}` + "\n"
	if got.want(t, 200, nil); string(got.body) != want {
		t.Errorf("got  %s\nwant %s", got.body, want)
	}
	s.post("ECG-001", example).want(t, 201, &taken)
	if taken.Accepted != 0 || taken.Duplicate != 1 || taken.Results[0].Status != "duplicate" {
		t.Errorf("sent again: %+v", taken)
	}
}

// cookies keeps the one cookie of the server.
type cookies struct{ value string }

// SetCookies implements http.CookieJar.
func (c *cookies) SetCookies(_ *url.URL, all []*http.Cookie) {
	for _, one := range all {
		c.value = one.Value
	}
}

// Cookies implements http.CookieJar.
func (c *cookies) Cookies(*url.URL) []*http.Cookie { return nil }
