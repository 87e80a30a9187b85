// Package session cuts the rows of a device into sessions, measures their
// timing and names them. A Session is a recording between long gaps; its rows
// are what the device said, unchanged. A Cutter takes rows one by one in event
// time and hands out each session when it is closed, so a file and a stream
// are cut alike.
package session

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"

	"pleth"
)

// Limits of a session. Source: docs/definitions/time.md.
const (
	// Gap without rows that ends a session; or 2.5 intervals if that is longer.
	Gap = 30 * time.Minute
	// MaxSpan ends the session of a device that never stops.
	MaxSpan = 24 * time.Hour
	// defaultInterval stands for the interval of a session of one row.
	defaultInterval = int64(time.Second)
)

// Counts says what became of rows that could not simply be taken.
type Counts struct {
	Duplicates   int64 // rows with the stamp of an earlier row, left out
	Backward     int64 // rows with an earlier stamp than the row before, left out
	Strays       int64 // rows far ahead of the rows that follow them, left out
	Irregular    int64 // steps that differ from the interval
	RepeatedHour int64 // changes of the clock back by one hour that were unfolded
	NoSpO2       int64 // rows without SpO2 outside any session, left out
}

// Session is one recording between long gaps. Its rows are times and values as
// the device sent them; row times count from Start.
type Session struct {
	Header pleth.Header
	Start  int64 // of the first row, in nanoseconds of the header's clock
	Rows   *pleth.Batch

	// Interval between rows with SpO2 in nanoseconds: stated by the recording,
	// or the median step.
	Interval int64
	// Regular says that rows stand on a grid of Interval: a value holds for
	// one interval. Otherwise it holds until the next, at most 2.5 intervals.
	Regular bool
	// The same of the rows with a pulse rate, which may come at their own pace.
	PulseInterval int64
	PulseRegular  bool
	Counts        Counts

	shed *digest // of the rows before Rows that were let go; nil: none were
}

// Cutter cuts rows in strictly increasing time into sessions. A row belongs
// to a session by its SpO2 (a missing value counts); rows that carry other
// metrics only ride along. The zero Cutter is not ready: use NewCutter.
type Cutter struct {
	metric pleth.Metric
	header pleth.Header
	cur    *Session
	timing Timing
	last   int64 // time of the last row with SpO2, relative to cur.Start
	pulse  Timing
	beat   int64       // time of the last row with a pulse rate, relative to cur.Start
	prev   int64       // interval of the session before, for one that has no steps yet
	lost   int64       // rows without SpO2 outside any session
	bare   pleth.Batch // the row pushed last if it was lost, with its time
}

// NewCutter returns a Cutter for the rows of a recording with header h.
func NewCutter(h pleth.Header) *Cutter { return &Cutter{header: h, metric: h.Timeline()} }

// Clone returns a copy of c that goes on by itself, with room for some more
// rows in the open session.
func (c *Cutter) Clone(more int) *Cutter {
	out := *c
	out.timing, out.pulse = c.timing.clone(), c.pulse.clone()
	out.bare = *c.bare.Clone(1)
	if c.cur != nil {
		cur := *c.cur
		cur.Rows = c.cur.Rows.Clone(more)
		cur.shed = c.cur.shed.clone()
		out.cur = &cur
	}
	return &out
}

// Push adds row i of b at time t and returns the session that it closed, or nil.
func (c *Cutter) Push(t int64, b *pleth.Batch, i int) *Session {
	own := !b.Value(c.metric, i).IsAbsent()
	c.bare.Reset()
	var closed *Session
	if c.cur != nil {
		at := t - c.cur.Start
		// The interval is looked up for rare, long steps only.
		if step := at - c.last; step > int64(Gap) && step > c.interval()*5/2 || at >= int64(MaxSpan) {
			if !own {
				c.lose(t, b, i)
				return nil
			}
			closed = c.Close()
		}
	}
	if c.cur == nil {
		if !own {
			c.lose(t, b, i)
			return closed
		}
		c.cur = &Session{Header: c.header, Start: t, Rows: batches.Get().(*pleth.Batch)}
		c.last, c.beat = 0, 0
	}
	at := t - c.cur.Start
	c.cur.Rows.AppendRowAt(b, i, at)
	if own {
		c.step(at)
	}
	if !b.Value(pleth.PulseRate, i).IsAbsent() {
		c.beatAt(at)
	}
	return closed
}

// step counts a row with SpO2.
func (c *Cutter) step(at int64) {
	if at > c.last {
		c.timing.Add(at - c.last)
	}
	c.last = at
}

// beatAt counts a row with a pulse rate.
func (c *Cutter) beatAt(at int64) {
	if at > c.beat {
		c.pulse.Add(at - c.beat)
	}
	c.beat = at
}

// lose counts a row without SpO2 outside any session. It is kept until the
// next one: what comes for the same time may give it SpO2.
func (c *Cutter) lose(t int64, b *pleth.Batch, i int) {
	c.lost++
	c.bare.AppendRowAt(b, i, t)
}

