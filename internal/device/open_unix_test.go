//go:build unix

package device_test

import (
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"pleth/internal/device"
)

func TestOpenPipes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{night, string(gzipped(night)), string(zipped(t, stored{"n.csv", []byte(night)}))} {
		go func() {
			if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
				_, _ = io.WriteString(w, content)
				_ = w.Close()
			}
		}()
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		all, in, err := open(path, f, device.DefaultLimits)
		_ = f.Close()
		if err != nil || len(all) != 1 || all[0].text != night || in.SHA256 != sha256.Sum256([]byte(content)) {
			t.Errorf("got %+v, %v", all, err)
		}
	}
}
