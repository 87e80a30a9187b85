package plethtest

import "testing"

// CPU reports the processor time of a benchmark per operation beside the wall
// time, which depends on what else the machine does. Call it before the loop,
// and what it returns after it.
func CPU(b *testing.B) (report func()) {
	b.Helper()
	from := CPUTime(b)
	return func() {
		b.Helper()
		b.ReportMetric(float64(CPUTime(b)-from)/float64(b.N)/1e6, "cpu-ms/op")
	}
}

// Throughput is CPU for what reads n bytes per operation: it reports megabytes
// per second of processor time.
func Throughput(b *testing.B, n int) (report func()) {
	b.Helper()
	from := CPUTime(b)
	return func() {
		b.Helper()
		b.ReportMetric(float64(n)*float64(b.N)/1e6/(float64(CPUTime(b)-from)/1e9), "MB/cpu-s")
	}
}
