package pleth_test

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
)

func TestParseValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"97": "97", "97.0": "97.0", "97.10": "97.10", "+5": "5", "-5": "-5", "-0.05": "-0.05", ".5": "0.5", "5.": "5", "0": "0", "007": "7",
		"1e2": "100", "1.5e1": "15", "15e-1": "1.5", "1E+3": "1000", "1e-3": "0.001", "1e-16": "0.000000000000000", "1e-400": "0.000000000000000",
		"9000000000000000000e-34": "0.000000000000001", "4000000000000000000e-34": "0.000000000000000",
		"0e300": "0", "9223372036854775799": "9223372036854775799", "-9223372036854775799": "-9223372036854775799",
		"0.1234567890123456": "0.123456789012346", "0.0000000000000005": "0.000000000000000", "0.0000000000000015": "0.000000000000002",
		"0.00000000000000051": "0.000000000000001", "95.49994201476788": "95.49994201476788",
		"1234567.89123456789": "1234567.89123456789",
		// Digits beyond 15 decimals count where the exponent brings them back.
		"1.2345678912345678e+06": "1234567.8912345678", "12345678912345678e-10": "1234567.8912345678",
		// The last digit that fits is rounded half to even, once.
		"92233720368547758.049": "92233720368547758.0", "92233720368547758.05": "92233720368547758.0", "92233720368547758.0500001": "92233720368547758.1",
		"92233720368547758.06": "92233720368547758.1", "92233720368547758.15": "92233720368547758.2", "92233720368547758.005": "92233720368547758.0",
	} {
		v, ok := pleth.ParseValue([]byte(text))
		if !ok || v.String() != want {
			t.Errorf("%q is read as %v, %v; want %s", text, v, ok, want)
		}
	}
	for _, text := range []string{"", "-", "+", ".", "-.", "e5", "5e", "5e+", "5e1.0", "1e99", "1e40000", "9223372036854775808", "99999999999999999999", "NaN", "Inf", "0x10", "1_000", "1,5", " 5", "5 ", "--", "5-", "½"} {
		if v, ok := pleth.ParseValue([]byte(text)); ok {
			t.Errorf("%q is read as %v", text, v)
		}
	}
}

// TestParseValueRoundsOnce compares with exact arithmetic.
func TestParseValueRoundsOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,10}(\.[0-9]{0,25})?(e-?[0-9])?`).Draw(t, "text")
		v, ok := pleth.ParseValue([]byte(text))
		if !ok {
			return // too large for its decimals
		}
		exact, fine := new(big.Rat).SetString(text)
		if !fine {
			t.Skip("big.Rat does not read it")
		}
		m, scale := v.Mantissa()
		unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		got := new(big.Rat).Mul(new(big.Rat).SetInt64(m), unit)
		off := new(big.Rat).Sub(got, exact)
		half := new(big.Rat).Quo(unit, big.NewRat(2, 1))
		if off.Abs(off).Cmp(half) > 0 || off.Cmp(half) == 0 && m%2 != 0 {
			t.Errorf("%s is read as %v", text, v)
		}
		if off.Sign() != 0 && scale < pleth.MaxScale && m < math.MaxInt64/10 && m > -math.MaxInt64/10 {
			t.Errorf("%s is rounded to %v though there is room", text, v)
		}
	})
}

// TestValueRoundTrip: a value prints as it reads, and its float is the one
// that strconv reads.
func TestValueRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.Int64Range(-9e18, 9e18).Draw(t, "mantissa")
		scale := rapid.Uint8Range(0, pleth.MaxScale).Draw(t, "scale")
		v := pleth.Num(m, scale)
		back, ok := pleth.ParseValue([]byte(v.String()))
		if !ok || back != v {
			t.Errorf("%v reads back as %v, %v", v, back, ok)
		}
		want, err := strconv.ParseFloat(v.String(), 64)
		if err != nil || v.Float() != want {
			t.Errorf("%v is %v as a float, want %v", v, v.Float(), want)
		}
	})
}

func TestFloatValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.Float64Range(-1e8, 1e8).Draw(t, "f")
		v := pleth.FloatValue(f)
		if math.Abs(f) >= 10 && v.Float() != f {
			t.Errorf("%v reads back as %v", f, v.Float())
		}
		if math.Abs(v.Float()-f) > 1e-15 {
			t.Errorf("%v becomes %v", f, v.Float())
		}
	})
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e19} {
		if v := pleth.FloatValue(f); !v.IsMissing() {
			t.Errorf("%v becomes %v", f, v)
		}
	}
	for f, want := range map[float64]string{97.1: "97.1", 1e-300: "0.000000000000000", 1e6: "1000000", 0: "0", 1234567.8912345679: "1234567.8912345679"} {
		if got := pleth.FloatValue(f).String(); got != want {
			t.Errorf("%v becomes %s, want %s", f, got, want)
		}
	}
}

func TestValueStates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v                   pleth.Value
		text                string
		ok, missing, absent bool
	}{{pleth.Value{}, "absent", false, false, true}, {pleth.Missing(), "missing", false, true, false}, {pleth.Num(0, 0), "0", true, false, false}} {
		if c.v.String() != c.text || c.v.Ok() != c.ok || c.v.IsMissing() != c.missing || c.v.IsAbsent() != c.absent {
			t.Errorf("%v: %v %v %v", c.v, c.v.Ok(), c.v.IsMissing(), c.v.IsAbsent())
		}
		if !c.ok && (!math.IsNaN(c.v.Float()) || len(c.v.Append(nil)) != 0) {
			t.Errorf("%v has a number", c.v)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a scale beyond MaxScale is taken")
		}
	}()
	pleth.Num(1, pleth.MaxScale+1)
}

func TestDivRound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Int64().Draw(t, "a")
		b := rapid.Int64Range(1, math.MaxInt64).Draw(t, "b")
		got := big.NewInt(pleth.DivRound(a, b))
		// 2*|a - got*b| <= b, and even where equal.
		rest := new(big.Int).Sub(big.NewInt(a), new(big.Int).Mul(got, big.NewInt(b)))
		twice := rest.Abs(rest).Lsh(rest, 1)
		if c := twice.Cmp(big.NewInt(b)); c > 0 || c == 0 && got.Bit(0) != 0 {
			t.Errorf("%d / %d = %v", a, b, got)
		}
	})
}

func FuzzParseValue(f *testing.F) {
	for _, s := range []string{"97.1", "-0.5e3", "1e-400", "9223372036854775807", strings.Repeat("9", 40), "0." + strings.Repeat("3", 40)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, ok := pleth.ParseValue(b)
		if !ok {
			return
		}
		want, err := strconv.ParseFloat(string(b), 64)
		if err != nil && !math.IsInf(want, 0) {
			t.Fatalf("%q is read as %v, which strconv refuses", b, v)
		}
		if got := v.Float(); math.Abs(got-want) > 1e-15+1e-15*math.Abs(want) {
			t.Errorf("%q is read as %v, want %v", b, got, want)
		}
	})
}
