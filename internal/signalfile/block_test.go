package signalfile_test

import (
	"fmt"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/signalfile"
)

// rows keeps what a Writer passes on as text, one line a row.
type rows []string

func (r *rows) Start(pleth.Header) error { return nil }

func (r *rows) Rows(b *pleth.Batch) error {
	for i := range b.Len() {
		s := fmt.Sprint(b.Time(i))
		for _, m := range pleth.Metrics() {
			if v := b.Value(m, i); !v.IsAbsent() {
				s += fmt.Sprintf(" %s=%s", m, v)
			}
		}
		*r = append(*r, s)
	}
	return nil
}

func channel(m pleth.Metric, perBlock int, samples ...int16) signalfile.Channel {
	return signalfile.Channel{Metric: m, PerBlock: perBlock, Samples: samples,
		Scale: signalfile.NewScale(m, big.NewRat(1, 1), new(big.Rat), -32768, 32767)}
}

func TestWriteBlock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		duration int64
		channels []signalfile.Channel
		want     rows
	}{
		{"same rate", 3, []signalfile.Channel{channel(pleth.SpO2, 3, 97, 96, 0), channel(pleth.PulseRate, 3, 60, 61, 62)},
			rows{"100 spo2=97 pulse_rate=60", "101 spo2=96 pulse_rate=61", "102 spo2=missing pulse_rate=62"}},
		{"pulse at half the rate", 4, []signalfile.Channel{channel(pleth.SpO2, 4, 97, 96, 95, 94), channel(pleth.PulseRate, 2, 60, 61)},
			rows{"100 spo2=97 pulse_rate=60", "101 spo2=96", "102 spo2=95 pulse_rate=61", "103 spo2=94"}},
		{"pulse at its own times", 6, []signalfile.Channel{channel(pleth.SpO2, 2, 97, 96), channel(pleth.PulseRate, 3, 60, 61, 62)},
			rows{"100 spo2=97 pulse_rate=60", "102 pulse_rate=61", "103 spo2=96", "104 pulse_rate=62"}},
		{"times are cut, never rounded up", 10, []signalfile.Channel{channel(pleth.SpO2, 3, 97, 96, 95)},
			rows{"100 spo2=97", "103 spo2=96", "106 spo2=95"}},
		{"the pulse ends with a cut timeline", 6, []signalfile.Channel{channel(pleth.SpO2, 2, 97), channel(pleth.PulseRate, 3, 60, 61, 62)},
			rows{"100 spo2=97 pulse_rate=60", "102 pulse_rate=61"}},
		{"a cut timeline without a sample", 6, []signalfile.Channel{channel(pleth.SpO2, 2), channel(pleth.PulseRate, 3, 60, 61, 62)}, nil},
		{"a cut pulse leaves the timeline", 2, []signalfile.Channel{channel(pleth.SpO2, 2, 97, 96), channel(pleth.PulseRate, 2, 60)},
			rows{"100 spo2=97 pulse_rate=60", "101 spo2=96"}},
		{"one sample in no time", 0, []signalfile.Channel{channel(pleth.SpO2, 1, 97)}, rows{"100 spo2=97"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got rows
			w := device.NewWriter(&got)
			if !signalfile.WriteBlock(w, 100, c.duration, c.channels) {
				t.Error("the block was not taken")
			}
			if err := w.Close(); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

// Every sample of a whole block is written once, at i x duration / n.
func TestWriteBlockTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		duration := rapid.Int64Range(1, 1e12).Draw(t, "duration")
		n := rapid.IntRange(1, 200).Draw(t, "n")
		m := rapid.IntRange(1, 200).Draw(t, "m")
		spo2, pulse := make([]int16, n), make([]int16, m)
		for i := range spo2 {
			spo2[i] = int16(i + 1)
		}
		for i := range pulse {
			pulse[i] = int16(i + 1)
		}
		var got collected
		w := device.NewWriter(&got)
		signalfile.WriteBlock(w, 0, duration, []signalfile.Channel{channel(pleth.SpO2, n, spo2...), channel(pleth.PulseRate, m, pulse...)})
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for metric, count := range map[pleth.Metric]int{pleth.SpO2: n, pleth.PulseRate: m} {
			seen := 0
			for i := range got.b.Len() {
				v := got.b.Value(metric, i)
				if v.IsAbsent() {
					continue
				}
				if want := int64(seen) * duration / int64(count); got.b.Time(i) != want || v.Float() != float64(seen+1) {
					t.Fatalf("%s sample %d: got %s at %d, want it at %d", metric, seen, v, got.b.Time(i), want)
				}
				seen++
			}
			if seen != count {
				t.Fatalf("%s: %d samples, want %d", metric, seen, count)
			}
		}
		for i := 1; i < got.b.Len(); i++ {
			if n <= 1000 && int64(n)*int64(m) < duration && got.b.Time(i) <= got.b.Time(i-1) {
				t.Fatalf("row %d is not after the one before", i)
			}
		}
	})
}

// collected keeps all rows.
type collected struct{ b pleth.Batch }

func (c *collected) Start(pleth.Header) error { return nil }

func (c *collected) Rows(b *pleth.Batch) error {
	for i := range b.Len() {
		c.b.AppendRow(b, i)
	}
	return nil
}
