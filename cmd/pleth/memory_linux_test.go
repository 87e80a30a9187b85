package main

// How much memory another process uses is read from /proc, which is Linux alone.

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pleth/internal/plethtest"
)

// TestMemoryOfANight: the whole command keeps to 40 MB over a night, start
// included, whatever the kernel maps of the program: its file is written in one
// piece here, which lies in the page cache by pieces of 2 MB.
func TestMemoryOfANight(t *testing.T) {
	dir := t.TempDir()
	program, err := os.ReadFile(built(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	bin, night := filepath.Join(dir, "again"), filepath.Join(dir, "night.csv")
	if err := os.WriteFile(bin, program, 0o700); err != nil {
		t.Fatal(err)
	}
	writeNight(t, night)
	most := 0
	for range 5 {
		_, kB := measured(t, exec.Command(bin, "analyze", "--json", night))
		most = max(most, kB)
	}
	if most > 40<<10 || most == 0 { // 0: it was over before anybody looked, five times
		t.Errorf("%d kB in use, want at most 40 MB", most)
	}
}

// TestMemoryOfHealthExport: the whole command keeps to 100 MB over an Apple
// Health export with years of nights, whatever it writes. 128 MB always, 2 GB
// with PLETH_BIG=1.
func TestMemoryOfHealthExport(t *testing.T) {
	size := int64(128 << 20)
	if os.Getenv("PLETH_BIG") != "" {
		size = 2 << 30
	}
	bin := built(t, t.TempDir())
	for _, what := range []string{"--json", "--csv=episodes"} {
		src := &plethtest.HealthExport{Size: size, Oxygen: 0.08, Heart: 0.3, Night: 8 * time.Hour}
		var out lineCount
		cmd := exec.Command(bin, "analyze", what, "-")
		cmd.Stdin, cmd.Stdout = src, &out
		cpu, kB := measured(t, cmd)
		if kB > 100<<10 || kB == 0 {
			t.Errorf("%s: %d kB in use, want at most 100 MB", what, kB)
		}
		if out == 0 {
			t.Errorf("%s: nothing was written", what)
		}
		t.Logf("%s of %d MB: at most %.1f MB in use, %.1f s of CPU, %d lines", what, size>>20, float64(kB)/1024, cpu/1e3, out)
	}
}

// lineCount counts the lines written to it.
type lineCount int

func (n *lineCount) Write(p []byte) (int, error) {
	*n += lineCount(strings.Count(string(p), "\n"))
	return len(p), nil
}
