package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pleth"
)

// Reading is what one device said at one instant.
type Reading struct {
	Device string    // 1 to 128 letters, digits and . _ - : @ ~ of ASCII
	Time   time.Time // when it was measured; the zero Time is refused
	// Seq tells two readings of one instant apart and makes a resend
	// recognisable; 0: the client numbers it.
	Seq int64
	// Values by the field names of the REST door: spo2, pulse_rate,
	// heart_rate, temperature_c, local_tissue_o2, ... pleth.Missing() is a
	// sensor that was asked and had nothing to say. At least one.
	Values   map[string]pleth.Value
	Firmware string // of the device; empty: not stated
	Patient  string // exchanged for a pseudonym by the server; empty: not stated
}

// reserved are the fields of a reading that are no values.
var reserved = []string{"device_id", "timestamp", "seq", "firmware_version", "patient_id"}

// check returns what is wrong with r, nil if nothing.
func (r *Reading) check() error {
	switch {
	case !validDevice(r.Device):
		return fmt.Errorf("device %.140q: 1 to 128 letters, digits and . _ - : @ ~ of ASCII", r.Device)
	case r.Time.IsZero():
		return fmt.Errorf("reading of %s has no time", r.Device)
	case r.Time.Year() < 1970 || r.Time.Year() > 2261:
		return fmt.Errorf("reading of %s: the year %d is not one of 1970 to 2261", r.Device, r.Time.Year())
	case len(r.Values) == 0:
		return fmt.Errorf("reading of %s at %s has no values", r.Device, r.Time.UTC().Format(time.RFC3339Nano))
	}
	for name, v := range r.Values {
		if name == "" || slices.Contains(reserved, name) {
			return fmt.Errorf("reading of %s: %q is not the name of a value", r.Device, name)
		}
		if v.IsAbsent() {
			return fmt.Errorf("reading of %s: %s is absent: leave it out, or send pleth.Missing()", r.Device, name)
		}
	}
	return nil
}

func validDevice(id string) bool {
	for i := range len(id) {
		c := id[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("._-:@~", rune(c)) {
			return false
		}
	}
	return len(id) >= 1 && len(id) <= 128
}

// appendJSON appends r as the object the server takes, fields in a fixed order.
func (r *Reading) appendJSON(b []byte, seq int64) ([]byte, error) {
	b = append(b, `{"timestamp":"`...)
	b = r.Time.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","seq":`...)
	b = strconv.AppendInt(b, seq, 10)
	names := make([]string, 0, len(r.Values))
	for name := range r.Values {
		names = append(names, name)
	}
	slices.Sort(names)
	var err error
	for _, name := range names {
		if b, err = appendKey(b, name); err != nil {
			return nil, err
		}
		if v := r.Values[name]; v.Ok() {
			b = v.Append(b)
		} else {
			b = append(b, "null"...)
		}
	}
	for _, f := range [2][2]string{{"firmware_version", r.Firmware}, {"patient_id", r.Patient}} {
		if f[1] == "" {
			continue
		}
		if b, err = appendKey(b, f[0]); err != nil {
			return nil, err
		}
		s, err := json.Marshal(f[1])
		if err != nil {
			return nil, err
		}
		b = append(b, s...)
	}
	return append(b, '}'), nil
}

func appendKey(b []byte, name string) ([]byte, error) {
	s, err := json.Marshal(name)
	b = append(append(append(b, ','), s...), ':')
	return b, err
}

// record is one reading as it waits: its device and its JSON object.
type record struct {
	device string
	object []byte
}

var errRecord = errors.New("not a record")

// appendRecord appends the payload of a record: a byte with the length of the
// device's name, the name, the object.
func appendRecord(b []byte, r record) []byte {
	b = append(b, byte(len(r.device)))
	b = append(b, r.device...)
	return append(b, r.object...)
}

// parseRecord is the inverse of appendRecord. The record keeps b.
func parseRecord(b []byte) (record, error) {
	if len(b) < 1 || int(b[0]) > len(b)-1 {
		return record{}, errRecord
	}
	n := 1 + int(b[0])
	return record{string(b[1:n]), b[n:]}, nil
}
