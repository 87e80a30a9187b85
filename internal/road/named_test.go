package road_test

import (
	"context"
	"testing"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// TestIDsThatWereToldOutliveTheProcess opens the log of a road that never came
// to seal anything: every id that an answer held leads to its session.
func TestIDsThatWereToldOutliveTheProcess(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	r := open(t, m)
	told := map[string]string{}
	for i := range int64(8) {
		submit(t, r, wardBatch("a", i*40, 40))
		switch i % 3 {
		case 0:
			list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
			if err != nil {
				t.Fatal(err)
			}
			told[list[0].ID] = list[0].Key
		case 1:
			list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
			if err != nil {
				t.Fatal(err)
			}
			doc, err := r.Analysis(context.Background(), list[0].Key)
			if err != nil {
				t.Fatal(err)
			}
			told[doc.Sessions[0].ID] = list[0].Key
		case 2: // a late reading goes in between
			b := &reading.Batch{Partition: reading.Partition{Device: "a"}, Received: epoch}
			b.Rows.AddRow(epoch + i*40e9 + 5e8)
			b.Rows.SetInt(pleth.SpO2, 90)
			submit(t, r, b)
		}
	}
	if len(told) < 5 {
		t.Fatalf("%d ids: the session has not changed", len(told))
	}
	for _, again := range []int{1, 2} { // asking changes nothing
		r := open(t, asIs(m))
		for id, key := range told {
			doc, err := r.Analysis(context.Background(), id)
			if err != nil || doc.Sessions[0].Key != key {
				t.Errorf("start %d: %s leads to nothing: %v", again, id, err)
			}
		}
		list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
		if err != nil || len(list) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
	}
	sessionsOf(t, r)
	before := records(t, m)
	for range 5 {
		sessionsOf(t, r)
	}
	if after := records(t, m); after != before {
		t.Errorf("%d records for an id that was told again", after-before)
	}
}

// records returns how many records a log holds.
func records(t *testing.T, m *roadtest.Memory) (n int) {
	err := m.Partitions(func(_ reading.Partition, first, next eventlog.Offset) error {
		n += int(next - first)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
