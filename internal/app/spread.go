package app

import (
	"os"
	"runtime"
)

// Spread has a server run more goroutines at a time than there are processors.
// One that waits for the disk holds its place for a while, and two that write
// tables or collect garbage would hold both places of a machine with two
// processors for 10 ms at a time; the kernel shares processors out in smaller
// turns. It is for a process that does nothing else, and is called once, before
// the server starts. Whoever has set GOMAXPROCS knows better.
func Spread() {
	if _, set := os.LookupEnv("GOMAXPROCS"); !set {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
}
