//go:build unix

package pebbledb

import (
	"errors"
	"syscall"
)

// isFull reports whether err says that a disk, or what this user may use of it,
// is full.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
