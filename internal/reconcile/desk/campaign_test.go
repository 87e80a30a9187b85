package desk_test

import (
	"context"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/plan"
	"pleth/internal/sealed"
	"pleth/internal/simulate/orders"
)

// grace is that of the pairs of these tests.
const grace = 15 * time.Minute

// pair returns a pair of two simulated systems.
func pair(w *orders.World, a, b, channel string, zone *time.Location, now func() time.Time, left *cutter) *plan.Pair {
	same := func(name string) reconcile.Column { return reconcile.Column{A: name, B: name} }
	t, err := plan.ParseThreshold("orders differ by > 2 %", "orders", nil)
	if err != nil {
		panic(err)
	}
	return &plan.Pair{
		Name: a + " " + b, Title: a + " to " + b, Group: "Shop", Records: "orders",
		A: plan.Side{System: a, Open: func() (reconcile.Source, error) { return &cut{w.Table(a, channel, now), left}, nil }},
		B: plan.Side{System: b, Open: func() (reconcile.Source, error) { return &cut{w.Table(b, channel, now), left}, nil }},
		Spec: reconcile.Spec{Key: []reconcile.Column{same("order_id")}, Compare: []reconcile.Column{same("total"), same("status")}, Measures: []reconcile.Column{same("items")},
			Status: map[string]map[string]string{"status": orders.StatusMap(a, b)}, Tolerance: map[string]*big.Rat{}, Time: same("created_at"), Updated: same("updated_at"), Arrived: "arrived_at", Channel: same("channel"), Day: zone, Zones: [2]*time.Location{zone, zone}},
		Sequence: "seq", Grace: grace, Deadline: 3 * time.Hour, Cadence: time.Hour, Window: 48 * time.Hour, History: 21 * 24 * time.Hour, Full: 7 * 24 * time.Hour, Expect: 2 * time.Hour, Volume: true,
		Thresholds: []plan.Threshold{t},
		Attempts:   &plan.Attempts{Side: plan.Side{System: a, Open: func() (reconcile.Source, error) { return w.Attempts(b, now), nil }}, Key: []string{"order_id"}, State: "state", Rejected: []string{"NAK"}},
	}
}

// cutter ends a check in the middle of what it reads.
type cutter struct {
	mu   sync.Mutex
	rows int // that may come still
	end  func()
}

// in has the next check end after so many rows; nil: none ends.
func (c *cutter) in(rows int, end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows, c.end = rows, end
}

func (c *cutter) row() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows--; c.rows <= 0 && c.end != nil {
		c.end()
		c.end = nil
	}
}

// cut is a table whose rows a cutter counts.
type cut struct {
	*orders.Table
	left *cutter
}

func (c *cut) Narrow(w reconcile.Want) reconcile.Source {
	return &cut{c.Table.Narrow(w).(*orders.Table), c.left}
}

func (c *cut) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, bad func(int64, string) error) error {
	return c.Table.Scan(ctx, func(n int64, cells []reconcile.Cell) error {
		c.left.row()
		if err := ctx.Err(); err != nil {
			return err
		}
		return row(n, cells)
	}, bad)
}

// planted is a fault with what is to be found of it.
type planted struct {
	orders.Fault
	pair  string
	key   string          // of the finding; empty: the class alone
	as    reconcile.Class // that it is found as
	found time.Time
	ended bool
}

// campaign is a world, a desk and what is expected.
type campaign struct {
	t       *testing.T
	world   *orders.World
	zone    *time.Location
	now     time.Time
	path    string
	key     sealed.Key
	pairs   []*plan.Pair
	desk    *desk.Desk
	faults  []*planted
	false   int
	restart *rand.Rand
	left    cutter
	cuts    int // checks that were cut off in the middle
}

func (c *campaign) open() {
	c.t.Helper()
	d, err := desk.Open(context.Background(), desk.Config{Path: c.path, Key: c.key, Pairs: c.pairs, Clock: func() time.Time { return c.now }})
	if err != nil {
		c.t.Fatal(err)
	}
	c.desk = d
}

