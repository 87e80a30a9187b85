package road

import (
	"math"
	"slices"
	"sort"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/session"
)

// timelines are the metrics whose rows make sessions, each its own.
var timelines = [...]pleth.Metric{pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal}

// track is the sessions of one timeline of a partition, as far as one can tell
// without reading rows again. Rows in order of time say where a session ends;
// rows between sessions, and long steps, make it dirty: what lies there is cut
// again when somebody asks.
type track struct {
	Metric pleth.Metric `json:"m"`
	Spans  []span       `json:"s"` // by start
	// Times of the rows that may have moved a boundary, and the offset behind
	// the last of their records; To < From: none.
	From   int64  `json:"from"`
	To     int64  `json:"to"`
	Offset uint64 `json:"at,omitempty"`

	open  *opened // what is kept of the last session; nil: nothing
	named *opened // likewise, of its id alone
}

// span is one session: where it lies, and what was computed of it.
type span struct {
	Start    int64    `json:"s"`            // of its first row with the metric
	Last     int64    `json:"l"`            // of its last
	KeyStart int64    `json:"k"`            // its start without what came late, which leaves its key as it is
	Loose    bool     `json:"kl,omitempty"` // all that there is of it came late: KeyStart is its start
	Born     uint64   `json:"b"`            // offset of the record that began it
	Revision uint64   `json:"r"`            // offset behind the newest record that has to do with it
	Long     bool     `json:"w,omitempty"`  // it has a step that may make its interval a long one
	ID       string   `json:"id,omitempty"`
	IDAt     uint64   `json:"ia,omitempty"` // the revision that ID, Interval and Rows belong to
	Interval int64    `json:"iv,omitempty"`
	Rows     int64    `json:"n,omitempty"`
	Told     bool     `json:"t,omitempty"` // ID is in the log: somebody was told
	Old      []string `json:"o,omitempty"` // ids it had before
	Merged   []int64  `json:"g,omitempty"` // key starts of sessions that became part of it
}

// longStep is the shortest step that can make a gap of session.Gap none: at
// 2.5 intervals.
const longStep = int64(session.Gap) * 2 / 5

func newTrack(m pleth.Metric) *track {
	return &track{Metric: m, From: math.MaxInt64, To: math.MinInt64}
}

func (t *track) dirty() bool { return t.To >= t.From }

// soil notes a row at time at that may move a boundary.
func (t *track) soil(at int64, offset uint64) {
	t.disturb()
	t.From, t.To, t.Offset = min(t.From, at), max(t.To, at), offset
}

// take takes a row at time at, of the record before offset. own says that it
// carries the metric; one that does not only rides along.
func (t *track) take(at int64, own, late bool, offset uint64, ends []int64) {
	t.came(at)
	n := len(t.Spans)
	if n == 0 {
		if own {
			t.begin(at, late, offset)
		}
		return
	}
	s := &t.Spans[n-1]
	if at < s.Start {
		k := sort.Search(n, func(k int) bool { return t.Spans[k].Start > at }) - 1
		if k >= 0 {
			s = &t.Spans[k]
		}
		switch {
		case k >= 0 && at <= s.Last:
			s.Revision = offset
			if own {
				s.holds(at, late)
				if s.Long {
					t.soil(at, offset)
				}
			}
		case own:
			t.soil(at, offset)
		case k >= 0:
			s.Revision = offset // it may ride along behind the last row
		}
		return
	}
	if at <= s.Last || !own {
		s.Revision = offset
		if own {
			s.holds(at, late)
			if s.Long {
				t.soil(at, offset)
			}
		}
		return
	}
	switch step := at - s.Last; {
	case endBetween(ends, s.Last, at), at-s.Start >= int64(session.MaxSpan):
		t.begin(at, late, offset)
	case step <= int64(session.Gap):
		s.Long = s.Long || step >= longStep
		s.Last, s.Revision = at, offset
		s.holds(at, late)
	case s.leans(): // the interval must be known
		t.soil(s.Start, offset)
		t.soil(at, offset)
		t.begin(at, late, offset)
	default:
		t.begin(at, late, offset)
	}
}

