package app

import (
	"testing"
	"time"

	"pleth/internal/notify"
	"pleth/internal/reconcile"
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
