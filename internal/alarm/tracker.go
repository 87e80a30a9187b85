package alarm

import (
	"cmp"
	"slices"
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
}

// road is an engine with what it needs to know beside the readings.
type road struct {
	engine  *Engine
	doubter Doubter
}

func (r *road) clone() road { return road{r.engine.Clone(), r.doubter} }

// step is one reading or one action.
type step struct {
	at      int64
	order   int64 // among those of one time
	reading *Reading
	action  *Action
	idle    bool
	silence bool
}

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

// Push takes a reading. order tells those of one time apart, in the same way
// however they arrive. A reading at or before the watermark is too late for an
// alarm and is left out: false. The reading belongs to the tracker from then on.
func (t *Tracker) Push(r *Reading, order int64) (News, bool) {
	if r.At <= t.until {
		return News{}, false
	}
	return t.add(step{at: r.At, order: order, reading: r}), true
}

// Act takes what a person does. It is the *ActionError of the engine where that
// cannot be done now.
func (t *Tracker) Act(a Action, silence bool) (News, error) {
	a.At = max(a.At, t.until+1, t.limit)
	try := t.head.clone()
	if _, err := try.act(&a, silence); err != nil {
		return News{}, err
	}
	return t.add(step{at: a.At, order: 1<<62 + 1, action: &a, silence: silence}), nil
}

// Idle says that the device has been silent since its last reading.
func (t *Tracker) Idle() News {
	return t.add(step{at: max(t.limit, t.until+1), order: 1 << 62, idle: true})
}

func (r *road) act(a *Action, silence bool) ([]Transition, error) {
	if silence {
		return r.engine.Silence(*a)
	}
	return r.engine.Acknowledge(*a)
}

// take runs one step.
func (r *road) take(s *step) []Transition {
	switch {
	case s.reading != nil:
		one := *s.reading
		one.Doubt = r.doubter.Doubt(&one)
		out, _ := r.engine.Push(&one) // steps are in order
		return out
	case s.idle:
		return r.engine.Idle()
	default:
		out, _ := r.act(s.action, s.silence) // the alarm may have been taken back since
		return out
	}
}

// before orders steps.
func (s *step) compare(o *step) int {
	return cmp.Or(cmp.Compare(s.at, o.at), cmp.Compare(s.order, o.order))
}

func (t *Tracker) add(s step) News {
	n := len(t.recent)
	if (n == 0 || t.recent[n-1].compare(&s) <= 0) && s.at >= t.limit {
		t.recent = append(t.recent, s)
		t.limit = s.at
		begun := slices.Clone(t.head.take(&s))
		t.told = append(t.told, begun...)
		return News{Begun: begun}
	}
	i, _ := slices.BinarySearchFunc(t.recent, s, func(a, b step) int {
		if c := a.compare(&b); c != 0 {
			return c
		}
		return -1
	})
	t.recent = slices.Insert(t.recent, i, s)
	t.limit = max(t.limit, s.at)
	return t.again()
}

// again runs the head anew from the watermark and returns what changed.
func (t *Tracker) again() News {
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
	if now <= t.limit {
		return News{}
	}
	t.limit = now
	begun := slices.Clone(t.head.engine.Advance(now))
	t.told = append(t.told, begun...)
	return News{Begun: begun}
}

// Watermark says that nothing at or before w will come any more in time.
func (t *Tracker) Watermark(w int64) News {
	if w <= t.until {
		return News{}
	}
	t.until = w
	var final []Transition
	n := 0
	for n < len(t.recent) && t.recent[n].at <= w {
		final = append(final, t.final.take(&t.recent[n])...)
		n++
	}
	t.recent = slices.Delete(t.recent, 0, n)
	final = append(final, t.final.engine.Advance(w)...)
	news := News{Begun: without(final, t.told), Final: final}
	t.told = without(t.told, final)
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

// Profile returns the rules in force.
func (t *Tracker) Profile() *Profile { return t.final.engine.Profile() }

// AppendBinary appends the state at the watermark. What came after it is not in
// it: push it again.
func (t *Tracker) AppendBinary(dst []byte) ([]byte, error) {
	c := &codec{buf: dst}
	c.int(&t.until)
	doubt, err := t.final.doubter.AppendBinary(nil)
	if err != nil {
		return dst, err
	}
	text := string(doubt)
	c.text(&text)
	return t.final.engine.AppendBinary(c.buf)
}

// UnmarshalBinary makes t, which NewTracker has just returned, go on from the
// state in b; Watermark returned is its watermark, and what came after it has to
// be pushed again.
func (t *Tracker) UnmarshalBinary(b []byte) error {
	c := &codec{buf: b, read: true}
	c.int(&t.until)
	var doubt string
	c.text(&doubt)
	if c.err != nil {
		return c.err
	}
	if err := t.final.doubter.UnmarshalBinary([]byte(doubt)); err != nil {
		return err
	}
	if err := t.final.engine.UnmarshalBinary(c.buf); err != nil {
		return err
	}
	t.limit = t.until
	t.head = t.final.clone()
	return nil
}

// Until returns the watermark.
func (t *Tracker) Until() int64 { return t.until }
