package road_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"pleth/internal/eventlog"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// TestSilentDeviceIsWorn: who wears a device that has gone silent is what was
// said since, whatever its newest reading was of.
func TestSilentDeviceIsWorn(t *testing.T) {
	t.Parallel()
	b := plethtest.Night(60, 9, 3)
	m := roadtest.NewMemory()
	newest := b.Time(b.Len() - 1)
	var now atomic.Int64
	now.Store(newest)
	r := open(t, m, func(c *road.Config) { c.Clock = now.Load })
	if _, err := r.Submit(context.Background(), batch("a", b, 0, b.Len())); err != nil {
		t.Fatal(err)
	}
	say := func(subject string, from int64) {
		t.Helper()
		payload := fmt.Sprintf(`{"subject":%q,"from":%d}`, subject, from)
		if _, err := r.Control(context.Background(), reading.Partition{Device: "a"}, eventlog.Control{Kind: eventlog.KindAssignment, Actor: "x", Payload: []byte(payload)}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(wears, of string) {
		t.Helper()
		if d := r.Devices(); len(d) != 1 || d[0].Subject != wears {
			t.Errorf("%+v, want it on %q", d, wears)
		}
		if l := r.Latest("a"); len(l) != 1 || l[0].Subject != of {
			t.Errorf("%+v, want values of %q", l, of)
		}
	}
	want("", "")
	minute := int64(60e9)
	now.Store(newest + 10*minute)
	say("p-1", now.Load())
	want("p-1", "")
	say("p-2", now.Load()+minute)
	want("p-1", "") // that is still to come
	now.Add(2 * minute)
	want("p-2", "")
	say("", now.Load())
	want("", "")
}
