// Package road is the live engine: readings come in by batches, are checked
// for duplicates, written to the log and only then answered and applied; what
// was applied can be asked for at once, and lies in the series when it has
// grown old enough. Sessions, latest values and what is derived from the rows
// follow the log and can be built again from it.
//
// The nouns: a partition is the log of one recording of one device; its head
// is what of it lies in memory, the rows not yet sealed into chunks; a shard is
// the one goroutine that writes a number of partitions; the position of a
// partition is the lowest offset whose rows are not all in chunks, from where
// the log is read again after a restart.
//
// The promise: when Submit returns, the readings are on disk and every later
// query sees them. Nothing is applied that is not on disk. The same readings
// in any order within the lateness bound, with resends, in batches of any size
// come to the same rows and the same session documents.
package road
