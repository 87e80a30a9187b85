package ward

import (
	"context"
	"time"

	"pleth/internal/reading"
	"pleth/internal/simulate"
)

// Road takes readings and says what became of them when they are on disk.
type Road interface {
	Submit(ctx context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error)
}

// Demo runs a ward of 24 beds into road until ctx ends: two of each fault of a
// mixed ward, the others healthy sleepers; all are adults, as the limits are that
// serve begins with. It begins now, by clock, and no
// server is asked over a wire. The error is nil when ctx has ended.
func Demo(ctx context.Context, road Road, clock func() int64) error {
	const long = 10 * 365 * 24 * time.Hour
	for ctx.Err() == nil {
		w, err := New(Params{Profiles: []simulate.Profile{simulate.Adult}, Devices: 24, Seed: 1, Length: long, Mixed: true, Late: 0.002, Dup: 0.002, Skew: time.Second,
			Start: time.Unix(0, clock()).UTC()})
		if err != nil {
			return err
		}
		_, err = Run(ctx, w, Options{Speed: 1, Workers: 2, Connect: func() (Sender, error) { return direct{road, clock}, nil }})
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// direct is a Sender into a road of the same process.
type direct struct {
	road  Road
	clock func() int64
}

// Send submits readings of one device.
func (s direct) Send(ctx context.Context, device string, readings []Send) ([]Outcome, error) {
	b := &reading.Batch{Partition: reading.Partition{Device: device}, Origin: reading.Origin{Door: "demo", Firmware: Firmware}, Received: s.clock()}
	for i := range readings {
		readings[i].Reading.appendTo(b)
	}
	got, err := s.road.Submit(ctx, b)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(readings))
	for i, o := range got[0] {
		out[i] = outcomeOf(o)
	}
	return out, nil
}

// Close does nothing.
func (direct) Close() error { return nil }
