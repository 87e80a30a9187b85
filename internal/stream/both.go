package stream

import (
	"sync"

	"pleth"
	"pleth/internal/session"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// keptSamples and freedGrids hold memory between sessions.
var (
	keptSamples = sync.Pool{New: func() any { return new([]signal.Sample) }}
	freedGrids  = sync.Pool{New: func() any { return new(grids) }}
)

type grids struct{ spo2, pulse window.Grid }

// DeriveBoth returns what Derive makes of s, and what it makes of it with
// cfg.Clean. They are one and the same where nothing is doubted. The clean one
// has no marks of its own; Free takes its memory back.
//
// Rows are read, marked and held once. What differs is which samples count.
func DeriveBoth(s *session.Session, cfg Config) (plain, clean *Derived) {
	p := NewPipeline(s, cfg)
	room := freedGrids.Get().(*grids)
	p.d.Grid, p.d.Pulse = room.spo2, room.pulse
	p.kept = keptSamples.Get().(*[]signal.Sample)
	defer keptSamples.Put(p.kept)
	*p.kept = (*p.kept)[:0]
	p.all(s.Rows)
	plain = p.Finish()
	if plain.Doubted == 0 || cfg.Clean {
		return plain, plain
	}
	cfg.Clean = true
	q := NewPipeline(s, cfg)
	room = freedGrids.Get().(*grids)
	q.d.Grid = room.spo2
	q.d.Grid.Grow(plain.Grid.Len())
	for _, s := range *p.kept {
		if s.R.Doubted() {
			s.V, s.R = 0, s.R|pleth.NoValue
		}
		q.sample(s)
	}
	clean = q.Finish()
	clean.Pulse = room.pulse
	clean.withoutPulse(plain, p.doubted)
	return plain, clean
}

// withoutPulse sets the pulse to what is left of that of plain without some of
// its samples.
func (d *Derived) withoutPulse(plain *Derived, without []signal.Sample) {
	d.Pulse.V, d.Pulse.R = append(d.Pulse.V, plain.Pulse.V...), append(d.Pulse.R, plain.Pulse.R...)
	d.PulseAll, d.PulseValid = plain.PulseAll.Clone(), plain.PulseValid
	for _, s := range without {
		d.Pulse.Remove(s)
		d.PulseAll.Add(s.V, -s.Hold)
		d.PulseValid -= s.Hold
	}
}

// Free gives the grids of d to another session. Neither they nor d may be used
// after it.
func (d *Derived) Free() {
	freedGrids.Put(&grids{d.Grid.Emptied(), d.Pulse.Emptied()})
	*d = Derived{}
}
