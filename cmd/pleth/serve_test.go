package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// serveCommands are what scripts about `pleth serve` use besides the others.
func serveCommands(cmds map[string]func(*testscript.TestScript, bool, []string)) {
	need := func(ts *testscript.TestScript, neg bool, args []string, n int, usage string) {
		if neg || len(args) != n {
			ts.Fatalf("usage: %s", usage)
		}
	}
	// freeport VAR: an address on loopback that nobody listens on.
	cmds["freeport"] = func(ts *testscript.TestScript, neg bool, args []string) {
		need(ts, neg, args, 1, "freeport VAR")
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Setenv(args[0], l.Addr().String())
		ts.Check(l.Close())
	}
	// ready URL: waits until the server takes readings.
	cmds["ready"] = func(ts *testscript.TestScript, neg bool, args []string) {
		need(ts, neg, args, 1, "ready URL")
		for range 500 {
			if res, err := http.Get(args[0] + "/readyz"); err == nil {
				_ = res.Body.Close()
				if res.StatusCode == http.StatusOK {
					return
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
		ts.Fatalf("%s is not ready after 10 s", args[0])
	}
	// mode 0600 FILE: the file has these permissions.
	cmds["mode"] = func(ts *testscript.TestScript, neg bool, args []string) {
		need(ts, neg, args, 2, "mode 0600 FILE")
		info, err := os.Stat(ts.MkAbs(args[1]))
		ts.Check(err)
		if got := info.Mode().Perm().String(); got != "-rw-------" || args[0] != "0600" {
			ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
		}
	}
	// get URL TOKENFILE STATUS PATTERN: what a GET answers.
	cmds["get"] = func(ts *testscript.TestScript, neg bool, args []string) {
		need(ts, neg, args, 4, "get URL TOKENFILE STATUS PATTERN")
		ask(ts, "GET", args[0], args[1], "", args[2], args[3])
	}
	// eventually URL TOKENFILE STATUS PATTERN: what a GET answers before long.
	cmds["eventually"] = func(ts *testscript.TestScript, neg bool, args []string) {
		need(ts, neg, args, 4, "eventually URL TOKENFILE STATUS PATTERN")
		for range 500 {
			if ok, _ := answers(ts, "GET", args[0], args[1], "", args[2], args[3]); ok {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		ask(ts, "GET", args[0], args[1], "", args[2], args[3])
	}
	// post URL TOKENFILE BODYFILE STATUS PATTERN: what a POST answers.
	cmds["post"] = func(ts *testscript.TestScript, neg bool, args []string) {
		need(ts, neg, args, 5, "post URL TOKENFILE BODYFILE STATUS PATTERN")
		ask(ts, "POST", args[0], args[1], ts.ReadFile(args[2]), args[3], args[4])
	}
}

func ask(ts *testscript.TestScript, method, url, token, body, status, pattern string) {
	if ok, got := answers(ts, method, url, token, body, status, pattern); !ok {
		ts.Fatalf("%s %s: %s", method, url, got)
	}
}

// answers reports whether the answer to a request is the one expected, and
// returns it.
func answers(ts *testscript.TestScript, method, url, token, body, status, pattern string) (ok bool, answer string) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(ts.ReadFile(token)))
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	ts.Check(err)
	return strings.HasPrefix(res.Status, status) && regexp.MustCompile(pattern).Match(got), res.Status + ": " + string(got)
}
