package road

import (
	"pleth"
	"pleth/internal/analysis"
)

// The payloads of control records, as JSON in the log. Times are nanoseconds,
// as everywhere in the log.

// Assignment says that a device is on a subject from an event time on.
type Assignment struct {
	Device  string `json:"device"`
	Subject string `json:"subject"` // pseudonym; empty: taken off
	From    int64  `json:"from"`
	To      int64  `json:"to,omitempty"` // 0: until the next one
}

// Calibration corrects the values of one metric of one device from an event
// time on, until the next one: poly(value) * gain + offset. It is never
// edited; a later version for the same time replaces it for what is derived
// after it.
type Calibration struct {
	Device  string   `json:"device"`
	Metric  string   `json:"metric"`  // name of the field: "spo2"
	Version int      `json:"version"` // given by the road, from 1
	From    int64    `json:"from"`
	Offset  string   `json:"offset"`         // decimal
	Gain    string   `json:"gain"`           // decimal; empty: 1
	Poly    []string `json:"poly,omitempty"` // decimal coefficients from the constant term up, applied first
	Reason  string   `json:"reason"`
	Actor   string   `json:"actor,omitempty"`
}

// Annotation is what somebody noted of an instant (To 0) or a stretch.
type Annotation struct {
	ID      string `json:"id"` // given by the road
	Device  string `json:"device"`
	Subject string `json:"subject,omitempty"`
	From    int64  `json:"from"`
	To      int64  `json:"to,omitempty"`
	Text    string `json:"text"`
	Author  string `json:"author"`
}

// Import is what an imported recording says about itself, before its rows.
type Import struct {
	Header ImportHeader     `json:"header"`
	Inputs []analysis.Input `json:"inputs"`
	Zone   bool             `json:"zone_given"` // the zone was given by the user
}

// ImportHeader is pleth.Header as it stands in the log.
type ImportHeader struct {
	Maker, Model, Serial, Firmware string             `json:",omitempty"`
	Metric                         string             `json:"metric,omitempty"` // of the timeline; empty: spo2
	Clock                          pleth.Clock        `json:"clock"`
	Zone                           string             `json:"zone,omitempty"`
	Interval                       int64              `json:"interval,omitempty"`  // nanoseconds
	Averaging                      int64              `json:"averaging,omitempty"` // nanoseconds
	Origin                         int64              `json:"origin,omitempty"`    // seconds
	Reported                       map[string]float64 `json:"reported,omitempty"`
}

// End says that a recording is complete: nothing after At belongs to the
// session before it.
type End struct {
	At int64 `json:"at"` // event time of its last row; 0: of the newest
}

// Tick says that nothing came from a device for longer than the idle time-out.
type Tick struct {
	After int64 `json:"after"` // event time of its newest row
}
