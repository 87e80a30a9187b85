package stream

import (
	"slices"

	"pleth"
	"pleth/internal/session"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// Marking is the first half of the road: it marks the rows of a session that
// goes on and holds them at one value a second. What it has come to so far can
// be asked at any time. Use NewMarking.
type Marking struct {
	p    *Pipeline
	rows int
	// The timing of the session that it was made for.
	interval, pulseInterval int64
	regular, pulseRegular   bool
}

// NewMarking returns the first half of the road for a session with the timing
// of s; its rows are not looked at.
func NewMarking(s *session.Session, cfg Config) *Marking {
	p := NewPipeline(s, cfg)
	p.bare = true
	return &Marking{p: p, interval: s.Interval, regular: s.Regular, pulseInterval: s.PulseInterval, pulseRegular: s.PulseRegular}
}

// Fits reports whether s has the timing that m was made for. Rows that were
// taken by another timing must be taken again.
func (m *Marking) Fits(s *session.Session) bool {
	return m.interval == s.Interval && m.regular == s.Regular && m.pulseInterval == s.PulseInterval && m.pulseRegular == s.PulseRegular
}

// Rows returns how many rows have been taken.
func (m *Marking) Rows() int { return m.rows }

// Take takes the rows of b up to number n, from the first that was not taken.
func (m *Marking) Take(b *pleth.Batch, n int) {
	m.p.columns.attach(b)
	for ; m.rows < n; m.rows++ {
		m.p.push(m.rows)
	}
}

// End returns what Derive makes of the rows of b, of which m has taken the
// first ones, as far as Marks and Grid go; nothing else of it is set. m stays
// as it is.
func (m *Marking) End(b *pleth.Batch) *Derived {
	from, n := m.p, b.Len()
	c := &Pipeline{cfg: from.cfg, bare: true, whole: from.whole, marker: from.marker.Clone(), hold: from.hold}
	columns := *from.columns
	c.columns = &columns
	if from.decimate != nil {
		c.decimate = &decimator{second: from.decimate.second, rows: slices.Clone(from.decimate.rows)}
	}
	more := n - m.rows
	room := more*int(max(1, m.interval/1e9)) + 64
	c.d = &Derived{marks: append(make([]pleth.Reasons, 0, n), from.d.marks...)}
	c.d.Grid = window.Grid{
		V: append(make([]signal.Fixed, 0, from.d.Grid.Len()+room), from.d.Grid.V...),
		R: append(make([]pleth.Reasons, 0, from.d.Grid.Len()+room), from.d.Grid.R...),
	}
	c.rowOut, c.markOut, c.sampleOut = c.take, c.marked, c.sample
	last := Marking{p: c, rows: m.rows}
	last.Take(b, n)
	if c.decimate != nil {
		c.decimate.flush(c.rowOut)
	}
	c.marker.Flush(c.markOut)
	c.hold.flush(c.sampleOut)
	return c.d
}

// Bytes returns how much memory m takes, about.
func (m *Marking) Bytes() int64 {
	d := m.p.d
	return 16<<10 + 2*int64(cap(d.marks)) + 8*int64(cap(d.Grid.V)) + 2*int64(cap(d.Grid.R))
}
