package oximetry_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
)

// naive compares every template with every other, in whole steps of the
// series so that no rounding decides.
type naive struct {
	x    []int64 // nano-percent
	ok   []bool
	near int64
}

func naiveOf(seconds []float64, tolerance float64) *naive {
	n := &naive{near: int64(math.Round(tolerance * 1e9))}
	for _, v := range seconds {
		n.ok = append(n.ok, !math.IsNaN(v))
		if math.IsNaN(v) {
			v = 0
		}
		n.x = append(n.x, int64(math.Round(v*1e9)))
	}
	return n
}

// at reports whether a template of m values begins at second i.
func (n *naive) at(i, m int) bool {
	if i+m > len(n.x) {
		return false
	}
	for k := i; k < i+m; k++ {
		if !n.ok[k] {
			return false
		}
	}
	return true
}

func (n *naive) match(i, j, m int) bool {
	for k := range m {
		if d := n.x[i+k] - n.x[j+k]; max(d, -d) > n.near {
			return false
		}
	}
	return true
}

func (n *naive) phi(m int) float64 {
	sum, total := 0.0, 0
	for i := range n.x {
		if !n.at(i, m) {
			continue
		}
		same, all := 0, 0
		for j := range n.x {
			if n.at(j, m) {
				all++
				if n.match(i, j, m) {
					same++
				}
			}
		}
		sum += math.Log(float64(same) / float64(all))
		total++
	}
	return sum / float64(total)
}

func (n *naive) sample(m int) (a, b int) {
	for i := range n.x {
		for j := range n.x {
			if i == j || !n.at(i, m+1) || !n.at(j, m+1) {
				continue
			}
			if n.match(i, j, m) {
				b++
			}
			if n.match(i, j, m+1) {
				a++
			}
		}
	}
	return a, b
}

func TestEntropiesAgreeWithEveryPair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := drawHeld(t, 80).seconds
		got := oximetry.EntropiesOf(seriesOf(x))
		apen := naiveOf(x, 0.25)
		want := apen.phi(2) - apen.phi(3)
		if got.ApproximateOk != !math.IsNaN(want) {
			t.Fatalf("approximate entropy exists: %v, want %v", got.ApproximateOk, want)
		}
		if got.ApproximateOk && math.Abs(got.Approximate-want) > 1e-9 {
			t.Errorf("approximate entropy %v, want %v", got.Approximate, want)
		}
		a, b := naiveOf(x, 0.2).sample(3)
		if got.SampleOk != (a > 0) {
			t.Fatalf("sample entropy exists: %v, with %d and %d matches", got.SampleOk, a, b)
		}
		if want := -math.Log(float64(a) / float64(b)); got.SampleOk && math.Abs(got.Sample-want) > 1e-9 {
			t.Errorf("sample entropy %v, want %v", got.Sample, want)
		}
	})
}

// TestEntropiesByHand: of 97 98 97 98 97 98 the templates of two are three
// times 97 98 and twice 98 97, those of three twice each.
func TestEntropiesByHand(t *testing.T) {
	t.Parallel()
	e := oximetry.EntropiesOf(seriesOf(written(t, "97 98 97 98 97 98")))
	phi2 := (3*math.Log(3./5) + 2*math.Log(2./5)) / 5
	phi3 := math.Log(2. / 4)
	if math.Abs(e.Approximate-(phi2-phi3)) > 1e-15 {
		t.Errorf("approximate entropy %v, want %v", e.Approximate, phi2-phi3)
	}
	// Three templates of three have a further value: 97 98 97 twice, 98 97 98
	// once; of four there are 97 98 97 98 twice and 98 97 98 97 once.
	if !e.SampleOk || e.Sample != 0 {
		t.Errorf("sample entropy %v, %v; want 0", e.Sample, e.SampleOk)
	}
	if e = oximetry.EntropiesOf(seriesOf(written(t, "97 98 ? 97 98 ? 97 98"))); e.ApproximateOk || e.SampleOk {
		t.Errorf("templates across a missing second: %+v", e)
	}
	if e = oximetry.EntropiesOf(seriesOf(written(t, "100x97"))); e.Approximate != 0 || e.Sample != 0 || !e.SampleOk {
		t.Errorf("a constant has entropies %+v, want 0", e)
	}
}

// TestToleranceIsInclusive: values that differ by exactly the tolerance match.
func TestToleranceIsInclusive(t *testing.T) {
	t.Parallel()
	inside := oximetry.EntropiesOf(seriesOf(written(t, "5x97 5x97.25")))
	outside := oximetry.EntropiesOf(seriesOf(written(t, "5x97 5x97.2501")))
	if inside.Approximate != 0 || outside.Approximate == 0 {
		t.Errorf("approximate entropy %v at 0.25 and %v beyond; want 0 and another", inside.Approximate, outside.Approximate)
	}
}

func BenchmarkEntropies(b *testing.B) {
	for _, c := range []struct {
		name string
		step int // values are whole multiples of 1/step percent
	}{{"whole", 1}, {"tenths", 10}, {"fine", 100000}} {
		for _, n := range []int{3600, 28800, 86400} {
			r := plethtest.NewRandom(1)
			x := make([]float64, n)
			at := 0
			for i := range x {
				at = max(-4*c.step, min(2*c.step, at+r.Intn(c.step+1)-(c.step+1)/2))
				x[i] = 96 + float64(at)/float64(c.step)
			}
			s := seriesOf(x)
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					oximetry.EntropiesOf(s)
				}
			})
		}
	}
}
