package desk_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/plan"
)

// refuse has the store refuse what a trigger names, as a full disk would, until
// it is called.
func (s *bench) refuse(on string) (allow func()) {
	s.t.Helper()
	db, err := sql.Open("sqlite", s.cfg.Path)
	if err != nil {
		s.t.Fatal(err)
	}
	do := func(q string) {
		if _, err := db.ExecContext(ctx, q); err != nil {
			s.t.Fatal(err)
		}
	}
	do(`CREATE TRIGGER full ` + on + ` BEGIN SELECT RAISE(ABORT, 'disk is full'); END`)
	return func() {
		do(`DROP TRIGGER full`)
		if err := db.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

// TestEveryMendHasAnEnd: whatever cannot be stored on the way, a mend does not
// stay under way, and what was not stored is not in force.
func TestEveryMendHasAnEnd(t *testing.T) {
	t.Parallel()
	word := func(p *plan.Pair) {
		p.Grace = 0
		p.Spec.Status = map[string]map[string]string{"status": {"paid": "paid"}}
	}
	t.Run("a remap that cannot be stored", func(t *testing.T) {
		s := newBench(t, word)
		s.a.rows[5][2], s.b.rows[5][2] = "hold", "HOLD"
		s.check(0, desk.Red)
		list, err := s.Incidents(ctx, desk.IncidentQuery{Class: reconcile.Unmapped})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		id, r := list[0].ID, desk.MendRequest{Actor: "anna", Why: "a new word", Action: plan.Remap, Word: "hold", Image: "HOLD"}
		allow := s.refuse("BEFORE UPDATE ON integration")
		m, err := s.Mend(ctx, id, r)
		if err != nil || m.State != "failed" || !strings.Contains(m.Error, "disk is full") {
			t.Errorf("%+v %v", m, err)
		}
		allow()
		if steps, mends := history(t, s.Desk, id); mends != "failed, " || !strings.Contains(steps, "anna remap failed") {
			t.Errorf("%s; %s", steps, mends)
		}
		s.check(time.Minute, desk.Red) // the image is not in force
		if m, err = s.Mend(ctx, id, r); err != nil || m.State != "applied" {
			t.Errorf("%+v %v", m, err)
		}
		s.check(time.Minute, desk.Green)
	})
	t.Run("an end that cannot be stored", func(t *testing.T) {
		s := newBench(t, word)
		s.take("K3")
		s.check(0, desk.Red)
		id := s.incident().ID
		allow := s.refuse("BEFORE INSERT ON step")
		if _, err := s.Mend(ctx, id, desk.MendRequest{Actor: "anna", Why: "off", Action: plan.Replay}); err == nil {
			t.Error("a step was not stored and nobody said so")
		}
		if _, mends := history(t, s.Desk, id); mends != "applied, " {
			t.Errorf("before it is stored: %s", mends)
		}
		allow()
		s.check(time.Minute, desk.Green)
		if steps, mends := history(t, s.Desk, id); mends != "applied, " || !strings.Contains(steps, "anna replay, check resolved") {
			t.Errorf("%s; %s", steps, mends)
		}
	})
	t.Run("what nobody confirmed", func(t *testing.T) {
		s := newBench(t, word)
		s.b.rows[3][1] = "999"
		s.check(0, desk.Red)
		id := s.incident().ID
		if _, err := s.Mend(ctx, id, desk.MendRequest{Actor: "anna", Why: "off", Action: plan.Override, Values: map[string]string{"total": "3.50"}}); err != nil {
			t.Fatal(err)
		}
		s.b.rows[3][1] = "3.50"
		s.check(time.Minute, desk.Green)
		if _, mends := history(t, s.Desk, id); mends != "lapsed, " {
			t.Error(mends)
		}
	})
}

// TestMendsOfWhatIsPaused: a mend that was cut off has its end also where no
// check runs, and where its integration is not declared any more.
func TestMendsOfWhatIsPaused(t *testing.T) {
	t.Parallel()
	s := newBench(t, func(p *plan.Pair) { p.Grace = 0 })
	s.take("K3")
	s.check(0, desk.Red)
	id := s.incident().ID
	allow := s.refuse("BEFORE INSERT ON step") // its end is not stored, and then the server ends
	if _, err := s.Mend(ctx, id, desk.MendRequest{Actor: "anna", Why: "off", Action: plan.Replay}); err == nil {
		t.Error("no error")
	}
	allow()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	cfg := s.cfg
	cfg.Pairs = nil
	d, err := desk.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	run, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { d.Run(run) })
	defer running.Wait()
	defer stop()
	eventually(t, "the end of the mend", func() bool {
		_, mends := history(t, d, id)
		return mends == "cut off, "
	})
}

// stuck is a system that stops answering, whoever gives it up.
type stuck struct {
	*table
	on   atomic.Bool
	free chan struct{}
}

func (h *stuck) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, bad func(int64, string) error) error {
	if h.on.Load() {
		<-h.free
	}
	return h.table.Scan(ctx, row, bad)
}

// TestASlowSideStallsNobody: while a check and a mend wait for a system that
// hangs, people take, note and pause, mends end with an error that says why, and
// the mend of another integration is done.
func TestASlowSideStallsNobody(t *testing.T) {
	t.Parallel()
	s := newBench(t, func(p *plan.Pair) { p.Grace = 0 })
	h := &stuck{table: s.b, free: make(chan struct{})}
	s.pair.B.Open = func() (reconcile.Source, error) { return h, nil }
	s.take("K3")
	s.check(0, desk.Red)
	id := s.incident().ID
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s.cfg.MostRead = 50 * time.Millisecond
	var err error
	if s.Desk, err = desk.Open(ctx, s.cfg); err != nil {
		t.Fatal(err)
	}
	h.on.Store(true)
	s.now = s.now.Add(time.Minute)
	var running sync.WaitGroup
	checking := make(chan struct{})
	running.Go(func() {
		close(checking)
		if _, err := s.Check(ctx, "orders", false); err != nil {
			t.Error(err)
		}
	})
	<-checking
	var slow *desk.SideError
	for range 6 { // more than places
		if _, err := s.Mend(ctx, id, desk.MendRequest{Actor: "anna", Why: "off", Action: plan.Replay}); !errors.As(err, &slow) || !slow.Slow {
			t.Errorf("a mend: %v", err)
		}
	}
	if _, err := s.Act(ctx, id, desk.Action{Actor: "anna", What: "acknowledge"}); err != nil {
		t.Errorf("it cannot be taken: %v", err)
	}
	if err := s.Pause(ctx, "orders", s.now.Add(time.Hour)); err != nil {
		t.Errorf("it cannot be paused: %v", err)
	}
	h.on.Store(false)
	close(h.free)
	running.Wait()
	// What people said meanwhile stands, although the check began before.
	if tile, err := s.Tile(ctx, "orders", 4); err != nil || tile.Colour != desk.Grey || tile.Paused == nil {
		t.Errorf("%+v %v", tile, err)
	}
	if i := s.incident(); i.State != desk.Acknowledged {
		t.Errorf("%+v", i)
	}
	if err := errors.Join(s.Pause(ctx, "orders", time.Time{}), s.Close()); err != nil {
		t.Fatal(err)
	}
	s.cfg.MostRead = 0
	if s.Desk, err = desk.Open(ctx, s.cfg); err != nil {
		t.Fatal(err)
	}
	if m, err := s.Mend(ctx, id, desk.MendRequest{Actor: "anna", Why: "off", Action: plan.Replay}); err != nil || m.State != "applied" {
		t.Errorf("%+v %v", m, err)
	}
	s.check(time.Minute, desk.Green)
}
