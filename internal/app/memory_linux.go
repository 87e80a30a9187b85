package app

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// GiveBack tells the kernel that what it mapped of the program file so far may
// go. Before main, the libraries of all commands set themselves up, which
// touches half of the program; most commands never come there again, and it
// would count as memory in use to the end. What is needed again is mapped again
// from the page cache. Programs call it once when they start; it has no effect
// on results, and does nothing where a debugger has written into the program,
// or a dynamic linker has: as in one that was built with cgo.
func GiveBack() {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil || !bytes.Contains(status, []byte("\nTracerPid:\t0\n")) {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil || !alone(maps) {
		return
	}
	for _, m := range programMaps(maps) {
		// Small pages first: what is needed again would come by two megabytes else.
		for _, advice := range []uintptr{syscall.MADV_NOHUGEPAGE, syscall.MADV_DONTNEED} {
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.start, m.end-m.start, advice)
		}
	}
}

// extent is a range of addresses.
type extent struct{ start, end uintptr }

// alone reports whether the program is the only file that is mapped, from the
// text of /proc/self/maps: no linker has put addresses into parts of it that
// cannot be written to any more, which would be lost.
func alone(maps []byte) bool {
	var program []byte
	for line := range bytes.Lines(maps) {
		f := bytes.Fields(line)
		if len(f) < 6 || f[5][0] != '/' {
			continue
		}
		if program == nil {
			program = f[4]
		}
		if !bytes.Equal(f[4], program) {
			return false
		}
	}
	return program != nil
}

// programMaps returns the parts of the program file that are mapped and cannot
// be written to, from the text of /proc/self/maps. The program is what is
// mapped first.
func programMaps(maps []byte) []extent {
	var out []extent
	var program []byte
	for line := range bytes.Lines(maps) {
		f := bytes.Fields(line) // addresses, rights, offset, device, inode, path
		if len(f) < 6 || f[5][0] != '/' {
			continue
		}
		file := bytes.Join(f[3:], []byte{' '})
		if program == nil {
			program = file
		}
		if !bytes.Equal(file, program) || f[1][1] != '-' || f[1][3] != 'p' {
			continue
		}
		from, to, _ := bytes.Cut(f[0], []byte{'-'})
		start, err1 := strconv.ParseUint(string(from), 16, 64)
		end, err2 := strconv.ParseUint(string(to), 16, 64)
		if err1 == nil && err2 == nil {
			out = append(out, extent{uintptr(start), uintptr(end)})
		}
	}
	return out
}
