package road_test

import (
	"context"
	"math"
	"testing"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/eventlog"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// config is the configuration of a road on stores.
func config(m *roadtest.Memory) road.Config {
	// Readings of years ago are not silent: tests of silence say for how long.
	cfg := road.Config{Log: m, Series: m, Idle: math.MaxInt64, Program: analysis.Program{Version: "test"}, Settings: analysis.Settings{Config: analysis.Config{ODI: "abosa"}}}
	if err := cfg.Settings.Resolve(); err != nil {
		panic(err)
	}
	return cfg
}

// asIs returns a copy of stores as after a crash just now: two roads never write
// to the same ones.
func asIs(m *roadtest.Memory) *roadtest.Memory { return m.Crash(func(n int) int { return n }) }

// open starts a road on stores, closed with the test.
func open(tb testing.TB, m *roadtest.Memory, change ...func(*road.Config)) *road.Road {
	tb.Helper()
	cfg := config(m)
	for _, f := range change {
		f(&cfg)
	}
	r, err := road.Open(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return r
}

// batch returns the rows from..to of b as a batch of device, received as they happen.
func batch(device string, b *pleth.Batch, from, to int) *reading.Batch {
	out := &reading.Batch{Partition: reading.Partition{Device: device}, Origin: reading.Origin{Door: "test"}}
	for i := from; i < to; i++ {
		out.Rows.AppendRow(b, i)
	}
	if to > from {
		out.Received = b.Time(to-1) + 2e9
	}
	return out
}

// rows returns the rows that q selects as one table.
func rows(tb testing.TB, r *road.Road, q road.Query) *reading.Table {
	tb.Helper()
	out := &reading.Table{}
	err := r.Rows(context.Background(), q, func(t *reading.Table) (bool, error) {
		for i := range t.Rows.Len() {
			road.AppendRow(out, t, i)
		}
		return true, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func submit(tb testing.TB, r *road.Road, b *reading.Batch) []reading.Outcome {
	tb.Helper()
	out, err := r.Submit(context.Background(), b)
	if err != nil {
		tb.Fatal(err)
	}
	return out[0]
}

func TestNightEndToEnd(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	r := open(t, m)
	night := plethtest.Night(5000, 9, 7)
	for i := range night.Len() {
		night.SetTime(i, night.Time(i)+1_700_000_000_000_000_000)
	}
	for i := 0; i < night.Len(); i += 100 {
		for _, o := range submit(t, r, batch("a", night, i, i+100)) {
			if o != reading.Accepted {
				t.Fatalf("row of %d: %s", i, o)
			}
		}
	}
	for _, o := range submit(t, r, batch("a", night, 300, 400)) {
		if o != reading.Duplicate {
			t.Fatalf("a resend: %s", o)
		}
	}
	check := func(r *road.Road) {
		t.Helper()
		got := rows(t, r, road.Query{})
		if got.Rows.Len() != night.Len() {
			t.Fatalf("%d rows, want %d", got.Rows.Len(), night.Len())
		}
		for i := range night.Len() {
			if got.Rows.Time(i) != night.Time(i) || got.Rows.Value(pleth.SpO2, i) != night.Value(pleth.SpO2, i) {
				t.Fatalf("row %d differs", i)
			}
		}
		list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
		if err != nil || len(list) != 1 || !list[0].Open || list[0].Rows != int64(night.Len()) {
			t.Fatalf("sessions %+v, %v", list, err)
		}
		doc, err := r.Analysis(context.Background(), list[0].Key)
		if err != nil || len(doc.Sessions) != 1 || doc.Sessions[0].ID != list[0].ID {
			t.Fatalf("%+v, %v", doc, err)
		}
		if l := r.Latest("a"); len(l) != 1 || l[0].At != night.Time(4999) {
			t.Errorf("latest %+v", l)
		}
		d := r.Devices()
		if len(d) != 1 || d[0].Counts.Accepted != 5000 || d[0].First != night.Time(0) || d[0].Last != night.Time(4999) {
			t.Errorf("devices %+v", d)
		}
	}
	check(r)
	check(open(t, asIs(m)))
}

func TestControls(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	r := open(t, m)
	p := reading.Partition{Device: "a"}
	_, err := r.Control(context.Background(), p, eventlog.Control{Kind: eventlog.KindAssignment, Actor: "x", Payload: []byte(`{"subject":"p-1","from":5}`)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Control(context.Background(), p, eventlog.Control{Kind: "nonsense"}); err == nil {
		t.Error("a record of no kind is taken")
	}
	for _, r := range []*road.Road{r, open(t, asIs(m))} {
		if a := r.Assignments("a"); len(a) != 1 || a[0].Subject != "p-1" || a[0].Device != "a" {
			t.Errorf("%+v", a)
		}
	}
}

// sessionsOf returns the documents of all sessions of r.
func sessionsOf(tb testing.TB, r *road.Road) []*analysis.Session {
	tb.Helper()
	list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
	if err != nil {
		tb.Fatal(err)
	}
	var out []*analysis.Session
	for _, s := range list {
		doc, err := r.Analysis(context.Background(), s.Key)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, doc.Sessions...)
	}
	return out
}
