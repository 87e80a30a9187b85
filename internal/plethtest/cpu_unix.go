//go:build unix

package plethtest

import (
	"syscall"
	"testing"
)

// CPUTime returns the processor time of the process so far in nanoseconds.
func CPUTime(b testing.TB) int64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
