package readings

import (
	"bytes"
	"context"
	"math"
	"time"

	"pleth"
	"pleth/internal/reading"
)

// Limits of what one reading and one input may hold.
const (
	MaxReadings = 100_000 // of one input, unless Options says otherwise
	MaxTags     = 32      // of one reading
	MaxText     = 256     // bytes of an identifier, a firmware version, the value of a tag
	MaxName     = 64      // bytes of the name of a tag
	MaxProblems = 32      // of one reading; the rest is not listed
)

// DefaultFuture is how far ahead of the server's clock a reading may be where
// Options does not say.
const DefaultFuture = 5 * time.Minute

// Options says how a door takes readings.
type Options struct {
	Door     string
	Device   string        // of every reading, from the address or topic; empty: each reading says its own
	Received int64         // nanoseconds UTC; 0: no bound on future stamps
	Future   time.Duration // how far ahead a stamp may be; 0: DefaultFuture
	Limit    int           // readings before a Result; 0: MaxReadings. More are not kept in memory
	// Known reports whether the server takes readings of a device; nil: it
	// takes all.
	Known func(device string) bool
}

// People exchanges what senders call people for pseudonyms. The identity
// store does.
type People interface {
	// Pseudonyms returns the pseudonym of each identifier, in order. They are
	// durable on return.
	Pseudonyms(ctx context.Context, ids []string) ([]string, error)
	// Seal returns plain under the key of the identity store. Equal plain
	// gives equal bytes.
	Seal(plain []byte) []byte
}

// Builder collects readings, checked, into batches. A door that does not
// speak JSON calls Start, sets fields by name, and Finish, for each reading;
// then Result. A Builder is not safe for concurrent use.
type Builder struct {
	opts   Options
	latest int64 // the last event time that is not in the future

	cur     current
	stamps  stamps
	groups  []group
	last    int    // group of the last reading
	said    []byte // the tags of the last reading as they came
	saying  []byte // those of the current one
	byKey   map[string]int
	scratch []byte
	device  []byte // Options.Device of the current reading
	places  []Place
	refused []Refusal
	over    bool // more readings came than Options.Limit
	guesses int  // names still compared with the known ones

	order [40]guess // the names of the last reading in their order
}

// current is the reading being set.
type current struct {
	seen      uint64 // bit per fieldID
	named     int    // names looked up
	device    []byte
	subject   []byte
	firmware  []byte
	seq       int64
	time      int64
	badTime   bool
	badDevice bool
	marks     pleth.Reasons
	set       []fieldID // fields with values, in order
	values    [16]pleth.Value
	tags      []tag
	arena     []byte
	problems  []Problem
	common    *Common // that the reading began with; nil: nothing
}

// group is a batch in the making with the plain words of its origin.
type group struct {
	batch                       *reading.Batch
	device, subject, tags, firm string
}

// New returns an empty Builder.
func New(opts Options) *Builder {
	b := &Builder{}
	b.Reset(opts)
	return b
}

// Reset empties b and gives it other options. It keeps its memory.
func (b *Builder) Reset(opts Options) {
	if opts.Future == 0 {
		opts.Future = DefaultFuture
	}
	if opts.Limit == 0 {
		opts.Limit = MaxReadings
	}
	b.opts = opts
	b.latest = math.MaxInt64
	if opts.Received > 0 && opts.Received < math.MaxInt64-int64(opts.Future) {
		b.latest = opts.Received + int64(opts.Future)
	}
	b.clear()
}

// clear forgets what was collected.
func (b *Builder) clear() {
	clear(b.groups)
	b.groups, b.last, b.said = b.groups[:0], -1, b.said[:0]
	clear(b.byKey)
	if len(b.places) > keepRows { // a Result has them
		b.places = nil
	}
	b.places, b.refused, b.over = b.places[:0], nil, false
	b.guesses = 100
	b.Start()
}

// Len returns the number of readings finished, refused ones included.
func (b *Builder) Len() int { return len(b.places) }

// Refused returns how many of them were refused.
func (b *Builder) Refused() int { return len(b.refused) }

// Start begins a reading and forgets one that was not finished.
func (b *Builder) Start() {
	c := &b.cur
	c.seen, c.named, c.device, c.subject, c.firmware = 0, 0, nil, nil, nil
	c.badTime, c.badDevice, c.marks, c.common = false, false, 0, nil
	c.set, c.tags, c.arena, c.problems = c.set[:0], c.tags[:0], c.arena[:0], nil
}

// first marks the field as said, and reports whether it was not yet.
func (b *Builder) first(id fieldID, name []byte) bool {
	if b.cur.seen&(1<<id) != 0 {
		b.problem(Problem{Path: clip(name), Code: DuplicateField, Detail: "say each field once in a reading"})
		return false
	}
	b.cur.seen |= 1 << id
	return true
}

