package app

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pleth/internal/analysis"
)

const oneReading = `{"device_id":"ECG-001","patient_id":"P-123","heart_rate":130,"spo2":90,"temperature_c":38.5,"timestamp":"2025-11-28T20:15:00Z"}`

// serving starts a server in a folder of its own; stop ends it.
func serving(t *testing.T, change func(*Settings)) (s *Server, stop func() error) {
	t.Helper()
	set := Settings{Data: filepath.Join(t.TempDir(), "data"), Listen: "127.0.0.1:0"}
	if change != nil {
		change(&set)
	}
	s, err := NewServer(set, analysis.Program{Version: "test"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		return s.Stop(context.Background())
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s, stop
}

// address is where s is asked, without the token.
func address(s *Server) string { u, _, _ := strings.Cut(s.URL(), "/?"); return u }

// post sends the example with the token of s.
func post(t *testing.T, client *http.Client, s *Server) int {
	t.Helper()
	req, err := http.NewRequest("POST", address(s)+"/api/v1/devices/ECG-001/readings", strings.NewReader(oneReading))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// Clients that hold connections and say nothing, little, or break off get no
// more than their time; the others notice nothing.
func TestSlowAndSilentClients(t *testing.T) {
	t.Parallel()
	s, _ := serving(t, func(set *Settings) {
		set.Limits.Header, set.Limits.Request, set.Limits.Idle = Duration(200*time.Millisecond), Duration(400*time.Millisecond), Duration(300*time.Millisecond)
	})
	auth := "Host: localhost\r\nAuthorization: Bearer " + s.token + "\r\n"
	for name, said := range map[string]string{
		"nothing":             "",
		"half a head":         "POST /api/v1/readings HTTP/1.1\r\nHost: loc",
		"half a body":         "POST /api/v1/readings HTTP/1.1\r\n" + auth + "Content-Length: 1000\r\n\r\n[{",
		"half a chunked body": "POST /api/v1/readings HTTP/1.1\r\n" + auth + "Transfer-Encoding: chunked\r\n\r\n2\r\n[{\r\n",
		"half a bulk":         "POST /api/v1/readings:bulk HTTP/1.1\r\n" + auth + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{\"\r\n",
		"half a write":        "POST /write HTTP/1.1\r\n" + auth + "Content-Length: 1000\r\n\r\nx,device=a",
		"half a v2 write":     "POST /api/v2/write HTTP/1.1\r\n" + auth + "Transfer-Encoding: chunked\r\n\r\n2\r\nx,\r\n",
		"half an import":      "POST /api/v1/import?filename=a.csv HTTP/1.1\r\n" + auth + "Content-Length: 1000\r\n\r\ntime,",
		"half a resubmission": "POST /api/v1/dead-letters/1/resubmit HTTP/1.1\r\n" + auth + "Content-Length: 1000\r\n\r\n{",
		"half a query":        "POST /query HTTP/1.1\r\n" + auth + "Transfer-Encoding: chunked\r\n\r\n2\r\nq=\r\n",
		"half a WebSocket":    "GET /api/v1/live HTTP/1.1\r\n" + auth + "Upgrade: websocket\r\n",
		"a length of 1 PB":    "POST /api/v1/readings HTTP/1.1\r\n" + auth + "Content-Length: 999999999999999\r\n\r\n",
		"no HTTP":             "\x16\x03\x01\x02\x00\x01\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				c, err := net.Dial("tcp", s.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				_, _ = io.WriteString(c, said)
				_ = c.SetReadDeadline(time.Now().Add(2 * time.Minute))
				// The server ends it; what it says before is an error.
				b, err := io.ReadAll(c)
				if errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatal("the connection is still open")
				}
				if len(b) > 0 && !strings.HasPrefix(string(b), "HTTP/1.1 4") {
					t.Errorf("answered %.200s", b)
				}
				if name != "nothing" {
					break
				}
			}
			// An honest client of a busy machine may be too slow for the times of
			// this test as well: it comes again.
			fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			eventually(t, "somebody else is answered", func() bool {
				req, err := http.NewRequest("POST", address(s)+"/api/v1/devices/ECG-001/readings", strings.NewReader(oneReading))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer "+s.token)
				res, err := fresh.Do(req)
				if err != nil {
					return false
				}
				defer res.Body.Close()
				return res.StatusCode == 201
			})
		})
	}
}

// A request under way when the server is told to stop is answered; the data is
// there after it.
func TestDraining(t *testing.T) {
	t.Parallel()
	s, stop := serving(t, nil)
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/v1/readings HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", s.token, len(oneReading))
	r := bufio.NewReader(c)
	if line, err := r.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatalf("%q, %v", line, err) // the handler runs and waits for the body
	}
	_, _ = r.ReadString('\n')
	done := make(chan error, 1)
	go func() { done <- stop() }()
	<-s.draining
	_, _ = io.WriteString(c, oneReading)
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != 201 {
		t.Fatalf("%v, %v", res, err)
	}
	_ = res.Body.Close()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("it still listens")
	}
	again, _ := serving(t, func(set *Settings) { set.Data = s.settings.Data })
	if again.token != s.token {
		t.Error("the token has changed")
	}
	req, _ := http.NewRequest("GET", address(again)+"/api/v1/readings", nil)
	req.Header.Set("Authorization", "Bearer "+again.token)
	got, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if b, _ := io.ReadAll(got.Body); !strings.Contains(string(b), `"spo2":90`) {
		t.Errorf("got %s", b)
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := serving(t, nil)
	_, err := NewServer(Settings{Data: s.settings.Data, Listen: "127.0.0.1:0"}, analysis.Program{}, t.Output())
	if err == nil || !strings.Contains(err.Error(), "another pleth is running on this directory") {
		t.Errorf("got %v", err)
	}
}