func (t *track) begin(at int64, late bool, offset uint64) {
	t.Spans = append(t.Spans, span{Start: at, Last: at, KeyStart: at, Loose: late, Born: offset, Revision: offset})
}

// holds notes that a row at time at with the metric is one of s.
func (s *span) holds(at int64, late bool) {
	if !late && (s.Loose || at < s.KeyStart) {
		s.rekey(at, false)
	}
}

// rekey gives s the key of another start; it goes on being found by the one it
// had.
func (s *span) rekey(start int64, loose bool) {
	if start != s.KeyStart && !slices.Contains(s.Merged, s.KeyStart) {
		s.Merged = append(s.Merged, s.KeyStart)
	}
	s.KeyStart, s.Loose = start, loose
}

// inherit makes sessions of one row as new as the session before them, whose
// interval they have, and reports whether one was older.
func (t *track) inherit() bool {
	changed := false
	for i := 1; i < len(t.Spans); i++ {
		if s, before := &t.Spans[i], &t.Spans[i-1]; s.Start == s.Last && s.Revision < before.Revision {
			s.Revision, changed = before.Revision, true
		}
	}
	return changed
}

// endBetween reports whether the recording ended at a time from <= e < to.
func endBetween(ends []int64, from, to int64) bool {
	k, _ := slices.BinarySearch(ends, from)
	return k < len(ends) && ends[k] < to
}

// anchor returns the index of the span from which rows must be cut again to
// know what the one of time at is: whose interval does not depend on those
// before it. -1: from at itself.
func (t *track) anchor(at int64) int {
	k := sort.Search(len(t.Spans), func(k int) bool { return t.Spans[k].Start > at }) - 1
	if k > 0 {
		k--
	}
	for k > 0 && t.Spans[k].leans() {
		k--
	}
	return k
}

// leans reports whether the interval of the session before may say what is part
// of s: where s has one row, or had one when a long step came.
func (s *span) leans() bool { return s.Long || s.Start == s.Last }

// recut puts sessions that were cut again, found, in the place of spans from
// k on, up to the one that starts at upTo.
func (t *track) recut(k int, upTo int64, found []span) {
	t.disturb()
	k = max(k, 0)
	end := k
	for end < len(t.Spans) && t.Spans[end].Start < upTo {
		end++
	}
	old := t.Spans[k:end]
	used := make([]bool, len(old))
	for i := range found {
		f := &found[i]
		best := -1
		for j := range old {
			o := &old[j]
			if o.Start > f.Last || o.Last < f.Start {
				continue
			}
			f.Revision = max(f.Revision, o.Revision)
			if !used[j] && (best < 0 || o.Born < old[best].Born) {
				best = j
			}
		}
		if f.Start <= t.To && f.Last >= t.From {
			f.Revision = max(f.Revision, t.Offset)
		}
		if best < 0 {
			f.Revision = max(f.Revision, t.Offset)
			f.Born = f.Revision
		} else {
			o := &old[best]
			used[best] = true
			f.Born = o.Born
			f.Old, f.Merged = slices.Clone(o.Old), slices.Clone(o.Merged)
			start := f.KeyStart
			f.KeyStart = o.KeyStart
			f.rekey(start, f.Loose)
			f.ID, f.IDAt, f.Interval, f.Rows, f.Told = o.ID, o.IDAt, o.Interval, o.Rows, o.Told
			if f.Start != o.Start || f.Last != o.Last {
				f.Revision = max(f.Revision, t.Offset) // an end may lie between its rows
				f.IDAt = math.MaxUint64
			}
		}
	}
	// A session that became part of another goes on under that one's key.
	for j := range old {
		if used[j] {
			continue
		}
		for i := range found {
			if old[j].Start <= found[i].Last && old[j].Last >= found[i].Start {
				found[i].remember(old[j].ID)
				found[i].Merged = append(found[i].Merged, old[j].KeyStart)
				found[i].Merged = append(found[i].Merged, old[j].Merged...)
				for _, id := range old[j].Old {
					found[i].remember(id)
				}
				break
			}
		}
	}
	// What was one and is two again has its own keys.
	for i := range found {
		found[i].Merged = slices.DeleteFunc(found[i].Merged, func(start int64) bool {
			return slices.ContainsFunc(found, func(f span) bool { return f.KeyStart == start })
		})
	}
	t.Spans = slices.Concat(t.Spans[:k:k], found, t.Spans[end:])
	t.From, t.To, t.Offset = math.MaxInt64, math.MinInt64, 0
}

