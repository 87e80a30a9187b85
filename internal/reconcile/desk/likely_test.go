package desk_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/plan"
)

// TestLikelyCauses: what the differences of a watched pair have in common stands
// with the pair, its incident and its findings, and in the history.
func TestLikelyCauses(t *testing.T) {
	t.Parallel()
	s := newBench(t, func(p *plan.Pair) { p.Grace = 0 })
	s.check(0, desk.Green)
	for i := range s.b.rows {
		if i%2 == 0 { // K4 is SHOP-K4 there
			s.b.rows[i][0] = "SHOP-" + s.b.rows[i][0]
		} else {
			s.b.rows[i][1] = fmt.Sprint(i, "50") // cents
		}
	}
	s.check(time.Minute, desk.Red)
	tile, err := s.Tile(ctx, "orders", 4)
	if err != nil || len(tile.Hints) != 2 {
		t.Fatalf("%+v %v", tile.Hints, err)
	}
	list, err := s.Incidents(ctx, desk.IncidentQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		want, column := reconcile.KeyAffix, "id"
		switch one.Class {
		case reconcile.MismatchValue:
			want, column = reconcile.ValueFactor, "total"
		case reconcile.SchemaDrift:
			continue
		}
		got, steps, _, findings, err := s.Incident(ctx, one.ID, 100)
		if err != nil || len(got.Hints) != 1 || got.Hints[0].Code != want || got.Hints[0].Column != column {
			t.Errorf("%s: %+v %v", one.Class, got.Hints, err)
		}
		if len(steps) != 2 || steps[1].What != "likely cause" || steps[1].Why != got.Hints[0].Text {
			t.Errorf("%s: %+v", one.Class, steps)
		}
		for _, f := range findings {
			other := map[bool]string{true: strings.TrimPrefix(f.Key[0], "SHOP-"), false: "SHOP-" + f.Key[0]}[one.Class == reconcile.Extra]
			if number := strings.TrimPrefix(other, "SHOP-"); len(number) > 2 && f.Hint != want || want == reconcile.KeyAffix && f.Like != nil && f.Like[0] != other {
				t.Errorf("%s: %s is like %v by %q", one.Class, f.Key, f.Like, f.Hint)
			}
		}
	}
	for range 2 { // it is said once
		s.check(time.Minute, desk.Red)
	}
	if _, steps, _, _, err := s.Incident(ctx, list[0].ID, 1); err != nil || len(steps) != 2 {
		t.Errorf("%+v %v", steps, err)
	}
	for i := range s.b.rows {
		s.b.rows[i] = slices.Clone(s.a.rows[i])
	}
	s.check(time.Minute, desk.Green)
	if tile, err = s.Tile(ctx, "orders", 4); err != nil || len(tile.Hints) > 0 {
		t.Errorf("%+v %v", tile.Hints, err)
	}
	if got, _, _, _, err := s.Incident(ctx, list[0].ID, 1); err != nil || len(got.Hints) > 0 {
		t.Errorf("%+v %v", got.Hints, err)
	}
}