func TestStatesOfTheServer(t *testing.T) {
	t.Parallel()
	s, err := NewServer(Settings{Data: filepath.Join(t.TempDir(), "data"), Listen: "127.0.0.1:0"}, analysis.Program{}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		s.serve(w, httptest.NewRequest("GET", path, nil))
		return w.Code, w.Header().Get("Retry-After")
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/api/v1/devices": 503} {
		if status, again := get(path); status != want || want == 503 && again == "" {
			t.Errorf("before it is open, %s: %d, Retry-After %q", path, status, again)
		}
	}
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/api/v1/devices": 401} {
		if status, _ := get(path); status != want {
			t.Errorf("open, %s: %d", path, status)
		}
	}
	well := s.unwell
	s.unwell = func() error { return errors.New("the disk is full") }
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/api/v1/devices": 401} {
		if status, _ := get(path); status != want {
			t.Errorf("the disk fails, %s: %d", path, status)
		}
	}
	s.unwell = well
	if err := s.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/api/v1/devices": 503} {
		if status, _ := get(path); status != want {
			t.Errorf("stopping, %s: %d", path, status)
		}
	}
}

// certify writes a certificate for localhost with that serial number.
func certify(t *testing.T, dir string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		stamp := time.Unix(1_700_000_000+serial, 0)
		if err := os.Chtimes(path, stamp, stamp); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TLS 1.3 alone; a new certificate is taken up, a broken one is not, and a
// connection under way goes on.
func TestCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := certify(t, dir, 1)
	s, _ := serving(t, func(set *Settings) { set.TLS.Cert, set.TLS.Key, set.Listen = cert, key, "0.0.0.0:0" })
	s.cert.mu.Lock()
	now := time.Unix(1_700_000_000, 0)
	s.cert.clock, s.cert.looked = func() time.Time { now = now.Add(time.Minute); return now }, now
	s.cert.mu.Unlock()
	_, port, _ := net.SplitHostPort(s.Addr().String())
	serial := func() (int64, error) {
		c, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			return 0, err
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxConnsPerHost: 1}}
	if got := post(t, client, s); got != 201 {
		t.Fatalf("status %d", got)
	}
	if _, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}); err == nil {
		t.Error("TLS 1.2 was taken")
	}
	for _, want := range []int64{1, 2, 2} {
		if got, err := serial(); err != nil || got != want {
			t.Errorf("serial %d, %v, want %d", got, err, want)
		}
		if want == 1 {
			certify(t, dir, 2)
		} else if err := os.WriteFile(cert, []byte("broken"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := post(t, client, s); got != 201 {
		t.Errorf("the connection under way: status %d", got)
	}
}

func TestTheTokenIsForItsOwnerAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, loose, err := adminToken(dir)
	if err != nil || loose || len(first) < 40 {
		t.Fatalf("%q, %v, %v", first, loose, err)
	}
	path := filepath.Join(dir, "admin-token")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	again, loose, err := adminToken(dir)
	if err != nil || !loose || again != first {
		t.Errorf("%q, %v, %v", again, loose, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := adminToken(dir); err == nil {
		t.Error("a short token was taken")
	}
}

// Every key of the file in docs/serve.md is one of the settings, and all of
// them are there.
func TestTheDocumentedSettings(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/serve.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(b), "```yaml\n")
	text, _, ends := strings.Cut(rest, "```")
	if !ok || !ends {
		t.Fatal("no settings in docs/serve.md")
	}
	path := filepath.Join(t.TempDir(), "pleth.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadSettings(path); err != nil {
		t.Error(err)
	}
	for _, key := range settingKeys() {
		if !strings.Contains(text, key+":") {
			t.Errorf("docs/serve.md does not show %s", key)
		}
	}
}

// settingKeys returns the names of all settings.
func settingKeys() (names []string) {
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return
		}
		for i := range t.NumField() {
			names = append(names, t.Field(i).Tag.Get("yaml"))
			walk(t.Field(i).Type)
		}
	}
	walk(reflect.TypeFor[Settings]())
	return names
}

// TestADirectoryThatCannotBeWritten: its lock says no more than that.
func TestADirectoryThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "lock"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := NewServer(Settings{Data: dir, Listen: "127.0.0.1:0"}, analysis.Program{}, t.Output())
	if err == nil || !strings.Contains(err.Error(), "this directory cannot be written") {
		t.Errorf("got %v", err)
	}
}
