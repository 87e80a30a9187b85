package devicetest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Made checks that the files of the testcases are those that a test makes byte
// by byte, by their paths below testcases. With -update it writes them, so it
// is called before Run.
func Made(t *testing.T, files map[string][]byte) {
	t.Helper()
	for name, want := range files {
		path := filepath.Join("testcases", filepath.FromSlash(name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not the file that the test makes", path)
		}
	}
}
