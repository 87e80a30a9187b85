package road

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// state is what is known of all rows of a partition, sealed or not. It is
// written with every seal and rebuilt from the log. Nothing in it depends on
// anything but the log.
type state struct {
	Next     eventlog.Offset // the records below are in it
	Newest   int64           // event time; MinInt64 without rows
	Oldest   int64           // MaxInt64 without rows
	Received int64           // of the row taken last
	Late     bool            // and whether it came late
	Firmware string          // last stated
	// Firmwares are the versions ever stated, with the event time of the first
	// reading that stated each.
	Firmwares map[string]int64
	Latest    [metricCount]LatestValue
	Counts    Counts   // Duplicates stays 0: they are not in the log
	Subjects  []string // stated with readings, in order of first use
	Stated    string   // last of them
	StatedAt  int64    // newest event time it was stated for

	Assignments  []Assignment
	Calibrations []Calibration
	Annotations  []Annotation
	Import       *Import
	Ends         []int64 // event times behind which a new session begins, in order
	Done         bool    // nothing has come for long, or never will
	Tracks       []*track
	Contested    []int64 // hours in which readings contradict each other, in order
}

// metricCount is the number of metrics, and one for none.
const metricCount = int(pleth.Battery) + 1

// take takes in row i of h, which is on disk.
func (s *state) take(h *head, i int) {
	t, m := h.rows.Time(i), &h.meta[i]
	s.Done = s.Done && s.Import != nil
	s.Newest, s.Oldest = max(s.Newest, t), min(s.Oldest, t)
	s.follow(h, i)
	s.Received, s.Late = m.received, m.flags&reading.IsLate != 0
	switch {
	case m.flags&reading.IsConflict != 0:
		s.Counts.Conflicts++
		s.contest(t)
	case s.Late:
		s.Counts.Late++
	default:
		s.Counts.Accepted++
	}
	o := &h.origins[m.origin]
	if o.Firmware != "" {
		s.Firmware = o.Firmware
		if first, ok := s.Firmwares[o.Firmware]; !ok || t < first {
			if s.Firmwares == nil {
				s.Firmwares = map[string]int64{}
			}
			s.Firmwares[o.Firmware] = t
		}
	}
	if o.Subject != "" && (t >= s.StatedAt || s.Stated == "") {
		s.Stated, s.StatedAt = o.Subject, t
	}
	if o.Subject != "" {
		if !slices.Contains(s.Subjects, o.Subject) {
			s.Subjects = append(s.Subjects, o.Subject)
		}
	}
	for _, metric := range metrics {
		v := h.rows.Value(metric, i)
		if v.IsAbsent() {
			continue
		}
		if l := &s.Latest[metric]; l.Metric == 0 || t > l.At {
			*l = LatestValue{metric, t, v}
		}
	}
}

// stateJSON is a state as it is written.
type stateJSON struct {
	Next         eventlog.Offset  `json:"next"`
	Newest       int64            `json:"newest"`
	Oldest       int64            `json:"oldest"`
	SealedTo     int64            `json:"sealed_to"`
	Received     int64            `json:"received"`
	Late         bool             `json:"late,omitempty"`
	Firmware     string           `json:"firmware,omitempty"`
	Firmwares    map[string]int64 `json:"firmwares,omitempty"`
	Latest       []latestJSON     `json:"latest"`
	Counts       [3]int64         `json:"counts"`
	Subjects     []string         `json:"subjects,omitempty"`
	Stated       string           `json:"stated,omitempty"`
	StatedAt     int64            `json:"stated_at,omitempty"`
	Assignments  []Assignment     `json:"assignments,omitempty"`
	Calibrations []Calibration    `json:"calibrations,omitempty"`
	Annotations  []Annotation     `json:"annotations,omitempty"`
	Import       *Import          `json:"import,omitempty"`
	Ends         []int64          `json:"ends,omitempty"`
	Done         bool             `json:"done,omitempty"`
	Tracks       []*track         `json:"tracks,omitempty"`
	Contested    []int64          `json:"contested,omitempty"`
	Followed     []byte           `json:"followed,omitempty"` // of earlier versions; see packState
}

type latestJSON struct {
	Metric pleth.Metric `json:"m"`
	At     int64        `json:"t"`
	Value  *string      `json:"v"` // null: missing
}

// encodeState returns the bytes of the state of h, with its rows sealed up to
// sealedTo.
func (h *head) encodeState(sealedTo int64, followed []byte) []byte {
	s := &h.state
	out := stateJSON{Next: s.Next, Newest: s.Newest, Oldest: s.Oldest, SealedTo: sealedTo, Received: s.Received, Late: s.Late,
		Firmware: s.Firmware, Firmwares: s.Firmwares, Counts: [3]int64{s.Counts.Accepted, s.Counts.Late, s.Counts.Conflicts}, Subjects: s.Subjects, Stated: s.Stated, StatedAt: s.StatedAt,
		Assignments: s.Assignments, Calibrations: s.Calibrations, Annotations: s.Annotations, Import: s.Import, Ends: s.Ends, Done: s.Done, Tracks: s.Tracks, Contested: s.Contested}
	for _, l := range s.Latest {
		if l.Metric == 0 {
			continue
		}
		one := latestJSON{Metric: l.Metric, At: l.At}
		if l.Value.Ok() {
			text := l.Value.String()
			one.Value = &text
		}
		out.Latest = append(out.Latest, one)
	}
	b, err := json.Marshal(&out)
	if err != nil {
		panic(err) // numbers and strings always encode
	}
	return packState(b, followed)
}

// decodeState makes h what encodeState wrote.
func (h *head) decodeState(b []byte) error {
	text, followed, err := unpackState(b)
	if err != nil {
		return fmt.Errorf("state of %s: %w", h.partition.Device, err)
	}
	var in stateJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("state of %s: %w", h.partition.Device, err)
	}
	s := &h.state
	*s = state{Next: in.Next, Newest: in.Newest, Oldest: in.Oldest, Received: in.Received, Late: in.Late, Firmware: in.Firmware, Firmwares: in.Firmwares,
		Counts: Counts{Accepted: in.Counts[0], Late: in.Counts[1], Conflicts: in.Counts[2]}, Subjects: in.Subjects, Stated: in.Stated, StatedAt: in.StatedAt,
		Assignments: in.Assignments, Calibrations: in.Calibrations, Annotations: in.Annotations, Import: in.Import, Ends: in.Ends, Done: in.Done, Tracks: in.Tracks, Contested: in.Contested}
	if h.sealedTo, h.followed = in.SealedTo, in.Followed; followed != nil {
		h.followed = followed
	}
	for _, l := range in.Latest {
		v := pleth.Missing()
		if l.Value != nil {
			var ok bool
			if v, ok = pleth.ParseValue([]byte(*l.Value)); !ok {
				return fmt.Errorf("state of %s: %q is no value", h.partition.Device, *l.Value)
			}
		}
		if int(l.Metric) < metricCount {
			s.Latest[l.Metric] = LatestValue{l.Metric, l.At, v}
		}
	}
	h.next, h.stagedNext, h.stagedNewest = in.Next, in.Next, in.Newest
	return nil
}

// empty reports whether no row was ever taken.
func (s *state) empty() bool { return s.Newest == math.MinInt64 }
