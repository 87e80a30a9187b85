package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"pleth/internal/plethtest"
)

func TestMain(m *testing.M) {
	programs := map[string]func(){"pleth": main}
	for _, system := range []string{"linux", "darwin", "windows"} {
		name, _ := opener(system, "")
		programs[name] = standIn // no test opens a browser
	}
	testscript.Main(m, programs)
}

// TestScripts runs the command line as its users do; each script reads as an example.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true, Cmds: commands()})
}

// commands are what the scripts use besides the built-in ones.
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	cmds := map[string]func(*testscript.TestScript, bool, []string){
		// code N command...: the command exits with exactly N.
		"code": func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) < 2 {
				ts.Fatalf("usage: code N command [args]")
			}
			err := ts.Exec(args[1], args[2:]...)
			if got := exitCode(err); got != args[0] {
				ts.Fatalf("exit code %s, want %s (%v)", got, args[0], err)
			}
		},
		// cut N from to: the first N bytes of a file.
		"cut": func(ts *testscript.TestScript, neg bool, args []string) {
			if neg || len(args) != 3 {
				ts.Fatalf("usage: cut N from to")
			}
			var n int
			for _, c := range args[0] {
				n = 10*n + int(c-'0')
			}
			b := ts.ReadFile(args[1])
			ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(b[:min(n, len(b))]), 0o600))
		},
	}
	serveCommands(cmds)
	return cmds
}

// TestRealRecordings runs every real recording through the program: document,
// schema, verification.
func TestRealRecordings(t *testing.T) {
	t.Parallel()
	root := plethtest.Shared(t, "data/oximetry")
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "real"), RequireExplicitExec: true, Cmds: commands(),
		Setup: func(e *testscript.Env) error {
			e.Setenv("SHARED", filepath.Join(root, "..", ".."))
			return nil
		},
	})
}
