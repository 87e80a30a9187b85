package servicetest

import (
	"os/exec"
	"testing"
)

// as lets a command run as it is: servers refuse root alone.
func as(testing.TB, string, *exec.Cmd, string) {}
