package oximetry_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
	"pleth/internal/signal"
)

// ramp is a series that goes from one value to another in so many seconds.
func ramp(from, to float64, seconds int) string {
	var words []string
	for k := 1; k <= seconds; k++ {
		words = append(words, fmt.Sprintf("%.4f", from+(to-from)*float64(k)/float64(seconds)))
	}
	return strings.Join(words, " ") + " "
}

func TestFalls(t *testing.T) {
	t.Parallel()
	down, up := ramp(97, 92, 20), ramp(92, 97, 15)
	for _, c := range []struct {
		name, series string
		want         string // start-nadir-end:from>nadir
	}{
		{"none", "600x97", ""},
		{"five points in 20 s", "60x97 " + down + "5x92 " + up + "60x97", "56-79-96:97>92"},
		{"2.9 points are too few", "60x97 " + ramp(97, 94.1, 20) + ramp(94.1, 97, 15) + "60x97", ""},
		{"three points", "60x97 " + ramp(97, 94, 20) + ramp(94, 97, 15) + "60x97", "57-79-89:97>94"},
		{"a step within five seconds is too steep to be 10 s long", "60x97 60x90 60x97", ""},
		{"a sensor that comes off", "60x97 " + ramp(97, 94, 8) + "87 86 85 84 20x84 " + ramp(84, 97, 10) + "60x97", ""},
		{"two falls", "60x97 " + down + up + "30x97 " + down + up + "60x97", "56-79-91:97>92 121-144-156:97>92"},
		{"a wiggle on the way down is one fall", "60x97 " + ramp(97, 94, 12) + ramp(94, 94.4, 4) + ramp(94.4, 90, 16) + ramp(90, 97, 20) + "60x97", "56-91-109:97>90"},
		{"a pause of 15 s is two falls", "60x97 " + ramp(97, 93, 12) + "40x93 " + ramp(93, 89, 12) + ramp(89, 97, 20) + "60x97", "55-71-108:97>93 107-123-131:93>89"},
		{"it does not come back", "60x97 " + down + "400x92", "56-79-259:97>92"},
		{"the session ends low", "60x97 " + down + "30x92", "56-79-110:97>92"},
		{"a short gap is bridged", "60x97 " + ramp(97, 94, 12) + "8x? " + ramp(92, 91, 6) + ramp(91, 97, 15) + "60x97", "56-85-98:97>91"},
		{"no fall crosses a long gap", "60x97 " + ramp(97, 95, 8) + "11x? 60x92", ""},
		{"slower than 0.1 %/s", "60x97 " + ramp(97, 90, 90) + "60x90", ""},
		{"three minutes from start to nadir", "60x97 " + ramp(97, 77, 176) + ramp(77, 97, 30) + "60x97", "58-235-264:97>77"},
		{"longer than that", "60x97 " + ramp(97, 75, 200) + ramp(75, 97, 30) + "60x97", ""},
	} {
		three, _ := find(oximetry.ABOSA, written(t, c.series))
		if got := listed(three); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestRestlessLow: a fall into a low that wiggles by less than a point is
// found, in time, however long the wiggle goes on and wherever it stands in
// the session.
func TestRestlessLow(t *testing.T) {
	t.Parallel()
	for _, before := range []int{60, 1500, 5000} {
		for _, period := range []int{8, 10, 14, 20, 25} {
			x := written(t, fmt.Sprintf("%dx97 ", before)+ramp(97, 90, 20)+"3x89.8")
			for k := range 3000 {
				x = append(x, 90+0.4*(1+math.Sin(2*math.Pi*float64(k)/float64(period))))
			}
			three, _ := find(oximetry.ABOSA, x)
			if len(three) != 1 || three[0].Start < before-5 || three[0].Start >= before || three[0].Low > 90e9 {
				t.Errorf("a wiggle of %d s after %d s: got %q", period, before, listed(three))
			}
		}
	}
}

// TestFallProperties: falls are in order, keep to their numbers, and are
// handed out when the definition says: recovery included, FallMaximum +
// SmoothLag after the nadir, later only by a gap that is being bridged.
func TestFallProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := drawHeld(t, 1500).seconds
		f := oximetry.NewFalls(signal.Second)
		at, free := 0, 0
		check := func(fall oximetry.Fall) {
			length, drop := fall.Nadir-fall.Start, fall.Drop()
			if fall.Start < free || fall.End <= fall.Nadir || length < oximetry.FallMinimum || length > oximetry.FallMaximum || drop < oximetry.FallDrop {
				t.Fatalf("%+v after %d", fall, free)
			}
			free = fall.Nadir
			if x[fall.Start] != fall.From.Float() && !math.IsNaN(x[fall.Start]) || x[fall.Nadir] != fall.Low.Float() && !math.IsNaN(x[fall.Nadir]) {
				t.Errorf("%+v does not stand on the signal", fall)
			}
			if late := at - fall.Nadir; late > oximetry.FallMaximum+oximetry.SmoothLag+oximetry.BridgeSeconds(signal.Second) {
				t.Errorf("%+v is handed out %d s after its nadir", fall, late)
			}
			if fall.End-fall.Nadir > oximetry.FallMaximum || fall.Area < 0 {
				t.Errorf("%+v recovers too late", fall)
			}
		}
		for k, v := range x {
			at = k
			if math.IsNaN(v) {
				f.Add(0, false, 1, check)
			} else {
				f.Add(signal.Fixed(math.Round(v*1e9)), true, 1, check)
			}
		}
		at = len(x)
		f.Flush(check)
	})
}

