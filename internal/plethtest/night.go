package plethtest

import "pleth"

// Random is a small generator of repeatable numbers for tests: the same seed
// gives the same numbers on every machine and with every version of Go.
type Random struct{ state uint64 }

// NewRandom returns a generator for a seed.
func NewRandom(seed uint64) *Random { return &Random{seed*2862933555777941757 + 3037000493} }

// Intn returns a number of 0..n-1.
func (r *Random) Intn(n int) int {
	r.state = r.state*6364136223846793005 + 1442695040888963407
	return int((r.state >> 33) % uint64(n))
}

// Night returns rows of a made-up night, one a second: SpO2 in whole percent
// that wanders between 94 and 98 and falls by 4 to 12 points for half a minute
// now and then, a pulse rate that answers, motion of less than the given count
// at times, and a minute without a sensor about every two hours. It is a load
// for tests and benchmarks, not a model of a patient.
func Night(seconds, motion int, seed uint64) *pleth.Batch {
	r := NewRandom(seed)
	b := new(pleth.Batch)
	level, pulse := 96, 62
	fall, depth, off := 0, 0, 0
	for k := range seconds {
		switch {
		case off > 0:
			off--
		case r.Intn(7200) == 0:
			off = 60
		}
		if r.Intn(20) == 0 {
			level = min(98, max(94, level+r.Intn(3)-1))
		}
		if r.Intn(3) == 0 {
			pulse = min(90, max(50, pulse+r.Intn(3)-1))
		}
		if fall == 0 && r.Intn(180) == 0 {
			fall, depth = 40, 4+r.Intn(9)
		}
		dip := 0
		if fall > 0 {
			if dip = depth * (40 - fall) / 25; fall < 15 {
				dip = depth * fall / 15
			}
			fall--
		}
		b.AddRow(int64(k) * 1e9)
		if off > 0 {
			b.SetMissing(pleth.SpO2)
			b.SetMissing(pleth.PulseRate)
		} else {
			b.SetInt(pleth.SpO2, int64(level-dip))
			b.SetInt(pleth.PulseRate, int64(pulse+dip))
		}
		b.SetInt(pleth.Motion, 0)
		if r.Intn(400) == 0 {
			b.SetInt(pleth.Motion, int64(r.Intn(motion)))
		}
	}
	return b
}
