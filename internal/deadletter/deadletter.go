// Package deadletter keeps what could not be taken: the bytes as they came,
// sealed, with everything that was wrong with them. Nothing is dropped but by
// somebody, with a reason. When it is full it says so, and the doors refuse
// instead.
package deadletter

import (
	"errors"

	"pleth/internal/intake/readings"
)

// ErrFull says that a letter does not fit below the limit. Nothing was kept;
// the sender should come back later.
var ErrFull = errors.New("the dead letters are full: resubmit or drop some, or raise their limit")

// ErrStore says that the letters could not be written or read. What was asked
// may or may not have happened; asking again is safe.
var ErrStore = errors.New("the dead letters failed")

// ErrUnknown says that there is no letter of that number.
var ErrUnknown = errors.New("no dead letter has that number")

// ErrClosed says that the store was closed.
var ErrClosed = errors.New("the dead letters are closed")

// Letter is what was refused of one input and one device.
type Letter struct {
	Number   int64           // from 1, in the order of arrival
	Received int64           // when it came first, nanoseconds UTC
	Latest   int64           // when the same came last
	Times    int64           // how often the same came
	Door     string          // as in reading.Origin
	Device   string          // empty: not known
	Codes    []readings.Code // of its problems, each once, sorted
	Readings int             // how many
	Size     int             // bytes on disk
	Attempts int             // how often it was resubmitted
	Settled  bool            // the last attempt took every reading
}

// Item is one refused reading of a letter.
type Item struct {
	Index    int    // in its input
	Bytes    []byte // as they came
	Problems []readings.Problem
}

// Who says who does something with letters, and why.
type Who struct {
	Actor  string `json:"actor"`
	Reason string `json:"reason,omitempty"`
}

// Attempt is one resubmission of a letter.
type Attempt struct {
	At int64 // nanoseconds UTC
	Who
	Taken   int // readings that were accepted, or were there already
	Refused int
}

// Query picks letters. The zero Query picks the first 100.
type Query struct {
	Door   string        // empty: any
	Device string        // empty: any
	Code   readings.Code // empty: any
	Open   bool          // only those that no attempt has settled
	After  int64         // numbers above; 0: from the first
	Limit  int           // 0: 100
	Newest bool          // from the last back; After then bounds from above, 0: from the last
}

// State says how full the store is.
type State struct {
	Letters  int64
	Readings int64
	Bytes    int64 // on disk, of the letters
	Limit    int64
	Full     bool // the last letter that came did not fit, and none was dropped since
}
