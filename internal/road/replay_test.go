package road_test

import (
	"context"
	"errors"
	"testing"

	"pleth"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

func TestReplay(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	r := open(t, m, func(c *road.Config) { c.SealRows = 100 })
	night := plethtest.Night(3000, 9, 3)
	for i := range night.Len() {
		night.SetTime(i, night.Time(i)+epoch)
	}
	submit(t, r, batch("a", night, 0, 1500))
	submit(t, r, batch("b", night, 0, 1000))
	submit(t, r, batch("a", night, 1500, 3000))
	cfg := config(m)
	cfg.Series = roadtest.NewMemory()
	again, err := road.Replay(context.Background(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close(context.Background())
	if d, err := road.Compare(context.Background(), r, again, 0, 0); d != nil || err != nil {
		t.Errorf("%v, %v", d, err)
	}
	if _, err := again.Submit(context.Background(), batch("c", night, 0, 1)); !errors.Is(err, road.ErrReadOnly) {
		t.Errorf("a replay takes readings: %v", err)
	}
	one := &reading.Batch{Partition: reading.Partition{Device: "b"}}
	one.Rows.AddRow(epoch + 500e9 + 1)
	one.Rows.SetInt(pleth.SpO2, 70)
	submit(t, r, one)
	if d, err := road.Compare(context.Background(), r, again, 0, 0); err != nil || d == nil || d.Device != "b" || d.What != "row 501" {
		t.Errorf("%v, %v", d, err)
	}
	cancelled, stop := context.WithCancel(context.Background())
	stop()
	cfg.Series = roadtest.NewMemory()
	if _, err := road.Replay(cancelled, cfg, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
