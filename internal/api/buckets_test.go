package api

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// TestBucketsByHand compares what is written by hand with what encoding/json
// makes of a Bucket.
func TestBucketsByHand(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var a API
	for range 2000 {
		float := func() float64 {
			switch random.IntN(4) {
			case 0:
				return float64(random.IntN(200))
			case 1:
				return random.Float64() * 1e-8
			case 2:
				return random.NormFloat64() * 1e22
			}
			return -random.Float64() * 100
		}
		b := road.Bucket{Partition: reading.Partition{Device: "a<b-" + string(rune('a'+random.IntN(3)))}, Metric: pleth.Metrics()[random.IntN(len(pleth.Metrics()))],
			Start: random.Int64N(1 << 61), Count: random.Int64N(1e6), Min: pleth.Num(random.Int64N(1000)-500, uint8(random.IntN(4))), Max: pleth.Num(random.Int64N(1e9), 0),
			Mean: float(), P5: float(), P50: float(), P95: float()}
		if random.IntN(9) == 0 {
			b.Min, b.Mean, b.P5 = pleth.Missing(), 0, 1e21
		}
		want, err := json.Marshal(Bucket{b.Device, b.Recording, reading.FieldOf(b.Metric).Name, string(appendClock(nil, pleth.UTCClock, b.Start)),
			b.Count, decimal{b.Min}, b.Mean, decimal{b.Max}, b.P5, b.P50, b.P95})
		if err != nil {
			t.Fatal(err)
		}
		if got := a.appendBuckets(nil, []road.Bucket{b}, ",", ""); string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}
