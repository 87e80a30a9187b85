package backup

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func sample(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"a": "first", "b/c": "", "b/d": strings.Repeat("x", 3000), "secret": "s"} {
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	w := New(&b, time.Unix(0, 0), "test")
	if err := w.AddTree(dir, func(name string) bool { return name != "secret" }); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRestore(t *testing.T) {
	t.Parallel()
	archive := sample(t)
	dir := filepath.Join(t.TempDir(), "new", "data")
	list, err := Restore(bytes.NewReader(archive), dir)
	if err != nil || len(list.Files) != 3 || list.Program != "test" {
		t.Fatal(list, err)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "b", "d")); err != nil || len(b) != 3000 {
		t.Error(len(b), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "secret")); err == nil {
		t.Error("what was left out is there")
	}
	if _, err := Restore(bytes.NewReader(archive), dir); err == nil {
		t.Error("it restores over what is there")
	}
}

// An archive cut anywhere, or with any byte changed, is refused or is whole:
// nothing lies in the folder after a refusal.
func TestDamaged(t *testing.T) {
	t.Parallel()
	archive := sample(t)
	try := func(what string, b []byte) {
		above := t.TempDir()
		dir := filepath.Join(above, "data")
		if _, err := Restore(bytes.NewReader(b), dir); err == nil {
			// What tar does not look at may change; what is restored may not.
			for name, want := range map[string]int{"a": 5, "b/c": 0, "b/d": 3000} {
				if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || len(got) != want {
					t.Errorf("%s: %s has %d bytes: %v", what, name, len(got), err)
				}
			}
			return
		}
		if left, _ := os.ReadDir(above); len(left) > 0 {
			t.Errorf("%s: %v is left", what, left)
		}
	}
	for n := 0; n < len(archive); n += 97 {
		try("cut", archive[:n])
		bad := bytes.Clone(archive)
		bad[n] ^= 0x11
		try("flip", bad)
	}
	for _, name := range []string{"../x", "/etc/x", "a/../../x", "a//b", ""} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		_ = w.WriteHeader(&tar.Header{Name: name, Size: 1, Mode: 0o600, Typeflag: tar.TypeReg})
		_, _ = w.Write([]byte("x"))
		_ = w.Close()
		if _, err := Restore(&b, filepath.Join(t.TempDir(), "data")); !errors.Is(err, ErrDamaged) {
			t.Errorf("a file named %q: %v", name, err)
		}
	}
}
