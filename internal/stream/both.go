package stream

import (
	"slices"
	"sync"

	"pleth"
	"pleth/internal/session"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// keptSamples holds the memory of samples between sessions.
var keptSamples = sync.Pool{New: func() any { return new([]signal.Sample) }}

// DeriveBoth returns what Derive makes of s, and what it makes of it with
// cfg.Clean. They are one and the same where nothing is doubted. The clean one
// has no marks of its own.
//
// Rows are read, marked and held once. What differs is which samples count.
func DeriveBoth(s *session.Session, cfg Config) (plain, clean *Derived) {
	p := NewPipeline(s, cfg)
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
	q.d.Grid.Grow(plain.Grid.Len())
	for _, s := range *p.kept {
		if s.R.Doubted() {
			s.V, s.R = 0, s.R|pleth.NoValue
		}
		q.sample(s)
	}
	clean = q.Finish()
	clean.Pulse, clean.PulseAll, clean.PulseValid = withoutPulse(plain, p.doubted)
	return plain, clean
}

// withoutPulse returns what is left of the pulse of d without some of its samples.
func withoutPulse(d *Derived, without []signal.Sample) (window.Grid, window.Distribution, int64) {
	grid := window.Grid{V: slices.Clone(d.Pulse.V), R: slices.Clone(d.Pulse.R)}
	all, valid := d.PulseAll.Clone(), d.PulseValid
	for _, s := range without {
		grid.Remove(s)
		all.Add(s.V, -s.Hold)
		valid -= s.Hold
	}
	return grid, all, valid
}