// Merge takes row i of b, which has the time of the row pushed last: of each
// metric the first of the two that carries it counts, a missing value too. It
// returns whether the row said anything new, and the session that it closed,
// or nil.
func (c *Cutter) Merge(b *pleth.Batch, i int) (adds bool, closed *Session) {
	if c.bare.Len() > 0 {
		adds = merge(&c.bare, b, i, nil)
		if !c.bare.Value(c.metric, 0).IsAbsent() {
			c.lost--
			row := c.bare
			c.bare = pleth.Batch{}
			closed = c.Push(row.Time(0), &row, 0)
		}
		return adds, closed
	}
	if c.cur == nil {
		return false, nil
	}
	at := c.cur.Rows.Time(c.cur.Rows.Len() - 1)
	return merge(c.cur.Rows, b, i, func(m pleth.Metric) {
		if m == c.metric {
			c.step(at)
		}
		if m == pleth.PulseRate {
			c.beatAt(at)
		}
	}), nil
}

// merge adds to the last row of to what row i of b says besides, calls took
// for every metric it added, and returns whether it added anything.
func merge(to, b *pleth.Batch, i int, took func(pleth.Metric)) bool {
	last := to.Len() - 1
	adds := b.Marks(i)&^to.Marks(last) != 0
	to.Mark(b.Marks(i))
	for _, m := range metrics {
		if v := b.Value(m, i); !v.IsAbsent() && to.Value(m, last).IsAbsent() {
			to.Set(m, v)
			adds = true
			if took != nil {
				took(m)
			}
		}
	}
	return adds
}

var metrics = pleth.Metrics()

// Run adds rows of b from row i on, each shift nanoseconds later, as long as
// they are in strictly increasing time, no step of more than most, and simply
// continue the open session, and returns how many it added: what Push does one
// by one, by columns. Row i must come after the row pushed last.
func (c *Cutter) Run(b *pleth.Batch, i int, shift, most int64) int {
	if c.cur == nil {
		return 0
	}
	times, own, pulse := b.Times(), b.Column(c.metric), b.Column(pleth.PulseRate)
	shift -= c.cur.Start
	last := c.last
	n := i
	for ; n < len(times); n++ {
		at := times[n] + shift
		if _, _, carried := own.Mantissa(n); !carried || at-last > min(most, int64(Gap)) || at >= int64(MaxSpan) || n > i && at <= last {
			break
		}
		last = at
	}
	c.cur.Rows.AppendRows(b, i, n, shift)
	if n > i {
		c.bare.Reset()
	}
	for k, t := range times[i:n] {
		at := t + shift
		c.timing.Add(at - c.last)
		c.last = at
		if _, _, carried := pulse.Mantissa(i + k); carried {
			if at > c.beat {
				c.pulse.Add(at - c.beat)
			}
			c.beat = at
		}
	}
	return n - i
}

// interval returns the stated interval, unless no recording can have it, or
// else the measured one.
func (c *Cutter) interval() int64 {
	if iv := c.header.Interval; iv > 0 && iv <= MaxSpan {
		return int64(iv)
	}
	if iv := c.timing.Interval(); iv > 0 {
		return iv
	}
	return c.prev
}

// Open returns the session that is being filled, as it would be if it ended
// now; nil if there is none. It shares its rows with the Cutter.
func (c *Cutter) Open() *Session {
	if c.cur == nil {
		return nil
	}
	s := *c.cur
	s.Interval = c.interval()
	if s.Interval == 0 {
		s.Interval = defaultInterval
	}
	s.Regular = c.timing.Regular()
	s.PulseInterval, s.PulseRegular = c.pulse.Interval(), c.pulse.Regular()
	if s.PulseInterval == 0 {
		s.PulseInterval = s.Interval
	}
	s.Counts.Irregular = c.timing.Irregular()
	s.Counts.NoSpO2 = c.lost
	return &s
}

// batches holds the memory of rows between sessions.
var batches = sync.Pool{New: func() any { return new(pleth.Batch) }}

// Free gives the memory of the rows to another session. Nobody may hold the
// rows, and s has none any more.
func (s *Session) Free() {
	if s.Rows != nil {
		s.Rows.Reset()
		batches.Put(s.Rows)
		s.Rows = nil
	}
}

// Close ends the open session and returns it, nil if there is none.
func (c *Cutter) Close() *Session {
	s := c.Open()
	if s == nil {
		return nil
	}
	c.prev = s.Interval
	c.cur, c.timing, c.pulse, c.lost = nil, Timing{}, Timing{}, 0
	// Rows of other metrics after the last SpO2 belong to no session.
	n := s.Rows.Len()
	for n > 0 && s.Rows.Time(n-1) >= c.last+s.Interval && s.Rows.Value(c.metric, n-1).IsAbsent() {
		n--
	}
	s.Rows.Truncate(n)
	return s
}

// Key returns the name of the session as a resource: it stays when late rows
// change the samples and with them the ID.
func Key(device, recording string, start int64) string {
	sum := sha256.Sum256(binary.AppendVarint([]byte(device+"\x00"+recording+"\x00"), start))
	return "s-" + hex.EncodeToString(sum[:8])
}
