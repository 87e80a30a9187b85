package road

import (
	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// Log is where records go before anything else happens.
type Log interface {
	// Append writes records of any partitions as one, in order, and returns
	// when they are on disk. Offsets are given by the road. A record at an
	// offset that an Append before failed at replaces it.
	Append(recs []eventlog.Record) error
	// Read calls f for the records of p from an offset on, in order, until f
	// returns an error. The record belongs to f until it returns, its batch
	// for good.
	Read(p reading.Partition, from eventlog.Offset, f func(*eventlog.Record) error) error
	// Partitions calls f for every partition with the offsets of its first
	// record and behind its last one.
	Partitions(f func(p reading.Partition, first, next eventlog.Offset) error) error
}

// Series is where rows lie once they are sealed.
type Series interface {
	// Commit writes chunks, state and position of one partition as one. It need
	// not be on disk when Commit returns: the log has it all.
	Commit(c *Sealed) error
	// State returns what the last Commit of p wrote; nil, 0 where there was none.
	State(p reading.Partition) (state []byte, position eventlog.Offset, err error)
	// Scan calls f for the rows of p with from <= t <= to in order, merged over
	// chunks, in tables of any size; f returning false ends it. Metrics nil is
	// all of them; rows without any of them may come too.
	Scan(p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*reading.Table) (bool, error)) error
}

// Sealed is what moves from the head of a partition into the series.
type Sealed struct {
	Partition reading.Partition
	Chunks    []Chunk
	State     []byte
	Position  eventlog.Offset // the log is read again from here
}

// Chunk is rows of one partition in order and where they came from.
type Chunk struct {
	Table       *reading.Table
	First, Last eventlog.Offset // their records lie in First..Last
	// Received minus event time of the rows, nanoseconds.
	DelayMin, DelayMedian, DelayMax int64
}
