package live

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"pleth"
)

// version is that of the format this package reads.
const version = 1

// state is a copy of the server's, as its messages build it.
type state struct {
	program   string
	heartbeat time.Duration
	metrics   map[uint8]string
	devices   map[uint32]*Device
	alarms    map[string]json.RawMessage
	seq       uint64
	now       time.Time // said by the last message; zero: it did not
}

func newState() *state {
	return &state{devices: map[uint32]*Device{}, alarms: map[string]json.RawMessage{}}
}

// message is any JSON message.
type message struct {
	Type      string           `json:"type"`
	Version   int              `json:"version"`
	Program   string           `json:"program"`
	Now       *time.Time       `json:"now"`
	Heartbeat int64            `json:"heartbeat_ms"`
	Metrics   map[uint8]string `json:"metrics"`
	Seq       uint64           `json:"seq"`
	Devices   []struct {
		Number  uint32  `json:"n"`
		Device  string  `json:"device_id"`
		Subject *string `json:"subject_id"`
	} `json:"devices"`
	Reset  bool `json:"reset"`
	Alarms []struct {
		ID    string          `json:"id"`
		Open  bool            `json:"open"`
		Alert json.RawMessage `json:"alert"`
	} `json:"alarms"`
}

// take reads one message into s and returns its type. Messages of unknown
// types say nothing.
func (s *state) take(frame bool, b []byte) (string, error) {
	if frame {
		return "samples", s.samples(b)
	}
	var m message
	if err := json.Unmarshal(b, &m); err != nil {
		return "", fmt.Errorf("live message: %w", err)
	}
	if m.Now != nil {
		s.now = *m.Now
	}
	switch m.Type {
	case "hello":
		if m.Version != version {
			return "", ErrVersion
		}
		s.program, s.heartbeat, s.metrics = m.Program, time.Duration(m.Heartbeat)*time.Millisecond, m.Metrics
	case "devices":
		for _, d := range m.Devices {
			have := s.devices[d.Number]
			if have == nil {
				have = &Device{Values: map[string]Value{}}
				s.devices[d.Number] = have
			}
			subject := ""
			if d.Subject != nil {
				subject = *d.Subject
			}
			if have.Subject != subject {
				clear(have.Values) // they are of another person
			}
			have.ID, have.Subject = d.Device, subject
		}
	case "alarms":
		if m.Reset {
			clear(s.alarms)
		}
		for _, a := range m.Alarms {
			if a.Open {
				s.alarms[a.ID] = a.Alert
			} else {
				delete(s.alarms, a.ID)
			}
		}
	case "ready", "time":
		s.seq = m.Seq
	}
	return m.Type, nil
}

// Lengths within a frame.
const (
	headLen   = 2
	recordLen = 22
	valueLen  = 19
)

// errFrame says that a frame does not follow the format.
var errFrame = errors.New("live frame: it does not follow the format")

// samples reads a frame of samples.
func (s *state) samples(b []byte) error {
	if len(b) < headLen {
		return errFrame
	}
	if b[0] != version {
		return ErrVersion
	}
	if b[1] != 1 {
		return nil // of a kind that came later
	}
	for b = b[headLen:]; len(b) > 0; {
		if len(b) < recordLen {
			return errFrame
		}
		d := s.devices[binary.BigEndian.Uint32(b)]
		count := int(b[21])
		if d == nil || len(b) < recordLen+count*valueLen {
			return errFrame
		}
		d.At, d.Received, d.Late = instant(b[4:]), instant(b[12:]), b[20]&1 != 0
		b = b[recordLen:]
		for range count {
			name := s.metrics[b[0]]
			v := Value{At: instant(b[3:]), Value: pleth.Missing()}
			if b[1] == 1 {
				if b[2] > pleth.MaxScale {
					return errFrame
				}
				v.Value = pleth.Num(int64(binary.BigEndian.Uint64(b[11:])), b[2])
			}
			if name != "" {
				d.Values[name] = v
			}
			b = b[valueLen:]
		}
	}
	return nil
}

func instant(b []byte) time.Time { return time.Unix(0, int64(binary.BigEndian.Uint64(b))).UTC() }
