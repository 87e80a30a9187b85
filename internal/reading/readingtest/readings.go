// Package readingtest makes readings for tests: any that can be, and those of
// a bed on a ward.
package readingtest

import (
	"math/rand/v2"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/reading"
)

// Batch draws a batch of 1 to max readings with everything that a batch may
// hold, near the edges of what it may too.
func Batch(t *rapid.T, max int) *reading.Batch { return batch(t, max, wild) }

// batch draws a batch with values near those of vital signs and others.
func batch(t *rapid.T, max int, other *rapid.Generator[pleth.Value]) *reading.Batch {
	b := &reading.Batch{
		Partition: reading.Partition{Device: rapid.StringN(1, 8, -1).Draw(t, "device"), Recording: rapid.StringN(0, 8, -1).Draw(t, "recording")},
		Origin: reading.Origin{
			Door:     rapid.SampledFrom([]string{"", "rest", "import"}).Draw(t, "door"),
			Subject:  rapid.StringN(0, 8, -1).Draw(t, "subject"),
			Firmware: rapid.StringN(0, 8, -1).Draw(t, "firmware"),
		},
		Received: rapid.Int64().Draw(t, "received"),
	}
	if tags := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "tags"); len(tags) > 0 {
		b.Tags = tags
	}
	n := rapid.IntRange(1, max).Draw(t, "rows")
	at := rapid.Int64().Draw(t, "time")
	step := rapid.SampledFrom([]int64{0, 1, 1e6, 1e9, 40e9, -1e9, 1 << 62}).Draw(t, "step")
	metrics := rapid.SliceOfNDistinct(rapid.SampledFrom(pleth.Metrics()), 0, 5, rapid.ID).Draw(t, "metrics")
	values := map[pleth.Metric]*rapid.Generator[pleth.Value]{}
	for _, m := range metrics {
		values[m] = rapid.SampledFrom([]*rapid.Generator[pleth.Value]{near, near, other}).Draw(t, "kind")
	}
	withSeq := rapid.Bool().Draw(t, "seq")
	for range n {
		b.Rows.AddRow(at)
		for _, m := range metrics {
			b.Rows.Set(m, values[m].Draw(t, "value"))
		}
		b.Rows.Mark(rapid.SampledFrom([]pleth.Reasons{0, 0, 0, 0, pleth.SensorFault, pleth.LowConfidence | pleth.InMotion}).Draw(t, "mark"))
		if withSeq {
			b.Seq = append(b.Seq, rapid.OneOf(rapid.Just(reading.NoSeq), rapid.Int64Range(0, 9), rapid.Int64()).Draw(t, "seq"))
		}
		at += step
		if rapid.IntRange(0, 3).Draw(t, "jitter") == 0 {
			at += rapid.Int64Range(-5e9, 5e9).Draw(t, "by")
		}
	}
	return b
}

var (
	near = rapid.Custom(func(t *rapid.T) pleth.Value {
		switch rapid.IntRange(0, 7).Draw(t, "state") {
		case 0:
			return pleth.Missing()
		case 1:
			return pleth.Value{}
		}
		return pleth.Num(rapid.Int64Range(-3, 120).Draw(t, "digits"), rapid.SampledFrom([]uint8{0, 0, 0, 1}).Draw(t, "scale"))
	})
	exact = rapid.Custom(func(t *rapid.T) pleth.Value {
		return pleth.Num(rapid.Int64Range(-1e6, 1e6).Draw(t, "digits"), uint8(rapid.IntRange(0, 9).Draw(t, "scale")))
	})
	wild = rapid.Custom(func(t *rapid.T) pleth.Value {
		return pleth.Num(rapid.Int64().Draw(t, "digits"), uint8(rapid.IntRange(0, pleth.MaxScale).Draw(t, "scale")))
	})
)