// mostIDs is how many ids that a session had are remembered.
const mostIDs = 64

// remember keeps an id that the session had.
func (s *span) remember(id string) {
	if id == "" || id == s.ID || slices.Contains(s.Old, id) {
		return
	}
	s.Old = append(s.Old, id)
	if len(s.Old) > mostIDs {
		s.Old = s.Old[1:]
	}
}

// knife cuts rows that come in order into sessions.
type knife struct {
	cutter *session.Cutter
	ends   []int64 // event times behind which a new session begins
	any    bool
	last   int64
	done   []*session.Session
}

// table takes the rows that follow. Rows of one time are one row.
func (k *knife) table(t *reading.Table) {
	for i := 0; i < t.Rows.Len(); {
		at := t.Rows.Time(i)
		for len(k.ends) > 0 && at > k.ends[0] {
			if k.any {
				k.close(k.cutter.Close())
			}
			k.ends = k.ends[1:]
		}
		if k.any && at == k.last {
			_, closed := k.cutter.Merge(&t.Rows, i)
			k.close(closed)
			i++
			continue
		}
		n := 0
		if len(k.ends) == 0 {
			n = k.cutter.Run(&t.Rows, i, 0, forever)
		}
		if n == 0 {
			k.close(k.cutter.Push(at, &t.Rows, i))
			n = 1
		}
		i += n
		k.any, k.last = true, t.Rows.Time(i-1)
	}
}

// clone returns a copy of k that goes on by itself, with room for some more rows.
func (k *knife) clone(more int) *knife {
	return &knife{cutter: k.cutter.Clone(more), ends: slices.Clone(k.ends), any: k.any, last: k.last, done: slices.Clone(k.done)}
}

func (k *knife) close(s *session.Session) {
	if s != nil {
		k.done = append(k.done, s)
	}
}

// tardy collects the times at which every row with a metric came late.
type tardy struct {
	metric pleth.Metric
	times  []int64
	prompt int64 // time of the newest row that did not; meaningless before the first
	any    bool
}

// table takes the rows that follow.
func (l *tardy) table(t *reading.Table) {
	for i := range t.Rows.Len() {
		if t.Rows.Value(l.metric, i).IsAbsent() {
			continue
		}
		at, n := t.Rows.Time(i), len(l.times)
		noted := n > 0 && l.times[n-1] == at
		switch late := t.FlagsOf(i)&reading.IsLate != 0; {
		case !late:
			l.prompt, l.any = at, true
			if noted {
				l.times = l.times[:n-1]
			}
		case !noted && !(l.any && l.prompt == at):
			l.times = append(l.times, at)
		}
	}
}

// spanOf returns where s lies: from its first to its last row with metric m.
// late are the times of rows with it that came late, in order.
func spanOf(s *session.Session, m pleth.Metric, late tardy) span {
	out := span{Start: s.Start, KeyStart: s.Start, Loose: true}
	last := int64(0)
	for i, t := range s.Rows.Times() {
		if s.Rows.Value(m, i).IsAbsent() {
			continue
		}
		if out.Loose {
			if _, yes := slices.BinarySearch(late.times, s.Start+t); !yes {
				out.KeyStart, out.Loose = s.Start+t, false
			}
		}
		out.Long = out.Long || t-last >= longStep
		last = t
	}
	out.Last = s.Start + last
	return out
}
