// Package bedside is the door for the stream of bedside monitors that a
// gateway writes as JSON lines: it follows a growing file, or reads standard
// input, and remembers how far it came. Each line is one reading of one metric
// of a bed. docs/formats/bedside-jsonl.md has the lines and what becomes of them.
package bedside

import (
	"context"
	"sync"
	"time"

	"pleth/internal/cmf"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// Road takes batches. Road.Submit returns when they are durable; where it
// returns an error, the outcomes of those that were taken are not nil.
type Road interface {
	Submit(ctx context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error)
}

// Aside keeps what was refused.
type Aside interface {
	// Put keeps the parts of body that the refusals point to, durable on return.
	Put(ctx context.Context, door string, received int64, body []byte, refused []readings.Refusal) error
}

// Config is what a Door is made of. All of it is required, unless it says
// otherwise.
type Config struct {
	Road   Road
	People readings.People
	Aside  Aside
	// Busy says whether an error of Road or Aside goes away, by itself or by
	// somebody's hand.
	Busy   func(error) (time.Duration, bool)
	Known  func(device string) bool // as in readings.Options; nil: all
	Future time.Duration            // as in readings.Options, from the time of the gateway
	// Dir is the folder that keeps how far each file was read; empty: nothing
	// is kept, and a file is read from its start.
	Dir string
	// Poll is how often a file is looked at that has not grown; 0: 200 ms.
	Poll  time.Duration
	Clock func() time.Time
}

// Counts says what became of lines. Accepted (late ones included), Duplicate,
// Conflict and Refused come to Lines.
type Counts struct {
	Lines     int64                   `json:"lines"` // blank ones left out
	Accepted  int64                   `json:"accepted"`
	Late      int64                   `json:"late"`
	Duplicate int64                   `json:"duplicate"`
	Conflict  int64                   `json:"conflict"`
	Refused   int64                   `json:"refused"`
	Reasons   map[readings.Code]int64 `json:"reasons,omitempty"` // of the refused, by first problem
	Unkept    int64                   `json:"unkept,omitempty"`  // refused blocks of waveforms for which the dead letters had no room
}

// The codes of refused lines that are messages of a monitor all the same.
const (
	Waveform       readings.Code = "waveform"        // a block of a waveform
	UnknownMeasure readings.Code = "unknown_measure" // a numeric that is not read
	WrongUnit      readings.Code = "wrong_unit"      // a saturation in another unit than percent
)

// doorName is what readings and dead letters of this door say they came by.
const doorName = "bedside"

// Door takes streams. Use New. It is safe for concurrent use.
type Door struct {
	cfg    Config
	mu     sync.Mutex
	counts Counts
}

// New returns a Door.
func New(cfg Config) *Door {
	if cfg.Poll <= 0 {
		cfg.Poll = 200 * time.Millisecond
	}
	return &Door{cfg: cfg}
}

// Counts returns what became of the lines of a stream, or of a followed file
// from its start and of those that took its name since.
func (d *Door) Counts() Counts {
	d.mu.Lock()
	defer d.mu.Unlock()
	var c Counts
	c.add(&d.counts)
	return c
}

// adopt takes over what became of the lines of a file before it was left.
func (d *Door) adopt(c *Counts) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counts.Lines == 0 {
		d.counts.add(c)
	}
}

func (c *Counts) add(o *Counts) {
	c.Lines += o.Lines
	c.Accepted += o.Accepted
	c.Late += o.Late
	c.Duplicate += o.Duplicate
	c.Conflict += o.Conflict
	c.Refused += o.Refused
	c.Unkept += o.Unkept
	for code, n := range o.Reasons {
		if c.Reasons == nil {
			c.Reasons = map[readings.Code]int64{}
		}
		c.Reasons[code] += n
	}
}

