package sealed_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pleth/internal/sealed"
)

func TestKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	k, err := sealed.LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %04o", info.Mode().Perm())
	}
	if again, err := sealed.LoadOrCreate(path); err != nil || again.Index(nil) != k.Index(nil) {
		t.Errorf("another key, or %v", err)
	}
	if _, err := sealed.Create(path); err == nil {
		t.Error("a key was written over another")
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("%d files", len(left))
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := sealed.Load(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key others can read: %v", err)
	}
}

func TestKeyFileRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "abc", strings.Repeat("g", 64), strings.Repeat("a", 65), strings.Repeat("a", 200)} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := sealed.Load(path); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	k := sealed.NewKey()
	j, err := json.Marshal(map[string]any{"k": k})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprint(k), fmt.Sprintf("%+v %#v %x %s %d", k, k, k, k, k), fmt.Sprint(struct{ K sealed.Key }{k}), string(j)} {
		if strings.Trim(s, `[key] {}":K`) != "" {
			t.Errorf("printed %s", s)
		}
	}
}

func TestBox(t *testing.T) {
	t.Parallel()
	k := sealed.NewKey()
	box, same, other := sealed.NewBox(k), sealed.NewBox(k), sealed.NewBox(k.Derive("x"))
	for _, plain := range [][]byte{nil, []byte("a"), bytes.Repeat([]byte("name "), 1000)} {
		for name, seal := range map[string]func([]byte, string) []byte{"random": box.Seal, "steady": box.SealSteadily} {
			s := seal(plain, "c")
			if got, err := same.Open(s, "c"); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s: %v", name, err)
			}
			if len(plain) > 4 && bytes.Contains(s, []byte("name")) {
				t.Errorf("%s: plain text", name)
			}
			if equal := bytes.Equal(s, seal(plain, "c")); equal != (name == "steady") {
				t.Errorf("%s: equal %t", name, equal)
			}
			_, err1 := other.Open(s, "c")
			_, err2 := box.Open(s, "d")
			if !errors.Is(err1, sealed.ErrOpen) || !errors.Is(err2, sealed.ErrOpen) {
				t.Errorf("%s: opens with another key (%v) or context (%v)", name, err1, err2)
			}
			for i := range min(len(s), 100) {
				broken := bytes.Clone(s)
				broken[i] ^= 1
				if _, err := box.Open(broken, "c"); err == nil {
					t.Errorf("%s: byte %d does not count", name, i)
				}
			}
			for n := range min(len(s), 100) {
				if _, err := box.Open(s[:n], "c"); err == nil {
					t.Errorf("%s: %d bytes open", name, n)
				}
			}
		}
	}
}

func BenchmarkSealSteadily(b *testing.B) {
	box := sealed.NewBox(sealed.NewKey())
	tags := []byte(`{"host":"gateway-7","ward":"neonatal"}`)
	for b.Loop() {
		box.SealSteadily(tags, "tags")
	}
}

func BenchmarkIndex(b *testing.B) {
	k := sealed.NewKey()
	for b.Loop() {
		k.Index([]byte("MRN 1234567"))
	}
}
