// Package python_test runs the tests of the Python client.
package python_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"pleth/client"
)

// TestPython needs python3, on every machine that builds pleth.
func TestPython(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "python3", "-m", "unittest", "-q").CombinedOutput()
	if err != nil {
		t.Errorf("python3 -m unittest: %v\n%s", err, out)
	}
}

// TestSpoolIsShared sends from Go what Python has left in a spool.
func TestSpoolIsShared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const script = `
import pleth, sys
c = pleth.Client("http://127.0.0.1:1", spool=sys.argv[1])
for i in range(3):
    c.send("ring", 1768428000 + i, {"spo2": "97.%d" % i})
c.close(timeout=0)`
	if out, err := exec.CommandContext(t.Context(), "python3", "-c", script, dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got += r.URL.Path + " " + string(b) + "\n"
		w.WriteHeader(http.StatusCreated)
	}))
	defer srv.Close()
	c, err := client.Open(client.Config{URL: srv.URL, Spool: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := `/api/v1/devices/ring/readings [` + strings.Join([]string{
		`{"timestamp":"2026-01-14T22:00:00Z","seq":1,"spo2":97.0}`,
		`{"timestamp":"2026-01-14T22:00:01Z","seq":2,"spo2":97.1}`,
		`{"timestamp":"2026-01-14T22:00:02Z","seq":3,"spo2":97.2}`,
	}, ",") + "]\n"
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}
