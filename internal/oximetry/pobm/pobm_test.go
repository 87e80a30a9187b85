package pobm

import (
	"bytes"
	"encoding/json"
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/oximetry"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// drawn is a series that dwells, steps and jumps.
func drawn(t *rapid.T, longest int) []uint8 {
	x := make([]uint8, 0, longest)
	v := rapid.IntRange(60, 100).Draw(t, "first")
	for range rapid.IntRange(0, longest).Draw(t, "n") {
		v = min(100, max(50, v+rapid.SampledFrom([]int{0, 0, 0, -1, 1, -2, 3, -9}).Draw(t, "step")))
		x = append(x, uint8(v))
	}
	return x
}

func near(t *rapid.T, what string, got, want float64) {
	if math.IsNaN(got) && math.IsNaN(want) || got == want || math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want)) {
		return
	}
	t.Errorf("%s: got %v, want %v", what, got, want)
}

func TestSeries(t *testing.T) {
	t.Parallel()
	var g window.Grid
	for k, v := range []float64{97.5, 98.5, 96.499, 50} {
		g.Add(signal.Sample{At: int64(k) * signal.Second, Hold: signal.Second, V: signal.Fixed(v * 1e9)})
	}
	g.Add(signal.Sample{At: 4 * signal.Second, Hold: signal.Second, R: pleth.OutOfRange})
	g.Add(signal.Sample{At: 9 * signal.Second, Hold: 2 * signal.Second, V: signal.Whole(100), R: pleth.InMotion})
	if got, want := Series(&g), []uint8{98, 98, 96, 50, 100, 100}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
}

func TestMedian9(t *testing.T) {
	t.Parallel()
	if got, want := median9([]uint8{98, 97, 96, 95, 94}), []uint8{94, 94, 94, 94, 94}; !slices.Equal(got, want) {
		t.Errorf("got %d, want %d", got, want)
	}
	rapid.Check(t, func(t *rapid.T) {
		x := drawn(t, 60)
		for i, got := range median9(x) {
			var nine [9]uint8
			for k := range nine {
				if at := i + k - 4; at >= 0 && at < len(x) {
					nine[k] = x[at]
				}
			}
			slices.Sort(nine[:])
			if got != nine[4] {
				t.Errorf("sample %d: got %d, want %d", i, got, nine[4])
			}
		}
	})
}

