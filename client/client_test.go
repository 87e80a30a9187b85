package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pleth"
	"pleth/client"
)

// fakeServer keeps readings as pleth does: by device, time and sequence number.
type fakeServer struct {
	before func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
	after  func(w http.ResponseWriter) bool                  // true: the answer is lost

	mu   sync.Mutex
	kept map[string]json.RawMessage
	seen int
}

func (f *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if f.before != nil && f.before(w, r) {
		return
	}
	var objects []json.RawMessage
	if err := json.NewDecoder(r.Body).Decode(&objects); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	results, refused, duplicates := []map[string]any{}, 0, 0
	for i, o := range objects {
		var head struct {
			Timestamp string
			Seq       int64
			SpO2      *float64
		}
		json.Unmarshal(o, &head)
		key := fmt.Sprint(r.URL.Path, head.Timestamp, head.Seq)
		status := "accepted"
		switch {
		case head.SpO2 != nil && *head.SpO2 > 100:
			status = "refused"
			refused++
		case f.kept[key] != nil:
			status = "duplicate"
			duplicates++
		default:
			if f.kept == nil {
				f.kept = map[string]json.RawMessage{}
			}
			f.kept[key] = o
		}
		f.seen++
		results = append(results, map[string]any{"index": i, "status": status})
	}
	f.mu.Unlock()
	if f.after != nil && f.after(w) {
		return
	}
	switch refused {
	case 0:
		w.WriteHeader(http.StatusCreated)
	case len(objects):
		w.WriteHeader(http.StatusUnprocessableEntity)
	default:
		w.WriteHeader(http.StatusMultiStatus)
	}
	said := map[string]any{"accepted": len(objects) - refused - duplicates, "duplicate": duplicates, "refused": refused}
	if refused > 0 {
		said["results"] = results
	}
	json.NewEncoder(w).Encode(said)
}

func (f *fakeServer) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.kept)
}

var start = time.Date(2026, 1, 14, 22, 0, 0, 0, time.UTC)

func reading(device string, i int) client.Reading {
	return client.Reading{Device: device, Time: start.Add(time.Duration(i) * time.Second),
		Values: map[string]pleth.Value{"spo2": pleth.Num(int64(90+i%10), 0), "pulse_rate": pleth.Missing()}}
}

func open(t *testing.T, c client.Config) *client.Client {
	t.Helper()
	c.BackoffMin, c.BackoffMax = time.Millisecond, 5*time.Millisecond
	if c.BatchWait == 0 {
		c.BatchWait = time.Millisecond
	}
	cl, err := client.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return cl
}

