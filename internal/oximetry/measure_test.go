package oximetry_test

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/oximetry"
	"pleth/internal/signal"
)

func TestSteepest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, series string
		from, end    int
		want         float64
		ok           bool
	}{
		{"flat", "20x97", 0, 20, 0, true},
		{"rising is no fall", "10x90 10x97", 0, 20, 0, true},
		{"a straight fall of 1 %/s", "98 97 96 95 94 93 92 91 90 89", 0, 10, 1, true},
		{"a step of 7", "10x97 10x90", 0, 20, 1, true},
		{"one low second is not a fall", "10x97 80 10x97", 0, 21, 0, true},
		{"nine seconds are too few", "97 96 95 94 93 92 91 90 89", 0, 9, 0, false},
		{"a gap", "98 97 96 95 ? 93 92 91 90 89", 0, 10, 0, false},
		{"a gap, and ten seconds behind it", "97 ? 9x97 90", 0, 12, 0, true},
		{"outside of the part asked for", "10x97 10x90 10x90", 13, 30, 0, true},
		{"the part is narrower than ten seconds", "10x97 10x90", 5, 14, 0, false},
	} {
		rate, ok := oximetry.SteepestFall(gridOf(written(t, c.series)), c.from, c.end)
		if ok != c.ok || math.Abs(rate-c.want) > 1e-12 {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, rate, ok, c.want, c.ok)
		}
	}
}

// fallsAt returns falls that start at the given seconds, 20 s down and 20 s up.
func fallsAt(low int, starts ...int) []oximetry.Fall {
	var falls []oximetry.Fall
	for _, s := range starts {
		falls = append(falls, oximetry.Fall{Start: s, Nadir: s + 20, End: s + 40, From: 96e9, Low: signal.Whole(low)})
	}
	return falls
}

func TestClusters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		starts []int
		want   string // start-end:n of each
	}{
		{"four are none", []int{0, 60, 120, 180}, ""},
		{"five", []int{0, 60, 120, 180, 240}, "0-280:5"},
		{"ten minutes apart are together", []int{0, 60, 120, 180, 780}, "0-820:5"},
		{"a second more is not", []int{0, 60, 120, 180, 781}, ""},
		{"five within thirty minutes", []int{0, 450, 900, 1350, 1800}, "0-1840:5"},
		{"a second more is not", []int{0, 450, 900, 1350, 1801}, ""},
		{"the first does not hold the others back", []int{0, 450, 900, 1350, 1801, 1900}, "450-1940:5"},
		{"two", []int{0, 60, 120, 180, 240, 2000, 2060, 2120, 2180, 2240, 2300}, "0-280:5 2000-2340:6"},
		{"longer than half an hour", []int{0, 400, 800, 1200, 1600, 2000, 2400, 2800}, "0-2840:8"},
		{"of two that overlap the first keeps the falls", []int{0, 10, 20, 30, 590, 1190, 1790, 2389, 2390, 2391, 2392}, "0-1830:7"},
	} {
		var got []string
		for _, x := range oximetry.Clusters(fallsAt(90, c.starts...)) {
			got = append(got, strconv.Itoa(x.Start)+"-"+strconv.Itoa(x.End)+":"+strconv.Itoa(x.N))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.name, s, c.want)
		}
	}
	falls := fallsAt(90, 0, 60, 120, 180, 240)
	falls[2].Low, falls[1].End = 81e9, 500
	x := oximetry.Clusters(falls)[0]
	if x.Lowest != 81e9 || x.End != 500 || x.PerHour() != 36 || x.ID() != "c0" {
		t.Errorf("%+v, %v per hour, id %s; want the lowest 81, the end 500, 36 per hour, c0", x, x.PerHour(), x.ID())
	}
}

