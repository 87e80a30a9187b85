// Package oximetry holds what pleth knows about SpO2: episodes below absolute
// limits, falls from the signal's own level, runs, clusters, trend and the
// measures of complexity and periodicity. Everything is pure: no I/O, no clock,
// no randomness. Finders take samples one by one in order and hand out a
// result when it is certain, so a file, a stream and a replay give the same.
//
// Two families of events are kept apart: an Episode is time below a limit, a
// Fall a drop from the level before it. They are never in one count.
// Definitions and sources: docs/definitions.
package oximetry