// TestFallIsCertain: what comes later than FallLag after a nadir changes
// neither start nor nadir of the falls before.
func TestFallIsCertain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := drawHeld(t, 600).seconds
		if len(x) == 0 {
			return
		}
		whole, _ := find(oximetry.ABOSA, x)
		cut := rapid.IntRange(0, len(x)).Draw(t, "cut")
		// Another future: the last value stands still, as far as there is one.
		other := append([]float64{}, x[:cut]...)
		for range 400 {
			last := 90.0
			if cut > 0 && !math.IsNaN(x[cut-1]) {
				last = x[cut-1]
			}
			other = append(other, last)
		}
		changed, _ := find(oximetry.ABOSA, other)
		certain := func(falls []oximetry.Fall) string {
			var words []string
			for _, f := range falls {
				if f.Nadir+oximetry.FallLag+oximetry.BridgeSeconds(signal.Second) < cut {
					words = append(words, fmt.Sprint(f.Start, f.Nadir, f.From, f.Low))
				}
			}
			return strings.Join(words, "; ")
		}
		if a, b := certain(whole), certain(changed); a != b {
			t.Errorf("before %d: %q with one future, %q with another", cut, a, b)
		}
	})
}

// TestPlantedFalls: saw-teeth of known place in a quiet signal are all found,
// and nothing else.
func TestPlantedFalls(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := plethtest.NewRandom(rapid.Uint64().Draw(rt, "seed"))
		var text strings.Builder
		at := 0
		var starts []int
		for range rapid.IntRange(1, 20).Draw(rt, "falls") {
			rest := 40 + r.Intn(200)
			drop := 4 + r.Intn(12) // points, at 0.2 to 0.5 %/s
			down, up := drop*(2+r.Intn(4)), 8+r.Intn(30)
			down = max(down, 12)
			fmt.Fprintf(&text, "%dx97 %s%s", rest, ramp(97, float64(97-drop), down), ramp(float64(97-drop), 97, up))
			starts = append(starts, at+rest-1)
			at += rest + down + up
		}
		text.WriteString("60x97")
		x := plethtest.Seconds(t, text.String())
		three, _ := find(oximetry.ABOSA, x)
		if len(three) != len(starts) {
			rt.Fatalf("%d falls, planted %d: %s", len(three), len(starts), listed(three))
		}
		for i, f := range three {
			if d := f.Start - starts[i]; d < -5 || d > 3 { // the first second of the level before
				rt.Errorf("a fall starts at %d, planted at %d", f.Start, starts[i])
			}
		}
	})
}
