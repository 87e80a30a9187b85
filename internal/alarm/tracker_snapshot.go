package alarm

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// AppendBinary appends the state of t: that at the watermark, the steps since
// then, and the rules of each. What Advance told is not in it; it is told again.
func (t *Tracker) AppendBinary(dst []byte) ([]byte, error) {
	c := &codec{buf: dst}
	c.profile(t.final.engine.profile)
	c.int(&t.until)
	c.int(&t.final.at)
	c.bits(&t.final.seen)
	doubt, err := t.final.doubter.AppendBinary(nil)
	if err != nil {
		return dst, err
	}
	c.blob(&doubt)
	engine, err := t.final.engine.AppendBinary(nil)
	if err != nil {
		return dst, err
	}
	c.blob(&engine)
	n := len(t.recent)
	c.small(&n, maxRecent)
	for i := range t.recent {
		t.recent[i].layout(c)
	}
	return c.buf, c.err
}

// maxRecent bounds what is believed of damaged bytes.
const maxRecent = 1 << 24

// UnmarshalTracker returns a tracker that goes on from the state in b.
func UnmarshalTracker(b []byte) (*Tracker, error) {
	c := &codec{buf: b, read: true}
	p := c.profile(nil)
	if c.err != nil {
		return nil, c.err
	}
	t := NewTracker(p)
	c.int(&t.until)
	c.int(&t.final.at)
	c.bits(&t.final.seen)
	var doubt, engine []byte
	c.blob(&doubt)
	c.blob(&engine)
	var n int
	c.small(&n, maxRecent)
	if c.err != nil {
		return nil, c.err
	}
	if err := t.final.doubter.UnmarshalBinary(doubt); err != nil {
		return nil, err
	}
	if err := t.final.engine.UnmarshalBinary(engine); err != nil {
		return nil, err
	}
	for range n {
		var s step
		s.layout(c)
		if c.err != nil {
			return nil, c.err
		}
		if k := len(t.recent); s.at <= t.until || k > 0 && t.recent[k-1].compare(&s) > 0 {
			return nil, errSnapshot
		}
		t.recent = append(t.recent, s)
	}
	if len(c.buf) > 0 {
		return nil, errSnapshot
	}
	t.limit = t.until
	if len(t.recent) > 0 {
		t.limit = t.recent[len(t.recent)-1].at
	}
	t.again()
	return t, nil
}

func (s *step) layout(c *codec) {
	kind := int(s.kind)
	c.small(&kind, int(stepClose))
	s.kind = stepKind(kind)
	c.int(&s.at)
	switch s.kind {
	case stepReading:
		c.int(&s.seq)
		if s.reading == nil {
			s.reading = &Reading{}
		}
		s.reading.layout(c)
		if s.reading.At != s.at {
			c.err = errSnapshot
		}
	case stepAcknowledge, stepSilence:
		if s.action == nil {
			s.action = &Action{}
		}
		a := s.action
		c.int(&a.At)
		c.text(&a.Rule)
		c.int(&a.Onset)
		c.text(&a.Actor)
		c.text(&a.Note)
		c.int(&a.Until)
	case stepRules:
		s.profile = c.profile(s.profile)
	}
}

// blob codes bytes with their length.
func (c *codec) blob(b *[]byte) {
	n := len(*b)
	c.small(&n, 1<<24)
	if !c.read {
		c.buf = append(c.buf, *b...)
		return
	}
	if c.err != nil || n > len(c.buf) {
		c.err = errSnapshot
		return
	}
	*b, c.buf = c.buf[:n], c.buf[n:]
}

// profile codes rules: those that are built in by their name. They were checked
// before they came into force, and are checked again where they are read.
func (c *codec) profile(p *Profile) *Profile {
	var b []byte
	if !c.read {
		var err error
		if b, err = MarshalProfile(p); err != nil {
			c.err = err
			return p
		}
	}
	if c.blob(&b); !c.read || c.err != nil {
		return p
	}
	p, err := UnmarshalProfile(b)
	if err != nil {
		c.err = fmt.Errorf("alarm: the rules in the snapshot: %w", err)
	}
	return p
}

// MarshalProfile returns p as JSON, or where it is built in as its name alone.
func MarshalProfile(p *Profile) ([]byte, error) {
	if named, err := Named(p.Name); err == nil && reflect.DeepEqual(named, p) {
		return json.Marshal(p.Name)
	}
	return json.Marshal(p)
}

// UnmarshalProfile reads what MarshalProfile wrote, and checks it.
func UnmarshalProfile(b []byte) (*Profile, error) {
	var name string
	if json.Unmarshal(b, &name) == nil {
		return Named(name)
	}
	p := &Profile{}
	if err := json.Unmarshal(b, p); err != nil {
		return nil, err
	}
	if bad := p.Check(); len(bad) > 0 {
		return nil, bad[0]
	}
	return p, nil
}
