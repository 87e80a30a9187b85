package oximetry_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
)

// bits is a series of 97 and 98 for the letters 0 and 1, ? missing.
func bits(word string) []float64 {
	var x []float64
	for _, c := range word {
		switch c {
		case '?':
			x = append(x, math.NaN())
		default:
			x = append(x, 97+float64(c-'0'))
		}
	}
	return x
}

// naivePhrases looks every word up in what stands before its last letter.
func naivePhrases(word string) int {
	n := 0
	for i := 0; i < len(word); {
		if word[i] == '?' {
			i++
			continue
		}
		j := i + 1
		for j < len(word) && word[j] != '?' && strings.Contains(word[:j-1], word[i:j]) {
			j++
		}
		n++
		i = j
	}
	return n
}

func TestLempelZivByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		word    string
		phrases int
		why     string
	}{
		{"01", 2, "0 . 1"},
		{"0000000001", 2, "0 . 000000001"},
		{"0101010101", 3, "0 . 1 . 01010101, the last one incomplete"},
		{"0001101001000101", 6, "0 . 001 . 10 . 100 . 1000 . 101, the example of 1976"},
		{"0001?101001000101", 6, "0 . 001 | 10 . 100 . 1000 . 101"},
		{"?01?", 2, "gaps are no letters"},
		{"01?01", 3, "0 . 1 | 01, copied from before the gap"},
		{"0011?10", 4, "0 . 01 . 1 | 10: the gap ends the phrase 1, and no word was seen across it"},
	} {
		if got, ok := oximetry.LempelZiv76(seriesOf(bits(c.word))); !ok || got.Phrases != c.phrases {
			t.Errorf("%s: %d phrases, want %d: %s", c.word, got.Phrases, c.phrases, c.why)
		}
	}
}

func TestLempelZivAgreesWithEveryWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[01?]{0,120}`).Draw(t, "word")
		zeros, ones := strings.Count(word, "0"), strings.Count(word, "1")
		got, ok := oximetry.LempelZiv76(seriesOf(bits(word)))
		if ok != (zeros+ones >= 2) {
			t.Fatalf("has a value: %v, with %d valid seconds", ok, zeros+ones)
		}
		if ones > zeros { // the median is 98, which nothing exceeds
			word = strings.ReplaceAll(word, "1", "0")
		}
		if ok && got.Phrases != naivePhrases(word) {
			t.Errorf("%d phrases, want %d", got.Phrases, naivePhrases(word))
		}
		if n := float64(zeros + ones); ok && math.Abs(got.Normalised-float64(got.Phrases)*math.Log2(n)/n) > 1e-12 {
			t.Errorf("normalised %v of %d phrases in %v s", got.Normalised, got.Phrases, n)
		}
	})
}

func TestCentralTendency(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		series string
		want   float64
	}{
		{"5x97", 1},
		{"97 98 97 98", 0},
		{"3x97 3x98", 0.5},           // 97 97 97 and 98 98 98 of four
		{"97 97.17 97.34", 1},        // 0.2404 < 0.25
		{"97 97.18 97.36", 0},        // 0.2546
		{"97 97.25 97.25", 0},        // the radius is exclusive
		{"3x97 ? 3x97 ? 2x97", 1},    // two points
		{"2x97 ? 97 98 97 98 98", 0}, // three points
	} {
		if got, ok := oximetry.CentralTendency(seriesOf(written(t, c.series))); !ok || got != c.want {
			t.Errorf("%q: %v, %v; want %v", c.series, got, ok, c.want)
		}
	}
}

// naiveDFA sums the mean-free signal, cuts each stretch into windows from its
// start, fits each line by the normal equations and fits the logarithms.
func naiveDFA(seconds []float64) (float64, bool) {
	s := seriesOf(seconds)
	mean := 0.0
	for _, v := range seconds {
		if !math.IsNaN(v) {
			mean += v / float64(s.Valid)
		}
	}
	var x, y []float64
	for _, base := range []int{16, 24} {
		for n := base; n <= s.Valid/10; n *= 2 {
			sum, windows := 0.0, 0
			for _, part := range s.Stretches {
				profile, total := make([]float64, 0, part.Len()), 0.0
				for _, v := range seconds[part.From:part.End] {
					total += v - mean
					profile = append(profile, total)
				}
				for ; len(profile) >= n; profile = profile[n:] {
					sum += aroundLine(profile[:n])
					windows++
				}
			}
			if windows >= 4 {
				x, y = append(x, math.Log(float64(n))), append(y, math.Log(math.Sqrt(sum/float64(windows*n))))
			}
		}
	}
	if len(x) < 5 {
		return 0, false
	}
	a, _ := line(x, y)
	return a, true
}

// line returns the least-squares line a*x + b.
func line(x, y []float64) (a, b float64) {
	var n, sx, sy, sxx, sxy float64
	for i := range x {
		n, sx, sy, sxx, sxy = n+1, sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	a = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	return a, (sy - a*sx) / n
}

func aroundLine(y []float64) float64 {
	x := make([]float64, len(y))
	for i := range x {
		x[i] = float64(i)
	}
	a, b := line(x, y)
	sum := 0.0
	for i := range y {
		d := y[i] - a*x[i] - b
		sum += d * d
	}
	return sum
}

func TestDFAAgreesWithLines(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := plethtest.NewRandom(rapid.Uint64().Draw(t, "seed"))
		memory := rapid.IntRange(1, 40).Draw(t, "memory")
		gaps := rapid.IntRange(100, 3000).Draw(t, "gaps")
		fine := rapid.SampledFrom([]float64{1, 0.1}).Draw(t, "step")
		x := make([]float64, rapid.IntRange(0, 4000).Draw(t, "seconds"))
		at := 95.0
		for i := range x {
			if r.Intn(memory) == 0 {
				at = min(100, max(80, at+fine*float64(r.Intn(5)-2)))
			}
			if x[i] = at; r.Intn(gaps) == 0 {
				x[i] = math.NaN()
			}
		}
		got, ok := oximetry.DFA(seriesOf(x))
		want, exists := naiveDFA(x)
		if ok != exists && (exists && !math.IsInf(want, 0) && !math.IsNaN(want)) {
			t.Fatalf("has a value: %v, want %v (%v)", ok, exists, want)
		}
		if ok && math.Abs(got-want) > 1e-6 {
			t.Errorf("alpha %v, want %v", got, want)
		}
	})
}

// TestDFAOfKnownNoise: white noise has alpha 1/2, its sum 3/2.
func TestDFAOfKnownNoise(t *testing.T) {
	t.Parallel()
	r := plethtest.NewRandom(3)
	white, brown := make([]float64, 28800), make([]float64, 28800)
	at := 0.0
	for i := range white {
		step := float64(r.Intn(2001)-1000) / 1000
		white[i] = 90 + step
		at += step
		brown[i] = 80 + at/100
	}
	if alpha, ok := oximetry.DFA(seriesOf(white)); !ok || math.Abs(alpha-0.5) > 0.05 {
		t.Errorf("white noise has alpha %v, want about 1/2", alpha)
	}
	if alpha, ok := oximetry.DFA(seriesOf(brown)); !ok || math.Abs(alpha-1.5) > 0.08 {
		t.Errorf("brown noise has alpha %v, want about 3/2", alpha)
	}
	if _, ok := oximetry.DFA(seriesOf(written(t, "5000x97"))); ok {
		t.Error("a constant has an exponent")
	}
}

// TestPRSAByHand: one anchor at second 10 with 10 s before and 9 s after it.
func TestPRSAByHand(t *testing.T) {
	t.Parallel()
	p, ok := oximetry.PRSAOf(seriesOf(written(t, "10x98 10x94")))
	// w = 98 ten times, 94 ten times.
	x := make([]float64, 20)
	w := written(t, "10x98 10x94")
	for i := range x {
		x[i] = float64(i)
	}
	slope, _ := line(x, w)
	want := oximetry.PRSA{Capacity: -2, Amplitude: 4, Slope: slope, Anchors: 1}
	if !ok || p.Capacity != want.Capacity || p.Amplitude != want.Amplitude || math.Abs(p.Slope-slope) > 1e-12 || p.Before != 0 || p.After != 0 || p.Anchors != 1 {
		t.Errorf("got %+v, %v; want %+v", p, ok, want)
	}
	for _, series := range []string{"9x98 10x94", "10x98 9x94", "5x98 ? 10x98 5x94 ? 9x94", "10x94 10x98"} {
		if p, ok := oximetry.PRSAOf(seriesOf(written(t, series))); ok {
			t.Errorf("%q has an anchor: %+v", series, p)
		}
	}
	if p, ok := oximetry.PRSAOf(seriesOf(written(t, "10x98 94 9x93 ? 10x98 10x94"))); !ok || p.Anchors != 2 {
		t.Errorf("two stretches with an anchor each: %+v", p)
	}
}

// TestSpectrumOfASine: a sine of amplitude a has the power a^2/2, at its
// frequency.
func TestSpectrumOfASine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bin    float64 // frequency in bins of 1/256 Hz
		inBand bool
	}{{6, true}, {4, true}, {8, true}, {3, false}, {9, false}, {40, false}} {
		x := make([]float64, 3000)
		for i := range x {
			x[i] = 92 + 3*math.Sin(2*math.Pi*c.bin*float64(i)/256)
		}
		sp, ok := oximetry.SpectrumOf(seriesOf(x))
		if !ok || math.Abs(sp.Total-4.5) > 0.05 {
			t.Fatalf("bin %v: power %v, want 4.5", c.bin, sp.Total)
		}
		if c.inBand && (sp.Ratio < 0.75 || sp.PeakHz != c.bin/256) || !c.inBand && sp.Ratio > 0.25 {
			t.Errorf("bin %v: %+v", c.bin, sp)
		}
		if math.Abs(sp.Ratio-sp.Band/sp.Total) > 1e-12 {
			t.Errorf("bin %v: %+v", c.bin, sp)
		}
	}
}

// TestSpectrumSkipsGaps: windows begin with each stretch, and none crosses a gap.
func TestSpectrumSkipsGaps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		series  string
		windows int
	}{
		{"200x97 55x95", 0}, {"200x97 56x95", 1}, {"200x97 183x95", 1}, {"200x97 184x95", 2},
		{"200x97 55x95 ? 200x97 56x95 ? 200x97 184x95", 3}, {"600x97", 0},
	} {
		if sp, ok := oximetry.SpectrumOf(seriesOf(written(t, c.series))); ok != (c.windows > 0) || sp.Windows != c.windows {
			t.Errorf("%q: %d windows, want %d", c.series, sp.Windows, c.windows)
		}
	}
}

func BenchmarkLempelZiv(b *testing.B) {
	for _, n := range []int{2880, 28800, 288000} {
		r := plethtest.NewRandom(1)
		x := make([]float64, n)
		at := 96
		for i := range x {
			if r.Intn(10) == 0 {
				at = 94 + r.Intn(5)
			}
			x[i] = float64(at)
		}
		s := seriesOf(x)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				oximetry.LempelZiv76(s)
			}
		})
	}
}
