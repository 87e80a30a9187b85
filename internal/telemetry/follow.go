package telemetry

import (
	"time"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Follow is what a road asks for who follows a partition.
type Follow = func(p reading.Partition, of road.Place, state []byte) (road.Follower, error)

// backfill is how long after its event time a reading is no longer live.
const backfill = time.Minute

// mostMissing is the longest run of sequence numbers taken for loss; a longer
// one, or a step back, is a device that counts anew.
const mostMissing = 10_000

// poorSignal is the signal quality, in percent, below which it is poor.
const poorSignal = 50

// Follow lets inner follow as before and counts the readings of live streams.
func (t *Telemetry) Follow(inner Follow) Follow {
	return func(p reading.Partition, of road.Place, state []byte) (road.Follower, error) {
		f, err := inner(p, of, state)
		if err != nil || p.Recording != "" || p.Device == "" {
			return f, err
		}
		return &follower{Follower: f, t: t, last: reading.NoSeq}, nil
	}
}

// follower counts the rows of one live stream, a group at a time.
type follower struct {
	road.Follower
	t    *Telemetry
	last int64 // sequence number; NoSeq: none yet

	times                                       []int64
	expected, arrived, measured, missing, faint int
}

// Row implements road.Follower.
func (f *follower) Row(r road.FollowedRow) {
	f.Follower.Row(r)
	f.sequence(r.Seq)
	if !f.t.armed.Load() {
		return
	}
	at := r.Rows.Time(r.Index)
	if r.Received-at < int64(backfill) {
		f.times = append(f.times, at)
	}
	if v := r.Rows.Value(pleth.SpO2, r.Index); v.Ok() {
		f.measured++
	} else if v.IsMissing() {
		f.missing++
	}
	if v := r.Rows.Value(pleth.SignalQuality, r.Index); v.Ok() && v.Float() < poorSignal {
		f.faint++
	}
}

// sequence counts what must have been sent and what came. A number that comes
// after a later one fills a gap that was counted before.
func (f *follower) sequence(seq int64) {
	if seq == reading.NoSeq {
		return
	}
	last := f.last
	step := seq - last
	switch {
	case last == reading.NoSeq || step > mostMissing || step < -mostMissing:
		f.expected, f.last = f.expected+1, seq
	case step > 0:
		f.expected, f.last = f.expected+int(step), seq
	}
	f.arrived++
}

// Settle implements road.Follower.
func (f *follower) Settle() {
	f.Follower.Settle()
	t := f.t
	if t.armed.Load() {
		now := t.clock()
		for _, at := range f.times {
			t.fresh.Observe(max(0, time.Duration(now-at).Seconds()))
		}
		for _, c := range []struct {
			to interface{ Add(float64) }
			n  int
		}{{t.expected, f.expected}, {t.arrived, f.arrived}, {t.measured, f.measured}, {t.missing, f.missing}, {t.doubted, f.faint}} {
			if c.n > 0 {
				c.to.Add(float64(c.n))
			}
		}
	}
	f.times = f.times[:0]
	f.expected, f.arrived, f.measured, f.missing, f.faint = 0, 0, 0, 0, 0
}