// TestClustersKeepTheirRules: each keeps to the numbers, and no five falls in
// a row outside of all clusters do.
func TestClustersKeepTheirRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		starts, at := []int{}, 0
		for _, step := range rapid.SliceOfN(rapid.IntRange(1, 700), 0, 60).Draw(t, "steps") {
			at += step
			starts = append(starts, at)
		}
		close := func(from int) bool {
			for k := from + 1; k < from+5; k++ {
				if starts[k]-starts[k-1] > 600 {
					return false
				}
			}
			return starts[from+4]-starts[from] <= 1800
		}
		taken := make([]bool, len(starts))
		for _, c := range oximetry.Clusters(fallsAt(90, starts...)) {
			first := slices.Index(starts, c.Start)
			if c.N < 5 {
				t.Fatalf("a cluster of %d", c.N)
			}
			for k := range c.N {
				if taken[first+k] {
					t.Fatalf("fall %d is in two clusters", first+k)
				}
				taken[first+k] = true
				if k+5 <= c.N && !close(first+k) {
					t.Errorf("the falls from %d on do not belong together: %v", first+k, starts)
				}
			}
		}
		for k := 0; k+5 <= len(starts); k++ {
			if !slices.Contains(taken[k:k+5], true) && close(k) {
				t.Errorf("the falls from %d on are no cluster: %v", k, starts)
			}
		}
	})
}

func TestBurdenByHand(t *testing.T) {
	t.Parallel()
	// Ten falls of 8 points, 8 s down and 8 s up, every two minutes: each is a
	// triangle of 8 * 16 / 2 = 64 %*s.
	dip := "97 96 95 94 93 92 91 90 89 90 91 92 93 94 95 96 "
	x := written(t, strings.Repeat("60x97 "+dip+"44x97 ", 10))
	var falls []oximetry.Fall
	for i := range 10 {
		falls = append(falls, oximetry.Fall{Start: 120*i + 60, Nadir: 120*i + 68, End: 120*i + 76, From: 97e9, Low: 89e9})
	}
	b := oximetry.BurdenOf(gridOf(x), falls)
	if b.Area != 640e9 || b.From != -8 || b.To < 8 {
		t.Errorf("area %v in %d..%d, want 640 in -8..8 or wider", float64(b.Area)/1e9, b.From, b.To)
	}
	// A fall that does not come back: the window ends 45 s after the nadir.
	x = written(t, "200x97 "+ramp(97, 90, 14)+"400x90")
	if b := oximetry.BurdenOf(gridOf(x), []oximetry.Fall{{Start: 199, Nadir: 213, End: 393, From: 97e9, Low: 90e9}}); b.From > -8 || b.To != 45 {
		t.Errorf("the window is %d..%d, want one that ends at 45", b.From, b.To)
	}
	// Two falls so close that their windows overlap: no second counts twice.
	whole := int64(0)
	x = written(t, "200x97 10x90 6x97 10x90 200x97")
	for _, v := range x {
		whole += int64(97-v) * 1e9
	}
	falls = []oximetry.Fall{{Start: 190, Nadir: 200, End: 210, From: 97e9, Low: 90e9}, {Start: 206, Nadir: 216, End: 226, From: 97e9, Low: 90e9}}
	if b := oximetry.BurdenOf(gridOf(x), falls); b.Area > whole || b.Area < whole/2 {
		t.Errorf("area %v of %v that there is", b.Area, whole)
	}
}

// TestBurdenBounds: it is never negative and never more than all there is
// below the highest value.
func TestBurdenBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x := drawHeld(t, 900).seconds
		g := gridOf(x)
		three, _ := find(oximetry.ABOSA, x)
		all, top := int64(0), signal.Fixed(0)
		for k, v := range g.V {
			if g.Ok(k) {
				top = max(top, v)
			}
		}
		for k, v := range g.V {
			if g.Ok(k) {
				all += int64(top - v)
			}
		}
		if b := oximetry.BurdenOf(g, three); b.Area < 0 || b.Area > all || len(three) == 0 && b.Area != 0 {
			t.Errorf("area %d of %d with %d falls", b.Area, all, len(three))
		}
	})
}

func TestRises(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		series string
		want   int
	}{
		{"60 65 60", 0}, {"60 66 60", 1}, {"60 66 72 78", 1},
		{"60 66 61 67 61", 1},         // it did not fall by 6 in between
		{"60 66 60 66 60", 2},         // it did
		{"70 64 69 63 69", 1},         // from the lowest on the way down
		{"66 60 10x? 66", 1},          // over a short gap
		{"66 60 11x? 66 71", 0},       // not over a long one
		{"60 66 11x? 66 72 60 66", 3}, // each stretch begins anew
		{"60.5 66.5", 1}, {"60.5 66.4", 0},
	} {
		if got := oximetry.Rises(gridOf(written(t, c.series))); got != c.want {
			t.Errorf("%q: %d rises, want %d", c.series, got, c.want)
		}
	}
}

