// Package servicetest runs real servers for tests: PostgreSQL and MariaDB on a
// free port of loopback with their data in a temporary folder, stopped when the
// test ends. Where a server is not installed the test is skipped and says so;
// in CI it fails.
package servicetest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// find returns the path of a program.
func find(t testing.TB, name, pkg string, patterns ...string) string {
	t.Helper()
	for _, p := range patterns {
		if found, _ := filepath.Glob(p); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	text := fmt.Sprintf("%s is not installed: make services, or apt-get install %s", name, pkg)
	if os.Getenv("CI") != "" {
		t.Fatal(text)
	}
	t.Skip("NOT TESTED: " + text)
	return ""
}

// folder returns a folder that another user may use.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pleth-service-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func port(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// run starts a server that runs until the test ends, when it gets a signal.
func run(t testing.TB, cmd *exec.Cmd, stop syscall.Signal) {
	t.Helper()
	log, err := os.CreateTemp("", "pleth-service-*.log")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(stop)
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			<-done
		}
		if t.Failed() {
			b, _ := os.ReadFile(log.Name())
			t.Logf("%s says:\n%s", cmd.Path, b[max(0, len(b)-4000):])
		}
		_ = log.Close()
		_ = os.Remove(log.Name())
	})
}

// Await asks ping until it works.
func Await(t testing.TB, what string, ping func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for {
		err := ping(ctx)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s does not answer: %v", what, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Postgres returns the URL of a fresh PostgreSQL. ping is asked until it works.
func Postgres(t testing.TB, ping func(ctx context.Context, url string) error) string {
	t.Helper()
	initdb := find(t, "initdb", "postgresql", "/usr/lib/postgresql/*/bin/initdb")
	server := filepath.Join(filepath.Dir(initdb), "postgres")
	dir := folder(t)
	initial := exec.Command(initdb, "-D", filepath.Join(dir, "data"), "-U", "pleth", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	as(t, "postgres", initial, dir)
	if out, err := initial.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	p := port(t)
	cmd := exec.Command(server, "-D", filepath.Join(dir, "data"), "-p", fmt.Sprint(p), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_wal_size=2GB")
	as(t, "postgres", cmd, dir)
	run(t, cmd, syscall.SIGINT) // ends sessions
	url := fmt.Sprintf("postgres://pleth@127.0.0.1:%d/postgres?sslmode=disable", p)
	Await(t, "PostgreSQL", func(ctx context.Context) error { return ping(ctx, url) })
	return url
}

// MariaDB returns the address of a fresh MariaDB, as the driver of MySQL takes
// it, with the empty database test.
func MariaDB(t testing.TB, ping func(ctx context.Context, dsn string) error) string {
	t.Helper()
	server := find(t, "mariadbd", "mariadb-server", "/usr/sbin/mariadbd")
	dir := folder(t)
	data := filepath.Join(dir, "data")
	initial := exec.Command(find(t, "mariadb-install-db", "mariadb-server"), "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--datadir="+data)
	as(t, "mysql", initial, dir)
	if out, err := initial.CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	p := port(t)
	first := filepath.Join(dir, "init.sql")
	if err := os.WriteFile(first, []byte("CREATE DATABASE IF NOT EXISTS test;\nCREATE OR REPLACE USER pleth@'127.0.0.1' IDENTIFIED BY 'for tests alone';\nGRANT ALL ON test.* TO pleth@'127.0.0.1';\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(server, "--no-defaults", "--datadir="+data, "--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", p), "--socket="+filepath.Join(dir, "s"), "--skip-name-resolve", "--init-file="+first, "--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=0")
	as(t, "mysql", cmd, dir)
	run(t, cmd, syscall.SIGTERM)
	dsn := fmt.Sprintf("pleth:for tests alone@tcp(127.0.0.1:%d)/test", p)
	Await(t, "MariaDB", func(ctx context.Context) error { return ping(ctx, dsn) })
	return dsn
}
