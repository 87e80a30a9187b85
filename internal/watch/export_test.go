package watch

import (
	"pleth"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// BenchFollower follows rows without a road.
type BenchFollower struct{ f *follower }

type nowhereElse struct{}

func (nowhereElse) Value(_ pleth.Metric, _ int64, v pleth.Value) pleth.Value { return v }

// NewBenchFollower returns one for a live stream.
func NewBenchFollower() *BenchFollower {
	f, err := newFollower(New(Config{Store: &Memory{}}), reading.Partition{Device: "d"}, nowhereElse{}, nil)
	if err != nil {
		panic(err)
	}
	return &BenchFollower{f}
}

// Push follows row i and settles, as for a reading that came alone.
func (b *BenchFollower) Push(rows *pleth.Batch, i int) {
	b.f.Row(road.FollowedRow{Rows: rows, Index: i, Seq: reading.NoSeq, Received: rows.Time(i)})
	b.f.Settle()
}
