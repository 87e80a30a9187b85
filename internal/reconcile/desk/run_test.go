package desk_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/plan"
	"pleth/internal/sealed"
	"pleth/internal/simulate/orders"
)

// TestTotals: without a key numbers and sums of closed days are compared.
func TestTotals(t *testing.T) {
	t.Parallel()
	s := newBench(t, func(p *plan.Pair) {
		p.Totals, p.Spec.Totals, p.Spec.Key, p.Spec.Compare = true, true, nil, nil
		p.Spec.Measures = []reconcile.Column{{A: "total", B: "total"}}
	})
	s.check(0, desk.Green)
	s.b.rows[3][1] = "999"
	s.check(time.Minute, desk.Green) // the day is not over
	s.now = time.Date(2026, 3, 30, 1, 0, 0, 0, time.UTC)
	if c := s.check(0, desk.Red); c.Confirmed[reconcile.MismatchTotal] != 1 {
		t.Errorf("%+v", c)
	}
	s.take("K4")
	if c := s.check(time.Minute, desk.Red); c.Confirmed[reconcile.MismatchCount] != 1 {
		t.Errorf("%+v", c)
	}
}

// TestAFullCheckGoesOn: one that is cut off goes on where it was.
func TestAFullCheckGoesOn(t *testing.T) {
	t.Parallel()
	zone := time.UTC
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, zone)
	w := orders.New(orders.Config{Seed: 3, Zone: zone, Start: now.AddDate(0, 0, -60), PerDay: 5})
	var windows int
	p := pair(w, orders.Shop, orders.ERP, "", zone, func() time.Time { return now }, &cutter{})
	p.History, p.Volume, p.Attempts = 50*24*time.Hour, false, nil
	halt, stop := context.WithCancel(ctx)
	defer stop()
	p.B.Open = func() (reconcile.Source, error) {
		windows++
		if windows == 5 { // the first one only asks whether there are windows
			stop()
		}
		return w.Table(orders.ERP, "", func() time.Time { return now }), nil
	}
	d, err := desk.Open(ctx, desk.Config{Path: filepath.Join(t.TempDir(), "r.db"), Key: sealed.NewKey(), Pairs: []*plan.Pair{p}, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.Check(halt, p.Name, true); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	before := windows
	if c, err := d.Check(ctx, p.Name, false); err != nil || !c.Full || c.Colour != desk.Green {
		t.Fatalf("%+v %v", c, err)
	}
	if again := windows - before; again >= 9 || again < 4 {
		t.Errorf("%d windows were compared after %d; it did not go on where it was", again, before)
	}
	b, err := d.Buckets(ctx, p.Name, "", "")
	days := map[string]bool{}
	for _, one := range b {
		days[one.Day] = true
	}
	if err != nil || len(days) < 50 {
		t.Errorf("%d days are known: %v", len(days), err)
	}
}

// TestRun: the scheduler checks what is due, and what is asked for.
func TestRun(t *testing.T) {
	t.Parallel()
	s := newBench(t, func(p *plan.Pair) { p.Cadence = time.Hour })
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { s.Run(run); close(done) }()
	eventually(t, "the first check", func() bool {
		tile, err := s.Tile(ctx, "orders", 4)
		return err == nil && tile.Colour == desk.Green
	})
	s.b.mu.Lock()
	s.b.rows = s.b.rows[1:]
	s.b.mu.Unlock()
	if err := s.Ask("orders", true); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the check that was asked for", func() bool {
		tile, err := s.Tile(ctx, "orders", 4)
		return err == nil && tile.Waiting == 1
	})
	if err := s.Ask("nothing", false); !errors.Is(err, desk.ErrUnknown) {
		t.Error(err)
	}
	stop()
	<-done
	sum, err := s.Summary(ctx, s.now.AddDate(0, 0, -1), s.now)
	if err != nil || len(sum.Integrations) != 1 {
		t.Errorf("%+v %v", sum, err)
	}
}

// hanging is a system that answers when its check is cut off.
type hanging struct{ table }

func (h *hanging) Scan(ctx context.Context, _ func(int64, []reconcile.Cell) error, _ func(int64, string) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestASystemThatHangs keeps its own checks and no others.
func TestASystemThatHangs(t *testing.T) {
	t.Parallel()
	columns := []string{"id"}
	good := plan.Side{System: "good", Open: func() (reconcile.Source, error) { return &table{columns: columns}, nil }}
	bad := plan.Side{System: "bad", Open: func() (reconcile.Source, error) { return &hanging{table{columns: columns}}, nil }}
	spec := reconcile.Spec{Key: []reconcile.Column{{A: "id", B: "id"}}}
	var pairs []*plan.Pair
	for i := range 10 {
		pairs = append(pairs, &plan.Pair{Name: fmt.Sprint("hangs ", i), A: good, B: bad, Spec: spec, Cadence: time.Second, Window: time.Hour, History: time.Hour, Full: time.Hour})
	}
	pairs = append(pairs, &plan.Pair{Name: "works", A: good, B: good, Spec: spec, Cadence: time.Second, Window: time.Hour, History: time.Hour, Full: time.Hour})
	d, err := desk.Open(ctx, desk.Config{Path: filepath.Join(t.TempDir(), "r.db"), Pairs: pairs, Patience: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { d.Run(run); close(done) }()
	var last time.Time
	for range 3 {
		eventually(t, "a check of the system that works", func() bool {
			tile, err := d.Tile(ctx, "works", 1)
			return err == nil && tile.Checked != nil && tile.Checked.After(last)
		})
		tile, err := d.Tile(ctx, "works", 1)
		if err != nil {
			t.Fatal(err)
		}
		last = *tile.Checked
	}
	stop()
	<-done
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
