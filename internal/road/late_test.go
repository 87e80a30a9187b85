package road_test

import (
	"context"
	"sync"
	"testing"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// TestKeysStay: rows that come late move the start of a session and join two,
// but their keys and ids go on leading to them.
func TestKeysStay(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	r := open(t, m, func(c *road.Config) { c.SealRows = 20 })
	send := func(from, to int64) {
		b := &reading.Batch{Partition: reading.Partition{Device: "a"}}
		for s := from; s < to; s++ {
			b.Rows.AddRow(epoch + s*1e9)
			b.Rows.SetInt(pleth.SpO2, 95-s%3)
		}
		submit(t, r, b)
	}
	list := func(r *road.Road) []road.SessionInfo {
		out, _, err := r.Sessions(context.Background(), road.SessionQuery{})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	send(10000, 10600)
	send(20000, 20600)
	first := list(r)
	if len(first) != 2 {
		t.Fatalf("%+v", first)
	}
	send(9000, 9100) // within the gap before the first
	second := list(r)
	if len(second) != 2 || second[0].Key != first[0].Key || second[0].ID == first[0].ID || second[0].Start != epoch+9000e9 || second[0].Revision <= first[0].Revision || second[1] != first[1] {
		t.Fatalf("%+v, before %+v", second, first)
	}
	for s := int64(11000); s < 20000; s += 1000 {
		send(s, s+100)
	}
	// Many may ask at once for what must be cut again.
	var wait sync.WaitGroup
	for range 4 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			if got := list(r); len(got) != 1 || got[0].Key != first[0].Key {
				t.Errorf("%+v", got)
			}
		}()
	}
	wait.Wait()
	third := list(r)
	check := func(r *road.Road) {
		t.Helper()
		for _, name := range []string{first[0].Key, first[0].ID, first[1].Key, first[1].ID, second[0].ID, third[0].ID} {
			doc, err := r.Analysis(context.Background(), name)
			if err != nil || doc.Sessions[0].ID != third[0].ID || doc.Sessions[0].Key != first[0].Key {
				t.Errorf("%s leads to %v, %v", name, doc, err)
			}
		}
	}
	check(r)
	if _, err := r.Analysis(context.Background(), "0123456789abcdef0123456789abcdef"); err == nil {
		t.Error("an id of nothing leads somewhere")
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	check(open(t, asIs(m)))
}

// TestLateRowsOfTheSessionBefore: a session of one row has the interval of the
// one before it, and so another document when late rows change that one.
func TestLateRowsOfTheSessionBefore(t *testing.T) {
	t.Parallel()
	for name, late := range map[string][]int64{"inside": {1, 3, 5}, "in front, where sessions are cut again": {-1, 1, 3, 5}} {
		r := open(t, roadtest.NewMemory())
		at := func(seconds ...int64) *reading.Batch {
			b := &reading.Batch{Partition: reading.Partition{Device: "a"}, Received: epoch}
			for _, s := range seconds {
				b.Rows.AddRow(epoch + s*1e9)
				b.Rows.SetInt(pleth.SpO2, 97)
			}
			return b
		}
		lone := func() float64 {
			list := sessionsOf(t, r)
			if len(list) != 2 {
				t.Fatalf("%s: %d sessions", name, len(list))
			}
			return list[1].IntervalS
		}
		submit(t, r, at(0, 2, 4, 6, 7200))
		if got := lone(); got != 2 {
			t.Errorf("%s: before, every %g s", name, got)
		}
		submit(t, r, at(late...))
		if got := lone(); got != 1 {
			t.Errorf("%s: after, every %g s", name, got)
		}
	}
}
