package alarm

// change returns an engine for the rules of p that goes on from e, and what
// that ends: e is at time at.
func (e *Engine) change(p *Profile, at int64) (*Engine, []Transition) {
	out := append([]Transition(nil), e.Advance(at)...)
	next := New(p)
	e.out = e.out[:0]
	for i := range e.rules {
		old := &e.profile.Rules[i]
		k := next.index(old.ID)
		if k >= 0 {
			r := &p.Rules[k]
			if !r.Off && r.Kind == old.Kind && r.Metric == old.Metric {
				continue
			}
		}
		e.annul(i, at)
		e.rules[i] = &untouched
	}
	out = append(out, e.ordered()...)
	b, err := e.AppendBinary(nil)
	if err == nil {
		err = next.UnmarshalBinary(b)
	}
	if err != nil {
		panic(err) // our own bytes
	}
	return next, out
}

// annul ends rule i without its condition being over.
func (e *Engine) annul(i int, at int64) {
	switch e.rules[i].state {
	case Inactive:
	case Pending:
		e.to(i, at, Inactive, Annulled)
	default:
		e.to(i, at, Cleared, Annulled)
	}
}

// finishAll ends every alarm: the recording is complete at time at.
func (e *Engine) finishAll(at int64) []Transition {
	out := append([]Transition(nil), e.Advance(at)...)
	e.out = e.out[:0]
	e.checkSpot()
	for i := range e.rules {
		switch e.rules[i].state {
		case Inactive:
		case Pending:
			e.to(i, at, Inactive, Complete)
		default:
			e.to(i, at, Cleared, Complete)
		}
	}
	return append(out, e.ordered()...)
}
