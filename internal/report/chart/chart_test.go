package chart_test

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/report/chart"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// grid draws a 1 Hz signal with gaps, in steps of 10^-decimals percent.
func grid(t *rapid.T, decimals int) *window.Grid {
	g := &window.Grid{}
	step := signal.Fixed(pleth.Pow10(uint8(9 - decimals)))
	for range rapid.IntRange(0, 40).Draw(t, "runs") {
		n := rapid.IntRange(1, 60).Draw(t, "length")
		s := signal.Sample{At: int64(g.Len()) * signal.Second, Hold: int64(n) * signal.Second}
		if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
			s.R = pleth.NoValue
		} else {
			s.V = signal.Fixed(rapid.Int64Range(50*pleth.Pow10(uint8(decimals)), 100*pleth.Pow10(uint8(decimals))).Draw(t, "value")) * step
		}
		g.Add(s)
	}
	return g
}

// However few columns there are, each measured second lies inside the column
// it belongs to: no dip is lost.
func TestColumnsHideNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := chart.Of(grid(t, 0), 0)
		from := rapid.IntRange(0, len(s)).Draw(t, "from")
		to := rapid.IntRange(from, len(s)).Draw(t, "to")
		n := rapid.IntRange(1, 300).Draw(t, "columns")
		cols := s.Columns(from, to, n)
		low, high, ok := s[from:to].Range()
		var gotLow, gotHigh float32
		any := false
		for i, c := range cols {
			if !c.Any {
				continue
			}
			if !any {
				gotLow, gotHigh, any = c.Min, c.Max, true
			}
			gotLow, gotHigh = min(gotLow, c.Min), max(gotHigh, c.Max)
			if c.First < c.Min || c.First > c.Max || c.Last < c.Min || c.Last > c.Max {
				t.Fatalf("column %d: first %v and last %v outside %v..%v", i, c.First, c.Last, c.Min, c.Max)
			}
		}
		if any != ok || gotLow != low || gotHigh != high {
			t.Fatalf("columns cover %v..%v (%v), the signal %v..%v (%v)", gotLow, gotHigh, any, low, high, ok)
		}
		for k := from; k < to; k++ {
			i := min(n-1, int(math.Floor(float64(k-from)*float64(n)/float64(to-from)+1e-6)))
			if s.Ok(k) && (!cols[i].Any || s[k] < cols[i].Min || s[k] > cols[i].Max) {
				t.Fatalf("second %d (%v) is not in column %d: %+v", k, s[k], i, cols[i])
			}
		}
	})
}

// A line from one column to the next must never cross a gap.
func TestColumnsAreCutAtGaps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := chart.Of(grid(t, 0), 0)
		n := rapid.IntRange(1, max(1, len(s))).Draw(t, "columns")
		last := -1 // the last measured second of the columns so far
		k := 0
		for i, c := range s.Columns(0, len(s), n) {
			end := int(math.Ceil(float64(len(s))*float64(i+1)/float64(n) - 1e-9))
			for ; k < end; k++ {
				if !s.Ok(k) {
					continue
				}
				if (last < 0 || k-last > 1) && !c.Cut {
					t.Fatalf("column %d is joined across the gap before second %d", i, k)
				}
				last = k
			}
		}
	})
}

// Where nothing is missing the line goes on.
func TestColumnsAreJoinedWithoutGaps(t *testing.T) {
	t.Parallel()
	s := make(chart.Series, 1000)
	for k := range s {
		s[k] = 96
	}
	for i, c := range s.Columns(0, len(s), 130) {
		if c.Cut != (i == 0) {
			t.Fatalf("column %d: cut is %v", i, c.Cut)
		}
	}
}

func TestSmoothIsTheMeanOfWhatIsThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := grid(t, 1)
		seconds := 2*rapid.IntRange(0, 8).Draw(t, "half") + 1
		got := chart.Smooth(g, seconds, 0)
		for k := range g.Len() {
			if !g.Ok(k) {
				if got.Ok(k) {
					t.Fatalf("second %d has no value but a mean", k)
				}
				continue
			}
			sum, n := 0.0, 0.0
			for j := max(0, k-seconds/2); j <= min(g.Len()-1, k+seconds/2); j++ {
				if g.Ok(j) {
					sum, n = sum+g.V[j].Float(), n+1
				}
			}
			if want := sum / n; math.Abs(float64(got[k])-want) > 1e-4 {
				t.Fatalf("second %d: mean %v, want %v", k, got[k], want)
			}
		}
	})
}

func TestGaps(t *testing.T) {
	t.Parallel()
	g := &window.Grid{}
	add := func(n int64, ok bool) {
		s := signal.Sample{At: int64(g.Len()) * signal.Second, Hold: n * signal.Second, V: 96 * signal.One}
		if !ok {
			s.R = pleth.NoValue
		}
		g.Add(s)
	}
	add(31, false)
	add(10, true)
	add(29, false)
	add(5, true)
	got := chart.Of(g, 120).Gaps(30)
	want := []chart.Gap{{0, 31}, {75, 120}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("gaps %v, want %v", got, want)
	}
}

// decode is what the script of the page does with the text of Encode.
func decode(t *rapid.T, text string, decimals int) []float64 {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	var out []float64
	value := int64(0)
	for len(b) > 0 {
		n, used := binary.Uvarint(b)
		b = b[used:]
		v := math.NaN()
		if n%2 == 0 {
			d, used := binary.Varint(b)
			b = b[used:]
			value += d
			v = float64(value) / math.Pow10(decimals)
		}
		for range n / 2 {
			out = append(out, v)
		}
	}
	return out
}