// plant plants one fault of each class on a day, spread over the pairs.
func (c *campaign) plant(r *rand.Rand, day int) {
	list := c.world.Day(day)
	class := campaignClasses[day%len(campaignClasses)]
	p := c.pairs[r.IntN(len(c.pairs))]
	a, b := p.A.System, p.B.System
	if a == orders.Marketplace && r.IntN(2) == 0 && orders.FoundAs(a, class) != "" {
		b = a // the marketplace itself is wrong
	}
	var fit []*orders.Order
	for _, o := range list {
		if a == orders.Marketplace == (o.Channel == "market") && (a == orders.Marketplace || o.Channel != "market") {
			fit = append(fit, o)
		}
	}
	o := fit[r.IntN(len(fit))]
	f := orders.Fault{Class: class, System: b, Order: o.ID, Channel: o.Channel, Day: c.world.Midnight(day).Format(time.DateOnly), From: o.Seen, Until: o.Seen.Add(30 * time.Hour)}
	one := &planted{pair: p.Name, key: o.ID, as: orders.FoundAs(b, class)}
	switch class {
	case reconcile.Late:
		f.Until = time.Time{}
	case reconcile.Extra:
		f.Order = "X" + strconv.Itoa(day)
		one.key = f.Order
	case reconcile.NoKey:
		one.key = ""
	case reconcile.Unmapped:
		one.key = map[bool]string{true: "A", false: "B"}[a == b] + "|status|on_hold"
	case reconcile.MismatchTotal:
		one.key = f.Day + "|" + f.Channel + "|items"
		f.Until = f.From.Add(60 * time.Hour) // a total is told when its day is over
	case reconcile.Stale:
		if a == orders.Marketplace {
			return
		}
		f.Order, f.System = "", orders.Shop
		f.From, f.Until = c.world.Midnight(day).Add(6*time.Hour), c.world.Midnight(day).Add(12*time.Hour)
		one.key = "A"
	case reconcile.Volume:
		f.Order, f.System = "", orders.Shop
		f.From, f.Until = c.world.Midnight(day), c.world.Midnight(day+3)
		one.key = f.Day + "|" + o.Channel
	case reconcile.CheckFailed, reconcile.SchemaDrift:
		f.Order, one.key = "", ""
		f.Until = f.From.Add(5 * time.Hour)
	case reconcile.MismatchCount:
		// More than 2 % of a day and channel: single records are missing too.
		n := 0
		for _, x := range fit {
			if x.Channel == o.Channel && n < 5 {
				m := orders.Fault{Class: reconcile.Missing, System: b, Order: x.ID, Channel: x.Channel, Day: f.Day, From: x.Seen, Until: c.world.Midnight(day + 3)}
				c.world.Plant(m)
				c.faults = append(c.faults, &planted{Fault: m, pair: p.Name, key: x.ID, as: orders.FoundAs(b, m.Class)})
				n++
			}
		}
		f.Order, f.From, f.Until = "", c.world.Midnight(day), c.world.Midnight(day+3)
		one.key = f.Day + "|" + f.Channel + "|orders differ by > 2 %"
		one.Fault = f
		c.faults = append(c.faults, one)
		return
	}
	one.Fault = f
	c.world.Plant(f)
	c.faults = append(c.faults, one)
}

var campaignClasses = []reconcile.Class{reconcile.Missing, reconcile.Extra, reconcile.Duplicate, reconcile.MismatchValue, reconcile.MismatchStatus, reconcile.Late, reconcile.OutOfOrder,
	reconcile.MismatchTotal, reconcile.MismatchCount, reconcile.SchemaDrift, reconcile.Unmapped, reconcile.Stale, reconcile.Rejected, reconcile.NeverAttempted, reconcile.NoKey, reconcile.Volume, reconcile.CheckFailed}

// collateral says what else a fault is found as: a late order is missing until
// it comes, a shop that is shut has a small volume.
func (f *planted) collateral(g *desk.Finding, key string) bool {
	switch f.Class {
	case reconcile.Late:
		return g.Class == reconcile.Missing && key == f.key || g.Class == reconcile.MismatchCount && g.Day == f.Day
	case reconcile.Stale:
		return g.Class == reconcile.Stale || g.Class == reconcile.Volume && strings.HasPrefix(key, f.Day)
	case reconcile.Volume:
		return g.Class == reconcile.Volume && strings.HasPrefix(key, f.Day) || g.Class == reconcile.Stale
	case reconcile.Missing, reconcile.Extra, reconcile.Duplicate, reconcile.Rejected, reconcile.NeverAttempted, reconcile.NoKey:
		return g.Class == reconcile.MismatchCount && g.Day == f.Day // of a small channel one is more than 2 %
	case reconcile.MismatchCount:
		return g.Class == reconcile.Stale // the first orders of a day are
	case reconcile.Unmapped:
		return g.Class == reconcile.MismatchStatus && key == f.Order
	}
	return false
}

// judge holds what stands against what was planted.
func (c *campaign) judge() {
	found, err := c.desk.Findings(context.Background(), desk.FindingQuery{Limit: 10_000})
	if err != nil {
		c.t.Fatal(err)
	}
	stands := map[*planted]bool{}
	for i := range found {
		g := &found[i]
		if !g.Confirmed {
			continue
		}
		key := strings.Join(g.Key, "|")
		known := false
		for _, f := range c.faults {
			own := f.as == g.Class && f.pair == g.Integration && (f.key == key || f.key == "" || f.Class == reconcile.Stale)
			if own && !c.now.Before(f.From) {
				known, stands[f] = true, true
				if f.found.IsZero() {
					f.found = c.now
				}
			}
			known = known || !c.now.Before(f.From) && f.collateral(g, key)
		}
		if !known {
			c.false++
			if c.false < 10 {
				c.t.Errorf("%s: %s %s %s in %s was not planted: %s (first %s, record of %s)", c.now, g.Integration, g.Class, key, g.Day, g.Text, g.First, g.At)
			}
		}
	}
	for _, f := range c.faults {
		f.ended = !f.found.IsZero() && !stands[f]
	}
}

