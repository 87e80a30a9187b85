package alarm

import (
	"cmp"
	"slices"

	"pleth"
)

// Tracker follows the alarms of one device whose readings may come out of order
// within a bound. What it says at once may be taken back until the watermark
// has passed; what it says then is final, and the same in whatever order the
// readings came. It is not safe for concurrent use. Use NewTracker.
type Tracker struct {
	final  road
	head   road
	recent []step       // after the watermark, in order
	told   []Transition // by head, after the watermark
	until  int64        // the watermark
	limit  int64        // the latest time that head has been told of
	spare  *Reading     // that no step has any more; nil: none
	fresh  int          // so many of recent, the last ones, head has not seen
	behind bool         // nor others before them
}

// bulk is from how many fresh readings on it is cheaper to begin anew at the
// watermark than to look at each twice.
const bulk = 64

// road is an engine with what it needs to know beside the readings.
type road struct {
	engine  *Engine
	doubter Doubter
	at      int64  // of the reading before
	seen    uint32 // metrics that readings of that instant carried
}

func (r *road) clone() road { return road{r.engine.Clone(), r.doubter, r.at, r.seen} }

// step is one reading or something else that happened.
type step struct {
	at      int64
	kind    stepKind
	seq     int64 // of a reading
	reading *Reading
	action  *Action
	profile *Profile
}

// stepKind says what a step is. Readings of an instant come before the rest.
type stepKind uint8

const (
	stepReading stepKind = iota
	stepAcknowledge
	stepSilence
	stepIdle
	stepRules
	stepClose
)

// News is what a call has changed.
type News struct {
	Begun []Transition // not said before
	Taken []Transition // said before, and not so: a reading came late and shows otherwise
	Final []Transition // can change no more; said before, unless they are in Begun
}

// NewTracker returns a tracker for the rules of p.
func NewTracker(p *Profile) *Tracker {
	t := &Tracker{final: road{engine: New(p)}, until: -1 << 62, limit: -1 << 62}
	t.head = t.final.clone()
	return t
}

// NewReading returns an empty reading for time at, to be filled and pushed. It
// may be one that was pushed before and is not needed any more.
func (t *Tracker) NewReading(at int64) *Reading {
	r := t.spare
	if t.spare = nil; r == nil {
		r = new(Reading)
	}
	*r = Reading{At: at}
	return r
}

// Push takes a reading. Those of one time count in the order of seq and
// content, however they arrive; what two of them say of one metric counts once,
// by the first. A reading at or before the watermark is too late for an alarm
// and is left out: false. The reading belongs to the tracker from then on.
func (t *Tracker) Push(r *Reading, seq int64) (News, bool) {
	if r.At <= t.until {
		return News{}, false
	}
	return t.add(step{at: r.At, kind: stepReading, seq: seq, reading: r}), true
}

// Add is Push without the news: they come with those of the next call. Of a
// batch that reaches far back most readings are final when it ends, and are
// looked at once instead of twice.
func (t *Tracker) Add(r *Reading, seq int64) bool {
	if r.At <= t.until {
		return false
	}
	ahead := r.At >= t.limit
	if last := t.insert(step{at: r.At, kind: stepReading, seq: seq, reading: r}); last && ahead {
		t.fresh++
	} else {
		t.behind = true
	}
	t.limit = max(t.limit, r.At)
	return true
}

// When returns the time at which something that happens outside the readings,
// at time at, takes effect: behind everything that has been said.
func (t *Tracker) When(at int64) int64 { return max(t.After(at), t.limit) }

// After returns at, or the time of the newest step if that is later. The clock
// of Advance is not in it, so that it is the same in a replay.
func (t *Tracker) After(at int64) int64 {
	at = max(at, t.until+1)
	if n := len(t.recent); n > 0 {
		at = max(at, t.recent[n-1].at)
	}
	return at
}

// Try says what would come of an action now. It is the *ActionError of the
// engine where that cannot be done; nothing changes.
func (t *Tracker) Try(a Action, silence bool) ([]Transition, error) {
	a.At = t.When(a.At)
	try := t.head.clone()
	return try.act(&a, silence)
}

