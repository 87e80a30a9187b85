package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"pleth/internal/api"
	"pleth/internal/plethtest"
)

// pseudonyms names everybody the same.
type pseudonyms struct{}

func (pseudonyms) Pseudonyms(_ context.Context, ids []string) ([]string, error) {
	return []string{"p-abcdefghijklmnopqrstuvwxyz"}, nil
}
func (pseudonyms) Seal(plain []byte) []byte { return nil }

// importServer serves the door of an importer.
func importServer(t *testing.T, im *importer) string {
	t.Helper()
	if err := im.openImports(); err != nil {
		t.Fatal(err)
	}
	d := &importDoor{importer: im, people: pseudonyms{}, idle: 10 * time.Second, wait: 20 * time.Second}
	mux := http.NewServeMux()
	for _, m := range d.mounts() {
		mux.HandleFunc(m.Method+" "+m.Path, func(w http.ResponseWriter, r *http.Request) { m.Handle(w, r, new(api.Caller)) })
	}
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		if err := im.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return server.URL
}

// importAsk sends a request and returns status, headers and the answer.
func importAsk(t *testing.T, method, url string, body io.Reader, headers ...string) (int, http.Header, map[string]any) {
	t.Helper()
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil && err != io.EOF { // an answer may have no body
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, got
}

func ringFile(t *testing.T) []byte {
	t.Helper()
	body, err := os.ReadFile(plethtest.Shared(t, "data/oximetry/viatom-o2ring/20250306222056"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestImportAnswers(t *testing.T) {
	t.Parallel()
	im, _ := newImportBench(t)
	im.limit = 1 << 20
	url := importServer(t, im)
	ring := ringFile(t)
	for _, c := range []struct {
		name, query string
		body        []byte
		status      int
		want        map[string]string
	}{
		{"a file", "?filename=20250306222056", ring, 201, map[string]string{"state": "done", "duplicate": "0"}},
		{"again", "?filename=20250306222056", ring, 200, map[string]string{"state": "done", "accepted": "0"}},
		{"for a device and a person", "?filename=20250306222056&device_id=ring-7&subject_id=Anna+Schmidt", ring, 201, map[string]string{"device_id": "ring-7"}},
		{"in another zone", "?filename=20250306222056&zone=Europe/Berlin", ring, 201, map[string]string{"duplicate": "0"}},
		{"not a recording", "?filename=letter.txt", []byte("Dear Anna"), 422, map[string]string{"title": "The file cannot be taken"}},
		{"nothing", "", nil, 422, map[string]string{"title": "The file cannot be taken"}},
		{"too large", "", make([]byte, 2<<20), 413, map[string]string{"title": "Too large"}},
		{"wrong parameters", "?zone=Nowhere/At&device_id=a+b&interval=x&columnes=1", ring, 422, map[string]string{"title": "The request is not valid"}},
	} {
		status, header, got := importAsk(t, "POST", url+"/api/v1/import"+c.query, bytes.NewReader(c.body))
		if status != c.status {
			t.Errorf("%s: got %d %v", c.name, status, got)
			continue
		}
		for k, v := range c.want {
			if text, _ := json.Marshal(got[k]); strings.Trim(string(text), `"`) != v {
				t.Errorf("%s: %s is %s, want %s", c.name, k, text, v)
			}
		}
		if status < 300 {
			if list, _ := got["sessions"].([]any); len(list) != 1 {
				t.Errorf("%s: got %v", c.name, got["sessions"])
			}
			if status, _, again := importAsk(t, "GET", url+header.Get("Location"), nil); status != 200 || again["state"] != "done" {
				t.Errorf("%s: got %d %v", c.name, status, again)
			}
		}
	}
	if _, _, got := importAsk(t, "GET", url+"/api/v1/imports", nil); len(got["imports"].([]any)) != 6 {
		t.Errorf("got %v", got)
	}
	nameless := func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		body, err := os.ReadFile(path)
		if bytes.Contains(body, []byte("Anna")) || strings.Contains(path, "Anna") {
			t.Errorf("%s has a name in the open", path)
		}
		return err
	}
	if err := filepath.WalkDir(im.dir, nameless); err != nil {
		t.Fatal(err)
	}
}

// A file comes in parts, one of which breaks off, to a server that is started
// again in between; and an import that was under way goes on by itself.
func TestImportIsDropped(t *testing.T) {
	t.Parallel()
	im, _ := newImportBench(t)
	ring := ringFile(t)
	url := importServer(t, im)
	begin := func() string {
		t.Helper()
		status, header, got := importAsk(t, "POST", url+"/api/v1/import?filename=x", nil, "Upload-Length", strconv.Itoa(len(ring)))
		if status != 201 {
			t.Fatalf("got %d %v", status, got)
		}
		return url + header.Get("Location")
	}
	at := begin()
	if status, _, got := importAsk(t, "PATCH", at, bytes.NewReader(ring[:1000]), "Upload-Offset", "0"); status != 202 {
		t.Errorf("got %d %v", status, got)
	}
	if status, _, got := importAsk(t, "DELETE", at, nil); status != 204 {
		t.Errorf("got %d %v", status, got)
	}
	for _, method := range []string{"GET", "DELETE"} {
		if status, _, got := importAsk(t, method, at, nil); status != 404 {
			t.Errorf("%s: got %d %v", method, status, got)
		}
	}
	if left, err := os.ReadDir(im.dir); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	at = begin()
	if status, _, got := importAsk(t, "PATCH", at, bytes.NewReader(ring), "Upload-Offset", "0"); status != 201 {
		t.Errorf("got %d %v", status, got)
	}
	if status, _, got := importAsk(t, "DELETE", at, nil); status != 409 {
		t.Errorf("got %d %v", status, got)
	}
}

func TestImportInParts(t *testing.T) {
	t.Parallel()
	im, r := newImportBench(t)
	ring := ringFile(t)
	url := importServer(t, im)
	status, header, got := importAsk(t, "POST", url+"/api/v1/import?filename=20250306222056", nil, "Upload-Length", strconv.Itoa(len(ring)))
	at := header.Get("Location")
	if status != 201 || got["state"] != "receiving" || at == "" {
		t.Fatalf("got %d %v", status, got)
	}
	part := func(from, to int) (int, map[string]any) {
		t.Helper()
		status, header, got := importAsk(t, "PATCH", url+at, bytes.NewReader(ring[from:to]), "Upload-Offset", strconv.Itoa(from))
		if status < 300 && header.Get("Upload-Offset") != strconv.Itoa(to) {
			t.Errorf("got %v at %d", header, to)
		}
		return status, got
	}
	if status, got := part(0, 1000); status != 202 || got["received_bytes"] != 1000.0 {
		t.Errorf("got %d %v", status, got)
	}
	if status, got := part(500, 1500); status != 409 {
		t.Errorf("got %d %v", status, got)
	}
	broken := io.MultiReader(bytes.NewReader(ring[1000:2000]), &stuck{})
	req, _ := http.NewRequest("PATCH", url+at, broken)
	req.ContentLength = int64(len(ring) - 1000)
	req.Header.Set("Upload-Offset", "1000")
	if _, err := http.DefaultClient.Do(req); err == nil {
		t.Error("the part did not break off")
	}
	// Started again.
	next := &importer{dir: im.dir, box: im.box, road: r, program: im.program, clock: im.clock, log: im.log, limit: im.limit, busy: im.busy}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Millisecond) {
		if _, _, got := importAsk(t, "GET", url+at, nil); got["received_bytes"] == 2000.0 {
			break
		} else if time.Now().After(end) {
			t.Fatalf("got %v", got)
		}
	}
	url = importServer(t, next)
	if _, _, got := importAsk(t, "GET", url+at, nil); got["received_bytes"] != 2000.0 || got["state"] != "receiving" {
		t.Fatalf("got %v", got)
	}
	if status, got := part(2000, len(ring)); status != 201 || got["state"] != "done" {
		t.Errorf("got %d %v", status, got)
	}
	if status, got := part(0, 10); status != 409 {
		t.Errorf("got %d %v", status, got)
	}
	// Noted as waiting, and started again: it goes on by itself.
	next.wait.Wait() // its own note is written
	id := filepath.Base(at)
	j := next.job(id)
	j.set(func(s *importState) { s.State = importStoring })
	if err := next.note(j); err != nil {
		t.Fatal(err)
	}
	last := &importer{dir: im.dir, box: im.box, road: r, program: im.program, clock: im.clock, log: im.log, limit: im.limit, busy: im.busy}
	_ = importServer(t, last)
	if s := last.job(id).finished(t.Context()); s.State != importDone || s.Duplicate != s.Rows || s.Rows == 0 {
		t.Errorf("got %+v", s)
	}
}

// stuck breaks off.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, io.ErrNoProgress }
