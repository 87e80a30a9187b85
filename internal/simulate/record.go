package simulate

import (
	"pleth"
	"pleth/internal/signal"
)

// recorder writes the rows of a night.
type recorder struct {
	n         *night
	b         *pleth.Batch
	r         *random
	seen      []signal.Fixed // SpO2 as the device has it, second by second
	pulse     []signal.Fixed
	marks     []mark
	perfusion perfusion
}

// record returns the rows of what the device has seen, second by second.
func (n *night) record(seen []signal.Fixed) *pleth.Batch {
	r := newRandom(n.p.Seed, forRows)
	rec := &recorder{n: n, b: new(pleth.Batch), r: r, seen: seen, pulse: n.pulse(), marks: n.marks(), perfusion: newPerfusion(r)}
	for i := range n.rows() {
		rec.row(i)
	}
	return rec.b
}

// row writes row i, if it is there at all. Random numbers are drawn for every
// row, so that a loss changes nothing after it.
func (rec *recorder) row(i int) {
	k := rec.n.second(i)
	m := &rec.marks[k]
	motion, index := rec.motion(m.moves), rec.perfusion.next(rec.r, m.index)
	if m.loss == Absent {
		return
	}
	b := rec.b
	b.AddRow(rec.n.p.Start.Unix()*signal.Second + int64(i)*int64(rec.n.p.Interval))
	b.SetInt(pleth.Motion, motion)
	if m.loss != "" {
		b.SetMissing(pleth.SpO2)
		b.SetMissing(pleth.PulseRate)
		if rec.n.p.Perfusion {
			b.SetMissing(pleth.PerfusionIndex)
		}
		return
	}
	v := rec.seen[k]
	if i == 0 || rec.n.second(i-1) < k {
		v -= m.spike // where rows come faster than seconds, the first one alone
	}
	b.Set(pleth.SpO2, rec.n.shown(v))
	b.SetInt(pleth.PulseRate, pleth.DivRound(int64(rec.pulse[k]), int64(signal.One)))
	if rec.n.p.Perfusion {
		b.Set(pleth.PerfusionIndex, pleth.Num(int64(index/hundredth), 2))
	}
}

// mark is what holds in one second besides the blood.
type mark struct {
	moves bool
	index signal.Fixed // the perfusion index; 0: as usual
	spike signal.Fixed
	loss  GapKind
}

func (n *night) marks() []mark {
	all := make([]mark, n.seconds)
	if n.p.Pristine {
		return all
	}
	for _, b := range n.plan.bouts {
		for k := b.start; k < min(b.end, n.seconds); k++ {
			all[k].moves = true
		}
	}
	for _, l := range n.plan.poor {
		for k := l.start; k < l.end; k++ {
			all[k].index = l.index
		}
	}
	for _, s := range n.plan.spikes {
		all[s.at].spike = s.depth
	}
	for _, g := range n.plan.losses {
		for k := g.Start; k < g.End; k++ {
			if all[k].loss != Absent {
				all[k].loss = g.Kind
			}
		}
	}
	return all
}

// align moves spikes to the rows that show them.
func (p *plan) align(n *night) {
	kept := p.spikes[:0]
	for _, s := range p.spikes {
		if row := n.rowFrom(s.at); row < n.rows() {
			kept = append(kept, spike{n.second(row), s.depth})
		}
	}
	p.spikes = kept
}

// motion returns what the device counts in one row: at least 10 in motion, and
// a few now and then at rest.
func (rec *recorder) motion(moves bool) int64 {
	count, rest := rec.r.below(80), rec.r.below(10)
	switch {
	case moves:
		return 10 + count
	case rest < 2 && !rec.n.p.Pristine:
		return 1 + count%3
	}
	return 0
}

// perfusion is the perfusion index of a person over the night.
type perfusion struct {
	usual signal.Fixed
	wave  wander
}

func newPerfusion(r *random) perfusion {
	usual := signal.Fixed(r.within(span{120, 450})) * hundredth
	return perfusion{usual, newWander(r, usual/8, 60)}
}

func (p *perfusion) next(r *random, poor signal.Fixed) signal.Fixed {
	index := p.usual + p.wave.next(r)
	if poor > 0 {
		index = poor + p.wave.at*(poor/hundredth)/(p.usual/hundredth)/4
	}
	return min(max(index, 2*hundredth), 20*signal.One)
}
