package road_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// TestRetain: the log loses what lies in chunks, is old enough and confirmed;
// everything that can be asked for stays, after a restart too.
func TestRetain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	now := epoch
	start := func() (*road.Road, func()) {
		cfg, end := onDisk(t, dir)
		cfg.SealRows = 100
		cfg.Clock = func() int64 { return now }
		r, err := road.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return r, func() {
			if err := r.Close(context.Background()); err != nil {
				t.Error(err)
			}
			end()
		}
	}
	r, stop := start()
	for i := range 20 {
		now = epoch + int64(i)*50e9
		submit(t, r, wardBatch("a", int64(i)*50, 50))
	}
	before := told(t, r)
	retain := func(until int64, confirm func(reading.Partition, eventlog.Offset) error) (out []road.Retained, err error) {
		err = r.Retain(context.Background(), until, confirm, func(one road.Retained) { out = append(out, one) })
		return out, err
	}
	no := errors.New("not archived")
	// Rows are sealed once nothing has come for a moment.
	for sealed := eventlog.Offset(0); sealed < 15; time.Sleep(time.Millisecond) {
		out, err := retain(epoch+1e15, func(_ reading.Partition, first eventlog.Offset) error {
			sealed = first
			return no
		})
		if err != nil && !errors.Is(err, no) || out != nil {
			t.Fatalf("%v, %v", out, err)
		}
	}
	if out, err := retain(epoch+250e9, nil); err != nil || len(out) != 1 || out[0].Records != 5 || out[0].First != 5 {
		t.Errorf("%+v, %v", out, err)
	}
	// However old, records with rows that are in no chunk stay.
	out, err := retain(epoch+1e15, nil)
	if err != nil || len(out) != 1 || out[0].First >= 20 || out[0].First < 15 {
		t.Errorf("%+v, %v", out, err)
	}
	if after := told(t, r); after != before {
		t.Error(firstDifference(before, after))
	}
	stop()
	r, stop = start()
	defer stop()
	if after := told(t, r); after != before {
		t.Error(firstDifference(before, after))
	}
	for _, o := range submit(t, r, wardBatch("a", 0, 1000)) {
		if o != reading.Duplicate {
			t.Fatalf("a reading whose record was dropped is %s when it comes again", o)
		}
	}
}
