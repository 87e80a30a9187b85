package road

import (
	"errors"
	"fmt"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// Errors of the road. Callers test for them with errors.Is.
var (
	// ErrBusy says that the queues are full: send again after a second or so.
	// Nothing of the batch was taken.
	ErrBusy = errors.New("the server is busy; send again in a second")
	// ErrStore says that the log could not be written. The batch may or may not
	// be kept after a restart; sending it again is safe. The road is read-only
	// until writing works again.
	ErrStore = errors.New("the log cannot be written; nothing new is taken until it can")
	// ErrFull is ErrStore while the disk has no room: it goes away by itself.
	ErrFull = fmt.Errorf("%w: the disk is full", ErrStore)
	// ErrClosed says that the road is closing or closed.
	ErrClosed = errors.New("the server is stopping")
	// ErrNotFound says that there is no such device, session or point.
	ErrNotFound = errors.New("not found")
)

// Query selects rows. The zero Query selects everything.
type Query struct {
	Devices   []string       // nil: all, in the order of their names
	Recording *string        // nil: all recordings of the devices; "": the live streams
	Subject   string         // pseudonym; empty: whoever wore the device
	Worn      bool           // of each device only what is of who wears it now, of nobody where nobody does; Subject does not count
	Metrics   []pleth.Metric // rows without any of them are left out, as are other values; nil: all
	From, To  int64          // event time, nanoseconds; From <= t < To. To 0: no end
	After     *Cursor        // go on behind this row; nil: from the first
	Lent      bool           // tables are good until the function has had the next one: their memory is used again

	whose bool // rows of others than Subject are left out, empty: those of anybody
}

// Cursor is a place between rows. Rows are ordered by device, recording, event
// time and sequence number; Skip counts the rows of equal order already seen.
type Cursor struct {
	Device    string `json:"d"`
	Recording string `json:"r,omitempty"`
	Time      int64  `json:"t"`
	Seq       int64  `json:"s"`
	Skip      int    `json:"k"`
}

// Behind returns the cursor behind row i of t, where c is the cursor behind the
// row before it: q.After for the first row of a page, nil for the very first.
func (c *Cursor) Behind(t *reading.Table, i int) *Cursor {
	next := &Cursor{Device: t.Device, Recording: t.Recording, Time: t.Rows.Time(i), Seq: t.SeqOf(i), Skip: 1}
	if c != nil && c.Device == next.Device && c.Recording == next.Recording && c.Time == next.Time && c.Seq == next.Seq {
		next.Skip += c.Skip
	}
	return next
}

// Bucket is what one metric came to in one stretch of event time. Mean and the
// percentiles are of the numbers as they were sent; missing values and rows
// marked as conflicts count in none.
type Bucket struct {
	reading.Partition
	Metric       pleth.Metric
	Start        int64 // nanoseconds, a multiple of the resolution
	Count        int64
	Min, Max     pleth.Value
	Mean         float64
	P5, P50, P95 float64 // linear interpolation between ranks, as in metrics.md
}

// Sample is one derived value at one instant.
type Sample struct {
	reading.Partition
	Metric  pleth.Metric
	At      int64         // event time, nanoseconds
	Value   pleth.Value   // calibrated; missing where nothing was measured
	Reasons pleth.Reasons // why it is doubted or missing
	// Mean and SD over the trailing 60 s and 300 s; NaN until half of the
	// window is valid.
	Mean60, SD60, Mean300, SD300 float64
	Rate                         float64 // change per second against the sample before; NaN without one
	// Deficit is the oxygen deficit index so far in this session, %·min per
	// hour: docs/definitions/oxygen-deficit-index.md. NaN for other metrics.
	Deficit     float64
	Calibration int // version, 0: as the device sent it
}

// Latest is the newest state of one device.
type Latest struct {
	Device   string
	Subject  string // pseudonym; empty: nobody known
	At       int64  // event time of the newest reading, nanoseconds UTC
	Received int64  // when it came
	Values   []LatestValue
	Late     bool // the newest reading came late
}

// LatestValue is the newest value of one metric.
type LatestValue struct {
	Metric pleth.Metric
	At     int64
	Value  pleth.Value // a number, or missing
}

// Counts says what became of readings. Duplicates are counted since the start
// of the program, the others since the first reading.
type Counts struct{ Accepted, Late, Conflicts, Duplicates int64 }

// DeviceState is what is known of one device, its live stream and imports
// together.
type DeviceState struct {
	Device      string
	Recordings  []string // names of its partitions; "" is the live stream
	First, Last int64    // event times of its oldest and newest reading, nanoseconds
	Received    int64    // when the last one came; 0: none since the start and none kept
	Ended       bool     // it said that its live stream ended, and nothing came since
	Firmware    string   // last stated
	// Firmwares are the versions ever stated, with the event time of the first
	// reading that stated each, nanoseconds; nil: none was. Not to be changed.
	Firmwares map[string]int64
	Battery   pleth.Value
	Subject   string // who wears it by the clock of the server; empty: unassigned
	// Skew is the median of received minus event time over the recent readings,
	// nanoseconds, of SkewOf readings; 0 of 0 readings is unknown.
	Skew      int64
	SkewOf    int
	Interval  int64 // ns between the newest readings of the live stream, their median; 0: unknown
	Watermark int64 // of the live stream: up to here windows are closed
	Counts    Counts
}

// SessionQuery selects sessions; the zero one selects all.
type SessionQuery struct {
	Device   string // empty: all
	Subject  string // pseudonym; empty: all
	From, To int64  // sessions that touch From <= t < To; To 0: no end
	Limit    int    // at most so many; 0: no limit
	After    string // go on behind the session with this key
}

// SessionInfo is one session as it is listed. Times are nanoseconds of the
// recording's clock.
type SessionInfo struct {
	reading.Partition
	Key      string
	ID       string // digest of its samples; it changes when late rows come
	Metric   pleth.Metric
	Subject  string
	Clock    pleth.Clock
	Start    int64
	End      int64 // of its last row so far
	Open     bool  // rows may still come
	Rows     int64
	Revision uint64 // log offset behind its newest row: it grows with every change
}

// Provenance says where one point comes from and what was done to it.
type Provenance struct {
	reading.Partition
	Metric      pleth.Metric
	At          int64
	Seq         int64
	Value       pleth.Value
	Flags       reading.Flags
	Schema      int // id of the schema of its log record
	Firmware    string
	Door        string
	Subject     string
	Received    int64 // when it came; of its chunk's middle where Exact is false
	Exact       bool  // Offset is that of its record; else its record lies in Offset..LastOffset
	Offset      eventlog.Offset
	LastOffset  eventlog.Offset
	Calibration int // version in force, 0: none
	Rules       string
	Program     string
	Commit      string
	Config      string // digest of the configuration
	Steps       []string
}
