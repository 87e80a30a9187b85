//go:build !windows && !darwin

package main

import (
	"os"

	"golang.org/x/term"
)

// clicked reports whether the program was started by a double click: there is a
// desktop, and nobody reads what it prints, on a terminal or in a program.
func clicked() bool {
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return false
	}
	for _, f := range []*os.File{os.Stdin, os.Stdout, os.Stderr} {
		info, err := f.Stat()
		if err != nil || info.Mode()&os.ModeNamedPipe != 0 || term.IsTerminal(int(f.Fd())) {
			return false
		}
	}
	return true
}
