package signalfile_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/signalfile"
)

func TestScaleValue(t *testing.T) {
	t.Parallel()
	rat := big.NewRat
	for _, c := range []struct {
		name         string
		metric       pleth.Metric
		gain, offset *big.Rat
		min, max     int
		digital      int16
		want         string
	}{
		{"physical equals digital", pleth.SpO2, rat(1, 1), rat(0, 1), 0, 100, 97, "97"},
		{"ResMed without an oximeter", pleth.SpO2, rat(1, 1), rat(0, 1), 0, 100, -1, "missing"},
		{"above the declared range", pleth.SpO2, rat(1, 1), rat(0, 1), 0, 100, 101, "missing"},
		{"zero", pleth.SpO2, rat(1, 1), rat(0, 1), 0, 100, 0, "missing"},
		{"tenths", pleth.SpO2, rat(1, 10), rat(0, 1), 0, 1000, 973, "97.3"},
		{"sixteen bits for 0..100", pleth.SpO2, rat(100, 65535), rat(32768*100, 65535), -32768, 32767, 30000, "95.7778286411841"},
		{"scaled digital zero", pleth.SpO2, rat(100, 65535), rat(32768*100, 65535), -32768, 32767, -32767, "missing"},
		{"pulse zero", pleth.PulseRate, rat(1, 1), rat(0, 1), 0, 300, 0, "missing"},
		{"heart rate below one", pleth.HeartRate, rat(1, 10), rat(0, 1), 0, 3000, 9, "missing"},
		{"heart rate of one is a number", pleth.HeartRate, rat(1, 10), rat(0, 1), 0, 3000, 10, "1"},
		{"respiration zero", pleth.RespRate, rat(1, 10), rat(0, 1), -32767, 32767, 0, "missing"},
		{"temperature may be zero", pleth.Temperature, rat(1, 10), rat(0, 1), -32767, 32767, 0, "0"},
		{"inverted", pleth.SpO2, rat(-1, 1), rat(100, 1), 0, 100, 3, "97"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := signalfile.NewScale(c.metric, c.gain, c.offset, c.min, c.max)
			for range 2 { // computed, then remembered
				if got := s.Value(c.digital).String(); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			}
		})
	}
}

// A value reads back as the float64 nearest to the exact result, wherever a
// naive computation in floats would be off by its last digit.
func TestScaleIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		low := rapid.IntRange(-32768, 32766).Draw(t, "dig min")
		high := rapid.IntRange(low+1, 32767).Draw(t, "dig max")
		gain := big.NewRat(rapid.Int64Range(1, 1e8).Draw(t, "phys range"), int64(high-low)*1000)
		offset := big.NewRat(rapid.Int64Range(-1e8, 1e8).Draw(t, "phys min"), 1000)
		d := rapid.IntRange(low, high).Draw(t, "digital")
		exact := new(big.Rat).Mul(big.NewRat(int64(d), 1), gain)
		want, _ := exact.Add(exact, offset).Float64()
		got := signalfile.NewScale(pleth.Temperature, gain, offset, low, high).Value(int16(d))
		if f := got.Float(); math.Abs(f-want) > 1e-15*math.Max(1, math.Abs(want)) {
			t.Fatalf("got %v, want %v", f, want)
		}
	})
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"32767.00": "32767", "0.5": "1/2", "-32768.0": "-32768", "1.052e+04": "10520", "10": "10",
		"": "none", "x": "none", "1e300": "none", "NaN": "none",
	} {
		got := "none"
		if r, ok := signalfile.Decimal(in); ok {
			got = r.RatString()
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
