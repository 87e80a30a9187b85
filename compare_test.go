package pleth

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

func TestCompareValues(t *testing.T) {
	t.Parallel()
	value := rapid.Custom(func(t *rapid.T) Value {
		m := rapid.OneOf(rapid.Int64(), rapid.Int64Range(-20, 20), rapid.Just(int64(10)), rapid.Just(int64(100))).Draw(t, "m")
		return Num(m, uint8(rapid.IntRange(0, MaxScale).Draw(t, "scale")))
	})
	rat := func(v Value) *big.Rat {
		m, s := v.Mantissa()
		return big.NewRat(m, Pow10(s))
	}
	rapid.Check(t, func(t *rapid.T) {
		v, w := value.Draw(t, "v"), value.Draw(t, "w")
		if got, want := v.Compare(w), rat(v).Cmp(rat(w)); got != want {
			t.Fatalf("%v and %v compare as %d, want %d", v, w, got, want)
		}
	})
	if Missing().Compare(Value{}) != 1 || Missing().Compare(Num(-5, 0)) != -1 || Missing().Compare(Missing()) != 0 {
		t.Error("absent, missing, numbers are not in this order")
	}
}

func TestCompareRows(t *testing.T) {
	t.Parallel()
	var a, b Batch
	a.AddRow(1)
	a.SetInt(SpO2, 97)
	b.AddRow(2)
	b.Set(SpO2, Num(970, 1))
	if CompareRows(&a, 0, &b, 0) != 0 {
		t.Error("97 and 97.0 differ")
	}
	b.Mark(InMotion)
	if CompareRows(&a, 0, &b, 0) != -1 {
		t.Error("marks are not compared")
	}
	b.SetMissing(PulseRate)
	if CompareRows(&a, 0, &b, 0) != -1 || CompareRows(&b, 0, &a, 0) != 1 {
		t.Error("a missing value is taken for an absent one")
	}
}
