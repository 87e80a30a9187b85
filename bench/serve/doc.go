//go:build linux

// Command serve measures `pleth serve` against the figures it must hold, and
// against InfluxDB and VictoriaMetrics where they can be had. `make bench-serve`
// builds pleth and runs it; what it found stands in docs/performance.md.
//
// Server and client share the machine. Every figure is the median of a number
// of runs, each on readings of its own, and states what the server process
// itself used of the processor. All traffic stays on loopback; every server is
// started by this program on a free port in a temporary folder and ended by it.
package main