func TestEncodeKeepsEverySecond(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(0, 3).Draw(t, "decimals")
		g := grid(t, most)
		seconds := rapid.IntRange(0, 3000).Draw(t, "seconds")
		text, decimals := chart.Encode(g, seconds)
		if decimals > most {
			t.Fatalf("%d decimals for values with %d", decimals, most)
		}
		got := decode(t, text, decimals)
		if len(got) != max(g.Len(), seconds) {
			t.Fatalf("%d seconds came back, want %d", len(got), max(g.Len(), seconds))
		}
		for k, v := range got {
			switch {
			case k >= g.Len() || !g.Ok(k):
				if !math.IsNaN(v) {
					t.Fatalf("second %d came back as %v, want nothing", k, v)
				}
			case v != g.V[k].Float():
				t.Fatalf("second %d came back as %v, want %v", k, v, g.V[k].Float())
			}
		}
	})
}

func TestStripKeepsTheDeepestDip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := grid(t, 0)
		low, high, ok := chart.Of(g, 0).Range()
		s := chart.NewStrip(g)
		var min1, max1 float32
		any := false
		for _, c := range s.Columns(0, float64(s.Span), rapid.IntRange(1, 200).Draw(t, "columns")) {
			if c.Any {
				if !any {
					min1, max1, any = c.Min, c.Max, true
				}
				min1, max1 = min(min1, c.Min), max(max1, c.Max)
			}
		}
		if any != ok || min1 != low || max1 != high {
			t.Fatalf("the strip covers %v..%v (%v), the night %v..%v (%v)", min1, max1, any, low, high, ok)
		}
		lowest := math.NaN()
		for _, v := range s.Lowest(0, float64(s.Span)) {
			if !(lowest <= v) && !math.IsNaN(v) {
				lowest = v
			}
		}
		if ok && lowest != float64(low) {
			t.Fatalf("lowest of the five minutes %v, of the night %v", lowest, low)
		}
	})
}

func TestLowestIsAlignedAndOpenAtTheEnds(t *testing.T) {
	t.Parallel()
	g := &window.Grid{}
	g.Add(signal.Sample{Hold: 600 * signal.Second, V: 95 * signal.One})
	g.Add(signal.Sample{At: 600 * signal.Second, Hold: 300 * signal.Second, V: 88 * signal.One})
	got := chart.NewStrip(g).Lowest(-300, 1200)
	want := []float64{math.NaN(), 95, 95, 88, math.NaN()}
	for i := range want {
		if got[i] != want[i] && !(math.IsNaN(got[i]) && math.IsNaN(want[i])) {
			t.Fatalf("lowest %v, want %v", got, want)
		}
	}
}

func TestSpread(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	r := chart.Spread([][]float64{{90, 90}, {92, nan}, {94, 91}, {96, nan}, {98, nan}})
	if r.Median[0] != 94 || r.Q1[0] != 92 || r.Q3[0] != 96 || math.Abs(r.P5[0]-90.4) > 1e-9 || math.Abs(r.P95[0]-97.6) > 1e-9 {
		t.Errorf("spread %v %v %v %v %v", r.P5[0], r.Q1[0], r.Median[0], r.Q3[0], r.P95[0])
	}
	if !math.IsNaN(r.Median[1]) {
		t.Errorf("two nights are no spread, got a median of %v", r.Median[1])
	}
	if r := chart.Spread(nil); r.Median != nil {
		t.Errorf("spread of nothing: %v", r)
	}
}

func TestScales(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.Float64Range(50, 100).Draw(t, "low")
		s := chart.SpO2Scale(low)
		if s.Low >= low || s.Pos(100) < 0 || s.Pos(low) >= 1 || s.Pos(85) >= 1 {
			t.Fatalf("the axis of a night down to %v is %+v", low, s)
		}
		a := rapid.Float64Range(20, 350).Draw(t, "pulse")
		b := rapid.Float64Range(a, 350).Draw(t, "pulse2")
		p := chart.PulseScale(a, b)
		if p.Low >= a || p.High <= b || len(p.Ticks) < 2 || len(p.Ticks) > 9 {
			t.Fatalf("the axis of a pulse of %v..%v is %+v", a, b, p)
		}
		high := rapid.Float64Range(0, 1500).Draw(t, "high")
		c := chart.CountScale(high)
		if c.High < high || len(c.Ticks) > 6 || c.Ticks[0] != 0 {
			t.Fatalf("the axis of a count of %v is %+v", high, c)
		}
	})
	if s := chart.SpO2Scale(math.NaN()); s.Low != 78.5 {
		t.Errorf("without a value the axis is %+v", s)
	}
}

func TestTimeTicksStandOnTheClock(t *testing.T) {
	t.Parallel()
	// From 22:41:00, for 3 h: 23:00, 00:00, 01:00.
	got := chart.TimeTicks(22*3600+41*60, 3*3600, 3600)
	want := []float64{19 * 60, 79 * 60, 139 * 60}
	if len(got) != len(want) || got[0] != want[0] || got[2] != want[2] {
		t.Errorf("ticks %v, want %v", got, want)
	}
	if s := chart.TimeStep(8*3600, 12); s != 3600 {
		t.Errorf("step of 8 h is %d s", s)
	}
	if s := chart.TimeStep(1e9, 12); s != 21600 {
		t.Errorf("step of 30 years is %d s", s)
	}
}
