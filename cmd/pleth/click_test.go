package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOwnFolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		system, want string
		env          map[string]string
	}{
		{"windows", "/local/pleth", map[string]string{"LocalAppData": "/local", "HOME": "/home/a"}},
		{"darwin", "/Users/a/Library/Application Support/pleth", map[string]string{"HOME": "/Users/a"}},
		{"linux", "/home/a/.local/share/pleth", map[string]string{"HOME": "/home/a"}},
		{"linux", "/data/pleth", map[string]string{"HOME": "/home/a", "XDG_DATA_HOME": "/data"}},
		{"linux", "/home/a/.local/share/pleth", map[string]string{"HOME": "/home/a", "XDG_DATA_HOME": "not/whole"}},
		{"linux", "", nil},
	} {
		got, err := ownFolder(c.system, func(name string) string { return c.env[name] })
		if filepath.ToSlash(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s %v: %q, %v, want %q", c.system, c.env, got, err, c.want)
		}
	}
}

func TestWhoAnswers(t *testing.T) {
	t.Parallel()
	said := func(status int, body string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close()
	for at, want := range map[string]int{said(200, "ready\n"): itIsPleth, said(404, "ready"): itIsAnother, said(200, "<html>"): itIsAnother, address: nobody} {
		if got := whoAnswers(at); got != want {
			t.Errorf("%s: %d, want %d", at, got, want)
		}
	}
}

// TestOpenBrowser: the opener of the system is given the address, and one that is
// not there is an error that says what to do.
func TestOpenBrowser(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the opener of this system cannot be stood in for")
	}
	dir := t.TempDir()
	note := filepath.Join(dir, "note")
	script := "#!/bin/sh\necho \"$1\" > " + note + "\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	if err := openBrowser("http://127.0.0.1:1/?token=x"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(note); strings.TrimSpace(string(got)) != "http://127.0.0.1:1/?token=x" {
		t.Errorf("%q", got)
	}
	t.Setenv("PATH", t.TempDir())
	if err := openBrowser("http://x/"); err == nil || !strings.Contains(err.Error(), "open http://x/ yourself") {
		t.Error(err)
	}
}
