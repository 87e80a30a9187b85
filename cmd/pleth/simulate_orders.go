package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"pleth/internal/atomicfile"
	"pleth/internal/reconcile"
	"pleth/internal/simulate/orders"
)

type simulateOrdersCmd struct {
	Systems []string `default:"shopify,erp,wms,marketplace" help:"Systems to write."`
	N       int      `name:"n" default:"1000" help:"About so many orders."`
	Days    int      `default:"7" help:"Over so many days."`
	Faults  []string `placeholder:"SYSTEM:CLASS=N" help:"Faults to plant: erp:missing=2,wms:mismatch_value=1. In erp, wms, shopify (orders of the marketplace there) and marketplace; docs/reconcile.md has the classes."`
	Seed    uint64   `default:"1" help:"The same seed makes the same orders on every machine."`
	Zone    string   `default:"Europe/Berlin" help:"Zone of the business days."`
	Start   string   `default:"2026-03-25" placeholder:"2026-03-25" help:"First day."`
	Out     string   `required:"" type:"path" placeholder:"DIR" help:"Folder for a CSV of each system and of what was sent to it, systems.yaml for pleth reconcile, and truth.json."`
}

func (c *simulateOrdersCmd) Run(e *env) error {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return usage("--zone %q is no zone: write one such as Europe/Berlin", c.Zone)
	}
	start, err := time.ParseInLocation(time.DateOnly, c.Start, zone)
	if err != nil {
		return usage("--start %q: write 2026-03-25", c.Start)
	}
	if c.N < 1 || c.N > 50_000_000 || c.Days < 1 || c.Days > 3650 {
		return usage("--n is from 1 to 50,000,000 and --days from 1 to 3,650")
	}
	if err := orders.ParseSystems(c.Systems); err != nil {
		return usage("--systems: %w", err)
	}
	w := orders.New(orders.Config{Seed: c.Seed, Zone: zone, Start: start, PerDay: max(1, (c.N+c.Days*3-1)/(c.Days*3))})
	now := w.Midnight(c.Days)
	truth := &orders.Truth{Format: "pleth.orders/1", Seed: c.Seed, At: now, Systems: c.Systems, Faults: []orders.Fault{}}
	for day := range c.Days {
		truth.Orders += len(w.Day(day))
	}
	var batches []orders.Batch
	for _, text := range c.Faults {
		system, rest, ok := strings.Cut(text, ":")
		class, number, two := strings.Cut(rest, "=")
		n, err := strconv.Atoi(number)
		_, known := orders.Plantable()[reconcile.Class(class)]
		if !ok || !two || err != nil || n < 1 || !known || !slices.Contains(c.Systems, system) {
			return usage("--faults %q: write erp:missing=2, of --systems; classes are %v", text, slices.Sorted(maps.Keys(orders.Plantable())))
		}
		if system == orders.Shop {
			system = orders.Inbox
		}
		batches = append(batches, orders.Batch{System: system, Class: reconcile.Class(class), N: n})
	}
	if truth.Faults, err = w.PlantAll(batches, now, rand.New(rand.NewPCG(c.Seed, 99))); err != nil {
		return usage("--faults %w", err)
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return err
	}
	for name, write := range w.Files(c.Out, c.Systems, c.Days, now) {
		if err := atomicfile.Write(filepath.Join(c.Out, name), write); err != nil {
			return err
		}
	}
	if err := atomicfile.Write(filepath.Join(c.Out, "truth.json"), truth.WriteJSON); err != nil {
		return err
	}
	planted := 0
	for _, f := range truth.Faults {
		if !f.Follows {
			planted++
		}
	}
	fmt.Fprintf(e.stderr, "wrote %d orders with %d faults, and %d that follow from them, into %s\n", truth.Orders, planted, len(truth.Faults)-planted, c.Out)
	fmt.Fprintf(e.stderr, "pleth reconcile findings --file %s --at %s checks them\n", filepath.Join(c.Out, "systems.yaml"), now.Format(time.RFC3339))
	return nil
}
