package main

import (
	"syscall"
	"unsafe"
)

// clicked reports whether the program was started by a double click: then it is
// alone in its console.
func clicked() bool {
	var ids [4]uint32
	n, _, _ := syscall.NewLazyDLL("kernel32.dll").NewProc("GetConsoleProcessList").Call(uintptr(unsafe.Pointer(&ids[0])), uintptr(len(ids)))
	return n == 1
}
