// Package series is what the stored readings look like when they have left the
// log: chunks of rows in columns, and the rollup of each hour and metric. Where
// they are kept is a matter of its folders.
package series

import (
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// Limits of one chunk.
const (
	MaxRows = 1 << 15           // rows of a chunk
	MaxSpan = int64(24 * 36e11) // nanoseconds from its first row to its last: a reader looks so far back for chunks that reach into its range
)

// Hour is the length of a rollup in nanoseconds.
const Hour = int64(36e11)

// HourOf returns the start of the hour that t lies in.
func HourOf(t int64) int64 {
	h := t - t%Hour
	if h > t {
		h -= Hour
	}
	return h
}

// Source says where the rows of a chunk come from.
type Source struct {
	First, Last eventlog.Offset // the log records lie between, both inclusive
	// By how much the rows were received after they happened, nanoseconds: the
	// least, the median and the most. The median of merged chunks is the median
	// of theirs, weighted by their rows.
	LagMin, LagMedian, LagMax int64
	// Parted says that these are of more rows than there are here, which were
	// cut apart: bounds, that other rows may reach.
	Parted bool
}

// Chunk is stored rows of one partition, in the order of reading.Compare.
type Chunk struct {
	Source
	Rows *reading.Table
}

// Commit is what is stored of one partition at once.
type Commit struct {
	Partition reading.Partition
	Chunks    []Chunk         // may be larger than a chunk may be: they are cut
	State     []byte          // what the engine keeps of the partition; nil: what there was
	Position  eventlog.Offset // from where on the log holds rows that are in no chunk
}

// Cut cuts c into chunks within the limits. They share their memory with c.
func (c *Chunk) Cut() []Chunk {
	var out []Chunk
	times := c.Rows.Rows.Times()
	for i := 0; i < len(times); {
		j := i + 1
		for j < len(times) && j-i < MaxRows && uint64(times[j]-times[i]) <= uint64(MaxSpan) {
			j++
		}
		// Rows of one time stay together, so that chunks do not touch.
		if k := j; j < len(times) {
			for k > i && times[k-1] == times[j] {
				k--
			}
			if k > i {
				j = k
			}
		}
		out = append(out, Chunk{c.Source, c.Rows.Slice(i, j)})
		i = j
	}
	for i := range out {
		out[i].Parted = c.Parted || len(out) > 1
	}
	return out
}
