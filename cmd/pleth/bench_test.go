package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pleth/internal/simulate"
)

// BenchmarkCommand runs `pleth analyze --json` on a night of 8 h as a user
// does, start of the program included, and Python reading the same file into
// lists and doing nothing with it, by turns. Of both it reports the median CPU
// time, and the ratio of the two, which is to be at most 1; of pleth the
// highest memory in use. Python runs without its site packages (-I -S), so that
// what else is installed does not count against it.
func BenchmarkCommand(b *testing.B) {
	dir := b.TempDir()
	bin, night := built(b, dir), filepath.Join(dir, "night.csv")
	writeNight(b, night)
	const parse = "import csv, sys; list(csv.reader(open(sys.argv[1])))"
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		b.Skip("needs python3, the peer")
	}
	peer := strings.TrimSpace(string(python))
	var own, other, wall []float64
	peak := 0
	for b.Loop() {
		start := time.Now()
		cpu, kB := measured(b, exec.Command(bin, "analyze", "--json", night))
		wall = append(wall, float64(time.Since(start))/1e6)
		own, peak = append(own, cpu), max(peak, kB)
		cpu, _ = measured(b, exec.Command(peer, "-I", "-S", "-c", parse, night))
		other = append(other, cpu)
	}
	b.ReportMetric(0, "ns/op") // of both together; says nothing
	b.ReportMetric(median(wall), "wall-ms")
	b.ReportMetric(median(own), "cpu-ms")
	b.ReportMetric(median(other), "python-cpu-ms")
	b.ReportMetric(median(own)/median(other), "of-python")
	b.ReportMetric(float64(peak)/1024, "peak-MB")
}

// built builds the program into dir and returns its path.
func built(b testing.TB, dir string) string {
	b.Helper()
	bin := filepath.Join(dir, "pleth")
	flags := "-s -w"
	if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" {
		flags += " -T 0x411000" // as in the Makefile
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags", flags, "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func writeNight(b testing.TB, path string) {
	b.Helper()
	night, err := simulate.Night(simulate.Params{Seed: 1, Length: 8 * time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := night.WriteCSV(f); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// measured runs a program and returns its CPU time in ms and the most memory
// it had in use in kB, as far as it was seen: what the system counts for a
// child includes the memory of the test that started it.
func measured(b testing.TB, cmd *exec.Cmd) (cpu float64, kB int) {
	b.Helper()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
	for {
		select {
		case err := <-done:
			if err != nil {
				b.Fatal(err)
			}
			return float64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()) / 1e6, kB
		case <-time.After(time.Millisecond):
			kB = max(kB, highWater(status, cmd.Path))
		}
	}
}

// highWater returns VmHWM of a process in kB once it runs the program.
func highWater(status, program string) (kB int) {
	text, err := os.ReadFile(status)
	if err != nil || !strings.HasPrefix(string(text), "Name:\t"+filepath.Base(program)) {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	_, _ = fmt.Sscan(rest, &kB)
	return kB
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
