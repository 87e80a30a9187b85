package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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

// openerNote names the file to which the stand-in for the opener of the system
// writes what it is asked to open.
const openerNote = "PLETH_TEST_OPENER_NOTE"

// standIn is the program that is started in place of the opener.
func standIn() {
	if err := os.WriteFile(os.Getenv(openerNote), []byte(os.Args[len(os.Args)-1]), 0o600); err != nil {
		os.Exit(1)
	}
}

// TestOpenBrowser: the opener of the system is given the address, and one that is
// not there is an error that says what to do.
func TestOpenBrowser(t *testing.T) {
	note := filepath.Join(t.TempDir(), "note")
	t.Setenv(openerNote, note)
	if err := openBrowser("http://127.0.0.1:1/?token=x"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(note); string(got) != "http://127.0.0.1:1/?token=x" {
		t.Errorf("%q", got)
	}
	t.Setenv("PATH", t.TempDir())
	if err := openBrowser("http://x/"); err == nil || !strings.Contains(err.Error(), "open http://x/ yourself") {
		t.Error(err)
	}
}

func TestOpener(t *testing.T) {
	t.Parallel()
	for system, want := range map[string]string{"linux": "xdg-open http://x/", "darwin": "open http://x/", "windows": "rundll32 url.dll,FileProtocolHandler http://x/"} {
		name, args := opener(system, "http://x/")
		if got := name + " " + strings.Join(args, " "); got != want {
			t.Errorf("%s: %q, want %q", system, got, want)
		}
	}
}
