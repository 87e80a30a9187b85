package desk_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/plan"
	"pleth/internal/sqlitefile"
)

// history returns what happened to an incident, and the states of its mends.
func history(t *testing.T, d *desk.Desk, id int64) (steps, mends string) {
	t.Helper()
	_, all, list, _, err := d.Incident(ctx, id, 10)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		steps += all[i].Who + " " + all[i].What + ", "
	}
	for i := range list {
		mends += list[i].State + ", "
	}
	return steps, mends
}

// TestMendIsCutOff: a server that ends in the middle of a mend knows afterwards
// that there was one, and by whom; who goes away does not undo the record of it.
func TestMendIsCutOff(t *testing.T) {
	t.Parallel()
	s := newBench(t, func(p *plan.Pair) { p.Grace = 0 })
	s.take("K3")
	s.take("K7")
	s.check(0, desk.Red)
	id := s.incident().ID
	cut := s.cfg
	cut.Path = filepath.Join(t.TempDir(), "as-it-was.db")
	asked, leave := context.WithCancel(ctx)
	n := 0
	s.m.during = func() {
		if n++; n == 1 { // as kill -9 would leave it
			if err := sqlitefile.Copy(ctx, s.cfg.Path, cut.Path); err != nil {
				t.Error(err)
			}
			leave()
		}
	}
	m, err := s.Mend(asked, id, desk.MendRequest{Actor: "anna", Why: "the import was off", Action: plan.Replay})
	if err != nil || m.Effects[0].Error != "" || !strings.Contains(m.Effects[1].Error, "nobody waited") || n != 1 {
		t.Fatalf("%d records, %+v, %v", n, m, err)
	}
	if steps, mends := history(t, s.Desk, id); mends != "failed, " || !strings.Contains(steps, "anna replay, anna replay failed") {
		t.Errorf("who went away: %s; %s", steps, mends)
	}
	again, err := desk.Open(ctx, cut)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, mends := history(t, again, id); mends != "applying, " {
		t.Errorf("in the middle: %s", mends)
	}
	for range 2 { // it is said once
		s.now = s.now.Add(time.Minute)
		if _, err := again.Check(ctx, "orders", false); err != nil {
			t.Fatal(err)
		}
	}
	steps, mends := history(t, again, id)
	if mends != "cut off, " || strings.Count(steps, "anna replay was cut off") != 1 {
		t.Errorf("afterwards: %s; %s", steps, mends)
	}
	s.m.during = nil
	if m, err = again.Mend(ctx, id, desk.MendRequest{Actor: "ben", Why: "once more", Action: plan.Replay}); err != nil || m.State != "applied" {
		t.Fatalf("%+v, %v", m, err)
	}
	s.now = s.now.Add(time.Minute)
	if c, err := again.Check(ctx, "orders", false); err != nil || c.Colour != desk.Green {
		t.Errorf("%+v, %v", c, err)
	}
}
