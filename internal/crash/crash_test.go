// Package crash_test kills the real program under load and asks afterwards
// whether everything it had acknowledged is there, once and unaltered, and
// whether what is derived from it is what an undisturbed run derives.
package crash_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"pleth/internal/plethtest"
	"pleth/internal/ward"
)

// killsInTest is how often the server is killed where PLETH_CRASH does not say
// otherwise.
const killsInTest = 50

func kills(t *testing.T) int {
	s := os.Getenv("PLETH_CRASH")
	if s == "" {
		return killsInTest
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("PLETH_CRASH=%s: the number of kills", s)
	}
	return n
}

// server is the real program on one data directory and one port.
type server struct {
	bin, dir, addr string
	config         string // file of settings; empty: none
	cmd            *exec.Cmd
	out            bytes.Buffer
}

func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "pleth")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./cmd/pleth")
	c.Dir = plethtest.Root(t)
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

func newServer(t *testing.T, bin string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &server{bin: bin, dir: filepath.Join(t.TempDir(), "data"), addr: l.Addr().String()}
	t.Cleanup(func() {
		if s.cmd != nil {
			s.kill()
		}
	})
	return s
}

func (s *server) url() string { return "http://" + s.addr }

// start starts the server and returns when it is ready.
func (s *server) start(t *testing.T) {
	t.Helper()
	s.out.Reset()
	args := []string{"serve", "--data", s.dir, "--listen", s.addr, "--insecure-local"}
	if s.config != "" {
		args = append(args, "--config", s.config)
	}
	s.cmd = exec.Command(s.bin, args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	plethtest.EndsWithTests(s.cmd)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 20_000 {
		resp, err := http.Get(s.url() + "/readyz")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(3 * time.Millisecond)
	}
	s.kill()
	t.Fatalf("the server is not ready:\n%s", s.out.Bytes())
}

// kill is kill -9.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// stop asks the server to end and wants exit code 0.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, s.out.Bytes())
	}
	s.cmd = nil
}

// wards are the loads: one over REST and one as lines, at 2,900 readings/s.
func wards(t *testing.T, length time.Duration) map[ward.Protocol]*ward.Ward {
	t.Helper()
	out := map[ward.Protocol]*ward.Ward{}
	for p, prefix := range map[ward.Protocol]string{ward.REST: "rest-", ward.Line: "line-"} {
		w, err := ward.New(ward.Params{Devices: 12, Length: length, Seed: 17, Prefix: prefix, Mixed: true, Late: 0.02, Dup: 0.03,
			Start: time.Date(2026, 1, 14, 22, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		out[p] = w
	}
	return out
}

const speed = 120 // seconds of the wards in a second

// send runs the wards into s.
func send(ctx context.Context, t *testing.T, s *server, all map[ward.Protocol]*ward.Ward, o ward.Options) {
	var wg sync.WaitGroup
	for p, w := range all {
		o := o
		o.Protocol = p
		connect, err := ward.Connector(ward.Target{URL: s.url()}, p)
		if err != nil {
			t.Error(err)
			return
		}
		o.Connect = connect
		wg.Go(func() {
			n, err := ward.Run(ctx, w, o)
			if err != nil || n.Refused > 0 || n.Acknowledged != n.Sent {
				t.Errorf("%s: %+v, %v", p, n, err)
			}
		})
	}
	wg.Wait()
}

func TestNothingIsLostByKill(t *testing.T) {
	n := kills(t)
	bin := build(t)
	s := newServer(t, bin)
	s.start(t)
	length := max(time.Duration(n)*speed*time.Second*3/2, 10*time.Minute)
	all := wards(t, length)
	path := filepath.Join(t.TempDir(), "ledger")
	ledger, err := ward.OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	hurry, sent := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sent)
		send(t.Context(), t, s, all, ward.Options{Speed: speed, Batch: 4, Workers: 6, Ledger: ledger, Hurry: hurry})
	}()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	for range n {
		time.Sleep(time.Duration(30+random.IntN(450)) * time.Millisecond)
		s.kill()
		s.start(t)
	}
	select {
	case <-sent:
		t.Log("the load ended before the last kill: this machine is slow")
	default:
	}
	close(hurry)
	<-sent
	if err := ledger.Close(); err != nil {
		t.Fatal(err)
	}
	target := ward.Target{URL: s.url()}
	verify := func() {
		t.Helper()
		v, err := ward.Verify(t.Context(), path, ward.StoreAt(target))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d kills: %s", n, v)
		if !v.Good() || v.Acknowledged < 1000 || v.Acknowledged != v.Sent || v.Unknown != 0 {
			t.Errorf("%+v", v)
		}
	}
	verify()
	s.stop(t)
	// The same without a server, as the command does it.
	if out, err := exec.CommandContext(t.Context(), bin, "verify", "--ledger", path, "--data", s.dir).CombinedOutput(); err != nil {
		t.Errorf("verify --data: %v\n%s", err, out)
	}
	s.start(t)
	verify()

	calm := newServer(t, bin)
	calm.start(t)
	send(t.Context(), t, calm, all, ward.Options{Batch: 50, Workers: 4})
	got, want := documents(t, s), documents(t, calm)
	if len(want) < 24 || len(got) != len(want) {
		t.Errorf("%d session documents, an undisturbed run has %d", len(got), len(want))
	}
	for key, doc := range want {
		if !bytes.Equal(got[key], doc) {
			t.Errorf("the document of %s is not that of an undisturbed run: %s", key, difference(got[key], doc))
		}
	}
	s.stop(t)
	calm.stop(t)
}

// documents returns the analysis document of every session by its key.
func documents(t *testing.T, s *server) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	cursor := ""
	for {
		var list struct {
			Sessions []struct{ Key string }
			Next     string `json:"next_cursor"`
		}
		if err := json.Unmarshal(get(t, s.url()+"/api/v1/sessions?cursor="+url.QueryEscape(cursor)), &list); err != nil {
			t.Fatal(err)
		}
		for _, one := range list.Sessions {
			out[one.Key] = get(t, s.url()+"/api/v1/sessions/"+url.PathEscape(one.Key)+"/analysis")
		}
		if cursor = list.Next; cursor == "" {
			return out
		}
	}
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v: %.300s", url, resp.Status, err, b)
	}
	return b
}

// difference shows where two documents part.
func difference(a, b []byte) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-80)
			return fmt.Sprintf("at byte %d: %s ... against %s", i, a[from:min(len(a), i+80)], b[from:min(len(b), i+80)])
		}
	}
	return fmt.Sprintf("%d bytes against %d", len(a), len(b))
}
