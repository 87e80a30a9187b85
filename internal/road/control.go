package road

import (
	"encoding/json"
	"fmt"
	"slices"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/eventlog"
)

// The payloads of control records, as JSON in the log. Times are nanoseconds,
// as everywhere in the log.

// Assignment says that a device is on a subject from an event time on.
type Assignment struct {
	Device  string `json:"device"`
	Subject string `json:"subject"` // pseudonym; empty: taken off
	// Label is what screens call the person, such as initials, sealed by who
	// wrote it; empty: nothing.
	Label string `json:"label,omitempty"`
	From  int64  `json:"from"`
	To    int64  `json:"to,omitempty"` // 0: until the next one
	// Request names the request that made it, so that the same one sent again
	// is known; empty: it had no name.
	Request string `json:"request,omitempty"`
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
	// Request names the request that made it, so that the same one sent again
	// is known; empty: it had no name.
	Request string `json:"request,omitempty"`
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
	// Request names the request that made it, so that the same one sent again
	// is known; empty: it had no name.
	Request string `json:"request,omitempty"`
}

// Import is what an imported recording says about itself, before its rows.
type Import struct {
	Header ImportHeader     `json:"header"`
	Inputs []analysis.Input `json:"inputs"`
	Zone   string           `json:"zone,omitempty"` // given by the user; empty: none
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

// Named says that a session was told of by an id, the digest of the samples it
// had: when it has others, the id goes on leading to it.
type Named struct {
	Metric string `json:"metric"` // of its timeline
	Start  int64  `json:"start"`  // of its first row
	ID     string `json:"id"`
}

// ErrControl is what Control returns for a record that cannot be taken.
type ErrControl struct{ What string }

// Error says what is wrong with the record.
func (e *ErrControl) Error() string { return e.What }

func refuse(format string, args ...any) error { return &ErrControl{fmt.Sprintf(format, args...)} }

// prepare checks a control record that is to stand at offset and fills in what
// the road gives: versions, ids, the end of a recording.
func (h *head) prepare(c *eventlog.Control, offset eventlog.Offset) (*eventlog.Control, error) {
	out := *c
	var v any
	switch c.Kind {
	case eventlog.KindAssignment:
		a, err := payload[Assignment](c)
		if err != nil {
			return nil, refuse("%v", err)
		}
		if a.To != 0 && a.To <= a.From {
			return nil, refuse("an assignment must end after it begins")
		}
		a.Device = h.partition.Device
		v = a
	case eventlog.KindCalibration:
		cal, err := payload[Calibration](c)
		if err != nil {
			return nil, refuse("%v", err)
		}
		if _, err := newCurve(&cal); err != nil {
			return nil, err
		}
		cal.Device, cal.Reason, cal.Actor = h.partition.Device, c.Reason, c.Actor
		cal.Version = 1 + len(h.state.Calibrations)
		for _, staged := range h.controls {
			if staged.Kind == eventlog.KindCalibration {
				cal.Version++
			}
		}
		v = cal
	case eventlog.KindAnnotation:
		a, err := payload[Annotation](c)
		if err != nil {
			return nil, refuse("%v", err)
		}
		if a.To != 0 && a.To < a.From {
			return nil, refuse("an annotation must not end before it begins")
		}
		a.Device, a.ID = h.partition.Device, annotationID(h.partition, offset)
		v = a
	case eventlog.KindImport:
		i, err := payload[Import](c)
		if err != nil {
			return nil, refuse("%v", err)
		}
		if h.state.Import != nil {
			return nil, refuse("this recording has been imported already")
		}
		v = i
	case eventlog.KindEnd:
		e, err := payload[End](c)
		if err != nil {
			return nil, refuse("%v", err)
		}
		if e.At == 0 {
			e.At = h.stagedNewest
		}
		v = e
	case eventlog.KindTick:
		t, err := payload[Tick](c)
		if err != nil {
			return nil, refuse("%v", err)
		}
		v = t
	case eventlog.KindNamed:
		n, err := payload[Named](c)
		if err != nil {
			return nil, refuse("%v", err)
		}
		v = n
	default:
		if h.follower != nil {
			return h.follower.Prepare(c)
		}
		return nil, refuse("%q is no kind of control record", c.Kind)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil, refuse("%v", err)
	}
	out.Payload = b
	return &out, nil
}

// control applies a control record of the log.
func (s *state) control(c *eventlog.Control, next eventlog.Offset) error {
	switch c.Kind {
	case eventlog.KindAssignment:
		return add(&s.Assignments, c)
	case eventlog.KindCalibration:
		if err := add(&s.Calibrations, c); err != nil {
			return err
		}
		s.touched(s.Calibrations[len(s.Calibrations)-1].From, next)
	case eventlog.KindAnnotation:
		return add(&s.Annotations, c)
	case eventlog.KindImport:
		i, err := payload[Import](c)
		if err != nil {
			return err
		}
		s.Import = &i
	case eventlog.KindEnd:
		e, err := payload[End](c)
		if err != nil {
			return err
		}
		if k, have := slices.BinarySearch(s.Ends, e.At); !have {
			s.Ends = slices.Insert(s.Ends, k, e.At)
			s.ended(e.At, next)
		}
		s.Done = true
	case eventlog.KindTick:
		s.Done = true
	case eventlog.KindNamed:
		n, err := payload[Named](c)
		if err != nil {
			return err
		}
		s.named(&n)
	case eventlog.KindProfile, eventlog.KindLimits, eventlog.KindRules, eventlog.KindAcknowledge, eventlog.KindSilence, eventlog.KindNote, eventlog.KindIdle, eventlog.KindStorm:
		// For the follower alone.
	default:
		return fmt.Errorf("control record of unknown kind %q", c.Kind)
	}
	return nil
}

// add appends the payload of c to a projection.
func add[T any](list *[]T, c *eventlog.Control) error {
	v, err := payload[T](c)
	if err == nil {
		*list = append(*list, v)
	}
	return err
}
