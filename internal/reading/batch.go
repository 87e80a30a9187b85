// Package reading holds what doors hand to the road: readings of one device,
// what became of each, and the names and bounds of the fields of a reading.
// It does no I/O and has no clock.
package reading

import "pleth"

// NoSeq stands for a reading without a sequence number.
const NoSeq = int64(-1) << 63

// Partition is one ordered log: a recording of a device. A live stream is one
// recording, with an empty name; each import is another.
type Partition struct{ Device, Recording string }

// Origin is what readings that came together have in common. Readings that
// differ in any of it go in batches of their own.
type Origin struct {
	Door     string // "rest", "line", "mqtt", "ndjson", "bedside", "import"
	Subject  string // pseudonym; empty: not stated
	Firmware string // of the device; empty: not stated
	// Tags are what else the sender said of the readings, as JSON object of
	// strings, sealed with the key of the identity store; nil: nothing.
	Tags []byte
}

// Batch is a number of readings of one partition in the order they were sent.
// Rows hold their values at event times, nanoseconds UTC for a live stream and
// of the recording's clock for an import. A Batch is not safe for concurrent
// use and must not be changed once submitted.
type Batch struct {
	Partition
	Origin
	Received int64       // when the door took them, nanoseconds UTC
	Rows     pleth.Batch // one row per reading
	Seq      []int64     // by row, NoSeq where there is none; nil: no row has one
}

// SeqOf returns the sequence number of row i, NoSeq where there is none.
func (b *Batch) SeqOf(i int) int64 {
	if i >= len(b.Seq) {
		return NoSeq
	}
	return b.Seq[i]
}

// Outcome says what became of one reading.
type Outcome uint8

// The outcomes. Conflict: the device has said something else of the same
// metric at the same instant under the same sequence number; both are kept.
// Late: accepted, but more than the lateness bound behind the newest reading.
const (
	Accepted Outcome = iota
	Late
	Duplicate
	Conflict
)

var outcomeNames = [...]string{"accepted", "late", "duplicate", "conflict"}

// String returns the name used in answers.
func (o Outcome) String() string { return outcomeNames[o] }

// Kept reports whether the reading was stored by this submission.
func (o Outcome) Kept() bool { return o != Duplicate }

// Flags are what the store knows of one stored reading.
type Flags uint8

// The flags of a stored reading.
const (
	IsLate Flags = 1 << iota
	IsConflict
)

// Table is stored readings of one partition in the order (event time,
// sequence, content). What the columns hold is as in Batch.
type Table struct {
	Partition
	Rows    pleth.Batch
	Seq     []int64  // by row; nil: no row has one
	Flags   []Flags  // by row; nil: none
	Origins []Origin // distinct; never empty where there are rows; some may have none
	Of      []uint32 // by row, index into Origins; nil: 0 for every row
}

// OriginOf returns the origin of row i.
func (t *Table) OriginOf(i int) *Origin {
	if i >= len(t.Of) {
		return &t.Origins[0]
	}
	return &t.Origins[t.Of[i]]
}

// SeqOf returns the sequence number of row i, NoSeq where there is none.
func (t *Table) SeqOf(i int) int64 {
	if i >= len(t.Seq) {
		return NoSeq
	}
	return t.Seq[i]
}

// FlagsOf returns the flags of row i.
func (t *Table) FlagsOf(i int) Flags {
	if i >= len(t.Flags) {
		return 0
	}
	return t.Flags[i]
}
