package watch

import (
	"encoding/json"

	"pleth/internal/alarm"
)

// The payloads of control records, as JSON in the log. Times are nanoseconds.

// Rules puts rules in force for one device, in whole.
type Rules struct {
	At        int64         `json:"at"` // event time; given by the watch
	Profile   alarm.Profile `json:"profile"`
	Averaging int64         `json:"averaging,omitempty"` // of the device; 0: unknown
	Bed       string        `json:"bed,omitempty"`
	Gateway   string        `json:"gateway,omitempty"`
}

// Action acknowledges, silences or notes. Alert names the alarm; what follows
// it is given by the watch.
type Action struct {
	Alert string `json:"alert"`
	Actor string `json:"actor"` // as the door has sealed it
	Note  string `json:"note,omitempty"`
	Until int64  `json:"until,omitempty"` // of a silence, by the clock of the server

	Rule  string `json:"rule"`
	Onset int64  `json:"onset"`
	At    int64  `json:"at"`   // event time
	Ends  int64  `json:"ends"` // Until in event time
	// Of a note: what it is of, should the alarm be withdrawn.
	Of      *alarm.Rule `json:"of,omitempty"`
	Subject string      `json:"subject,omitempty"`
}

// Storm is a step of the alarm of a gateway, or of a way to reach people, that
// the server made. Exactly one of Gateway and Channel is given.
type Storm struct {
	Alert   string   `json:"alert"` // given by the watch with the first step
	Gateway string   `json:"gateway,omitempty"`
	Channel string   `json:"channel,omitempty"`
	Onset   int64    `json:"onset,omitempty"`   // of the first step: event time
	Profile string   `json:"profile,omitempty"` // likewise
	Version int      `json:"version,omitempty"` // likewise
	Members []string `json:"members,omitempty"` // devices that are silent together, in order
	Devices []string `json:"devices,omitempty"` // the same with their beds, in order
	Step             // its time is given by the watch
}

// Idle says that nothing has come since the last reading of the device.
type Idle struct {
	At int64 `json:"at"` // event time; given by the watch
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own types
	}
	return b
}
