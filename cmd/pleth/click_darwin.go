package main

import (
	"os"
	"path/filepath"

	"golang.org/x/term"
)

// clicked reports whether the program was started by a double click: the Finder
// has the Terminal run it by its whole path, in the home of the user.
func clicked() bool {
	here, err := os.Getwd()
	home, err2 := os.UserHomeDir()
	return err == nil && err2 == nil && here == home && filepath.IsAbs(os.Args[0]) && term.IsTerminal(int(os.Stdin.Fd()))
}
