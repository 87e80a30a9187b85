//go:build unix

package pebbledb

import (
	"errors"
	"syscall"
)

// IsFull reports whether err says that a disk, or what this user may use of it,
// is full.
func IsFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
