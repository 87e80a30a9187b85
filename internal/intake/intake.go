// Package intake is the door between what readers write and sessions: it sets
// the clock, unfolds the hour that occurs twice, leaves out duplicated and
// backward rows and counts them, and cuts what remains into sessions. It
// changes no value.
package intake

import (
	"fmt"
	"slices"
	"time"

	"pleth"
	"pleth/internal/session"
)

// Options is what the user says about a recording. The zero Options says nothing.
type Options struct {
	// Zone is the one a local clock was set to, and the one that times in UTC
	// are shown in where the file names no other; nil: not known.
	Zone     *time.Location
	From, To Bound // the part to take
}

// Sessions collects the rows of one recording, or of several that follow each
// other, and cuts them. It is a device.Rows. Use New.
type Sessions struct {
	opt  Options
	done []*session.Session
	hand func(*session.Session) // gets them instead; nil: nobody

	header pleth.Header
	cutter *session.Cutter
	counts session.Counts
	step   session.Timing // of the rows as they stand in the file
	last   int64          // stamp of the last row taken, unfolded
	any    bool
	shift  int64 // added to stamps after a repeated hour
	wall   clockReader
	sorted *pleth.Batch // rows of a header with ByTime, until End
	part   part
	strays strays

	// No row of the second of two recordings that may be one has come yet.
	continues bool
}

// New returns an empty collector for recordings of SpO2.
func New(opt Options) *Sessions { return &Sessions{opt: opt} }

// HandTo makes s hand each session to f when it is closed, in order, instead of
// keeping it until Close. It is called before the first Start.
func (s *Sessions) HandTo(f func(*session.Session)) { s.hand = f }

// Start begins a recording. A second recording continues the last session of
// the first if their headers agree, it does not begin before the first ended,
// and the gap between them allows it.
func (s *Sessions) Start(h pleth.Header) error {
	s.End()
	var wall clockReader
	switch {
	case s.opt.Zone == nil:
	case h.Clock == pleth.LocalClock:
		h.Clock, h.Zone = pleth.UTCClock, s.opt.Zone.String()
		wall = clockReader{zone: s.opt.Zone, origin: h.Origin}
	case h.Clock == pleth.UTCClock && (h.Zone == "" || h.Zone == "UTC"): // the time of the world, nobody's zone
		h.Zone = s.opt.Zone.String()
	}
	s.continues = s.cutter != nil && joins(s.header, h) && s.wall.zone == wall.zone
	if !s.continues {
		s.close()
		s.open(h)
		s.wall, s.strays = wall, strays{}
	}
	s.header = h
	if h.ByTime && !h.InOrder {
		s.sorted = new(pleth.Batch)
	}
	return nil
}

// open begins to collect anew.
func (s *Sessions) open(h pleth.Header) {
	s.cutter = session.NewCutter(h)
	s.any, s.shift, s.counts, s.step = false, 0, session.Counts{}, session.Timing{}
}

// joins reports whether recordings with these headers may be one session.
func joins(a, b pleth.Header) bool {
	return a.Clock != pleth.NoClock && a.Clock == b.Clock && a.Origin == b.Origin && a.Device == b.Device &&
		a.Interval == b.Interval && a.Timeline() == b.Timeline()
}

// Rows takes a batch of rows in the order of the recording.
func (s *Sessions) Rows(b *pleth.Batch) error {
	for i := 0; i < b.Len(); {
		switch n := s.run(b, i); {
		case n > 0:
			i += n
			continue
		case s.sorted != nil:
			s.sorted.AppendRow(b, i)
		default:
			s.counts.Strays += int64(s.strays.row(b, i, s.step.Usual(), s.row))
		}
		i++
	}
	return nil
}

// run takes the rows from i on that simply continue the session, and returns
// how many there were. It does no more than row does one by one.
func (s *Sessions) run(b *pleth.Batch, i int) int {
	if !s.any || s.sorted != nil || s.wall.zone != nil || !s.part.whole() || s.strays.waits() || b.Time(i)+s.shift <= s.last {
		return 0
	}
	n := s.cutter.Run(b, i, s.shift, ahead(s.step.Usual()))
	for _, t := range b.Times()[i : i+n] {
		s.step.Add(t + s.shift - s.last)
		s.last = t + s.shift
	}
	if n > 0 {
		s.continues = false
		s.strays.any, s.strays.last = true, b.Time(i+n-1)
	}
	return n
}

