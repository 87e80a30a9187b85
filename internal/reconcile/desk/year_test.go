package desk

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pleth/internal/plethtest"
	"pleth/internal/reconcile"
	"pleth/internal/reconcile/plan"
	"pleth/internal/sealed"
)

// nothing is a system without records.
type nothing struct{}

func (nothing) Name() string                              { return "nothing" }
func (nothing) Columns(context.Context) ([]string, error) { return []string{"id", "total", "at"}, nil }
func (nothing) Scan(context.Context, func(int64, []reconcile.Cell) error, func(int64, string) error) error {
	return nil
}

// TestYear measures the pages behind a year of 200 integrations that were
// checked every minute: make bench-reconcile. PLETH_BENCH says that it runs.
func TestYear(t *testing.T) {
	integrations, days := 200, 365
	if os.Getenv("PLETH_BENCH") == "" {
		integrations, days = 2, 30 // that it works
	}
	const findings = 5
	channels := []string{"web", "store", "market"}
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	same := func(n string) reconcile.Column { return reconcile.Column{A: n, B: n} }
	side := plan.Side{System: "x", Open: func() (reconcile.Source, error) { return nothing{}, nil }}
	var pairs []*plan.Pair
	for i := range integrations {
		pairs = append(pairs, &plan.Pair{Name: fmt.Sprint("pair ", i), Group: fmt.Sprint("group ", i%10), A: side, B: side, Cadence: time.Minute, Window: time.Hour, History: time.Hour, Full: time.Hour,
			Spec: reconcile.Spec{Key: []reconcile.Column{same("id")}, Compare: []reconcile.Column{same("total")}, Time: same("at"), Measures: []reconcile.Column{same("total")}}})
	}
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "r.db")
	d, err := Open(ctx, Config{Path: path, Key: sealed.NewKey(), Pairs: pairs, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	began := time.Now()
	incidents := 0
	for _, p := range pairs {
		err := d.store.file.InTx(ctx, func(tx *sql.Tx) error {
			n, err := fillYear(ctx, d.store, tx, p.Name, channels, now, days, findings)
			incidents += n
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	size := int64(0)
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	t.Logf("%d integrations: %d buckets, %d findings, %d incidents, %d MB, made in %s", integrations, integrations*days*len(channels), integrations*days*findings, incidents, size>>20, time.Since(began).Round(time.Second))
	name := func(i int) string { return pairs[i%len(pairs)].Name }
	day := func(i int) string { return now.AddDate(0, 0, -i*7%days).Format(time.DateOnly) }
	shop := "web"
	over := true
	for _, page := range []struct {
		name string
		ask  func(i int) error
	}{
		{"all integrations", func(int) error { _, err := d.Overview(ctx); return err }},
		{"one integration", func(i int) error { _, err := d.Tile(ctx, name(i), 30*96); return err }},
		{"days x channels of 35 days", func(i int) error {
			_, err := d.Buckets(ctx, name(i), now.AddDate(0, 0, -35).Format(time.DateOnly), "")
			return err
		}},
		{"days x channels of a year", func(i int) error { _, err := d.Buckets(ctx, name(i), "", ""); return err }},
		{"findings of a day and channel", func(i int) error {
			list, err := d.Findings(ctx, FindingQuery{Integration: name(i), Day: day(i), Channel: &shop, Closed: true})
			if err == nil && len(list) == 0 {
				err = fmt.Errorf("no finding on %s", day(i))
			}
			return err
		}},
		{"findings that stand", func(i int) error { _, err := d.Findings(ctx, FindingQuery{Integration: name(i)}); return err }},
		{"findings of everything that stand", func(int) error { _, err := d.Findings(ctx, FindingQuery{}); return err }},
		{"findings of everything, closed too", func(int) error { _, err := d.Findings(ctx, FindingQuery{Closed: true}); return err }},
		{"one record", func(i int) error {
			_, err := d.Timeline(ctx, name(i), fmt.Sprintf("f%d-%d", i%days, 0))
			return err
		}},
		{"last checks", func(i int) error { _, err := d.Runs(ctx, name(i), 100); return err }},
		{"incidents", func(int) error { _, err := d.Incidents(ctx, IncidentQuery{}); return err }},
		{"incidents of one that are over", func(i int) error {
			_, err := d.Incidents(ctx, IncidentQuery{Integration: name(i), Over: &over})
			return err
		}},
		{"search for a cause", func(int) error { _, err := d.Incidents(ctx, IncidentQuery{Text: "clock"}); return err }},
		{"search for a word in notes", func(i int) error {
			_, err := d.Incidents(ctx, IncidentQuery{Text: fmt.Sprintf("ticket %d ", i*3)})
			return err
		}},
		{"search for what nothing says", func(int) error { _, err := d.Incidents(ctx, IncidentQuery{Text: "nobody wrote this"}); return err }},
		{"search for a key", func(i int) error {
			_, err := d.Incidents(ctx, IncidentQuery{Text: fmt.Sprintf("K%d-%d-0", 0, i)})
			return err
		}},
		{"one incident", func(i int) error { _, _, _, _, err := d.Incident(ctx, int64(1+i*37%incidents), 200); return err }},
		{"summary of a day", func(int) error { _, err := d.Summary(ctx, now.AddDate(0, 0, -1), now); return err }},
		{"summary of a week", func(int) error { _, err := d.Summary(ctx, now.AddDate(0, 0, -7), now); return err }},
	} {
		var took []time.Duration
		if err := page.ask(0); err != nil { // the first one reads what the others have at hand
			t.Fatal(page.name, err)
		}
		used := plethtest.CPUTime(t)
		for i := range 40 {
			began := time.Now()
			if err := page.ask(i); err != nil {
				t.Fatal(page.name, err)
			}
			took = append(took, time.Since(began))
		}
		cpu := float64(plethtest.CPUTime(t)-used) / 40e6
		slices.Sort(took)
		t.Logf("%-36s p50 %8s  p95 %8s  cpu %6.2f ms", page.name, took[20].Round(10*time.Microsecond), took[38].Round(10*time.Microsecond), cpu)
	}
}

// fillYear writes what a year of checks leaves of one integration, and returns
// how many incidents there were.
func fillYear(ctx context.Context, s *store, tx execer, name string, channels []string, now time.Time, days, findings int) (int, error) {
	incidents := 0
	st := state{Checked: now, Tried: now, Colour: Green, LastGood: now, Since: now}
	if err := s.put(ctx, tx, name, &st); err != nil {
		return 0, err
	}
	for n := days - 1; n >= 0; n-- {
		at := now.AddDate(0, 0, -n)
		day := at.Format(time.DateOnly)
		for _, c := range channels {
			if err := s.putBucket(ctx, tx, name, &BucketState{Day: day, Channel: c, A: 1000, B: 1000, Sums: [][2]string{{"12345.67", "12345.67"}}, Equal: true, Digests: [2]string{"0123456789abcdef", "0123456789abcdef"}, Checked: at}); err != nil {
				return 0, err
			}
		}
		i := Incident{}
		if n%3 == 0 {
			incidents++
			i = Incident{Integration: name, Class: reconcile.Missing, Channel: "web", State: Resolved, Severity: "high", Opened: at, Occurred: at, Last: at, Resolved: at.Add(time.Hour), Cause: []string{"network", "clock", "mapping"}[n%2], Records: findings}
			if n == 0 {
				i.State, i.Resolved = "open", time.Time{}
			}
			for range 2 { // the second writes what the first leaves out
				if err := s.putIncident(ctx, tx, &i); err != nil {
					return 0, err
				}
			}
			for k := range 4 {
				if err := s.addStep(ctx, tx, i.ID, &Step{At: at.Add(time.Duration(k) * time.Minute), Who: "Anna", What: "note", Why: fmt.Sprintf("asked the shop, ticket %d , it was the gateway", i.ID)}); err != nil {
					return 0, err
				}
			}
		}
		for k := range findings {
			f := Finding{ID: fmt.Sprintf("f%d-%d", n, k), Integration: name, First: at, Last: at, Due: at, Incident: i.ID, Finding: reconcile.Finding{Class: reconcile.Missing, Key: []string{fmt.Sprintf("K%s-%d-%d", name[5:], n, k)}, Day: day, Channel: channels[k%len(channels)], At: at}}
			if n > 0 {
				f.Closed = at.Add(time.Hour)
			}
			if err := s.putFinding(ctx, tx, &f); err != nil {
				return 0, err
			}
		}
		for range 5 { // checks that were not green are kept
			if err := s.putRun(ctx, tx, &Check{Integration: name, Started: at, Ended: at, Colour: Red, Why: "1 missing"}); err != nil {
				return 0, err
			}
		}
	}
	for m := range min(4*days, 1440) { // and of those that were, the last day's
		at := now.Add(-time.Duration(m) * time.Minute)
		if err := s.putRun(ctx, tx, &Check{Integration: name, Started: at, Ended: at, Colour: Green, Why: "all agree", Confirmed: map[reconcile.Class]int{}}); err != nil {
			return 0, err
		}
	}
	for q := range 40 * 96 {
		if err := s.putStrip(ctx, tx, name, now.Add(-time.Duration(q)*slot), []Colour{Green, Yellow, Red}[rand.IntN(3)]); err != nil {
			return 0, err
		}
	}
	return incidents, nil
}
