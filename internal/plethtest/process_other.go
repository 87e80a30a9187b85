//go:build !linux

package plethtest

import (
	"os/exec"
	"syscall"
)

// EndsWithTests lets a program that is not started yet end when the tests do,
// however they end. Elsewhere than on Linux it may outlive tests that are killed.
func EndsWithTests(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{} }
