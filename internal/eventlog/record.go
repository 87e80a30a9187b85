// Package eventlog is the record of what happened, in order: readings as they
// were taken, and the control records that the results depend on besides. A
// record never changes. The package holds the records and their bytes; where
// they are kept is a matter of its folders.
package eventlog

import "pleth/internal/reading"

// Offset counts the records of a partition from 0.
type Offset uint64

// Record is one entry of the log: a batch of readings, or a control record.
// Exactly one of Readings and Control is set.
type Record struct {
	Partition reading.Partition
	Offset    Offset
	LoggedAt  int64          // nanoseconds UTC
	Readings  *reading.Batch // its Partition is that of the record
	Control   *Control
}

// Control is an entry besides readings that results depend on.
type Control struct {
	Kind    string // one of the Kind constants
	Actor   string // who: the name of an API key, or "pleth"
	Reason  string // why, in the actor's words; may be empty
	Payload []byte // JSON, by Kind
}

// The kinds of control records. Their payloads are the types of the same name
// in package road.
const (
	KindAssignment  = "assignment"  // a device is put on a subject, or taken off
	KindCalibration = "calibration" // coefficients from an event time on
	KindAnnotation  = "annotation"  // what somebody noted of an instant or a stretch
	KindImport      = "import"      // header and inputs of an imported recording, before its rows
	KindEnd         = "end"         // the recording is complete
	KindTick        = "tick"        // the device was silent past the idle time-out
	KindNamed       = "named"       // a session was told of by an id, which goes on leading to it
)

// The kinds of control records that alarms depend on. Their payloads are the
// types of the same name in package watch. Profile and Limits stand in the
// partition of the house, watch.House; the others in that of the
// device they are about.
const (
	KindProfile     = "profile"     // a version of a named set of rules
	KindLimits      = "limits"      // what differs for one subject or device
	KindRules       = "rules"       // the rules in force for the device from now on, in whole
	KindAcknowledge = "acknowledge" // somebody has seen an alarm
	KindSilence     = "silence"     // somebody silences an alarm until a time
	KindNote        = "note"        // somebody notes something of an alarm
	KindIdle        = "idle"        // nothing came for three seconds after a lone reading
	KindStorm       = "storm"       // a step of the alarm of a gateway, in the partition watch.Storms
)
