package pleth

import (
	"math"
	"strconv"
)

// MaxScale is the largest number of decimals a Value keeps. Digits beyond it
// are rounded half to even; at the magnitudes of vital signs they are below
// what a float64 can tell apart.
const MaxScale = 15

// Value is a decimal number, missing, or absent. The zero Value is absent: the
// reading does not carry the metric at all. Missing means the device reported
// the metric without a value (probe off, sentinel, null).
type Value struct {
	mantissa int64
	scale    uint8
	state    valueState
}

type valueState uint8

const (
	absent valueState = iota
	missing
	present
)

// Num returns the value mantissa * 10^-scale. It panics if scale exceeds MaxScale.
func Num(mantissa int64, scale uint8) Value {
	if scale > MaxScale {
		panic("pleth: scale of a value exceeds MaxScale")
	}
	return Value{mantissa, scale, present}
}

// Missing returns the value that was reported without a number.
func Missing() Value { return Value{state: missing} }

// Ok reports whether v is a number.
func (v Value) Ok() bool { return v.state == present }

// IsMissing reports whether v was reported without a number.
func (v Value) IsMissing() bool { return v.state == missing }

// IsAbsent reports whether the reading does not carry the metric.
func (v Value) IsAbsent() bool { return v.state == absent }

// Mantissa returns the digits of v and its scale; 0, 0 if v is not a number.
func (v Value) Mantissa() (int64, uint8) { return v.mantissa, v.scale }

// Float returns the float64 nearest to v, NaN if v is not a number.
func (v Value) Float() float64 {
	if v.state != present {
		return math.NaN()
	}
	return Float(v.mantissa, v.scale)
}

// String returns v in plain decimal notation, "missing" or "absent".
func (v Value) String() string {
	switch v.state {
	case absent:
		return "absent"
	case missing:
		return "missing"
	}
	return string(v.Append(nil))
}

// Append appends v in plain decimal notation to dst; nothing if v is not a number.
func (v Value) Append(dst []byte) []byte {
	if v.state != present {
		return dst
	}
	m := v.mantissa
	u := uint64(m)
	if m < 0 {
		dst = append(dst, '-')
		u = -u
	}
	var digits [20]byte
	s := strconv.AppendUint(digits[:0], u, 10)
	if v.scale == 0 {
		return append(dst, s...)
	}
	point := len(s) - int(v.scale)
	if point <= 0 {
		dst = append(dst, '0', '.')
		for range -point {
			dst = append(dst, '0')
		}
		return append(dst, s...)
	}
	dst = append(dst, s[:point]...)
	dst = append(dst, '.')
	return append(dst, s[point:]...)
}

var pow10 = [...]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// Pow10 returns 10^n for n in 0..18.
func Pow10(n uint8) int64 { return pow10[n] }

// Float returns the float64 nearest to mantissa * 10^-scale. It is exact in
// the sense of strconv.ParseFloat on the same digits.
func Float(mantissa int64, scale uint8) float64 {
	if scale == 0 {
		return float64(mantissa)
	}
	const exact = 1 << 53
	if mantissa < exact && mantissa > -exact {
		return float64(mantissa) / float64(pow10[scale])
	}
	f, err := strconv.ParseFloat(string(Num(mantissa, scale).Append(nil)), 64)
	if err != nil {
		panic(err) // our own digits always parse
	}
	return f
}

// ParseValue reads a decimal number: an optional sign, digits, an optional
// point with digits, an optional exponent. It returns false if b is anything
// else (blanks, NaN, infinities and hexadecimal included) or does not fit.
// Digits that a Value cannot keep are rounded away, half to even.
func ParseValue(b []byte) (Value, bool) {
	i, neg := 0, false
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		neg = b[i] == '-'
		i++
	}
	const full = (math.MaxInt64 - 9) / 10 // no further digit fits
	var m int64
	scale, digits, point := 0, 0, false
	var cut remainder
	for ; i < len(b); i++ {
		c := b[i]
		if c == '.' && !point {
			point = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		digits++
		switch {
		case m <= full:
			m = m*10 + int64(c-'0')
			if point {
				scale++
			}
		case point:
			cut = cut.then(c)
		default:
			return Value{}, false
		}
	}
	if digits == 0 {
		return Value{}, false
	}
	if i < len(b) {
		n, ok := exponent(b[i:])
		if !ok {
			return Value{}, false
		}
		scale -= n
	}
	m, ok := toScale(m, &scale, cut)
	if !ok {
		return Value{}, false
	}
	if neg {
		m = -m
	}
	return Num(m, uint8(scale)), true
}

// exponent reads "e-5" or "E+3".
func exponent(b []byte) (int, bool) {
	if b[0] != 'e' && b[0] != 'E' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b[1:]), 10, 16)
	return int(n), err == nil
}

// toScale brings m * 10^-scale and the digits cut off behind m to a scale of
// 0..MaxScale. It returns false if that does not fit.
func toScale(m int64, scale *int, cut remainder) (int64, bool) {
	for ; *scale < 0 && m != 0; *scale++ {
		if m > math.MaxInt64/10 {
			return 0, false
		}
		m *= 10
	}
	*scale = max(*scale, 0)
	over := *scale - MaxScale
	switch {
	case over > 18: // less than half of the last digit, but for one at most
		small := over > 19 || m <= 5e18
		if m, *scale = 1, MaxScale; small {
			m = 0
		}
	case over > 0:
		unit := pow10[over]
		rest := m % unit
		m, *scale = m/unit, MaxScale
		if rest > unit/2 || rest == unit/2 && (cut > zeros || m&1 == 1) {
			m++
		}
	case cut == more || cut == half && m&1 == 1:
		m++
	}
	return m, true
}

// remainder is how digits that are cut off compare with half of the last one kept.
type remainder uint8

const (
	nothing remainder = iota // no digit was cut off
	zeros
	less
	half
	more
)

// then returns the remainder with one more digit at its end.
func (r remainder) then(c byte) remainder {
	switch {
	case r == nothing && c > '5', r == half && c > '0':
		return more
	case r == nothing && c == '5':
		return half
	case r == nothing && c == '0':
		return zeros
	case r == nothing, r == zeros && c > '0':
		return less
	}
	return r
}

// DivRound returns a/b rounded half to even. b must be positive.
func DivRound(a, b int64) int64 {
	q, r := a/b, a%b
	if r < 0 {
		r += b
		q--
	}
	if r > b-r || r == b-r && q&1 != 0 {
		q++
	}
	return q
}

// FloatValue returns the shortest decimal that reads back as f, to MaxScale
// decimals, or Missing if f is not finite or does not fit.
func FloatValue(f float64) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return Missing()
	}
	var buf [32]byte
	v, ok := ParseValue(strconv.AppendFloat(buf[:0], f, 'f', -1, 64))
	if !ok {
		return Missing()
	}
	return v
}
