package pebbledb

import (
	"errors"

	"golang.org/x/sys/windows"
)

// IsFull reports whether err says that a disk, or what this user may use of it,
// is full.
func IsFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}