func TestCrossings(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		x    []uint8
		want int
	}{
		{"the first and the last pair do not count", []uint8{91, 89, 89, 91, 89}, 1},
		{"one sample on the baseline between", []uint8{91, 91, 90, 89, 89}, 1},
		{"one sample that touches it", []uint8{91, 91, 90, 91, 91}, 0},
		{"every further sample on it counts twice", []uint8{91, 91, 90, 90, 90, 90, 91, 91}, 6},
		{"two samples", []uint8{91, 89}, 0},
	}
	for _, c := range cases {
		if got := crossings(c.x, 90); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestBelow(t *testing.T) {
	t.Parallel()
	x := []uint8{89, 89, 90, 89, 88, 88, 91, 89, 90, 89}
	want := []oximetry.Dip{{Begin: 3, Nadir: 4, End: 6}, {Begin: 7, Nadir: 7, End: 8}}
	if got := below(nil, x, 90); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestSlopes: an event whose highest sample comes after its lowest has no
// slope and is left out of the mean, which is NaN if none is left.
func TestSlopes(t *testing.T) {
	t.Parallel()
	level := bytes.Repeat([]byte{97}, 20)
	dip := []byte{96, 95, 94, 93, 93, 93, 93, 93, 93, 93, 93, 93}
	x := slices.Concat(level, dip, []byte{95}, level, dip, level)
	var m desats
	m.scan(x)
	d, _ := m.measure(x, newDistribution(x), &desatSettings[0])
	want := slope(dip) // the second one ends at 97, above its begin
	if d.Events != 2 || math.Abs(float64(d.Values.DSu)-want) > 1e-12 || d.Values.DSsd != 0 {
		t.Errorf("%d events, slope %v +- %v, want 2 and the first one's %v", d.Events, d.Values.DSu, d.Values.DSsd, want)
	}
	d, _ = m.measure(x, newDistribution(x), &desatSetting{hard: 95})
	if d.Events != 2 || !math.IsNaN(float64(d.Values.DSu)) || d.Values.DLu == 0 {
		t.Errorf("%d events below 95 of length %v, slope %v, want 2 and NaN", d.Events, d.Values.DLu, d.Values.DSu)
	}
	if d, _ = m.measure(level, newDistribution(level), &desatSettings[7]); d.Values != (DesatValues{}) || d.Events != 0 {
		t.Errorf("without an event: got %+v, want zeros", d.Values)
	}
}

func TestComplexityAgreesWithTheDefinitions(t *testing.T) {
	t.Parallel()
	var c complexities // used again and again
	rapid.Check(t, func(t *rapid.T) {
		x := drawn(t, 70)
		if len(x) < 5 {
			return
		}
		apen, sampen, richman := c.entropies(x)
		near(t, "ApEn", apen, phi(x, 2)-phi(x, 3))
		n := len(x)
		a := pairs(x, 4, n-3, n-3)
		near(t, "SampEn", sampen, -math.Log(a/pairs(x, 3, n-3, n-2)))
		near(t, "SampEn of Richman and Moorman", richman, -math.Log(a/pairs(x, 3, n-3, n-3)))
		near(t, "DFA", dfa(x), detrended(x))
		symbols := [levels]uint8{}
		for v := range symbols {
			symbols[v] = uint8(v % 4)
		}
		phrases, word := map[string]bool{}, []byte(nil)
		for _, v := range x {
			if word = append(word, symbols[v]); !phrases[string(word)] {
				phrases[string(word)], word = true, word[:0]
			}
		}
		if got := c.lz78(x, &symbols); got != len(phrases) {
			t.Errorf("LZ: got %d, want %d", got, len(phrases))
		}
	})
}

// phi is the definition of approximate entropy by every pair.
func phi(x []uint8, m int) float64 {
	n := len(x) - m + 1
	sum := 0.0
	for i := range n {
		same := 0.0
		for j := range n {
			if bytes.Equal(x[i:i+m], x[j:j+m]) {
				same++
			}
		}
		sum += math.Log(same / float64(n))
	}
	return sum / float64(n)
}

// pairs compares each of the first n templates with each of the first of,
// itself left out.
func pairs(x []uint8, m, n, of int) float64 {
	sum := 0.0
	for i := range n {
		for j := range of {
			if i != j && bytes.Equal(x[i:i+m], x[j:j+m]) {
				sum++
			}
		}
	}
	return sum
}

// detrended is the definition of DFA in floating point, the mean subtracted.
func detrended(x []uint8) float64 {
	d := newDistribution(x)
	integral, y := 0.0, []float64(nil)
	for i := 1; i < len(x); i++ {
		integral += (float64(x[i-1])+float64(x[i]))/2 - d.mean
		y = append(y, integral)
	}
	sum := 0.0
	for w := range slices.Chunk(y, 20) {
		middle, mean, b := float64(len(w)-1)/2, 0.0, 0.0
		for _, v := range w {
			mean += v / float64(len(w))
		}
		if len(w) > 1 {
			b = slopeOf(w)
		}
		for t, v := range w {
			r := v - mean - b*(float64(t)-middle)
			sum += r * r
		}
	}
	return sum / float64(len(y))
}

func TestSpectrumAgreesWithTheDefinition(t *testing.T) {
	t.Parallel()
	var s spectra
	rapid.Check(t, func(t *rapid.T) {
		x := drawn(t, 700)
		n := len(x)
		var density [psdBins]float64
		segments, energy := 0.0, 0.0
		for i := range 256 {
			w := 0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/256)
			energy += w * w
		}
		for from := 0; from+256 <= n; from += 128 {
			segments++
			mean := newDistribution(x[from : from+256]).mean
			for k := range density {
				sum := complex(0, 0)
				for i, v := range x[from : from+256] {
					w := 0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/256)
					sum += complex((float64(v)-mean)*w, 0) * cmplx.Exp(complex(0, -2*math.Pi*float64(k*i)/256))
				}
				p := real(sum)*real(sum) + imag(sum)*imag(sum)
				if k > 0 {
					p *= 2
				}
				density[k] += p / energy
			}
		}
		total, band, peak := 0.0, 0.0, 0.0
		for k, p := range density {
			p /= segments * float64(n)
			total += p
			if k >= 4 && k <= 8 { // 0.015625 to 0.03125 Hz
				band, peak = band+p, max(peak, p)
			}
		}
		got := s.psd(x).Values
		near(t, "PSD_total", float64(got.Total), total)
		near(t, "PSD_band", float64(got.Band), band)
		if segments > 0 {
			near(t, "PSD_peak", float64(got.Peak), peak)
		}
	})
}

// TestShortSeries: nothing is too short to measure, and what cannot be said of
// it is NaN.
func TestShortSeries(t *testing.T) {
	t.Parallel()
	x := night(300, 7)
	for n := range x {
		text, err := json.Marshal(Measure(x[:n]))
		if err != nil {
			t.Fatalf("%d samples: %v", n, err)
		}
		var back map[string]map[string]any
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("%d samples: %v", n, err)
		}
		if n == 0 {
			if av := back["range_dropnan"]["general"].(map[string]any)["values"].(map[string]any)["AV"]; av != "NaN" {
				t.Errorf("no samples: AV is %v, want the text NaN", av)
			}
		}
	}
}

func TestNumbersInJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal([]Number{1, 0.1, Number(math.NaN()), Number(math.Inf(1)), Number(math.Inf(-1))})
	if want := `[1,0.1,"NaN","+Inf","-Inf"]`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

// TestMeasureIsRepeatable: the same bytes come out again, and the series stays
// as it was.
func TestMeasureIsRepeatable(t *testing.T) {
	t.Parallel()
	x := night(5000, 3)
	before := slices.Clone(x)
	first, err := json.Marshal(Measure(x))
	if err != nil {
		t.Fatal(err)
	}
	second, err := json.Marshal(Measure(x))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("the second result differs from the first")
	}
	if !slices.Equal(x, before) {
		t.Error("the series was changed")
	}
}

func FuzzMeasure(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{97})
	f.Add([]byte(night(600, 1)))
	f.Add(bytes.Repeat([]byte{97, 96, 95, 94, 93, 93, 93, 93, 93, 93, 93, 96}, 200))
	f.Add(bytes.Repeat([]byte{0, 100}, 300))
	f.Fuzz(func(t *testing.T, x []byte) {
		for i := range x {
			x[i] %= levels
		}
		if _, err := json.Marshal(Measure(x)); err != nil {
			t.Error(err)
		}
	})
}
