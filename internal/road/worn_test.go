package road_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"pleth"
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

// TestWornNow: what is asked for of who wears a device now holds nothing of who
// wore it before.
func TestWornNow(t *testing.T) {
	t.Parallel()
	b := plethtest.Night(600, 9, 3)
	r := open(t, roadtest.NewMemory(), func(c *road.Config) { c.Clock = func() int64 { return b.Time(b.Len() - 1) } })
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
	want := func(from int64) {
		t.Helper()
		rows, oldest := 0, int64(0)
		err := r.Rows(context.Background(), road.Query{Worn: true}, func(t *reading.Table) (bool, error) {
			if rows == 0 {
				oldest = t.Rows.Time(0)
			}
			rows += t.Rows.Len()
			return true, nil
		})
		count := int64(0)
		for _, k := range buckets(t, r, road.Query{Worn: true, Metrics: []pleth.Metric{pleth.PulseRate}}, 10e9) {
			count += k.Count
		}
		whole := int64(0)
		for _, k := range buckets(t, r, road.Query{From: from, Metrics: []pleth.Metric{pleth.PulseRate}}, 10e9) {
			whole += k.Count
		}
		if err != nil || rows > 0 && oldest < from || count != whole {
			t.Errorf("%d rows from %d, %d in buckets, want those from %d, %d in buckets: %v", rows, oldest, count, from, whole, err)
		}
	}
	want(b.Time(0))
	say("p-1", b.Time(100))
	want(b.Time(100))
	say("p-2", b.Time(200))
	want(b.Time(200))
	say("p-1", b.Time(299)+1)
	want(b.Time(299) + 1)
	say("", b.Time(305))
	want(b.Time(305))
	say("", b.Time(307))
	want(b.Time(305)) // nobody after nobody
}