func send(t *testing.T, c *client.Client, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := c.Send(t.Context(), reading(fmt.Sprintf("dev-%d", i%3), i)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestNothingIsLostWhenAnswersAre loses requests before and after the server
// has kept them.
func TestNothingIsLostWhenAnswersAre(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	f := &fakeServer{}
	f.before = func(w http.ResponseWriter, _ *http.Request) bool {
		switch n.Add(1) % 5 {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		case 2:
			panic(http.ErrAbortHandler)
		}
		return false
	}
	f.after = func(http.ResponseWriter) bool {
		if n.Load()%5 == 3 {
			panic(http.ErrAbortHandler)
		}
		return false
	}
	srv := httptest.NewServer(f)
	defer srv.Close()
	c := open(t, client.Config{URL: srv.URL, Spool: t.TempDir(), BatchSize: 20})
	send(t, c, 0, 1000)
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := c.Stats()
	if f.count() != 1000 || s.Acknowledged != 1000 || s.Pending != 0 || s.Duplicates == 0 || s.Retries == 0 {
		t.Errorf("server keeps %d of 1000; %+v", f.count(), s)
	}
}

func TestResumesAfterARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var away atomic.Bool
	away.Store(true)
	f := &fakeServer{before: func(w http.ResponseWriter, _ *http.Request) bool {
		if away.Load() {
			panic(http.ErrAbortHandler)
		}
		return false
	}}
	srv := httptest.NewServer(f)
	defer srv.Close()

	c := open(t, client.Config{URL: srv.URL, Spool: dir, Sync: -1})
	send(t, c, 0, 300)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Close(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "300 readings are waiting") {
		t.Errorf("closing with the server away: %v", err)
	}
	if err := c.Send(t.Context(), reading("x", 1)); !errors.Is(err, client.ErrClosed) {
		t.Errorf("sending after Close: %v", err)
	}

	away.Store(false)
	c = open(t, client.Config{URL: srv.URL, Spool: dir})
	send(t, c, 300, 400)
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if f.count() != 400 {
		t.Errorf("server keeps %d of 400", f.count())
	}
	seqs := map[int64]bool{}
	for _, o := range f.kept {
		var head struct{ Seq int64 }
		json.Unmarshal(o, &head)
		seqs[head.Seq] = true
	}
	if len(seqs) != 400 || !seqs[1] || !seqs[400] {
		t.Errorf("%d sequence numbers of 400", len(seqs))
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	var first, second time.Time
	var n int
	f := &fakeServer{before: func(w http.ResponseWriter, _ *http.Request) bool {
		if n++; n == 1 {
			first = time.Now()
			w.Header().Set("Retry-After", "0.2")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		second = time.Now()
		return false
	}}
	srv := httptest.NewServer(f)
	defer srv.Close()
	c := open(t, client.Config{URL: srv.URL})
	send(t, c, 0, 1)
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d := second.Sub(first); d < 200*time.Millisecond {
		t.Errorf("came back after %s, the server asked for 200ms", d)
	}
}

func TestRefusedReadingsAreTold(t *testing.T) {
	t.Parallel()
	f := &fakeServer{}
	srv := httptest.NewServer(f)
	defer srv.Close()
	var told atomic.Int64
	c := open(t, client.Config{URL: srv.URL, BatchWait: time.Hour, Refused: func(client.Refusal) { told.Add(1) }})
	send(t, c, 0, 9)
	bad := reading("dev-0", 10)
	bad.Values["spo2"] = pleth.Num(120, 0)
	if err := c.Send(t.Context(), bad, reading("dev-1", 11)); err != nil {
		t.Fatal(err)
	}
	if err := c.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := c.Stats(); s.Refused != 1 || s.Acknowledged != 10 || told.Load() != 1 {
		t.Errorf("%+v, told %d", s, told.Load())
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestABodyTheServerCannotRead is halved until the reading at fault is found.
func TestABodyTheServerCannotRead(t *testing.T) {
	t.Parallel()
	f := &fakeServer{}
	f.before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.ContentLength > 400 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return true
		}
		return false
	}
	srv := httptest.NewServer(f)
	defer srv.Close()
	c := open(t, client.Config{URL: srv.URL})
	send(t, c, 0, 100)
	large := reading("dev-0", 100)
	large.Patient = strings.Repeat("x", 500)
	if err := c.Send(t.Context(), large); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := c.Stats(); f.count() != 100 || s.Refused != 1 {
		t.Errorf("server keeps %d of 100; %+v", f.count(), s)
	}
}

func TestAFullSpoolSaysSo(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", t.TempDir()} {
		f := &fakeServer{before: func(w http.ResponseWriter, _ *http.Request) bool { panic(http.ErrAbortHandler) }}
		srv := httptest.NewServer(f)
		defer srv.Close()
		c := open(t, client.Config{URL: srv.URL, Spool: dir, SpoolBytes: 20_000})
		var err error
		for i := 0; err == nil && i < 1000; i++ {
			err = c.Send(t.Context(), reading("dev", i))
		}
		if s := c.Stats(); !errors.Is(err, client.ErrFull) || s.PendingBytes > 20_000 || s.Taken < 150 {
			t.Errorf("spool %q: %v, %+v", dir, err, s)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c.Close(ctx)
	}
}

func TestDamageInTheSpool(t *testing.T) {
	t.Parallel()
	write := func(t *testing.T) (dir, file string, b []byte) {
		dir = t.TempDir()
		c := open(t, client.Config{URL: "http://127.0.0.1:1", Spool: dir})
		send(t, c, 0, 50)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c.Close(ctx)
		files, err := filepath.Glob(filepath.Join(dir, "*.seg"))
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		if b, err = os.ReadFile(files[0]); err != nil {
			t.Fatal(err)
		}
		return dir, files[0], b
	}
	for name, c := range map[string]struct {
		change func(b []byte) []byte
		kept   int
		lost   int64
	}{
		"whole":              {func(b []byte) []byte { return b }, 50, 0},
		"torn last record":   {func(b []byte) []byte { return b[:len(b)-7] }, 49, 0},
		"grown with nothing": {func(b []byte) []byte { return append(b, make([]byte, 4096)...) }, 50, 0},
		"a bit in a record":  {func(b []byte) []byte { b[16+8+30] ^= 4; return b }, 49, 1},
		"a bit in a length":  {func(b []byte) []byte { b[16+3] ^= 64; return b }, 0, 1},
		"header gone":        {func(b []byte) []byte { copy(b, "notpleth"); return b }, 0, 1},
		"header torn":        {func(b []byte) []byte { return b[:5] }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, file, b := write(t)
			if err := os.WriteFile(file, c.change(b), 0o600); err != nil {
				t.Fatal(err)
			}
			f := &fakeServer{}
			srv := httptest.NewServer(f)
			defer srv.Close()
			cl := open(t, client.Config{URL: srv.URL, Spool: dir})
			send(t, cl, 50, 60)
			if err := cl.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s := cl.Stats(); f.count() != c.kept+10 || s.Damaged != c.lost {
				t.Errorf("server keeps %d, want %d; damaged %d, want %d", f.count(), c.kept+10, s.Damaged, c.lost)
			}
		})
	}
}

func TestOneClientPerSpool(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := open(t, client.Config{URL: "http://127.0.0.1:1", Spool: dir})
	defer c.Close(t.Context())
	if _, err := client.Open(client.Config{URL: "http://127.0.0.1:1", Spool: dir}); err == nil || !strings.Contains(err.Error(), "another client") {
		t.Errorf("a second client on the spool: %v", err)
	}
}

func TestWhatIsNoReading(t *testing.T) {
	t.Parallel()
	c := open(t, client.Config{URL: "http://127.0.0.1:1"})
	defer c.Close(t.Context())
	for name, change := range map[string]func(*client.Reading){
		"no device":      func(r *client.Reading) { r.Device = "" },
		"device":         func(r *client.Reading) { r.Device = "Müller" },
		"no time":        func(r *client.Reading) { r.Time = time.Time{} },
		"no values":      func(r *client.Reading) { r.Values = nil },
		"absent value":   func(r *client.Reading) { r.Values["spo2"] = pleth.Value{} },
		"reserved field": func(r *client.Reading) { r.Values["seq"] = pleth.Num(1, 0) },
	} {
		r := reading("dev", 1)
		change(&r)
		if err := c.Send(t.Context(), r); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
