package signal_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/signal"
)

func TestFromValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    pleth.Value
		want signal.Fixed
		ok   bool
	}{
		{pleth.Num(97, 0), 97e9, true}, {pleth.Num(971, 1), 97100000000, true}, {pleth.Num(-5, 1), -5e8, true},
		{pleth.Num(95499942014767880, 15), 95499942015, true},
		{pleth.Num(5, 10), 0, true}, {pleth.Num(15, 10), 2, true}, // half to even
		{pleth.Num(math.MaxInt64, 0), math.MaxInt64, true}, {pleth.Num(-math.MaxInt64, 0), -math.MaxInt64, true},
		{pleth.Missing(), 0, false}, {pleth.Value{}, 0, false},
	} {
		if got, ok := signal.FromValue(c.v); got != c.want || ok != c.ok {
			t.Errorf("%v: %d, %v; want %d, %v", c.v, got, ok, c.want, c.ok)
		}
	}
}

func TestFixed(t *testing.T) {
	t.Parallel()
	if f := signal.Whole(97).Float(); f != 97 {
		t.Errorf("97 is %v", f)
	}
	if f := signal.Fixed(97100000000).Float(); f != 97.1 {
		t.Errorf("97.1 is %v", f)
	}
	for v, want := range map[signal.Fixed]signal.Fixed{96.5e9: 96e9, 97.5e9: 98e9, 96.49e9: 96e9, 96.51e9: 97e9, -0.5e9: 0, -1.5e9: -2e9} {
		if got := v.Round(); got != want {
			t.Errorf("%v rounds to %v, want %v", v.Float(), got.Float(), want.Float())
		}
	}
}

// TestSum: a sum of products is exact, whatever the order.
func TestSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type product struct{ a, b int64 }
		products := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) product {
			return product{rapid.Int64Range(-1e14, 1e14).Draw(t, "a"), rapid.Int64Range(-1e14, 1e14).Draw(t, "b")}
		}), 0, 50).Draw(t, "products")
		var s, left, right signal.Sum
		want := new(big.Int)
		for i, p := range products {
			s.Add(p.a, p.b)
			if i%2 == 0 {
				left.Add(p.a, p.b)
			} else {
				right.Add(p.b, p.a)
			}
			want.Add(want, new(big.Int).Mul(big.NewInt(p.a), big.NewInt(p.b)))
		}
		right.Plus(left)
		exact, _ := new(big.Float).SetInt(want).Float64()
		if s != right {
			t.Errorf("%v and %v by another order", s, right)
		}
		if d := math.Abs(s.Float() - exact); d > math.Abs(exact)*1e-15 {
			t.Errorf("%v, want %v", s.Float(), exact)
		}
		slices.Reverse(products)
		var back signal.Sum
		for _, p := range products {
			back.Add(p.a, p.b)
		}
		if back != s {
			t.Errorf("%v backwards, want %v", back, s)
		}
	})
}

func TestSampleOk(t *testing.T) {
	t.Parallel()
	for r, want := range map[pleth.Reasons]bool{0: true, pleth.InMotion: true, pleth.LoneSpike: true, pleth.NoValue: false, pleth.NoRow: false, pleth.OutOfRange | pleth.InMotion: false} {
		if got := (signal.Sample{R: r}).Ok(); got != want {
			t.Errorf("%q: measured %v, want %v", r, got, want)
		}
	}
}