// Act takes what a person does, at the time of the action or behind the newest
// step. An action that cannot be done changes nothing: ask Try before.
func (t *Tracker) Act(a Action, silence bool) News {
	a.At = t.After(a.At)
	kind := stepAcknowledge
	if silence {
		kind = stepSilence
	}
	return t.add(step{at: a.At, kind: kind, action: &a})
}

// Idle says that the device has been silent from its last reading until at.
func (t *Tracker) Idle(at int64) News { return t.add(step{at: t.After(at), kind: stepIdle}) }

// Lone returns what Idle would say.
func (t *Tracker) Lone() []Transition {
	if !t.head.engine.spotting {
		return nil
	}
	try := t.head.clone()
	return try.engine.Idle()
}

// Change puts the rules of p, which must have passed Check, in the place of
// those in force from time at on, or from behind the newest step. Alarms of
// rules that are gone or switched off are annulled, others go on.
func (t *Tracker) Change(p *Profile, at int64) News {
	return t.add(step{at: t.After(at), kind: stepRules, profile: p})
}

// Close says that the recording is complete: whatever is open ends with the
// newest reading, and everything is final.
func (t *Tracker) Close() News {
	at := t.After(t.until)
	news := t.add(step{at: at, kind: stepClose})
	last := t.Watermark(at)
	news.Begun, news.Taken, news.Final = append(news.Begun, last.Begun...), append(news.Taken, last.Taken...), last.Final
	return news
}

func (r *road) act(a *Action, silence bool) ([]Transition, error) {
	if silence {
		return r.engine.Silence(*a)
	}
	return r.engine.Acknowledge(*a)
}

// take runs one step.
func (r *road) take(s *step) []Transition {
	switch s.kind {
	case stepReading:
		one := *s.reading
		if r.seen != 0 && one.At == r.at {
			one.carried &^= r.seen
			one.has &^= r.seen
			if one.carried == 0 {
				return nil
			}
			r.seen |= one.carried
		} else {
			r.at, r.seen = one.At, one.carried
		}
		one.Doubt = r.doubter.Doubt(&one)
		out, _ := r.engine.Push(&one) // steps are in order
		return out
	case stepIdle:
		return r.engine.Idle()
	case stepRules:
		var out []Transition
		r.engine, out = r.engine.change(s.profile, s.at)
		return out
	case stepClose:
		return r.engine.finishAll(s.at)
	default:
		out, _ := r.act(s.action, s.kind == stepSilence) // the alarm may have been taken back since
		return out
	}
}

// compare orders steps. What is not a reading stays in the order it came.
func (s *step) compare(o *step) int {
	if c := cmp.Compare(s.at, o.at); c != 0 {
		return c
	}
	if c := cmp.Compare(min(s.kind, 1), min(o.kind, 1)); c != 0 || s.kind != stepReading {
		return c
	}
	return cmp.Or(cmp.Compare(s.seq, o.seq), s.reading.compare(o.reading))
}

// compare orders readings of one time by what they say: not carried, missing,
// numbers by size.
func (r *Reading) compare(o *Reading) int {
	for m := pleth.Metric(1); m < metrics; m++ {
		a, b := r.has>>m&1+r.carried>>m&1, o.has>>m&1+o.carried>>m&1
		if c := cmp.Compare(a, b); c != 0 {
			return c
		}
		if c := cmp.Compare(r.values[m], o.values[m]); c != 0 && a == 2 {
			return c
		}
	}
	return cmp.Compare(r.Doubt, o.Doubt)
}

func (t *Tracker) add(s step) News {
	ahead := s.at >= t.limit
	if last := t.insert(s); last && ahead {
		t.fresh++
	} else {
		t.behind = true
	}
	t.limit = max(t.limit, s.at)
	return t.catchUp()
}

