package pobm

import "testing"

// BenchmarkMeasure computes every block of a night of 8 h, the whole of
// --compat pobm.
func BenchmarkMeasure(b *testing.B) {
	x := night(28800, 1)
	b.ReportAllocs()
	for b.Loop() {
		Measure(x)
	}
}

// night returns a series in whole percents that wanders between 90 and 99 and
// falls by 4 to 19 points about every 50 s, as in severe sleep apnoea.
func night(n int, seed uint64) []uint8 {
	state := seed
	random := func(n int) int {
		state = state*6364136223846793005 + 1442695040888963407
		return int((state >> 33) % uint64(n))
	}
	x := make([]uint8, n)
	level, fall, depth := 96, 0, 0
	for i := range x {
		if random(8) == 0 {
			level = min(99, max(90, level+random(3)-1))
		}
		if fall == 0 && random(20) == 0 {
			fall, depth = 36, 4+random(16)
		}
		dip := 0
		if fall > 0 {
			if dip = depth * (36 - fall) / 26; fall < 10 {
				dip = depth * fall / 10
			}
			fall--
		}
		x[i] = uint8(level - dip)
	}
	return x
}
