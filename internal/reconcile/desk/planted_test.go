package desk_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/plan"
	"pleth/internal/simulate/orders"
)

// TestPlanted: of what pleth simulate orders writes, every fault of every class
// is found through the files and settings that it writes, and nothing is
// confirmed that is not in the truth. PLETH_CAMPAIGN tries more seeds.
func TestPlanted(t *testing.T) {
	t.Parallel()
	seeds := 2
	if os.Getenv("PLETH_CAMPAIGN") != "" {
		seeds = 40
	}
	faults, found := 0, map[reconcile.Class]int{}
	for seed := range uint64(seeds) {
		for _, system := range []string{orders.ERP, orders.Warehouse, orders.Inbox, orders.Marketplace} {
			var batch []orders.Batch
			for class, whole := range orders.Plantable() {
				if class == reconcile.SchemaDrift || orders.FoundAs(system, class) == "" {
					continue
				}
				n := 1
				if !whole && class != reconcile.MismatchCount && class != reconcile.MismatchTotal {
					n += int(seed) % 3
				}
				batch = append(batch, orders.Batch{System: system, Class: class, N: n})
			}
			if seed%2 == 1 { // what differs in a column that has gone is not found
				batch = slices.DeleteFunc(batch, func(b orders.Batch) bool { return b.Class == reconcile.MismatchValue })
				batch = append(batch, orders.Batch{System: system, Class: reconcile.SchemaDrift, N: 1})
			}
			slices.SortFunc(batch, func(x, y orders.Batch) int { return strings.Compare(string(x.Class), string(y.Class)) })
			// Over a day of 23 hours, and one of 25.
			start := []string{"2026-03-25", "2026-10-20"}[seed%2]
			faults += planted1(t, seed, start, batch, found)
		}
	}
	for class := range orders.Plantable() {
		if found[class] == 0 {
			t.Errorf("%s was never found", class)
		}
	}
	t.Logf("%d faults of %d classes found, none beside them", faults, len(found))
}

// planted1 makes one folder, checks it, and returns how many faults it has.
func planted1(t *testing.T, seed uint64, start string, batch []orders.Batch, found map[reconcile.Class]int) int {
	t.Helper()
	const days = 9
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	begin, err := time.ParseInLocation(time.DateOnly, start, zone)
	if err != nil {
		t.Fatal(err)
	}
	w := orders.New(orders.Config{Seed: seed, Zone: zone, Start: begin, PerDay: 60, Local: []string{orders.Systems()[seed%4]}})
	now := w.Midnight(days)
	truth, err := w.PlantAll(batch, now, rand.New(rand.NewPCG(seed, 1)))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, write := range w.Files(dir, orders.Systems(), days, now) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := write(io.Writer(f)); err != nil {
			t.Fatal(name, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	set, err := plan.Read(filepath.Join(dir, "systems.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := set.Build(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	d, err := desk.Open(context.Background(), desk.Config{Path: filepath.Join(dir, "r.db"), Pairs: p.Pairs, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, name := range d.Names() {
		if _, err := d.Check(context.Background(), name, false); err != nil {
			t.Fatal(err)
		}
	}
	list, err := d.Findings(context.Background(), desk.FindingQuery{Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	want, seen := map[string]reconcile.Class{}, map[string]bool{}
	for _, f := range truth {
		as := f.Class
		if f.Found != "" {
			as = f.Found
		}
		want[fmt.Sprint(orders.FileName(orders.Target(f.System)), " ", as, " ", placeOf(f.Class, f.Order, f.Day, f.Channel))] = f.Class
	}
	for i := range list {
		g := &list[i]
		_, system, _ := strings.Cut(g.Integration, "-")
		key := fmt.Sprint(system, " ", g.Class, " ", placeOf(g.Class, strings.Join(g.Key, "|"), g.Day, g.Channel))
		if _, known := want[key]; known {
			seen[key] = true
		} else if g.Confirmed {
			t.Errorf("seed %d: %s was not planted: %s", seed, key, g.Text)
		}
	}
	for key, class := range want {
		if !seen[key] {
			t.Errorf("seed %d: %s was not found", seed, key)
			continue
		}
		found[class]++
	}
	return len(want)
}

// placeOf names what a fault is of: an order, a day and channel, or the system.
func placeOf(class reconcile.Class, order, day, channel string) string {
	switch class {
	case reconcile.Stale, reconcile.SchemaDrift, reconcile.NoKey, reconcile.Unmapped:
		return ""
	case reconcile.MismatchCount, reconcile.MismatchTotal:
		return day + " " + channel
	}
	return order
}