// Table draws a table of 1 to max readings in order of time. All of its values
// fit into one column.
func Table(t *rapid.T, max int) *reading.Table {
	b := batch(t, max, exact)
	x := &reading.Table{Partition: b.Partition, Origins: []reading.Origin{b.Origin}, Seq: b.Seq}
	n := b.Rows.Len()
	at := rapid.Int64Range(-1<<60, 1<<60).Draw(t, "start")
	for i := range n {
		b.Rows.SetTime(i, at)
		at += rapid.SampledFrom([]int64{0, 1e9, 1e9, 1e9, 4e9, 3600e9, 1}).Draw(t, "gap")
	}
	x.Rows = b.Rows
	if rapid.Bool().Draw(t, "flags") {
		x.Flags = make([]reading.Flags, n)
		for i := range x.Flags {
			x.Flags[i] = rapid.SampledFrom([]reading.Flags{0, 0, reading.IsLate, reading.IsConflict}).Draw(t, "flag")
		}
	}
	if rapid.Bool().Draw(t, "origins") {
		x.Origins = append(x.Origins, reading.Origin{Door: "line", Subject: "p-2"})
		x.Of = make([]uint32, n)
		for i := range x.Of {
			x.Of[i] = uint32(rapid.IntRange(0, 1).Draw(t, "of"))
		}
	}
	return x
}

// Bed returns rows readings of 4 values at 1 Hz from start on, with the noise
// of a monitor: SpO2 in percent, pulse, tissue oxygen in tenths, signal
// quality. Equal seeds give equal readings.
func Bed(seed uint64, start int64, rows int) *reading.Batch {
	r := rand.New(rand.NewPCG(seed, 7))
	b := &reading.Batch{
		Partition: reading.Partition{Device: "bed-" + string(rune('a'+seed%26))},
		Origin:    reading.Origin{Door: "rest", Subject: "p-0123456789abcdef", Firmware: "1.2.3"},
		Received:  start + 300e6,
	}
	spo2, pulse, tissue, quality := 97.0, 72.0, 36.5, 90.0
	for i := range rows {
		b.Rows.AddRow(start + int64(i)*1e9)
		spo2 += (97-spo2)*0.02 + r.NormFloat64()*0.15
		pulse += (72-pulse)*0.02 + r.NormFloat64()*0.5
		tissue += (36.5-tissue)*0.01 + r.NormFloat64()*0.05
		quality += (90-quality)*0.05 + r.NormFloat64()*0.6
		b.Rows.SetInt(pleth.SpO2, int64(min(spo2, 100)+0.5))
		b.Rows.SetInt(pleth.PulseRate, int64(pulse+0.5))
		b.Rows.Set(pleth.TissuePO2, pleth.Num(int64(tissue*10+0.5), 1))
		b.Rows.SetInt(pleth.SignalQuality, int64(min(quality, 100)+0.5))
	}
	return b
}

// Rows returns readings i to j of b as a batch of their own, received when the
// last one was measured.
func Rows(b *reading.Batch, i, j int) *reading.Batch {
	c := *b
	c.Rows = b.Rows.Slice(i, j)
	c.Received = c.Rows.Time(c.Rows.Len()-1) + 300e6
	if len(b.Seq) > 0 {
		c.Seq = b.Seq[i:j]
	}
	return &c
}

// Diff names the first difference between two batches of rows; empty: none. 97
// and 97.0 do not differ.
func Diff(a, b *pleth.Batch) string {
	if a.Len() != b.Len() {
		return "number of rows"
	}
	for i := range a.Len() {
		if a.Time(i) != b.Time(i) {
			return "time"
		}
		if a.Marks(i) != b.Marks(i) {
			return "marks"
		}
		for _, m := range pleth.Metrics() {
			if a.Value(m, i).Compare(b.Value(m, i)) != 0 {
				return "value of " + m.String() + ": " + a.Value(m, i).String() + " and " + b.Value(m, i).String()
			}
		}
	}
	return ""
}
