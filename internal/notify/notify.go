// Package notify brings alarms to people: it says what a message holds, what a
// channel must do with it, and keeps every delivery in an outbox until it is
// accepted or given up, with a record of each attempt. Channels are the
// packages below it.
//
// A message carries bed, condition, value and link. It never carries a name:
// whoever may know it finds it behind the link.
package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pleth/internal/alarm"
)

// Event is what happened to the alarm that a message tells of.
type Event string

// The events. A channel that keeps alarms of its own opens one at Trigger and
// closes it at Resolve, both under Message.Alarm.
const (
	Trigger     Event = "trigger"
	Acknowledge Event = "acknowledge"
	Resolve     Event = "resolve"
	Test        Event = "test" // nothing happened; somebody tries the channel
)

// Message is one piece of news of one alarm. Its fields are texts ready to
// read; empty ones are left out.
type Message struct {
	ID        string         `json:"id"`    // of this message; stays over retries
	Alarm     string         `json:"alarm"` // of the alarm; the same for all of its messages
	Event     Event          `json:"event"`
	At        time.Time      `json:"at"` // event time
	Priority  alarm.Priority `json:"-"`
	Bed       string         `json:"bed,omitempty"`
	Device    string         `json:"device,omitempty"`
	Subject   string         `json:"subject,omitempty"`   // pseudonym
	Condition string         `json:"condition"`           // "SpO2 below 85 %"
	Value     string         `json:"value,omitempty"`     // "81 %"
	Delays    string         `json:"delays,omitempty"`    // "device averaging 8 s + delay 5 s"
	Link      string         `json:"link,omitempty"`      // to the second of the alarm
	Beds      []string       `json:"beds,omitempty"`      // of an alarm that stands for several
	Escalated bool           `json:"escalated,omitempty"` // nobody acknowledged it in time
	Actor     string         `json:"actor,omitempty"`     // who acknowledged
}

// Summary returns the message in one line: "*** Bed 4: SpO2 below 85 %, 81 %".
func (m *Message) Summary() string {
	s := map[alarm.Priority]string{alarm.High: "*** ", alarm.Medium: "** ", alarm.Low: "* "}[m.Priority]
	switch m.Event {
	case Resolve:
		s = "Over: "
	case Acknowledge:
		s = "Acknowledged: "
	case Test:
		s = "Test, no alarm: "
	}
	if m.Bed != "" {
		s += m.Bed + ": "
	}
	s += m.Condition
	if m.Value != "" {
		s += ", " + m.Value
	}
	if n := len(m.Beds); n > 0 {
		s += fmt.Sprintf(" (%d beds)", n)
	}
	if m.Escalated {
		s += ", not acknowledged in time"
	}
	return s
}

// Channel is one way to reach people. Send returns what the other side calls
// the message, if it calls it anything. An error is taken as passing unless it
// is a *Refusal that says otherwise. Send must be safe for concurrent use, and
// sending a message twice must be no worse than once.
type Channel interface {
	Send(ctx context.Context, m *Message) (receipt string, err error)
}

// Refusal is how the other side says no.
type Refusal struct {
	Text  string
	Final bool          // sending the same again is of no use
	Gone  bool          // the address does not exist any more: nothing more goes there
	After time.Duration // it asks to wait so long; 0: it does not say
}

// Error returns the text.
func (r *Refusal) Error() string { return r.Text }

// Refused returns err as a Refusal, nil if it is none.
func Refused(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return nil
}
