package column

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestDeltas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOf(rapid.OneOf(rapid.Int64(), rapid.Int64Range(-5, 5))).Draw(t, "v")
		last := rapid.Int64().Draw(t, "last")
		b := AppendDeltas(nil, v, last)
		got := make([]int64, len(v))
		rest, ok := Deltas(append(b, 1, 2), got, last)
		if !ok || len(rest) != 2 || !slices.Equal(got, v) {
			t.Fatalf("got %v, rest %v, want %v", got, rest, v)
		}
		if _, ok := Deltas(b, make([]int64, len(v)+1), last); ok {
			t.Fatal("more were read than written")
		}
	})
}

func TestStates(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOf(rapid.Int64Range(0, 2)).Draw(t, "v")
		b := AppendStates(nil, v, func(x int64) State { return State(x) })
		rows := len(v) + rapid.IntRange(0, 2).Draw(t, "more")
		got := make([]int64, rows)
		if !States(b, rows, func(s State, i, j int) { Fill(got[i:j], int64(s)) }) {
			t.Fatal("runs are refused")
		}
		for len(v) < rows {
			v = append(v, int64(Absent))
		}
		if !slices.Equal(got, v) {
			t.Fatalf("got %v, want %v", got, v)
		}
	})
	for _, bad := range [][]byte{{0}, {3}, {0x80}, {7 << stateBits}, {1<<stateBits | 3}} {
		if States(bad, 6, func(State, int, int) {}) {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestUnitAndStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    []int64
		unit int64
		step int64
	}{
		{[]int64{0, 1e9, 2e9, 9e9, 10e9, 11e9}, 1e9, 1},
		{[]int64{1e9, 1_500e6, 2e9}, 1e6, 500},
		{[]int64{-1e9 - 1000, 0, 1}, 1, 1000001000},
		{[]int64{5}, 1, 0},
		{nil, 1e9, 0},
	} {
		e, unit := Unit(c.v)
		if unit != c.unit || UnitOf(e) != unit {
			t.Errorf("unit of %v is %d", c.v, unit)
		}
		if s := Step(c.v, unit); s != c.step && len(c.v) > 3 {
			t.Errorf("step of %v is %d", c.v, s)
		}
	}
}
