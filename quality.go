package pleth

import "math/bits"

// Quality says how far one sample can be trusted. Marks never delete: the
// sample keeps its value whatever its Quality.
type Quality uint8

// From best to worst.
const (
	Good         Quality = iota
	Suspect              // measured, but something speaks against it
	Artefact             // measured, and almost certainly not the patient
	Interpolated         // not measured; a bridge for the continuity of events only
	NotMeasured          // missing: probe off, sentinel, out of range, gap
)

var qualityNames = [...]string{"good", "suspect", "artefact", "interpolated", "missing"}

// String returns the name used in documents.
func (q Quality) String() string { return qualityNames[q] }

// Reasons is the set of reasons a sample has its Quality. The zero set is a
// good sample.
type Reasons uint16

// The reasons. Definitions and sources: docs/definitions/quality.md.
const (
	NoValue       Reasons = 1 << iota // the device sent its sentinel, an empty field or null
	OutOfRange                        // outside what the metric can be
	NoRow                             // a slot without a row, or a row of another metric
	InMotion                          // the device counted motion
	LowPerfusion                      // perfusion index below 0.3 %
	RateOfChange                      // fell faster than blood can
	LoneSpike                         // fell faster than blood can and was back within 3 s
	Flatline                          // SpO2 and pulse did not move for 5 min
	PulseMissing                      // SpO2 without a pulse
	PulseJump                         // pulse and SpO2 jumped together
	LowConfidence                     // the device itself doubts the value
	SensorFault                       // the device reports sensor off, defective or searching
	reasonEnd
)

var reasonNames = [...]string{"no_value", "out_of_range", "no_row", "motion", "low_perfusion", "rate_of_change",
	"lone_spike", "flatline", "pulse_missing", "pulse_jump", "low_confidence", "sensor_fault"}

const (
	missingReasons  = NoValue | OutOfRange | NoRow
	artefactReasons = LoneSpike | SensorFault
)

// Quality returns the worst quality that the reasons in r amount to.
func (r Reasons) Quality() Quality {
	switch {
	case r&missingReasons != 0:
		return NotMeasured
	case r&artefactReasons != 0:
		return Artefact
	case r != 0:
		return Suspect
	}
	return Good
}

// Missing reports whether nothing was measured.
func (r Reasons) Missing() bool { return r&missingReasons != 0 }

// Doubted reports whether a sample with these reasons was measured but is
// suspect or artefact.
func (r Reasons) Doubted() bool { return r != 0 && r&missingReasons == 0 }

// Each calls f for every single reason in r, in fixed order.
func (r Reasons) Each(f func(Reasons)) {
	for r != 0 {
		one := r & -r
		f(one)
		r &^= one
	}
}

// String returns the name of a single reason, or the names of a set joined by
// "+"; empty for the zero set.
func (r Reasons) String() string {
	s := ""
	r.Each(func(one Reasons) {
		if s != "" {
			s += "+"
		}
		s += reasonNames[bits.TrailingZeros16(uint16(one))]
	})
	return s
}

// AllReasons returns every reason in fixed order.
func AllReasons() []Reasons {
	var out []Reasons
	for r := Reasons(1); r < reasonEnd; r <<= 1 {
		out = append(out, r)
	}
	return out
}
