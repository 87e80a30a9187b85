package alarm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"pleth"
	"pleth/internal/signal"
)

// errSnapshot says that bytes are no snapshot of this program.
var errSnapshot = errors.New("alarm: the snapshot is damaged or of another version")

// snapshotVersion changes with the layout.
const snapshotVersion = 1

// codec writes or reads numbers: one layout serves both ways.
type codec struct {
	buf  []byte
	read bool
	err  error
}

func (c *codec) int(v *int64) {
	if !c.read {
		c.buf = binary.AppendVarint(c.buf, *v)
		return
	}
	if c.err != nil {
		return
	}
	got, n := binary.Varint(c.buf)
	if n <= 0 {
		c.err = errSnapshot
		return
	}
	*v, c.buf = got, c.buf[n:]
}

func (c *codec) fixed(v *signal.Fixed) { c.int((*int64)(v)) }

func (c *codec) small(v *int, most int) {
	n := int64(*v)
	c.int(&n)
	if n < 0 || n > int64(most) {
		c.err, n = errSnapshot, 0
	}
	*v = int(n)
}

func (c *codec) bool(v *bool) {
	n := 0
	if *v {
		n = 1
	}
	c.small(&n, 1)
	*v = n == 1
}

func (c *codec) bits(v *uint32) {
	n := int64(*v)
	c.int(&n)
	*v = uint32(n)
}

func (c *codec) text(v *string) {
	n := len(*v)
	c.small(&n, 1<<16)
	if !c.read {
		c.buf = append(c.buf, *v...)
		return
	}
	if c.err != nil || n > len(c.buf) {
		c.err = errSnapshot
		return
	}
	*v, c.buf = string(c.buf[:n]), c.buf[n:]
}

// AppendBinary appends the state of e, so that an engine of the same rules can
// go on from it: UnmarshalBinary. The same state gives the same bytes.
func (e *Engine) AppendBinary(dst []byte) ([]byte, error) {
	c := &codec{buf: dst}
	e.layout(c)
	return c.buf, c.err
}

// UnmarshalBinary makes e, which New has just returned, go on from the state in
// b. What b says of rules that the profile of e does not have is dropped, and
// rules that b does not know begin as New makes them.
func (e *Engine) UnmarshalBinary(b []byte) error {
	c := &codec{buf: b, read: true}
	e.layout(c)
	if c.err == nil && len(c.buf) > 0 {
		c.err = errSnapshot
	}
	return c.err
}

func (e *Engine) layout(c *codec) {
	version := snapshotVersion
	if c.small(&version, 1<<20); version != snapshotVersion {
		c.err = errSnapshot
		return
	}
	c.int(&e.now)
	c.bool(&e.started)
	c.small(&e.readings, 1<<40)
	c.int(&e.latest)
	e.spot.layout(c)
	c.bool(&e.spotting)
	for m := range e.channels {
		if used := e.channels[m].any; c.flag(&used) {
			e.channels[m].layout(c)
		}
	}
	n := len(e.rules)
	c.small(&n, maxRules)
	for i := range n {
		var id string
		if !c.read {
			id = e.profile.Rules[i].ID
		}
		c.text(&id)
		if c.err != nil {
			return
		}
		k := e.index(id)
		switch {
		case c.read && bytes.HasPrefix(c.buf, untouchedBytes):
			c.buf = c.buf[len(untouchedBytes):] // as New has left it
		case k < 0: // a rule that is not there any more
			(&progress{panes: &panes{}}).layout(c)
		case e.rules[k] == &untouched && !c.read:
			c.buf = append(c.buf, untouchedBytes...)
		default:
			e.rule(k).layout(c)
		}
	}
	if c.read {
		for m := range e.channels { // rules may stand elsewhere now
			e.channels[m].busy = e.channels[m].rules
			if e.channels[m].any {
				e.known |= 1 << m
			}
		}
		for i := range e.rules {
			if e.rules[i].state != Inactive {
				e.on |= 1 << i
			}
		}
	}
}

