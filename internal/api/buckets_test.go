package api

import (
	"encoding/json"
	"math"
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
			switch random.IntN(6) {
			case 0:
				return float64(random.IntN(200))
			case 1:
				return random.Float64() * 1e-8
			case 2:
				return random.NormFloat64() * 1e22
			case 3:
				return float64(random.IntN(2e6)-1e6) / 1000
			case 4:
				return math.Nextafter(float64(random.IntN(2e6)-1e6)/1000, 1e9*(random.Float64()-0.5))
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
		text := a.bucketText(mediaNDJSON, nil)
		text.append(&b)
		if got := text.b; string(got) != string(want)+"\n" {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	}
}

func BenchmarkBuckets(b *testing.B) {
	list := make([]road.Bucket, 8760)
	for i := range list {
		list[i] = road.Bucket{Partition: reading.Partition{Device: "a"}, Metric: pleth.SpO2, Start: 1_700_000_000e9 + int64(i)*3600e9, Count: 60,
			Min: pleth.Num(92, 0), Max: pleth.Num(98, 0), Mean: 95 + float64(i%60)/60, P5: 92.9, P50: 95, P95: 97.5}
	}
	var a API
	out := make([]byte, 0, 4<<20)
	for b.Loop() {
		text := a.bucketText(mediaJSON, out[:0])
		for i := range list {
			text.append(&list[i])
		}
		out = text.b
	}
}
