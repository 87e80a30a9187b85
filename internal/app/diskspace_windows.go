package app

import "golang.org/x/sys/windows"

// diskSpace returns how many bytes the disk of a folder holds, and how many of them
// this process may still write.
func diskSpace(dir string) (whole, free uint64, err error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(path, &free, &whole, nil)
	return whole, free, err
}
