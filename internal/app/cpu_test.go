//go:build unix

package app_test

import "syscall"

// cpuTime returns the CPU time of the process in nanoseconds, garbage
// collection included.
func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
