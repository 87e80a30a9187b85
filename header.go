package pleth

import "time"

// Clock says what the times of a recording count from.
type Clock uint8

// The kinds of clock.
const (
	NoClock    Clock = iota // nanoseconds since the first row; the date is unknown
	LocalClock              // the device's wall clock, zone unknown, counted as if it were UTC
	UTCClock                // nanoseconds since 1970-01-01T00:00:00Z
)

// Device is what a recording says of the instrument. Empty fields were not stated.
type Device struct {
	Maker    string
	Model    string
	Serial   string
	Firmware string
}

// Timeline returns the metric whose rows make the timeline of the recording.
func (h Header) Timeline() Metric {
	if h.Metric == 0 {
		return SpO2
	}
	return h.Metric
}

// Header is what a recording says about itself. The zero Header says nothing.
type Header struct {
	Device    Device
	Metric    Metric // whose rows make the timeline; 0: SpO2. Never a mix of pre- and post-ductal
	Clock     Clock
	Zone      string        // IANA name or offset "+02:00" if the recording states it
	Interval  time.Duration // stated interval between rows; 0: measured from the rows
	Averaging time.Duration // averaging of the oximeter; 0: unknown

	// Origin is the zero of the row times in seconds since 1970-01-01 00:00:00
	// of Clock. Dates that int64 nanoseconds hold need none.
	Origin int64

	// ByTime says that the file is an export of a database, whose rows may
	// stand in any order: they are sorted by their stamps. Otherwise the order
	// of the file is the witness.
	ByTime bool
	// InOrder says of a recording with ByTime that its reader has sorted the
	// rows already, so that nobody needs to hold them to do so.
	InOrder bool

	// Reported are the device's own figures, by metric id, kept beside ours.
	Reported map[string]float64
}