// TestCampaign: over many days with every class of fault planted, each is found
// and nothing else is, over days of 23 and 25 hours, late but fine records and
// restarts. PLETH_CAMPAIGN sets the days; make campaign runs 1,000.
func TestCampaign(t *testing.T) {
	days, step := 58, 3*time.Hour
	if s := os.Getenv("PLETH_CAMPAIGN"); s != "" {
		var err error
		if days, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
		step = time.Hour
	}
	if testing.Short() {
		days = 40
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	c := &campaign{t: t, zone: zone, path: filepath.Join(t.TempDir(), "reconcile.db"), key: sealed.NewKey(), restart: rand.New(rand.NewPCG(5, 5))}
	c.world = orders.New(orders.Config{Seed: 7, Zone: zone, Start: time.Date(2026, 2, 20, 12, 0, 0, 0, zone), Local: []string{orders.Warehouse}})
	now := func() time.Time { return c.now }
	c.pairs = []*plan.Pair{pair(c.world, orders.Shop, orders.ERP, "", zone, now, &c.left), pair(c.world, orders.Shop, orders.Warehouse, "", zone, now, &c.left), pair(c.world, orders.Marketplace, orders.Inbox, "market", zone, now, &c.left)}
	c.now = c.world.Midnight(0).Add(12*time.Hour + 7*time.Minute)
	c.open()
	r := rand.New(rand.NewPCG(11, 13))
	end := c.world.Midnight(days)
	last := -1
	for c.now.Before(end) {
		if day := int(c.now.Sub(c.world.Midnight(0)).Hours()/24) + 1; day != last {
			last = day
			if c.now.Before(end.Add(-5 * 24 * time.Hour)) {
				if campaignClasses[day%len(campaignClasses)] != reconcile.Volume || day > 35 {
					c.plant(r, day)
				}
			}
		}
		for _, p := range c.pairs {
			ctx, cancel := context.WithCancel(context.Background())
			if c.restart.IntN(40) == 0 { // killed in the middle
				c.left.in(c.restart.IntN(3000), cancel)
			}
			if _, err := c.desk.Check(ctx, p.Name, false); err != nil && ctx.Err() == nil {
				t.Fatal(err)
			}
			if ctx.Err() != nil {
				c.cuts++
			}
			c.left.in(0, nil)
			cancel()
		}
		c.judge()
		if c.restart.IntN(60) == 0 {
			if err := c.desk.Close(); err != nil {
				t.Fatal(err)
			}
			c.open()
		}
		c.now = c.now.Add(step)
	}
	c.report(days)
}

// report says what was found.
func (c *campaign) report(days int) {
	missed := map[string]int{}
	counts := map[reconcile.Class]int{}
	for _, f := range c.faults {
		counts[f.Class]++
		if f.found.IsZero() {
			missed[string(f.Class)]++
			c.t.Errorf("%s %s %s %q from %s until %s was not found", f.pair, f.Class, f.System, f.key, f.From, f.Until)
			continue
		}
		if !f.ended {
			c.t.Errorf("%s %s %q was mended at %s and is still there", f.pair, f.Class, f.key, f.Until)
		}
	}
	if days >= 58 {
		for _, class := range campaignClasses {
			if counts[class] == 0 {
				c.t.Errorf("%s was never planted", class)
			}
		}
	}
	all, err := c.desk.Incidents(context.Background(), desk.IncidentQuery{Limit: 100_000})
	if err != nil {
		c.t.Fatal(err)
	}
	open := map[string]int{}
	for i := range all {
		if !all[i].Over() {
			open[all[i].Integration+all[i].Channel+string(all[i].Class)]++
		}
	}
	for place, n := range open {
		if n > 1 {
			c.t.Errorf("%d incidents are open for %q", n, place)
		}
	}
	there := 0
	for _, f := range c.faults {
		if f.System == orders.Marketplace {
			there++
		}
	}
	c.t.Logf("%d days: %d faults planted, %d of them in the marketplace, %d missed, %d false findings, %d incidents, %d still open, %d checks cut off in the middle", days, len(c.faults), there, len(missed), c.false, len(all), len(open), c.cuts)
	if err := c.desk.Close(); err != nil {
		c.t.Fatal(err)
	}
	if b, err := os.ReadFile(c.path); err == nil {
		for _, f := range c.faults {
			if len(f.Order) > 6 && strings.Contains(string(b), f.Order) {
				c.t.Errorf("the key %s lies in the file in plain", f.Order)
				break
			}
		}
	}
}
