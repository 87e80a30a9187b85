package orders

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"pleth/internal/reconcile"
)

// WriteCSV writes the orders of a system as they are at an instant.
func (w *World) WriteCSV(out io.Writer, system string, at time.Time) error {
	now := func() time.Time { return at }
	t := w.Table(system, "", now)
	if system == Inbox {
		t.channel = "market"
	}
	return writeCSV(out, t)
}

// WriteAttempts writes what was sent to a system: every order with the end of
// its last attempt, ACK or NAK.
func (w *World) WriteAttempts(out io.Writer, system string, at time.Time) error {
	return writeCSV(out, w.Attempts(system, func() time.Time { return at }))
}

func writeCSV(out io.Writer, t reconcile.Source) error {
	b := bufio.NewWriter(out)
	c := csv.NewWriter(b)
	names, err := t.Columns(context.Background())
	if err != nil {
		return err
	}
	if err := c.Write(names); err != nil {
		return err
	}
	err = t.Scan(context.Background(), func(_ int64, cells []reconcile.Cell) error {
		var row []string
		for _, cell := range cells {
			row = append(row, string(cell.Text))
		}
		return c.Write(row)
	}, func(int64, string) error { return nil })
	if err != nil {
		return err
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

// WriteSettings writes the systems and pairs of a folder of such files as
// pleth reconcile reads them.
func (w *World) WriteSettings(out io.Writer, folder string, systems []string, days int) error {
	b := bufio.NewWriter(out)
	fmt.Fprintf(b, "systems:\n")
	all := slices.Clone(systems)
	if slices.Contains(systems, Shop) && slices.Contains(systems, Marketplace) {
		all = append(all, Inbox)
	}
	for _, s := range all {
		fmt.Fprintf(b, "  %s: {kind: csv, folder: %q, zone: %s}\n", FileName(s), folder, w.cfg.Zone)
	}
	fmt.Fprintf(b, "pairs:\n")
	for _, p := range Pairs() {
		if !slices.Contains(all, p[0]) || !slices.Contains(all, p[1]) {
			continue
		}
		x, y := FileName(p[0]), FileName(p[1])
		fmt.Fprintf(b, "  %s-%s:\n    group: Shop\n    records: orders\n", x, y)
		fmt.Fprintf(b, "    a: {system: %[1]s, table: %[1]s.csv}\n    b: {system: %[2]s, table: %[2]s.csv}\n", x, y)
		fmt.Fprintf(b, "    key: [order_id]\n    compare: [total, status]\n    measures: [items]\n    map: {status: {")
		m := StatusMap(p[0], p[1])
		for i, word := range slices.Sorted(maps.Keys(m)) {
			if i > 0 {
				fmt.Fprint(b, ", ")
			}
			fmt.Fprintf(b, "%s: %s", quoteYAML(word), quoteYAML(m[word]))
		}
		fmt.Fprintf(b, "}}\n    time: created_at\n    updated: updated_at\n    arrived: arrived_at\n    sequence: seq\n    channel: channel\n")
		fmt.Fprintf(b, "    grace: %s\n    deadline: %s\n    cadence: 1h\n    window: 48h\n    history: %dd\n    expect: %s\n", Grace, Deadline, days+2, w.Expect(p[1]))
		fmt.Fprintf(b, "    thresholds: [\"orders differ by > 2 %%\"]\n    attempts: {system: %s, table: attempts-%s.csv, key: [order_id], state: state, rejected: [NAK]}\n", x, y)
	}
	return b.Flush()
}

// quoteYAML writes a word so that N is no boolean.
func quoteYAML(s string) string { return fmt.Sprintf("%q", s) }

// FileName returns what a system is called in names of files and settings.
func FileName(system string) string { return strings.ReplaceAll(system, " ", "-") }

// Files returns the files of a folder by their names: a CSV of each system as it
// is at an instant, what was sent to it, and the settings. days is how many
// there are.
func (w *World) Files(folder string, systems []string, days int, at time.Time) map[string]func(io.Writer) error {
	out := map[string]func(io.Writer) error{"systems.yaml": func(f io.Writer) error { return w.WriteSettings(f, folder, systems, days) }}
	table := func(system string) {
		out[FileName(system)+".csv"] = func(f io.Writer) error { return w.WriteCSV(f, system, at) }
	}
	attempts := func(system string) {
		out["attempts-"+FileName(system)+".csv"] = func(f io.Writer) error { return w.WriteAttempts(f, system, at) }
	}
	for _, s := range systems {
		table(s)
		if s == ERP || s == Warehouse {
			attempts(s)
		}
	}
	if slices.Contains(systems, Shop) && slices.Contains(systems, Marketplace) {
		table(Inbox)
		attempts(Inbox)
	}
	return out
}
