package main

import (
	"errors"
	"os/exec"
	"strconv"
)

// exitCode returns the exit code that err stands for.
func exitCode(err error) string {
	if err == nil {
		return "0"
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return strconv.Itoa(exit.ExitCode())
	}
	return err.Error()
}
