package road_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// TestSilenceClosesSessions: half an hour after the last reading its session is
// closed and sealed by a tick in the log; a reading that comes after all goes on
// with it. A second silence is noted again.
func TestSilenceClosesSessions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := roadtest.NewMemory()
		cfg := config(m)
		cfg.Idle = road.DefaultIdle
		r, err := road.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		send := func() {
			b := &reading.Batch{Partition: reading.Partition{Device: "a"}, Received: time.Now().UnixNano()}
			b.Rows.AddRow(time.Now().UnixNano())
			b.Rows.SetInt(pleth.SpO2, 97)
			submit(t, r, b)
		}
		for range 60 {
			send()
			time.Sleep(time.Second)
		}
		state := func() road.SessionInfo {
			list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
			if err != nil || len(list) != 1 {
				t.Fatalf("%v, %v", list, err)
			}
			return list[0]
		}
		if !state().Open {
			t.Error("a session that goes on is closed")
		}
		time.Sleep(29 * time.Minute)
		if !state().Open {
			t.Error("closed after 29 minutes")
		}
		send()
		time.Sleep(29 * time.Minute)
		if s := state(); !s.Open || s.Rows != 61 {
			t.Errorf("%+v", s)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if s := state(); s.Open {
			t.Errorf("open after 32 minutes: %+v", s)
		}
		ticks := 0
		_ = m.Read(reading.Partition{Device: "a"}, 0, func(r *eventlog.Record) error {
			if r.Control != nil && r.Control.Kind == eventlog.KindTick {
				ticks++
			}
			return nil
		})
		if ticks != 1 {
			t.Errorf("%d ticks in the log", ticks)
		}
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// TestEnds: an end mark makes two sessions of rows without a gap.
func TestEnds(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	r := open(t, m)
	night := plethtest.Night(1000, 9, 3)
	for i := range night.Len() {
		night.SetTime(i, night.Time(i)+epoch)
	}
	submit(t, r, batch("a", night, 0, 500))
	if _, err := r.Control(context.Background(), reading.Partition{Device: "a"}, eventlog.Control{Kind: eventlog.KindEnd, Payload: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	if d := r.Devices(); len(d) != 1 || !d[0].Ended {
		t.Errorf("%+v has not ended", d)
	}
	submit(t, r, batch("a", night, 500, 1000))
	if d := r.Devices(); len(d) != 1 || d[0].Ended {
		t.Errorf("%+v has ended", d)
	}
	for _, r := range []*road.Road{r, open(t, asIs(m)), open(t, m.Crash(func(int) int { return 0 }))} {
		list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
		if err != nil || len(list) != 2 || list[0].Open || !list[1].Open || list[0].Rows != 500 || list[1].Rows != 500 {
			t.Errorf("%+v, %v", list, err)
		}
	}
}

// TestSealFails: rows that cannot be sealed stay where they are and can be
// asked for; when too many pile up nothing more is taken, until sealing works.
func TestSealFails(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	series := &stuck{Memory: roadtest.NewMemory()}
	cfg := config(m)
	cfg.Series, cfg.SealRows = series, 10
	r, err := road.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(context.Background())
	series.SetFail(errors.New("no space left on device"))
	taken, refused := 0, false
	for i := 0; i < 400 && !refused; i++ {
		_, err := r.Submit(context.Background(), wardBatch("a", int64(i)*1000, 1000))
		switch {
		case errors.Is(err, road.ErrStore):
			refused = true
		case err != nil:
			t.Fatal(err)
		default:
			taken += 1000
		}
	}
	if !refused {
		t.Error("rows pile up without an end")
	}
	if n := rows(t, r, road.Query{}).Rows.Len(); n != taken {
		t.Errorf("%d readings, %d acknowledged", n, taken)
	}
	series.SetFail(nil)
	_, _ = r.Submit(context.Background(), wardBatch("a", 0, 1))
	if _, err := r.Submit(context.Background(), wardBatch("a", 1e6, 10)); err != nil {
		t.Errorf("nothing is taken though sealing works again: %v", err)
	}
	if n := rows(t, r, road.Query{}).Rows.Len(); n != taken+10 {
		t.Errorf("%d readings, want %d", n, taken+10)
	}
}

// stuck is a series whose commits may fail while the log goes on.
type stuck struct{ *roadtest.Memory }
