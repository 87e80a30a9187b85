// Package quality marks samples with the reasons to doubt them. It deletes
// nothing and changes no value: what is out of range is missing, what is
// suspect stays and is labelled. The rules and their sources are in
// docs/definitions/quality.md.
package quality

import (
	"pleth"
	"pleth/internal/signal"
)

// The numbers of the rules.
const (
	FastFallPerSecond = 4 * signal.One    // %/s; blood does not desaturate faster
	SpikeReturn       = 3 * signal.Second // a fast fall that is undone so soon is an artefact
	spikeBack         = 2 * signal.One    // undone: within so much of the value before
	motionLimit       = 10 * signal.One   // device counts
	perfusionLimit    = signal.One * 3 / 10
	pulseJump         = 30 * signal.One // /min ...
	pulseJumpWithin   = 2 * signal.Second
	pulseJumpSpO2     = 4 * signal.One // ... together with an SpO2 step
	flatSpan          = 300 * signal.Second
	flatSpO2          = signal.One * 2 / 10
)

// Number is a value of a companion metric in a row.
type Number struct {
	V       signal.Fixed
	Ok      bool // a number
	Missing bool // reported without a number; neither: the row does not carry it
}

// Row is what the marker looks at: one row with SpO2 and its companions.
type Row struct {
	At        int64 // ns since the start of the session
	First     int   // indices of the rows of the session that it stands for,
	Last      int   // the same for one row; several where rows come faster than once a second
	SpO2      signal.Fixed
	Reasons   pleth.Reasons // why SpO2 is missing, and what the device said
	Pulse     Number
	Motion    Number
	Perfusion Number
}

func (r *Row) measured() bool { return r.Reasons.Quality() != pleth.NotMeasured }

// Marker marks rows. It hands out a row when it can no longer become part of a
// lone spike: SpikeReturn after it, in event time. The zero Marker is ready.
type Marker struct {
	held  []Row // not handed out yet, in order
	prev  Row   // the last measured row before the newest
	any   bool
	spike int // index in held of the first row of a possible lone spike, -1 if none
	armed bool
	base  signal.Fixed // SpO2 before the fast fall

	flatFrom  int64
	flatSpO2  signal.Fixed
	flatPulse signal.Fixed
	flat      bool
}

// Push adds a row and passes to out the rows that are final.
func (m *Marker) Push(r Row, out func(Row)) {
	if !m.armed {
		m.spike, m.armed = -1, true
	}
	if r.measured() {
		m.mark(&r)
	}
	m.held = append(m.held, r)
	if r.measured() {
		m.watchSpike()
		m.prev, m.any = r, true
	}
	m.release(r.At-SpikeReturn, out)
}

// Flush passes the remaining rows to out; the session ends.
func (m *Marker) Flush(out func(Row)) {
	for i := range m.held {
		out(m.held[i])
	}
	*m = Marker{}
}

func (m *Marker) release(before int64, out func(Row)) {
	n := 0
	for n < len(m.held) && (m.held[n].At < before || m.spike < 0 || n < m.spike) {
		out(m.held[n])
		n++
	}
	if n == 0 {
		return
	}
	m.held = m.held[:copy(m.held, m.held[n:])]
	if m.spike >= 0 {
		if m.spike -= n; m.spike < 0 {
			m.spike = -1
		}
	}
}

// mark applies the rules that need no later row.
func (m *Marker) mark(r *Row) {
	if r.Motion.Ok && r.Motion.V >= motionLimit {
		r.Reasons |= pleth.InMotion
	}
	if r.Perfusion.Ok && r.Perfusion.V < perfusionLimit {
		r.Reasons |= pleth.LowPerfusion
	}
	if r.Pulse.Missing {
		r.Reasons |= pleth.PulseMissing
	}
	m.markFlat(r)
	if !m.any {
		return
	}
	step, dt := r.SpO2-m.prev.SpO2, r.At-m.prev.At
	if fastFall(-step, dt) {
		r.Reasons |= pleth.RateOfChange
	}
	if dt <= pulseJumpWithin && abs(step) >= pulseJumpSpO2 && r.Pulse.Ok && m.prev.Pulse.Ok && abs(r.Pulse.V-m.prev.Pulse.V) > pulseJump {
		r.Reasons |= pleth.PulseJump
	}
}

// fastFall reports whether a fall over dt is at least 4 %/s.
func fastFall(fall signal.Fixed, dt int64) bool {
	return fall >= 0 && float64(fall)*float64(signal.Second) >= float64(FastFallPerSecond)*float64(dt)
}

// watchSpike follows a fast fall until it is undone or too old.
func (m *Marker) watchSpike() {
	i := len(m.held) - 1
	r := &m.held[i]
	if m.spike >= 0 {
		first := m.held[m.spike]
		switch {
		case r.At-first.At > SpikeReturn:
			m.spike = -1
		case r.SpO2 >= m.base-spikeBack:
			for k := m.spike; k < i; k++ {
				if m.held[k].measured() {
					m.held[k].Reasons |= pleth.LoneSpike
				}
			}
			m.spike = -1
		}
	}
	if m.spike < 0 && r.Reasons&pleth.RateOfChange != 0 {
		m.spike, m.base = i, m.prev.SpO2
	}
}

// markFlat marks a row once SpO2 and pulse have not moved for five minutes.
// SpO2 alone may stand still for long in health.
func (m *Marker) markFlat(r *Row) {
	if !r.Pulse.Ok {
		m.flat = false
		return
	}
	if !m.flat || abs(r.SpO2-m.flatSpO2) >= flatSpO2 || r.Pulse.V != m.flatPulse {
		m.flat, m.flatFrom, m.flatSpO2, m.flatPulse = true, r.At, r.SpO2, r.Pulse.V
		return
	}
	if r.At-m.flatFrom >= flatSpan {
		r.Reasons |= pleth.Flatline
	}
}

func abs(f signal.Fixed) signal.Fixed {
	if f < 0 {
		return -f
	}
	return f
}