func TestPulseResponse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, series string
		onset, nadir int
		want         float64
		ok           bool
	}{
		{"a rise of 12 after the nadir", "30x60 20x60 10x72 60x60", 30, 50, 12, true},
		{"20 s after the nadir still count", "30x60 20x60 20x60 72 60x60", 30, 50, 12, true},
		{"a second later does not", "30x60 20x60 21x60 72 60x60", 30, 50, 0, true},
		{"a fall", "30x60 40x50", 30, 40, -10, true},
		{"the level is the median of 30 s", "15x60 15x64 30x70", 30, 31, 8, true},
		{"half of the 30 s are enough", "15x? 15x60 30x70", 30, 31, 10, true},
		{"fewer are not", "16x? 14x60 30x70", 30, 31, 0, false},
		{"too soon after the start", "14x60 30x70", 14, 15, 0, false},
		{"no pulse after the nadir", "30x60 40x?", 30, 40, 0, false},
		{"the end of the recording", "30x60", 30, 40, 0, false},
	} {
		got, ok := oximetry.PulseResponse(gridOf(written(t, c.series)), c.onset, c.nadir)
		if ok != c.ok || ok && got.Float() != c.want {
			t.Errorf("%s: %v, %v; want %v, %v", c.name, got.Float(), ok, c.want, c.ok)
		}
	}
}

func TestLowestHeld(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		series string
		want   float64
		ok     bool
	}{
		{"10x97 2x80 10x97", 97, true}, {"10x97 3x80 10x97", 80, true}, {"10x97 85 80 83 10x97", 85, true},
		{"10x97 2x80 ? 80 10x97", 97, true}, {"2x97 ? 2x97", 0, false},
	} {
		got, ok := oximetry.LowestHeld(seriesOf(written(t, c.series)))
		if ok != c.ok || got.Float() != c.want {
			t.Errorf("%q: %v, %v; want %v, %v", c.series, got.Float(), ok, c.want, c.ok)
		}
	}
}

func TestPlateauRatio(t *testing.T) {
	t.Parallel()
	box := []oximetry.Fall{{Start: 0, Nadir: 10, End: 40, From: 97e9, Low: 91e9, Area: 240e9}}
	if got, ok := oximetry.PlateauRatio(box); !ok || got != 1 {
		t.Errorf("a box has the ratio %v, want 1", got)
	}
	triangle := []oximetry.Fall{{Start: 0, Nadir: 20, End: 40, From: 97e9, Low: 91e9, Area: 120e9}}
	if got, ok := oximetry.PlateauRatio(triangle); !ok || got != 0.5 {
		t.Errorf("a triangle has the ratio %v, want 1/2", got)
	}
	if got, _ := oximetry.PlateauRatio(slices.Concat(box, triangle)); got != 0.75 {
		t.Errorf("both have the ratio %v, want 3/4", got)
	}
}

func TestMcGill(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		clusters            int
		low90, low85, low80 int // falls to 88, 83, 78
		want                int
	}{
		{0, 0, 0, 0, 1}, {3, 2, 0, 0, 1}, {2, 50, 20, 10, 1},
		{3, 3, 0, 0, 2}, {3, 0, 3, 0, 2},
		{3, 0, 4, 0, 3}, {3, 2, 0, 1, 3}, {3, 0, 1, 3, 3},
		{3, 0, 0, 4, 4},
	} {
		var falls []oximetry.Fall
		for range c.low90 {
			falls = append(falls, fallsAt(88, 0)...)
		}
		for range c.low85 {
			falls = append(falls, fallsAt(83, 0)...)
		}
		for range c.low80 {
			falls = append(falls, fallsAt(78, 0)...)
		}
		falls = append(falls, fallsAt(90, 0)...) // not below 90
		got := oximetry.McGillScore(falls, c.clusters)
		want := oximetry.McGill{Score: c.want, Clusters: c.clusters, Dips90: c.low90 + c.low85 + c.low80, Dips85: c.low85 + c.low80, Dips80: c.low80}
		if got != want {
			t.Errorf("%+v: got %+v, want %+v", c, got, want)
		}
	}
}
