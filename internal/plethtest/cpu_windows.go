package plethtest

import (
	"testing"

	"golang.org/x/sys/windows"
)

// CPUTime returns the processor time of the process so far in nanoseconds.
func CPUTime(b testing.TB) int64 {
	b.Helper()
	var created, ended, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &ended, &kernel, &user); err != nil {
		b.Fatal(err)
	}
	span := func(f windows.Filetime) int64 { return (int64(f.HighDateTime)<<32 | int64(f.LowDateTime)) * 100 }
	return span(kernel) + span(user)
}