// lines makes the lines of body durable, whole ones only, and returns what
// became of them. While the road is busy it waits.
func (d *Door) lines(ctx context.Context, body []byte) (Counts, error) {
	now := d.cfg.Clock().UnixNano()
	b := readings.New(readings.Options{})
	var sum Counts
	var batches []*reading.Batch
	var refused []readings.Refusal
	for from := 0; from < len(body); {
		to := from
		for to < len(body) && body[to] != '\n' {
			to++
		}
		line := body[from:to]
		if blank(line) {
			from = to + 1
			continue
		}
		sum.Lines++
		d.line(b, line, now)
		got, err := b.Result(ctx, d.cfg.People)
		if err != nil {
			return Counts{}, err
		}
		batches = append(batches, got.Batches...)
		for _, r := range got.Refused {
			r.From, r.To, r.Index = from, to, len(refused)
			refused = append(refused, r)
			if sum.Reasons == nil {
				sum.Reasons = map[readings.Code]int64{}
			}
			sum.Reasons[r.Problems[0].Code]++
			sum.Refused++
		}
		from = to + 1
	}
	outcomes, err := d.submit(ctx, batches)
	if err != nil {
		return Counts{}, err
	}
	if sum.Unkept, err = d.putAside(ctx, now, body, refused); err != nil {
		return Counts{}, err
	}
	for _, batch := range outcomes {
		for _, o := range batch {
			switch o {
			case reading.Duplicate:
				sum.Duplicate++
			case reading.Conflict:
				sum.Conflict++
			case reading.Late:
				sum.Late++
				sum.Accepted++
			default:
				sum.Accepted++
			}
		}
	}
	d.mu.Lock()
	d.counts.add(&sum)
	d.mu.Unlock()
	return sum, nil
}

// putAside keeps what was refused, and waits until there is room for it. Only
// waveforms, of which a ward has a hundred times more than of all else, are
// let go where there is none; it returns how many.
func (d *Door) putAside(ctx context.Context, now int64, body []byte, refused []readings.Refusal) (unkept int64, err error) {
	var waves, others []readings.Refusal
	for _, r := range refused {
		if r.Problems[0].Code == Waveform {
			waves = append(waves, r)
		} else {
			others = append(others, r)
		}
	}
	for wait := time.Millisecond; len(others) > 0; wait = min(2*wait, time.Second) {
		err := d.cfg.Aside.Put(ctx, doorName, now, body, others)
		if err == nil {
			break
		}
		if _, again := d.cfg.Busy(err); !again {
			return 0, err
		}
		if err := pause(ctx, wait); err != nil {
			return 0, err
		}
	}
	if len(waves) == 0 {
		return 0, nil
	}
	err = d.cfg.Aside.Put(ctx, doorName, now, body, waves)
	if err != nil {
		if _, full := d.cfg.Busy(err); full {
			return int64(len(waves)), nil
		}
	}
	return 0, err
}

func blank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}

// line gives b one line as one reading, taken or refused. A line that does not
// say when the gateway took it came now.
func (d *Door) line(b *readings.Builder, line []byte, now int64) {
	var m cmf.Message
	isMessage := m.Parse(line)
	received := m.SysTime
	if received <= 0 {
		received = now
	}
	b.Reset(readings.Options{Door: doorName, Received: received, Future: d.cfg.Future, Known: d.cfg.Known})
	refuse := func(path string, code readings.Code, detail string) {
		b.Refuse(device(&m), 0, 0, readings.Problem{Path: path, Code: code, Detail: detail})
	}
	measure, known := m.Measure()
	switch {
	case !isMessage:
		m = cmf.Message{}
		refuse("", readings.Malformed, "this line is no message of a monitor")
	case m.Type == "wav":
		refuse("type", Waveform, "waveforms are not taken, numerics are")
	case m.Type != "met" || !known:
		refuse("mname", UnknownMeasure, "this measure is not read")
	case !m.UnitFits(measure):
		refuse("uom", WrongUnit, "send saturations in MDC_DIM_PERCENT")
	case m.Garbled():
		refuse("val", readings.WrongType, "a numeric is one number")
	default:
		b.Start()
		b.Device(m.Bed())
		b.Time(m.Time)
		b.Value(measure.Metric, m.Number(measure.Metric))
		b.Finish(0, 0)
	}
}

// device returns the bed of m if it can name a device.
func device(m *cmf.Message) string {
	if id := string(m.Bed()); readings.ValidDevice(id) {
		return id
	}
	return ""
}

// submit makes batches durable, in their order. While the road is busy it waits.
func (d *Door) submit(ctx context.Context, batches []*reading.Batch) ([][]reading.Outcome, error) {
	all := make([][]reading.Outcome, len(batches))
	var at []int // of what is left, in all
	for i := range batches {
		at = append(at, i)
	}
	for wait := time.Millisecond; len(at) > 0; wait = min(2*wait, time.Second) {
		left := make([]*reading.Batch, len(at))
		for i, k := range at {
			left[i] = batches[k]
		}
		got, err := d.cfg.Road.Submit(ctx, left...)
		var again []int
		for i, k := range at {
			if i < len(got) && got[i] != nil {
				all[k] = got[i]
			} else {
				again = append(again, k)
			}
		}
		if err == nil {
			break
		}
		if _, ok := d.cfg.Busy(err); !ok {
			return nil, err
		}
		at = again
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
