package ward

import (
	"context"
	"fmt"
	"time"

	"pleth/internal/reading"
	"pleth/internal/simulate"
)

// Road takes readings and says what became of them when they are on disk.
type Road interface {
	Submit(ctx context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error)
}

// Demo runs the ward of DemoBeds into road until ctx ends: four people whose
// saturation falls again and again, probes that come off, a device that falls
// silent and one whose clock is wrong, the others healthy sleepers; two beds
// are empty. All are adults, as the limits are that serve begins with. It begins now, by clock, and no
// server is asked over a wire. The error is nil when ctx has ended.
func Demo(ctx context.Context, road Road, clock func() int64) error {
	const long = 10 * 365 * 24 * time.Hour
	var beds []Bed
	for _, b := range DemoBeds() {
		if !b.Empty {
			beds = append(beds, b.Bed)
		}
	}
	for ctx.Err() == nil {
		w, err := New(Params{Profiles: []simulate.Profile{simulate.Adult}, Beds: beds, Seed: 1, Length: long, Late: 0.002, Dup: 0.002, Skew: time.Second,
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

// DemoBed is a bed of the demo.
type DemoBed struct {
	Bed            // its device; one that is in Empty never sends
	Name    string // "06"
	Label   string // of the person
	Gateway string
	Empty   bool // nobody and nothing is there
}

// DemoBeds returns the beds of the demo in their order.
func DemoBeds() []DemoBed {
	labels := []string{"A.K.", "R.M.", "J.O.", "S.T.", "L.H.", "M.L.", "E.P.", "D.W.", "", "C.F.", "H.B.", "N.S.",
		"P.R.", "I.G.", "T.V.", "K.A.", "F.D.", "", "B.N.", "O.E.", "G.L.", "W.J.", "V.C.", "Y.S."}
	// Who looks at a demo does not wait for minutes, nor does a ward all at once.
	roles := map[int]Bed{3: {Role: SensorOff, From: 35 * time.Second}, 6: {Role: Desaturating, Fall: 15, From: 10 * time.Second}, 10: {Role: Skewed},
		12: {Role: Desaturating, Fall: 9, From: 80 * time.Second}, 15: {Role: Desaturating, Fall: 11, From: 45 * time.Second},
		20: {Role: Stale, From: time.Minute}, 22: {Role: Desaturating, Fall: 9, From: 110 * time.Second}}
	var list []DemoBed
	for i, label := range labels {
		b := DemoBed{Bed: roles[i+1], Name: fmt.Sprintf("%02d", i+1), Label: label, Gateway: fmt.Sprintf("gateway-%d", 1+i/12), Empty: label == ""}
		b.Device = fmt.Sprintf("PX-%d", 201+i)
		list = append(list, b)
	}
	return list
}