// row takes one row.
func (s *Sessions) row(b *pleth.Batch, i int) {
	t := s.clock(b.Time(i))
	if s.any && t <= s.last {
		var ok bool
		if t, ok = s.behind(b, i, t); !ok {
			return
		}
	}
	if s.any {
		s.step.Add(t - s.last)
	}
	s.continues = false
	if !s.part.set {
		s.part = s.opt.part(t, s.header)
	}
	s.last, s.any = t, true
	if !s.part.contains(t) {
		return
	}
	if closed := s.cutter.Push(t, b, i); closed != nil {
		s.take(closed)
	}
}

// merge takes row i of b, which has the time of the row before: what that one
// did not say is added to it.
func (s *Sessions) merge(b *pleth.Batch, i int) {
	if !s.part.contains(s.last) {
		return
	}
	adds, closed := s.cutter.Merge(b, i)
	if closed != nil {
		s.take(closed)
	}
	if !adds {
		s.counts.Duplicates++
	}
}

// behind deals with row i of b, at t, that does not come after the row before.
// It returns the time of the row, or false if nothing of it is left to take.
func (s *Sessions) behind(b *pleth.Batch, i int, t int64) (int64, bool) {
	switch d := t - s.last; {
	case d < 0 && s.unfold(d):
		return t + int64(time.Hour), true
	case s.continues: // it begins before the first recording ended: another one
		s.close()
		s.open(s.header)
		s.wall.any, s.strays.any = false, false
		return s.clock(b.Time(i)), true
	case d == 0:
		s.merge(b, i)
	default:
		s.counts.Backward++
	}
	return 0, false
}

// clock returns the stamp t in the clock of the header.
func (s *Sessions) clock(t int64) int64 {
	if s.wall.zone == nil {
		return t + s.shift
	}
	at, repeated := s.wall.instant(t, s.last, s.step.Usual())
	if repeated {
		s.counts.RepeatedHour++
	}
	return at
}

// unfold reports whether a step of d < 0 is the clock going back by an hour:
// an hour later the row follows the one before as rows do here.
func (s *Sessions) unfold(d int64) bool {
	if s.header.Clock != pleth.LocalClock {
		return false
	}
	step := d + int64(time.Hour)
	usual := s.step.Usual()
	if step <= 0 || usual == 0 || 2*step > 5*usual {
		return false
	}
	s.shift += int64(time.Hour)
	s.counts.RepeatedHour++
	return true
}

// End ends the recording that Start began, as Start of another does.
func (s *Sessions) End() {
	s.strays.flush(s.row)
	if s.sorted == nil {
		return
	}
	order := make([]int, s.sorted.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch d := s.sorted.Time(a) - s.sorted.Time(b); {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	for _, i := range order {
		s.row(s.sorted, i)
	}
	s.sorted = nil
}

// Close ends the collection and returns the sessions in order that were not
// handed out.
func (s *Sessions) Close() []*session.Session {
	s.End()
	s.close()
	return s.done
}

func (s *Sessions) close() {
	if s.cutter == nil {
		return
	}
	if last := s.cutter.Close(); last != nil {
		s.take(last)
	}
	s.cutter, s.part = nil, part{}
}

// take keeps a closed session with the counts since the one before.
func (s *Sessions) take(one *session.Session) {
	one.Counts.Duplicates, one.Counts.Backward, one.Counts.Strays = s.counts.Duplicates, s.counts.Backward, s.counts.Strays
	one.Counts.RepeatedHour = s.counts.RepeatedHour
	s.counts = session.Counts{}
	if s.hand != nil {
		s.hand(one)
		return
	}
	s.done = append(s.done, one)
}

// Problems describes in sentences what the counts of a session tell its user.
func Problems(c session.Counts) []Problem {
	var out []Problem
	add := func(n int64, code, one, many string) {
		switch {
		case n == 1:
			out = append(out, Problem{code, one})
		case n > 1:
			out = append(out, Problem{code, fmt.Sprintf(many, n)})
		}
	}
	add(c.Duplicates, "duplicate-time", "1 row has the time of a row before it and was left out", "%d rows have the time of a row before them and were left out")
	add(c.Backward, "backward-time", "1 row goes back in time and was left out", "%d rows go back in time and were left out")
	add(c.Strays, "stray-time", "1 row has a time far ahead of the rows that follow it and was left out", "%d rows have times far ahead of the rows that follow them and were left out")
	add(c.Irregular, "irregular-step", "1 step between rows differs from the interval", "%d steps between rows differ from the interval")
	add(c.RepeatedHour, "repeated-hour", "the clock went back by one hour; the rows were kept in their order",
		"the clock went back by one hour %d times; the rows were kept in their order")
	add(c.NoSpO2, "no-spo2-row", "1 row without SpO2 lies outside any recording and was left out", "%d rows without SpO2 lie outside any recording and were left out")
	return out
}

// Problem is one thing about the rows that the user should know.
type Problem struct{ Code, Text string }