// Time sets the event time in nanoseconds UTC.
func (b *Builder) Time(t int64) {
	if b.first(fieldTime, []byte("timestamp")) {
		b.setTime(t, nil)
	}
}

func (b *Builder) setTime(t int64, said []byte) {
	if t < 0 || t > lastSecond*second {
		b.badTime(said, "send a time between 1970 and 2261")
		return
	}
	b.cur.time = t
	if t > b.latest {
		b.cur.badTime = true
		b.problem(Problem{Path: "timestamp", Value: clip(said), Code: FutureTimestamp,
			Allowed: "up to " + string(appendStamp(nil, b.latest)),
			Detail:  "set the clock of the device; the server's clock stood at " + string(appendStamp(nil, b.opts.Received))})
	}
}

func (b *Builder) badTime(said []byte, what string) {
	b.cur.badTime = true
	b.problem(Problem{Path: "timestamp", Value: clip(said), Code: BadTimestamp, Detail: what})
}

// Device sets the device. It must not change before Finish.
func (b *Builder) Device(id []byte) {
	if b.first(fieldDevice, []byte("device_id")) {
		b.setDevice(id)
	}
}

func (b *Builder) setDevice(id []byte) {
	if !validDevice(id) {
		b.cur.badDevice = true
		b.problem(Problem{Path: "device_id", Value: clip(id), Code: BadDevice,
			Allowed: `1 to 128 letters, digits and . _ - : @ ~`, Detail: "name the device so that it can stand in an address"})
		return
	}
	if b.opts.Device != "" && b.opts.Device != string(id) {
		b.cur.badDevice = true
		b.problem(Problem{Path: "device_id", Value: clip(id), Code: DeviceMismatch,
			Allowed: b.opts.Device, Detail: "leave device_id out, or send the reading to the address of its device"})
		return
	}
	b.cur.device = id
}

// Value sets the value of metric m. An absent v does nothing.
func (b *Builder) Value(m pleth.Metric, v pleth.Value) {
	if v.IsAbsent() {
		return
	}
	id := valueOf[m]
	if b.first(id, []byte(values[id].Name)) {
		b.setValue(id, v, nil)
	}
}

// setValue checks and keeps the value of a field; said is how it was written.
func (b *Builder) setValue(id fieldID, v pleth.Value, said []byte) {
	f := &values[id]
	if v.Ok() {
		m, scale := v.Mantissa()
		if scale > f.scale {
			m, scale = pleth.DivRound(m, pleth.Pow10(scale-f.scale)), f.scale
			v = pleth.Num(m, scale)
		}
		if unit := pleth.Pow10(scale); m < f.Low*unit || m > f.High*unit {
			if said == nil {
				said = v.Append(nil)
			}
			b.outside(f, said)
			return
		}
	}
	b.cur.values[id] = v
	b.cur.set = append(b.cur.set, id)
}

func (b *Builder) outside(f *value, said []byte) {
	b.problem(Problem{Path: f.Name, Value: clip(said), Code: OutOfRange, Allowed: f.allowed, Detail: f.detail})
}

// Seq sets the sequence number.
func (b *Builder) Seq(seq int64) {
	if b.first(fieldSeq, []byte("seq")) {
		b.setSeq(pleth.Num(seq, 0), nil)
	}
}

func (b *Builder) setSeq(v pleth.Value, said []byte) {
	m, scale := v.Mantissa()
	if unit := pleth.Pow10(scale); m%unit == 0 && m >= 0 {
		b.cur.seq = m / unit
		return
	}
	b.problem(Problem{Path: "seq", Value: clip(said), Code: OutOfRange, Allowed: "a whole number, 0..9223372036854775807",
		Detail: "count readings upwards from any number, or leave seq out"})
}

// Mark adds what the device itself says against the reading.
func (b *Builder) Mark(r pleth.Reasons) { b.cur.marks |= r }

// problem notes what is wrong with the current reading.
func (b *Builder) problem(p Problem) {
	switch n := len(b.cur.problems); {
	case n == MaxProblems:
		return
	case n == MaxProblems-1:
		p = Problem{Code: TooManyProblems, Detail: "mend these first; more was wrong"}
	}
	b.cur.problems = append(b.cur.problems, p)
}

