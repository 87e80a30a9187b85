package app

import (
	"context"
	"math/big"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/plan"
	"pleth/internal/simulate/orders"
)

// demoFault is how often something goes wrong in the shop of the demo.
const demoFault = 4 * time.Minute

// shopOf is the simulated shop of a demo: its systems, and what goes wrong.
type shopOf struct {
	*orders.World
	clock func() time.Time

	mu   sync.Mutex
	next time.Time
	n    int
	r    *rand.Rand
}

// demoShop returns the pairs of four simulated systems. Every few minutes a
// fault is planted: some are mended by themselves, some wait for people.
func (s *Server) demoShop() []*plan.Pair {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.UTC
	}
	now := s.clock()
	w := &shopOf{World: orders.New(orders.Config{Seed: 1, Zone: zone, Start: now.AddDate(0, 0, -9), PerDay: 120, Slack: 70 * time.Second, Prompt: true}), clock: s.clock, next: now, r: rand.New(rand.NewPCG(1, uint64(now.Unix())))}
	return []*plan.Pair{
		w.pair(orders.Shop, orders.ERP, "Shop to ERP", "", zone, map[reconcile.Class]string{reconcile.Missing: plan.Replay, reconcile.NeverAttempted: plan.Replay, reconcile.Duplicate: plan.Dedupe}),
		w.pair(orders.Shop, orders.Warehouse, "Shop to warehouse", "", zone, map[reconcile.Class]string{reconcile.Missing: plan.Replay, reconcile.NeverAttempted: plan.Replay}),
		w.pair(orders.Marketplace, orders.Inbox, "Marketplace to shop", "market", zone, nil),
	}
}

// pair returns a pair of the demo. Looking at its first side plants what is due.
func (w *shopOf) pair(a, b, title, channel string, zone *time.Location, auto map[reconcile.Class]string) *plan.Pair {
	same := func(name string) reconcile.Column { return reconcile.Column{A: name, B: name} }
	t, _ := plan.ParseThreshold("orders differ by > 2 %", "orders", nil)
	return &plan.Pair{
		Name: a + "-" + b, Title: title, Group: "Shop", Owner: "shop team", Records: "orders",
		A: plan.Side{System: a, Open: func() (reconcile.Source, error) { w.plant(); return w.Table(a, channel, w.clock), nil }},
		B: plan.Side{System: b, Open: func() (reconcile.Source, error) { return w.Table(b, channel, w.clock), nil }},
		Spec: reconcile.Spec{Key: []reconcile.Column{same("order_id")}, Compare: []reconcile.Column{same("total"), same("status")}, Measures: []reconcile.Column{same("items")}, Tolerance: map[string]*big.Rat{},
			Status: map[string]map[string]string{"status": orders.StatusMap(a, b)}, Time: same("created_at"), Updated: same("updated_at"), Arrived: "arrived_at", Channel: same("channel"), Day: zone},
		Grace: 90 * time.Second, Deadline: 3 * time.Hour, Cadence: 10 * time.Second, Window: 24 * time.Hour, History: 9 * 24 * time.Hour, Full: 24 * time.Hour, Expect: 2 * time.Hour, Thresholds: []plan.Threshold{t},
		Attempts: &plan.Attempts{Side: plan.Side{System: a, Open: func() (reconcile.Source, error) { return w.Attempts(b, w.clock), nil }}, Key: []string{"order_id"}, State: "state", Rejected: []string{"NAK"}},
		Mender:   shopMender{w, b}, Auto: auto, Most: 20, PerDay: 1000, After: 30 * time.Second,
	}
}

// plant plants a fault in an order of the last hours, if one is due.
func (w *shopOf) plant() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.clock()
	if now.Before(w.next) {
		return
	}
	w.next = now.Add(demoFault)
	list := slices.Concat(w.Day(8), w.Day(9))
	market := w.n%5 == 4 // the marketplace has its own
	list = slices.DeleteFunc(list, func(o *orders.Order) bool {
		return market != (o.Channel == "market") || o.Seen.After(now.Add(-5*time.Minute)) || o.Seen.Before(now.Add(-6*time.Hour))
	})
	if len(list) == 0 {
		return
	}
	o := list[w.r.IntN(len(list))]
	f := orders.Fault{Class: reconcile.Missing, System: orders.ERP, Order: o.ID, Channel: o.Channel, From: now.Add(-time.Second)}
	switch w.n % 5 {
	case 1: // waits for somebody
		f.Class, f.System = reconcile.MismatchValue, orders.Warehouse
	case 2:
		f.Class = reconcile.Duplicate
	case 3:
		f.Class, f.System = reconcile.NeverAttempted, orders.Warehouse
	case 4: // the shop has what the marketplace has not
		f.System = orders.Marketplace
	}
	w.n++
	w.Plant(f)
}

// shopMender mends in the simulated systems.
type shopMender struct {
	world  *shopOf
	system string
}

// Can implements plan.Mender.
func (shopMender) Can(action string) bool { return action != plan.Remap }

// Apply implements plan.Mender.
func (m shopMender) Apply(_ context.Context, s plan.Step) error {
	return m.world.Mend(m.system, s.Action, s.Key["order_id"])
}
