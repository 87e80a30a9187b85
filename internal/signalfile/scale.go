package signalfile

import (
	"math/big"

	"pleth"
)

// Scale turns the digital values of a channel into values in its unit. It
// computes each of the 65,536 once, when it is first met. A Scale is not safe
// for concurrent use.
type Scale struct {
	gain, offset *big.Rat // value = digital x gain + offset
	min, max     int      // digital values outside are missing
	least        *big.Rat // values below are missing; nil: none are
	pages        [256]*[256]pleth.Value
}

// one is the least value of a saturation or a rate: below it is a dropout that
// was written as the number zero, or as the digital value next to it.
var one = big.NewRat(1, 1)

// NewScale returns the scale digital x gain + offset for digital values from
// min to max; others are missing. For saturations and rates, values below 1
// are missing too: that is how dropouts are written.
func NewScale(m pleth.Metric, gain, offset *big.Rat, min, max int) *Scale {
	s := &Scale{gain: gain, offset: offset, min: min, max: max}
	switch m {
	case pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal, pleth.PulseRate, pleth.HeartRate, pleth.RespRate:
		s.least = one
	}
	return s
}

// Value returns the value of a digital one: the float64 nearest to the exact
// result in its shortest decimal form, or Missing.
func (s *Scale) Value(digital int16) pleth.Value {
	i := uint16(digital)
	page := s.pages[i>>8]
	if page == nil {
		page = new([256]pleth.Value)
		s.pages[i>>8] = page
	}
	v := &page[i&0xff]
	if v.IsAbsent() {
		*v = s.compute(int(digital))
	}
	return *v
}

func (s *Scale) compute(digital int) pleth.Value {
	if digital < s.min || digital > s.max {
		return pleth.Missing()
	}
	r := new(big.Rat).SetInt64(int64(digital))
	r.Mul(r, s.gain).Add(r, s.offset)
	if s.least != nil && r.Cmp(s.least) < 0 {
		return pleth.Missing()
	}
	f, _ := r.Float64()
	return pleth.FloatValue(f)
}

// Decimal reads a decimal number of a header. It returns false where text is
// none, or is too large for any channel of vital signs.
func Decimal(text string) (*big.Rat, bool) {
	v, ok := pleth.ParseValue([]byte(text))
	if !ok {
		return nil, false
	}
	m, scale := v.Mantissa()
	return big.NewRat(m, pleth.Pow10(scale)), true
}
