package road_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// standing is a log that stands still from the first record on, as on a full
// disk, until it is freed.
type standing struct {
	road.Log
	mu    sync.Mutex
	full  chan struct{} // closed while it stands still
	once  sync.Once
	freed chan struct{}
}

// Append implements road.Log.
func (l *standing) Append(recs []eventlog.Record) error {
	l.once.Do(func() { close(l.filled()) })
	<-l.freed
	return l.Log.Append(recs)
}

func (l *standing) filled() chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.full
}

// TestFullDisk: who waits is answered, nothing new is taken, and what was on its
// way is there once there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	log := &standing{full: make(chan struct{}), freed: make(chan struct{})}
	r := open(t, m, func(c *road.Config) {
		log.Log, c.Log = c.Log, log
		c.Full = func() <-chan struct{} { return log.filled() }
	})
	b := &reading.Batch{Partition: reading.Partition{Device: "a"}}
	b.Rows.AddRow(epoch)
	b.Rows.SetInt(pleth.SpO2, 97)
	later := &reading.Batch{Partition: reading.Partition{Device: "a"}}
	later.Rows.AddRow(epoch + 1e9)
	later.Rows.SetInt(pleth.SpO2, 96)
	for range 2 { // on its way, and not taken
		out, err := r.Submit(context.Background(), b)
		if !errors.Is(err, road.ErrFull) || !errors.Is(err, road.ErrStore) || len(out) != 1 || out[0] != nil {
			t.Fatalf("%v, %v", out, err)
		}
	}
	if _, err := r.Control(context.Background(), b.Partition, eventlog.Control{Kind: eventlog.KindEnd, Payload: []byte(`{}`)}); !errors.Is(err, road.ErrFull) {
		t.Errorf("%v", err)
	}
	if !errors.Is(r.Failed(), road.ErrFull) {
		t.Errorf("failed: %v", r.Failed())
	}
	log.mu.Lock()
	log.full = make(chan struct{})
	log.mu.Unlock()
	close(log.freed)
	if o := submit(t, r, later); o[0] != reading.Accepted || r.Failed() != nil {
		t.Errorf("%s, %v", o[0], r.Failed())
	}
	if o := submit(t, r, b); o[0] != reading.Duplicate {
		t.Errorf("sent again: %s", o[0])
	}
}
