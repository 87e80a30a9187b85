package readings

import "slices"

// Common is what many readings of an input say alike: their device, person,
// firmware and tags. See Keep. It is good until Result or Reset.
type Common struct {
	seen     uint64
	named    int
	device   []byte
	subject  []byte
	firmware []byte
	tags     []tag
	group    int // of the readings that say no more; -1: not known yet
}

// origin are the fields that decide the group of a reading, besides tags.
const originFields = 1<<fieldDevice | 1<<fieldSubject | 1<<fieldFirmware

// Keep returns what the current reading has said so far, for others that say
// the same, or nil where something of it is wrong or is not of all of them (a
// value, a time). The texts it was told must not change before Result.
func (b *Builder) Keep() *Common {
	c := &b.cur
	if len(c.problems) > 0 || len(c.set) > 0 || c.marks != 0 || c.badDevice || c.badTime || c.seen&^originFields != 0 {
		return nil
	}
	return &Common{c.seen, c.named, c.device, c.subject, c.firmware, slices.Clone(c.tags), -1}
}

// StartLike is Start for a reading that says what was kept, and maybe more.
func (b *Builder) StartLike(k *Common) {
	b.Start()
	c := &b.cur
	c.seen, c.named, c.device, c.subject, c.firmware = k.seen, k.named, k.device, k.subject, k.firmware
	c.tags = append(c.tags, k.tags...)
	c.common = k
}

// groupOf returns the group of the current reading, looked up once for all
// that say what was kept and no more.
func (b *Builder) groupOf() int {
	c := &b.cur
	k := c.common
	if k == nil || len(c.tags) != len(k.tags) || c.seen&originFields != k.seen&originFields {
		return b.group()
	}
	if k.group < 0 {
		k.group = b.group()
	}
	return k.group
}