// insert puts s in its place among the recent steps, and reports whether that
// is the end.
func (t *Tracker) insert(s step) bool {
	if n := len(t.recent); n == 0 || t.recent[n-1].compare(&s) <= 0 {
		t.recent = append(t.recent, s)
		return true
	}
	i, _ := slices.BinarySearchFunc(t.recent, s, func(a, b step) int {
		if c := a.compare(&b); c != 0 {
			return c
		}
		return -1
	})
	t.recent = slices.Insert(t.recent, i, s)
	return false
}

// again runs the head anew from the watermark and returns what changed.
func (t *Tracker) again() News {
	t.behind, t.fresh = false, 0
	t.head = t.final.clone()
	var now []Transition
	for i := range t.recent {
		now = append(now, t.head.take(&t.recent[i])...)
	}
	now = append(now, t.head.engine.Advance(t.limit)...)
	news := News{Begun: without(now, t.told), Taken: without(t.told, now)}
	t.told = now
	return news
}

// without returns what of a is not in b.
func without(a, b []Transition) []Transition {
	var out []Transition
	for _, one := range a {
		if !slices.Contains(b, one) {
			out = append(out, one)
		}
	}
	return out
}

// Advance tells the head that it is time now: delays end and silence is
// noticed without a reading. It makes nothing final.
func (t *Tracker) Advance(now int64) News {
	news := t.catchUp()
	if now <= t.limit {
		return news
	}
	t.limit = now
	begun := slices.Clone(t.head.engine.Advance(now))
	t.told = append(t.told, begun...)
	news.Begun = append(news.Begun, begun...)
	return news
}

// catchUp shows the head what was added.
func (t *Tracker) catchUp() News {
	if t.behind {
		return t.again()
	}
	var begun []Transition
	for i := len(t.recent) - t.fresh; i < len(t.recent); i++ {
		begun = append(begun, t.head.take(&t.recent[i])...)
	}
	t.fresh = 0
	t.told = append(t.told, begun...)
	return News{Begun: begun}
}

// Watermark says that nothing at or before w will come any more in time.
func (t *Tracker) Watermark(w int64) News {
	if w <= t.until {
		return t.catchUp()
	}
	var news News
	if t.fresh > bulk {
		t.behind = true
	} else if !t.behind {
		news = t.catchUp()
	}
	t.until = w
	var final []Transition
	n := 0
	for n < len(t.recent) && t.recent[n].at <= w {
		final = append(final, t.final.take(&t.recent[n])...)
		n++
	}
	for i := range t.recent[:n] {
		if r := t.recent[i].reading; r != nil {
			t.spare = r
		}
	}
	clear(t.recent[:n])
	t.recent = t.recent[n:] // what is before is left to the next append: most calls drop one of thirty
	final = append(final, t.final.engine.Advance(w)...)
	news.Begun, news.Final = append(news.Begun, without(final, t.told)...), final
	t.told = without(t.told, final)
	if t.behind {
		t.limit = max(t.limit, w)
		more := t.again()
		news.Begun = append(news.Begun, more.Begun...)
		news.Taken = append(news.Taken, more.Taken...)
		return news
	}
	if t.limit < w {
		t.limit = w
		more := t.head.engine.Advance(w)
		for _, one := range more {
			if !slices.Contains(final, one) {
				news.Begun, t.told = append(news.Begun, one), append(t.told, one)
			}
		}
	}
	return news
}

// Alarms calls f for every alarm of the head, in the order of the profile.
func (t *Tracker) Alarms(f func(Alarm)) { t.head.engine.Alarms(f) }

// Told returns what has been said and is not final, in order. It is valid until
// the next call.
func (t *Tracker) Told() []Transition { return t.told }

// Profile returns the rules in force.
func (t *Tracker) Profile() *Profile { return t.head.engine.Profile() }

// Quiet reports whether time alone can bring nothing new: nothing is under way,
// and no readings are expected.
func (t *Tracker) Quiet() bool {
	e := t.head.engine
	if e.spotting || e.streams() {
		return false
	}
	for i := range e.rules {
		if e.rules[i].state != Inactive {
			return false
		}
	}
	return true
}

// Until returns the watermark.
func (t *Tracker) Until() int64 { return t.until }
