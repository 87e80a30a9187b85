// Package pleth holds the nouns of the platform: metrics with their units and
// codes, decimal values, the quality of a sample, and batches of readings in
// columns. Every other package speaks in these words; this one uses the
// standard library only and does no I/O.
//
// A Reading is one row of a Batch: what one device said at one instant. A
// Value that was not measured is missing, which is a state of its own and
// never a number. Times are int64 nanoseconds; what they count from is the
// batch's Clock.
package pleth
