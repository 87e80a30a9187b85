package main

import (
	"bufio"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestHangUp: a terminal that closes ends the server as SIGTERM does.
func TestHangUp(t *testing.T) {
	t.Parallel()
	// Where the tests are run by nohup, the server would ignore it too.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	defer signal.Stop(heard)
	c := exec.CommandContext(t.Context(), "pleth", "serve", "--data", filepath.Join(t.TempDir(), "data"), "--listen", "127.0.0.1:0")
	log, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(log)
	for said.Scan() && !strings.Contains(said.Text(), "msg=ready") {
	}
	if err := c.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	last := ""
	for said.Scan() {
		last = said.Text()
	}
	if err := c.Wait(); err != nil || !strings.Contains(last, "msg=stopped") {
		t.Errorf("%v after %s", err, last)
	}
}
