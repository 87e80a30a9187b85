package app

import (
	"testing"
	"time"

	"pleth/internal/notify"
	"pleth/internal/reconcile"
	"pleth/internal/road"
)

// TestMessagesThatReachNobody: a channel that gives up, or that takes nothing,
// is a finding of its own.
func TestMessagesThatReachNobody(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	p := channelPulse([]notify.Health{
		{Channel: "mail", Waiting: 1, Oldest: now.Add(-time.Second), Delivered: now.Add(-time.Minute)},
		{Channel: "pager", Waiting: 3, Oldest: now.Add(-time.Hour), Delivered: now.Add(-2 * time.Hour)},
		{Channel: "slack", GivenUp: 2},
	}, now)
	if len(p.Findings) != 2 || p.Findings[0].Class != reconcile.Late || p.Findings[0].Key[0] != "pager" || p.Findings[1].Class != reconcile.Missing || p.Findings[1].Key[0] != "slack" {
		t.Errorf("%+v", p.Findings)
	}
	if p.NotSetUp || p.Delay != time.Hour || !p.Last.Equal(now.Add(-time.Minute)) || p.Note != "4 wait" {
		t.Errorf("%+v", p)
	}
}

// TestDevicesWithFaults: one that is silent, one that is late, one that sends
// everything twice, and one that does nothing wrong; a finding stands from look
// to look and ends when it is over.
func TestDevicesWithFaults(t *testing.T) {
	t.Parallel()
	w := deviceWatch{counted: map[string]*counted{}}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	at := func(t time.Time) int64 { return t.UnixNano() }
	fine := road.DeviceState{Device: "fine", SkewOf: 10, Skew: int64(time.Second)}
	silent := road.DeviceState{Device: "silent", Received: at(now), Last: at(now), Watermark: at(now) - 1}
	late := road.DeviceState{Device: "late", SkewOf: 10, Skew: int64(3 * time.Minute)}
	twice := road.DeviceState{Device: "twice"}
	kinds := func() string {
		devices := []*road.DeviceState{&fine, &late, &twice}
		for _, d := range devices {
			d.Received, d.Last, d.Watermark = at(now), at(now), at(now)-1
		}
		list := []road.DeviceState{fine, silent, late, twice, {Device: "never"}}
		out := ""
		for _, f := range w.look(list, now).Findings {
			out += f.Key[0] + " " + string(f.Class) + ", "
		}
		return out
	}
	step := func(resends int64) string {
		now = now.Add(10 * time.Second)
		fine.Counts.Accepted += 10
		twice.Counts.Accepted += 10
		twice.Counts.Duplicates += resends
		return kinds()
	}
	if got := kinds(); got != "late late, " {
		t.Errorf("at first: %s", got)
	}
	for n := 1; n <= 31; n++ {
		want := "late late, "
		if n >= 31 {
			want = "silent stale, " + want
		}
		if n >= 5 {
			want += "twice duplicate, "
		}
		if got := step(10); got != want {
			t.Errorf("look %d: %s, want %s", n, got, want)
		}
	}
	late.Skew = 0
	silent.Received = at(now)
	for range 24 {
		step(0)
	}
	if got := step(0); got != "" {
		t.Errorf("afterwards: %s", got)
	}
	silent.Received, silent.Ended = at(now.Add(-time.Hour)), true
	if got := step(0); got != "" {
		t.Errorf("a device that said it was done: %s", got)
	}
}
