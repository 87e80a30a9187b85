// Package simulate makes nights of oximetry whose truth is known: what the
// blood did, what the sensor made of it, and what was lost. Tests, benchmarks
// and the sample night of the documentation are made by it.
//
// Night turns Params into a Result: the rows as an oximeter would have
// recorded them, and the Truth beside them. Everything is computed in integers
// from one seed, so the same Params give the same bytes on every machine; there
// is no clock, and the only I/O is into a writer that is handed in.
//
// The model, its numbers and their sources, and the language in which events
// are written are described in docs/simulator.md.
package simulate
