//go:build unix

package app

import "golang.org/x/sys/unix"

// diskSpace returns how many bytes the disk of a folder holds, and how many of them
// this process may still write.
func diskSpace(dir string) (whole, free uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return s.Blocks * uint64(s.Bsize), s.Bavail * uint64(s.Bsize), nil
}
