// Package quality marks samples with the reasons to doubt them. It deletes
// nothing and changes no value: what is out of range is missing, what is
// suspect stays and is labelled. The rules and their sources are in
// docs/definitions/quality.md.
package quality

import (
	"slices"

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

// Row is what the marker looks at: one row of the session with its companions.
type Row struct {
	At        int64 // ns since the start of the session
	First     int   // indices of the rows of the session that it stands for,
	Last      int   // the same for one row; several where rows come faster than once a second
	SpO2      signal.Fixed
	Reasons   pleth.Reasons // why SpO2 is missing, and what the device said
	Rides     bool          // carries companions only: no slot of SpO2, not marked
	Pulse     Number
	Motion    Number
	Perfusion Number
}

func (r *Row) measured() bool { return !r.Rides && !r.Reasons.Missing() }

// Marker marks rows. It hands out a row when it can no longer become part of a
// lone spike: at once, or while one may be under way SpikeReturn later in event
// time. Rows come out in the order they went in. The zero Marker is ready.
type Marker struct {
	held  []Row        // from the first row of a possible lone spike on; else empty
	spike bool         // held[0] begins a possible lone spike
	base  signal.Fixed // SpO2 before it

	any   bool // the last measured row, if any:
	at    int64
	spo2  signal.Fixed
	pulse Number

	flat      bool // SpO2 and pulse have not moved since flatFrom
	flatFrom  int64
	flatSpO2  signal.Fixed
	flatPulse signal.Fixed
}

// Clone returns a copy of m that goes on by itself.
func (m *Marker) Clone() Marker {
	c := *m
	c.held = slices.Clone(m.held)
	return c
}

// Push adds a row and passes to out the rows that are final. The row that out
// gets is valid during the call only.
func (m *Marker) Push(r *Row, out func(*Row)) {
	if !r.measured() {
		m.flat = m.flat && r.Rides // what sends a missing value is alive
		if !m.spike {
			out(r)
			return
		}
		m.held = append(m.held, *r)
		m.release(r.At, out)
		return
	}
	m.mark(r)
	begins := m.spike || r.Reasons&pleth.RateOfChange != 0
	if begins {
		m.held = append(m.held, *r)
		m.watchSpike(out)
	}
	m.any, m.at, m.spo2 = true, r.At, r.SpO2
	m.pulse.V, m.pulse.Ok, m.pulse.Missing = r.Pulse.V, r.Pulse.Ok, r.Pulse.Missing
	if !begins {
		out(r)
		return
	}
	m.release(r.At, out)
}

// Flush passes the remaining rows to out; the session ends.
func (m *Marker) Flush(out func(*Row)) {
	m.spike = false
	m.release(0, out)
	*m = Marker{}
}

// release passes out what no lone spike can take in any more.
func (m *Marker) release(now int64, out func(*Row)) {
	if m.spike {
		if now-m.held[0].At <= SpikeReturn {
			return
		}
		m.spike = false
	}
	for i := range m.held {
		out(&m.held[i])
	}
	m.held = m.held[:0]
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
	step, dt := r.SpO2-m.spo2, r.At-m.at
	if fastFall(-step, dt) {
		r.Reasons |= pleth.RateOfChange
	}
	if dt <= pulseJumpWithin && abs(step) >= pulseJumpSpO2 && r.Pulse.Ok && m.pulse.Ok && abs(r.Pulse.V-m.pulse.V) > pulseJump {
		r.Reasons |= pleth.PulseJump
	}
}

// fastFall reports whether a fall over dt nanoseconds is at least as fast as
// blood cannot.
func fastFall(fall signal.Fixed, dt int64) bool {
	const perNanosecond = FastFallPerSecond / signal.Fixed(signal.Second)
	return fall > 0 && fall >= perNanosecond*signal.Fixed(dt)
}

// watchSpike follows a fast fall until it is undone or too old. The newest row
// is the last one held.
func (m *Marker) watchSpike(out func(*Row)) {
	last := len(m.held) - 1
	r := &m.held[last]
	if m.spike {
		switch {
		case r.At-m.held[0].At > SpikeReturn:
			m.spike = false
		case r.SpO2 >= m.base-spikeBack:
			for i := range m.held[:last] {
				if m.held[i].measured() {
					m.held[i].Reasons |= pleth.LoneSpike
				}
			}
			m.spike = false
		}
	}
	if m.spike || r.Reasons&pleth.RateOfChange == 0 {
		return
	}
	for i := range m.held[:last] {
		out(&m.held[i])
	}
	m.held[0] = m.held[last]
	m.held = m.held[:1]
	m.spike, m.base = true, m.spo2
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
