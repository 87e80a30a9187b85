// Package plethtest holds what tests share: where the real recordings are, and
// small builders. Only tests import it.
package plethtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Root returns the folder of the module.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("no go.mod above the working directory")
		}
		dir = parent
	}
}

// Shared returns the path of a file of the shared folder of real recordings
// and references, which lies beside the checkout or where PLETH_SHARED says.
// Where it is absent the test fails in CI (the variable CI is set) and is
// skipped elsewhere: those files are not part of the project.
func Shared(tb testing.TB, path string) string {
	tb.Helper()
	dir := os.Getenv("PLETH_SHARED")
	if dir == "" {
		dir = filepath.Join(Root(tb), "..", "shared")
	}
	full := filepath.Join(dir, filepath.FromSlash(path))
	if _, err := os.Stat(full); err != nil {
		if os.Getenv("CI") != "" {
			tb.Fatalf("real recording missing: %s", full)
		}
		tb.Skipf("SKIPPED, NOT TESTED: the real recording %s is not here; put the shared folder beside the checkout or set PLETH_SHARED", full)
	}
	return full
}