// Finish ends the current reading, which stands at from up to to in its
// input. It reports whether the reading was taken; if not, everything wrong
// with it is among the refused of Result.
func (b *Builder) Finish(from, to int) bool {
	c := &b.cur
	if b.full() {
		b.Start()
		return false
	}
	if c.device == nil && !c.badDevice {
		b.device = append(b.device[:0], b.opts.Device...)
		if c.device = b.device; len(c.device) == 0 {
			b.problem(Problem{Path: "device_id", Code: MissingDevice, Detail: "say which device the reading is of"})
		}
	}
	if b.opts.Known != nil && !c.badDevice && len(c.device) > 0 && !b.opts.Known(string(c.device)) {
		b.problem(Problem{Path: "device_id", Value: clip(c.device), Code: UnknownDevice,
			Detail: "this server takes readings of registered devices only: register it first"})
	}
	if c.seen&(1<<fieldTime) == 0 {
		b.problem(Problem{Path: "timestamp", Code: MissingTimestamp, Detail: "say when it was measured, in RFC 3339 with a zone"})
	}
	if len(c.set) == 0 && len(c.problems) == 0 {
		b.problem(Problem{Code: NoValues, Detail: "send at least one value; null for what was not measured"})
	}
	if len(c.problems) > 0 {
		b.refuse(Refusal{Device: string(c.device), From: from, To: to, Problems: c.problems})
		b.Start()
		return false
	}
	at := b.groupOf()
	batch := b.groups[at].batch
	row := batch.Rows.Len()
	batch.Rows.AddRow(c.time)
	for _, id := range c.set {
		batch.Rows.Set(values[id].Metric, c.values[id])
	}
	batch.Rows.Mark(c.marks)
	if c.seen&(1<<fieldSeq) != 0 {
		for len(batch.Seq) < row {
			batch.Seq = append(batch.Seq, reading.NoSeq)
		}
		batch.Seq = append(batch.Seq, c.seq)
	}
	b.places = append(b.places, Place{int32(at), int32(row)})
	b.Start()
	return true
}

// Refuse adds a reading that could not even be read, with what is wrong.
func (b *Builder) Refuse(device string, from, to int, problems ...Problem) {
	b.refuse(Refusal{Device: device, From: from, To: to, Problems: problems})
}

// full reports whether there is no room for another reading, and remembers
// that one came.
func (b *Builder) full() bool {
	if len(b.places) < b.opts.Limit {
		return false
	}
	b.over = true
	return true
}

func (b *Builder) refuse(r Refusal) {
	if b.full() {
		return
	}
	r.Index = len(b.places)
	b.places = append(b.places, Place{-1, int32(len(b.refused))})
	b.refused = append(b.refused, r)
}

// appendSaid appends tags as they came, so that equal ones are equal bytes.
func appendSaid(dst []byte, tags []tag) []byte {
	for _, t := range tags {
		dst = append(dst, byte(len(t.name)), byte(len(t.value)), byte(len(t.value)>>8))
		dst = append(append(dst, t.name...), t.value...)
	}
	return dst
}

// group returns the group of the current reading.
func (b *Builder) group() int {
	c := &b.cur
	said := b.said[len(b.said):]
	if len(c.tags) > 0 {
		said = appendSaid(b.saying[:0], c.tags)
		b.saying = said
	}
	if b.last >= 0 && bytes.Equal(said, b.said) {
		if g := &b.groups[b.last]; string(c.device) == g.device && string(c.subject) == g.subject && string(c.firmware) == g.firm {
			return b.last
		}
	}
	b.said = append(b.said[:0], said...)
	var tags []byte
	if len(c.tags) > 0 {
		from := len(c.arena)
		c.arena = appendTags(c.arena, c.tags)
		tags = c.arena[from:]
	}
	key := b.scratch[:0]
	for _, part := range [...][]byte{c.device, c.subject, c.firmware, tags} {
		key = append(key, byte(len(part)), byte(len(part)>>8), byte(len(part)>>16))
		key = append(key, part...)
	}
	b.scratch = key
	if at, ok := b.byKey[string(key)]; ok {
		b.last = at
		return at
	}
	if b.byKey == nil {
		b.byKey = map[string]int{}
	}
	g := group{device: string(c.device), subject: string(c.subject), firm: string(c.firmware), tags: string(tags)}
	g.batch = batches.Get().(*reading.Batch)
	g.batch.Device, g.batch.Received = g.device, b.opts.Received
	g.batch.Origin = reading.Origin{Door: b.opts.Door, Firmware: g.firm}
	b.last = len(b.groups)
	b.byKey[string(key)] = b.last
	b.groups = append(b.groups, g)
	return b.last
}

// rewind forgets the readings from number n on.
func (b *Builder) rewind(n int) {
	for i := len(b.places) - 1; i >= n; i-- {
		p := b.places[i]
		if p.Batch < 0 {
			b.refused = b.refused[:p.Row]
			continue
		}
		batch := b.groups[p.Batch].batch
		batch.Rows.Truncate(int(p.Row))
		batch.Seq = batch.Seq[:min(len(batch.Seq), int(p.Row))]
	}
	b.places = b.places[:n]
	b.Start()
}

// clip returns the first 64 bytes of what was said.
func clip(said []byte) string {
	if len(said) > 64 {
		return string(said[:61]) + "..."
	}
	return string(said)
}
