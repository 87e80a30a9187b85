package watch

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/reading"
	"pleth/internal/signal"
)

// Alert is one alarm with all that happened to it. Times are nanoseconds of
// the clock of its readings: UTC in a live stream.
type Alert struct {
	ID        string     `json:"id"`
	Device    string     `json:"device,omitempty"` // empty: of a gateway or a channel
	Recording string     `json:"recording,omitempty"`
	Subject   string     `json:"subject,omitempty"` // pseudonym
	Gateway   string     `json:"gateway,omitempty"` // of an alarm that stands for several devices
	Channel   string     `json:"channel,omitempty"` // of an alarm that people cannot be reached: how
	Devices   []string   `json:"devices,omitempty"` // these, with their beds, in order
	Members   []string   `json:"members,omitempty"` // the same by their names alone, in order
	Bed       string     `json:"bed,omitempty"`
	Rule      alarm.Rule `json:"rule"`    // as it was when the alarm began
	Profile   string     `json:"profile"` // name of the set of rules it was in
	Version   int        `json:"version"`
	Averaging int64      `json:"averaging,omitempty"` // of the device, as it is set; 0: unknown
	Onset     int64      `json:"onset"`
	Steps     []Step     `json:"steps"` // in order; one at least
	Notes     []Step     `json:"notes,omitempty"`
	// Late counts readings of its time that came too late to count for it while
	// it was open.
	Late int `json:"late,omitempty"`
	// Open says that more may come. Final is the number of steps that can
	// change no more; both are set where an alert is handed out.
	Open  bool `json:"-"`
	Final int  `json:"-"`
	// Under says that the alarm of a gateway stands for it.
	Under bool `json:"-"`
}

// Step is one step of an alert.
type Step struct {
	At       int64        `json:"at"`
	From     string       `json:"from"`
	To       string       `json:"to"`
	Cause    string       `json:"cause"` // alarm.Cause, "note", "withdrawn", or of a gateway "devices": it is others now
	Priority string       `json:"priority"`
	Value    signal.Fixed `json:"value,omitempty"`
	HasValue bool         `json:"has_value,omitempty"`
	Limit    signal.Fixed `json:"limit,omitempty"`
	Since    int64        `json:"since,omitempty"` // the evidence reaches from here to At
	Spot     bool         `json:"spot,omitempty"`
	Actor    string       `json:"actor,omitempty"` // as it stands in the log
	Note     string       `json:"note,omitempty"`
	Until    int64        `json:"until,omitempty"` // of a silence
}

// withdrawn is the cause of the one step of an alert of which nothing is true
// but what people noted: readings that came late showed that it was none.
const withdrawn = "withdrawn"

// noted is the cause of a step by which somebody noted something.
const noted = "note"

// name returns the id of an alarm.
func name(p reading.Partition, rule string, onset int64) string {
	h := sha256.New()
	for _, s := range []string{p.Device, p.Recording, rule} {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		_, _ = h.Write([]byte(s))
	}
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(onset)))
	return "al-" + hex.EncodeToString(h.Sum(nil)[:10])
}

// stepOf returns a transition as a step.
func stepOf(t *alarm.Transition) Step {
	return Step{At: t.At, From: t.From.String(), To: t.To.String(), Cause: string(t.Cause), Priority: t.Priority.String(), Value: t.Value, HasValue: t.HasValue,
		Limit: t.Limit, Since: t.Since, Spot: t.Spot, Actor: t.Actor, Note: t.Note, Until: t.Until}
}

// last returns the newest step.
func (a *Alert) last() *Step { return &a.Steps[len(a.Steps)-1] }

// State returns where the alarm stands: "pending", "active", "acknowledged",
// "latched" or "cleared".
func (a *Alert) State() string { return a.last().To }

// Priority returns the priority it has now, or had last.
func (a *Alert) Priority() string { return a.last().Priority }

// Spot reports whether it is about a single reading.
func (a *Alert) Spot() bool { return a.last().Spot }

// Value returns the value furthest beyond the limit, and whether there is one.
func (a *Alert) Value() (signal.Fixed, bool) {
	s := a.last()
	return s.Value, s.HasValue
}

// Sounded returns when the delay was over; 0: it has not been.
func (a *Alert) Sounded() int64 { return a.first(alarm.Active.String()) }

// Acknowledged returns when somebody first acknowledged it; 0: nobody did.
func (a *Alert) Acknowledged() int64 {
	for i := range a.Steps {
		if a.Steps[i].Cause == string(alarm.Ack) {
			return a.Steps[i].At
		}
	}
	return 0
}

// Ended returns when it was cleared; 0: it is not.
func (a *Alert) Ended() int64 { return a.first(alarm.Cleared.String()) }

func (a *Alert) first(state string) int64 {
	for i := range a.Steps {
		if a.Steps[i].To == state {
			return a.Steps[i].At
		}
	}
	return 0
}

// SilencedUntil returns until when it is silenced, in event time; 0: it is not.
func (a *Alert) SilencedUntil() int64 {
	for i := len(a.Steps) - 1; i >= 0; i-- {
		switch s := &a.Steps[i]; {
		case s.Cause == string(alarm.Silenced):
			return s.Until
		case s.Cause == string(alarm.Sounded), s.To == alarm.Cleared.String():
			return 0
		}
	}
	return 0
}

// Partition returns the log that the alert comes from.
func (a *Alert) Partition() reading.Partition {
	if a.Device == "" {
		return Storms
	}
	return reading.Partition{Device: a.Device, Recording: a.Recording}
}

// clone returns a copy that goes its own way.
func (a *Alert) clone() *Alert {
	c := *a
	c.Steps, c.Notes, c.Devices, c.Members = slices.Clone(a.Steps), slices.Clone(a.Notes), slices.Clone(a.Devices), slices.Clone(a.Members)
	return &c
}

// Metric returns what the alarm is about, and whether it is about one metric.
func (a *Alert) Metric() (pleth.Metric, bool) { return a.Rule.Metric, a.Rule.Metric != 0 }

// Delays says what passes between the body and the alarm.
func (a *Alert) Delays() string {
	if a.Channel != "" {
		return "none: a message was given up"
	}
	if a.Device == "" {
		return "as for each of its devices; then most of them silent within a minute of each other"
	}
	if a.Spot() {
		return a.Rule.Delays(a.Averaging) + "; a spot check is judged at once"
	}
	return a.Rule.Delays(a.Averaging)
}