// untouchedBytes is the layout of a rule that has not been touched.
var untouchedBytes = func() []byte {
	c, p := codec{}, untouched
	p.layout(&c)
	return c.buf
}()

// flag codes a condition that decides what follows.
func (c *codec) flag(v *bool) bool {
	c.bool(v)
	return *v && c.err == nil
}

func (e *Engine) index(id string) int { return e.profile.index(id) }

func (r *Reading) layout(c *codec) {
	c.int(&r.At)
	c.bits(&r.has)
	c.bits(&r.carried)
	doubt := uint32(r.Doubt)
	c.bits(&doubt)
	r.Doubt = pleth.Reasons(doubt)
	for m := range r.values {
		if r.has>>m&1 != 0 {
			c.fixed(&r.values[m])
		}
	}
}

func (ch *channel) layout(c *codec) {
	ch.any = true
	c.bool(&ch.ok)
	c.bool(&ch.doubted)
	c.bool(&ch.sudden)
	c.fixed(&ch.v)
	c.int(&ch.at)
	c.int(&ch.settled)
	c.int(&ch.okAt)
	c.int(&ch.last)
	for i := range ch.stream.steps {
		c.int(&ch.stream.steps[i])
	}
	c.small(&ch.stream.n, 1<<40)
	c.int(&ch.stream.usual)
	base := ch.base
	has := base != nil
	if !c.flag(&has) {
		return
	}
	if base == nil {
		base = &baseline{}
		ch.base = base
	}
	for i := range base.sum {
		c.int(&base.sum[i])
		c.int(&base.ms[i])
	}
	c.int(&base.last)
}

func (p *progress) layout(c *codec) {
	state, priority, at := int(p.state), int(p.priority), int(p.silentAt)
	c.small(&state, int(Cleared))
	c.small(&priority, int(High))
	c.small(&at, int(High))
	p.state, p.priority, p.silentAt = State(state), Priority(priority), Priority(at)
	for _, v := range []*int64{&p.onset, &p.since, &p.clock, &p.fine, &p.amount, &p.run, &p.away, &p.silent, &p.below.left} {
		c.int(v)
	}
	c.fixed(&p.extreme)
	c.fixed(&p.limit)
	c.bool(&p.hasValue)
	c.bool(&p.spot)
	c.bool(&p.again)
	c.text(&p.actor)
	c.small(&p.below.n, len(p.below.of))
	if p.below.n > 0 && p.below.of == nil {
		p.below.of = new([12]stretch)
	}
	for i := range p.below.n {
		c.int(&p.below.of[i].from)
		c.int(&p.below.of[i].to)
	}
	n := len(p.events.at)
	if c.small(&n, maxEvents); c.read {
		p.events.at = make([]int64, n)
	}
	for i := range n {
		c.int(&p.events.at[i])
	}
	windowed := p.panes != nil && p.panes.any
	if !c.flag(&windowed) {
		return
	}
	w := p.panes
	if w == nil {
		w = &panes{}
	}
	w.any = true
	c.int(&w.current)
	for i := range w.of {
		one := &w.of[i]
		c.int(&one.count)
		c.int(&one.sum)
		c.fixed(&one.low)
		c.fixed(&one.high)
	}
}

// AppendBinary appends the state of d. The same state gives the same bytes.
func (d *Doubter) AppendBinary(dst []byte) ([]byte, error) {
	dst = binary.AppendVarint(dst, d.moved)
	return d.live.AppendBinary(dst)
}

// UnmarshalBinary makes d go on from the state in b.
func (d *Doubter) UnmarshalBinary(b []byte) error {
	moved, n := binary.Varint(b)
	if n <= 0 {
		return errSnapshot
	}
	d.moved = moved
	if err := d.live.UnmarshalBinary(b[n:]); err != nil {
		return fmt.Errorf("alarm: %w", err)
	}
	return nil
}
