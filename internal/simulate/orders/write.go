package orders

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"pleth/internal/reconcile"
)

// Plantable returns the classes of faults that single orders can have.
func Plantable() []reconcile.Class {
	return []reconcile.Class{reconcile.Missing, reconcile.Extra, reconcile.Duplicate, reconcile.MismatchValue, reconcile.MismatchStatus, reconcile.MismatchTotal, reconcile.Late, reconcile.OutOfOrder, reconcile.Unmapped, reconcile.NoKey}
}

// PlantSome plants n faults of a class in a system, in orders of days before
// upTo, and returns them.
func (w *World) PlantSome(class reconcile.Class, system string, n int, upTo time.Time, r *rand.Rand) []Fault {
	var fit []*Order
	for day := 0; w.Midnight(day).Before(upTo); day++ {
		for _, o := range w.Day(day) {
			if o.Seen.Before(upTo.Add(-6*time.Hour)) && (system != Marketplace || o.Channel == "market") {
				fit = append(fit, o)
			}
		}
	}
	var out []Fault
	used := map[int]bool{}
	for len(out) < n && len(used) < len(fit) {
		i := r.IntN(len(fit))
		if used[i] {
			continue
		}
		used[i] = true
		o := fit[i]
		f := Fault{Class: class, System: system, Order: o.ID, Channel: o.Channel, Day: o.At.In(w.cfg.Zone).Format(time.DateOnly), From: o.Seen}
		if class == reconcile.Extra {
			f.Order = "X" + o.ID
		}
		w.Plant(f)
		out = append(out, f)
	}
	return out
}

// WriteCSV writes the orders of a system as they are at an instant.
func (w *World) WriteCSV(out io.Writer, system string, at time.Time) error {
	b := bufio.NewWriter(out)
	c := csv.NewWriter(b)
	t := w.Table(system, "", func() time.Time { return at })
	if err := c.Write(Columns()); err != nil {
		return err
	}
	for _, r := range t.rows() {
		if err := c.Write(r); err != nil {
			return err
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return err
	}
	return b.Flush()
}

// Truth is what is known of simulated systems.
type Truth struct {
	Format  string    `json:"format"` // pleth.orders/1
	Seed    uint64    `json:"seed"`
	At      time.Time `json:"at"` // when the files were made, in simulated time
	Systems []string  `json:"systems"`
	Orders  int       `json:"orders"`
	Faults  []Fault   `json:"faults"`
}

// WriteJSON writes the truth.
func (t *Truth) WriteJSON(out io.Writer) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(t)
}

// ParseSystems checks names of systems.
func ParseSystems(names []string) error {
	for _, n := range names {
		if !slices.Contains(Systems(), n) {
			return fmt.Errorf("there is no system %q: %v", n, Systems())
		}
	}
	return nil
}
