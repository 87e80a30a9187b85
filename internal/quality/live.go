package quality

import (
	"encoding/binary"
	"errors"

	"pleth"
)

// Live marks rows with what is known the moment they come. A Marker knows
// better whether a fast fall was a lone spike, SpikeReturn later; until then
// Live doubts everything from the fall on. The zero Live is ready.
type Live struct {
	m     Marker
	until int64 // event time until which a lone spike may be under way
	fell  bool
}

// Mark returns the reasons to doubt row r, r.Reasons included. Rows go in by
// their times; one that rides along is not marked.
func (l *Live) Mark(r *Row) pleth.Reasons {
	if !r.measured() {
		l.m.flat = l.m.flat && r.Rides
		return r.Reasons
	}
	m := &l.m
	before := m.spo2
	m.mark(r)
	m.any, m.at, m.spo2, m.pulse = true, r.At, r.SpO2, r.Pulse
	switch {
	case r.Reasons&pleth.RateOfChange != 0:
		if !l.fell {
			m.base = before
		}
		l.fell, l.until = true, r.At+SpikeReturn
	case l.fell && (r.At > l.until || r.SpO2 >= m.base-spikeBack):
		l.fell = false
	case l.fell:
		r.Reasons |= pleth.RateOfChange
	}
	return r.Reasons
}

// fields returns what Mark remembers, as numbers.
func (l *Live) fields() []*int64 {
	m := &l.m
	return []*int64{&l.until, (*int64)(&m.base), &m.at, (*int64)(&m.spo2), (*int64)(&m.pulse.V), &m.flatFrom, (*int64)(&m.flatSpO2), (*int64)(&m.flatPulse)}
}

func (l *Live) flags() []*bool {
	m := &l.m
	return []*bool{&l.fell, &m.any, &m.pulse.Ok, &m.pulse.Missing, &m.flat}
}

// AppendBinary appends the state of l. The same state gives the same bytes.
func (l *Live) AppendBinary(dst []byte) ([]byte, error) {
	set := int64(0)
	for i, f := range l.flags() {
		if *f {
			set |= 1 << i
		}
	}
	dst = binary.AppendVarint(dst, set)
	for _, v := range l.fields() {
		dst = binary.AppendVarint(dst, *v)
	}
	return dst, nil
}

// UnmarshalBinary makes l go on from the state in b.
func (l *Live) UnmarshalBinary(b []byte) error {
	set, n := binary.Varint(b)
	for _, v := range l.fields() {
		if n <= 0 {
			break
		}
		b = b[n:]
		*v, n = binary.Varint(b)
	}
	if n <= 0 || n != len(b) {
		return errors.New("quality: the snapshot is damaged")
	}
	for i, f := range l.flags() {
		*f = set>>i&1 != 0
	}
	return nil
}
