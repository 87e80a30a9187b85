// Package column turns columns of integers into bytes: what the log and the
// chunks of the series have in common.
package column

import (
	"encoding/binary"

	"pleth"
)

// State says what a row of a column holds.
type State uint8

// The states of a row.
const (
	Present State = iota
	Missing
	Absent
)

// StateOf returns what a mantissa of a column stands for.
func StateOf(m int64) State {
	switch m {
	case pleth.MissingMantissa:
		return Missing
	case pleth.AbsentMantissa:
		return Absent
	}
	return Present
}

// stateBits is where the length of a run begins, above its state.
const stateBits = 2

// AppendUvarint is binary.AppendUvarint with the short case in line.
func AppendUvarint(b []byte, v uint64) []byte {
	if v < 0x80 {
		return append(b, byte(v))
	}
	return binary.AppendUvarint(b, v)
}

// Zigzag maps small numbers of both signs to small unsigned ones.
func Zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }

// Unzigzag is the inverse of Zigzag.
func Unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) }

// AppendDeltas appends what each of v differs from the one before by, the
// first from last. Differences may wrap around.
func AppendDeltas(b []byte, v []int64, last int64) []byte {
	for _, x := range v {
		if u := Zigzag(x - last); u < 0x80 { // nearly all
			b = append(b, byte(u))
		} else {
			b = binary.AppendUvarint(b, u)
		}
		last = x
	}
	return b
}

// Deltas fills v with what AppendDeltas wrote and returns the rest of b; false
// where b is too short.
func Deltas(b []byte, v []int64, last int64) (rest []byte, ok bool) {
	if len(b) < len(v) {
		return nil, false
	}
	at := 0
	for i := range v {
		if at < len(b) && b[at] < 0x80 {
			last += Unzigzag(uint64(b[at]))
			at++
		} else {
			u, w := binary.Uvarint(b[at:])
			if w <= 0 {
				return nil, false
			}
			at += w
			last += Unzigzag(u)
		}
		v[i] = last
	}
	return b[at:], true
}

// AppendStates appends the states of v in runs. Rows behind the last run are
// absent.
func AppendStates(b []byte, v []int64, state func(int64) State) []byte {
	for i := 0; i < len(v); {
		s, j := state(v[i]), i+1
		for j < len(v) && state(v[j]) == s {
			j++
		}
		b = AppendUvarint(b, uint64(j-i)<<stateBits|uint64(s))
		i = j
	}
	return b
}

// States calls f with each run that AppendStates wrote, of rows i to j, the
// absent ones up to rows included. It returns false where b is not such runs.
func States(b []byte, rows int, f func(s State, i, j int)) bool {
	at := 0
	for len(b) > 0 {
		u, w := binary.Uvarint(b)
		n, s := u>>stateBits, State(u&(1<<stateBits-1))
		if w <= 0 || n == 0 || n > uint64(rows-at) || s > Absent {
			return false
		}
		b = b[w:]
		f(s, at, at+int(n))
		at += int(n)
	}
	if at < rows {
		f(Absent, at, rows)
	}
	return true
}

// Unit returns the largest of 1, 1e3, 1e6 and 1e9 that divides all of v, and
// which power of 1000 it is.
func Unit(v []int64) (exponent uint8, unit int64) {
	exponent, unit = 3, 1e9
	for _, t := range v {
		for t%unit != 0 {
			unit /= 1000
			exponent--
		}
		if unit == 1 {
			break
		}
	}
	return exponent, unit
}

// MaxUnit is the largest exponent of a unit.
const MaxUnit = 3

// UnitOf returns 1000 to that power, which is at most MaxUnit.
func UnitOf(exponent uint8) int64 { return [MaxUnit + 1]int64{1, 1e3, 1e6, 1e9}[exponent] }

// Step returns the step between neighbours that more than half of them take,
// if there is one, in units.
func Step(v []int64, unit int64) int64 {
	var step int64
	votes := 0
	for i := 1; i < len(v); i++ {
		d := v[i]/unit - v[i-1]/unit
		switch {
		case votes == 0:
			step, votes = d, 1
		case d == step:
			votes++
		default:
			votes--
		}
	}
	return step
}

// Fill sets all of v.
func Fill(v []int64, with int64) {
	for i := range v {
		v[i] = with
	}
}
