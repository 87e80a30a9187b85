package rawfile_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"pleth/internal/rawfile"
	"pleth/internal/sealed"
)

func TestParts(t *testing.T) {
	t.Parallel()
	box := sealed.NewBox(sealed.NewKey())
	path := filepath.Join(t.TempDir(), "f")
	f, err := rawfile.Create(path, box, []byte("Anna Schmidt.edf"))
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var want []byte
	for _, n := range []int{10, 0, 3 << 20, 1 << 20, 77} {
		part := make([]byte, n)
		for i := range part {
			part[i] = byte(rng.IntN(256))
		}
		copy(part, "Anna Schmidt")
		if err := f.Append(bytes.NewReader(part), 1<<30, nil); err != nil {
			t.Fatal(err)
		}
		want = append(want, part...)
		// Close, tear a frame onto its end, and open again.
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		torn, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = torn.Write([]byte{0, 0, 1, 0, 1, 2, 3}[:rng.IntN(8)])
		_ = torn.Close()
		if f, err = rawfile.Open(path, box); err != nil {
			t.Fatal(err)
		}
		if string(f.About()) != "Anna Schmidt.edf" || f.Size() != int64(len(want)) {
			t.Fatalf("got %q, %d bytes, want %d", f.About(), f.Size(), len(want))
		}
	}
	got, err := io.ReadAll(f.Reader())
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %d bytes, %v", len(got), err)
	}
	if err := iotest.TestReader(f.Reader(), want); err != nil {
		t.Error(err)
	}
	if err := f.Append(strings.NewReader("more"), f.Size()+3, nil); !errors.Is(err, rawfile.ErrTooLong) {
		t.Errorf("got %v", err)
	}
	broken := errors.New("broken")
	if err := f.Append(io.MultiReader(strings.NewReader("more"), iotest.ErrReader(broken)), 1<<30, nil); !errors.Is(err, broken) || f.Size() != int64(len(want))+4 {
		t.Errorf("got %v, %d bytes", err, f.Size())
	}
	kept, err := os.ReadFile(path)
	if err != nil || bytes.Contains(kept, []byte("Schmidt")) {
		t.Errorf("the name lies in the open, %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := rawfile.Open(path, sealed.NewBox(sealed.NewKey())); !errors.Is(err, rawfile.ErrDamaged) {
		t.Errorf("with another key: %v", err)
	}
	kept[len(kept)/2] ^= 1
	if err := os.WriteFile(path, kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err = rawfile.Open(path, box); err == nil {
		_, err = io.ReadAll(f.Reader())
		_ = f.Close()
	}
	if !errors.Is(err, rawfile.ErrDamaged) {
		t.Errorf("with a bit flipped: %v", err)
	}
}
