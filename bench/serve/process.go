//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is one server under test.
type process struct {
	name string
	url  string // "http://127.0.0.1:port"
	mqtt string // "127.0.0.1:port", of pleth
	dir  string // its folder
	cmd  *exec.Cmd
	out  *bytes.Buffer
	done chan struct{}
}

// freePort returns a port that was free a moment ago.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// start runs a server and waits until ready answers 200 or 204.
func start(ctx context.Context, p *process, ready string, name string, args ...string) error {
	p.cmd = exec.Command(name, args...)
	p.out = &bytes.Buffer{}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // it never outlives this program
	if err := p.cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	p.done = done
	go func() { _ = p.cmd.Wait(); close(done) }()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(2 * time.Millisecond) {
		select {
		case <-p.done:
			return fmt.Errorf("%s ended: %s", p.name, tail(p.out))
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		resp, err := http.Get(p.url + ready)
		if err != nil {
			continue
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusNoContent {
			return nil
		}
	}
	return fmt.Errorf("%s is not ready after 2 minutes: %s", p.name, tail(p.out))
}

// settle waits until the server has done what a load left behind, such as
// compactions: until it takes less than a twentieth of a processor for two
// seconds, at most three minutes.
func (p *process) settle(ctx context.Context) error {
	for range 90 {
		before, err := p.cpu()
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Second):
		}
		after, err := p.cpu()
		if err != nil {
			return err
		}
		if after-before < 100*time.Millisecond {
			return nil
		}
	}
	return nil
}

// blame adds to an error what the process has said, if it has ended.
func (p *process) blame(err error) error {
	select {
	case <-p.done:
		return fmt.Errorf("%w; %s has ended (%v): %s", err, p.name, p.cmd.ProcessState, tail(p.out))
	case <-time.After(time.Second):
		return err
	}
}

func tail(b *bytes.Buffer) string { return string(b.Bytes()[max(0, b.Len()-2000):]) }

// startPleth starts pleth on the data in dir.
func startPleth(ctx context.Context, bin, dir string, more ...string) (*process, error) {
	listen, err := freePort()
	if err != nil {
		return nil, err
	}
	broker, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &process{name: "pleth", url: "http://" + listen, mqtt: broker, dir: dir}
	args := append([]string{"serve", "--data", dir, "--listen", listen, "--mqtt", broker, "--insecure-local"}, more...)
	return p, start(ctx, p, "/readyz", bin, args...)
}

// startInflux starts InfluxDB 1.x as Debian sets it up, but for its folders
// and port.
func startInflux(ctx context.Context, bin, dir string) (*process, error) {
	listen, err := freePort()
	if err != nil {
		return nil, err
	}
	rpc, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &process{name: "InfluxDB 1.6", url: "http://" + listen, dir: dir}
	conf := fmt.Sprintf("reporting-disabled = true\nbind-address = %q\n[meta]\ndir = %q\n[data]\ndir = %q\nwal-dir = %q\n[http]\nbind-address = %q\nlog-enabled = false\n[logging]\nlevel = \"error\"\n",
		rpc, dir+"/meta", dir+"/data", dir+"/wal", listen)
	file := filepath.Join(dir, "influxdb.conf")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		return nil, err
	}
	if err := start(ctx, p, "/ping", bin, "-config", file); err != nil {
		return p, err
	}
	resp, err := http.Post(p.url+"/query?q=CREATE+DATABASE+bench", "", nil)
	if err != nil {
		return p, err
	}
	return p, resp.Body.Close()
}

// startVictoria starts VictoriaMetrics as it comes.
func startVictoria(ctx context.Context, bin, dir string) (*process, error) {
	listen, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &process{name: "VictoriaMetrics", url: "http://" + listen, dir: dir}
	return p, start(ctx, p, "/health", bin, "-storageDataPath", filepath.Join(dir, "data"), "-httpListenAddr", listen, "-retentionPeriod", "100y", "-loggerLevel", "ERROR")
}

// stop ends the server and waits for it.
func (p *process) stop() {
	if p == nil || p.cmd == nil || p.cmd.Process == nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(30 * time.Second):
		p.kill()
	}
}

// kill ends the server as a crash does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// cpu returns what the process has used of the processor so far.
func (p *process) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(b), ") ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat has no times")
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100), nil // USER_HZ is 100 on Linux
}

// status returns a field of /proc/PID/status in bytes: VmRSS, VmHWM.
func (p *process) status(field string) (int64, error) {
	return p.proc("status", field+":", 1024)
}

// written returns the bytes the process has made the disk write.
func (p *process) written() (int64, error) { return p.proc("io", "write_bytes:", 1) }

func (p *process) proc(file, field string, unit int64) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n * unit, err
		}
	}
	return 0, fmt.Errorf("/proc/PID/%s has no %s", file, field)
}
