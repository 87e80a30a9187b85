package desk_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/plan"
	"pleth/internal/sealed"
)

var ctx = context.Background()

// table is a system in memory.
type table struct {
	mu      sync.Mutex
	columns []string
	rows    [][]string // "null" is null
	err     error
}

func (t *table) Name() string                              { return "memory" }
func (t *table) Columns(context.Context) ([]string, error) { return t.columns, t.err }
func (t *table) Scan(_ context.Context, row func(int64, []reconcile.Cell) error, _ func(int64, string) error) error {
	t.mu.Lock()
	rows := slices.Clone(t.rows)
	t.mu.Unlock()
	for i, r := range rows {
		var cells []reconcile.Cell
		for _, c := range r {
			cells = append(cells, reconcile.Cell{Text: []byte(c), Null: c == "null"})
		}
		if err := row(int64(i+1), cells); err != nil {
			return err
		}
	}
	return t.err
}

// mender puts records of A into B.
type mender struct {
	b    *table
	done map[string]int
	fail error
	// during is called while a record is mended; nil: nothing is.
	during func()
}

func (m *mender) Can(action string) bool { return action != plan.Remap }
func (m *mender) Apply(_ context.Context, s plan.Step) error {
	if m.fail != nil {
		return m.fail
	}
	if m.during != nil {
		m.during()
	}
	m.done[s.ID]++
	m.b.mu.Lock()
	defer m.b.mu.Unlock()
	m.b.rows = slices.DeleteFunc(m.b.rows, func(r []string) bool { return r[0] == s.Key["id"] })
	if s.Action != plan.Void {
		var r []string
		for _, c := range m.b.columns {
			r = append(r, s.Record[c])
		}
		m.b.rows = append(m.b.rows, r)
	}
	return nil
}

// bench is a desk of one pair with a clock of its own.
type bench struct {
	*desk.Desk
	t    *testing.T
	a, b *table
	m    *mender
	pair *plan.Pair
	now  time.Time
	news []string
	cfg  desk.Config
}

func newBench(t *testing.T, change func(*plan.Pair)) *bench {
	t.Helper()
	names := []string{"id", "total", "status", "at", "shop"}
	s := &bench{t: t, a: &table{columns: names}, b: &table{columns: names}, now: time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)}
	s.m = &mender{b: s.b, done: map[string]int{}}
	same := func(n string) reconcile.Column { return reconcile.Column{A: n, B: n} }
	s.pair = &plan.Pair{Name: "orders", Title: "Orders", Group: "Shop", Records: "orders", Owner: "shop team",
		A: plan.Side{System: "a", Open: func() (reconcile.Source, error) { return s.a, nil }}, B: plan.Side{System: "b", Open: func() (reconcile.Source, error) { return s.b, nil }},
		Spec:  reconcile.Spec{Key: []reconcile.Column{same("id")}, Compare: []reconcile.Column{same("total"), same("status")}, Tolerance: map[string]*big.Rat{}, Time: same("at"), Channel: same("shop")},
		Grace: 15 * time.Minute, Cadence: time.Minute, Window: 48 * time.Hour, History: 30 * 24 * time.Hour, Full: 24 * time.Hour, Mender: s.m, Most: 3, PerDay: 5}
	if change != nil {
		change(s.pair)
	}
	var err error
	s.cfg = desk.Config{Path: filepath.Join(t.TempDir(), "r.db"), Key: sealed.NewKey(), Pairs: []*plan.Pair{s.pair}, Clock: func() time.Time { return s.now }, Tell: func(n desk.News) { s.news = append(s.news, n.Event+" "+string(n.Incident.Class)) }}
	s.Desk, err = desk.Open(ctx, s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for i := range 30 {
		s.both(fmt.Sprint("K", i), fmt.Sprint(i, ".50"), "paid", 30+i)
	}
	return s
}

// both puts a record into both sides, of so many minutes ago.
func (s *bench) both(id, total, status string, ago int) {
	r := []string{id, total, status, s.now.Add(-time.Duration(ago) * time.Minute).Format(time.RFC3339), "web"}
	s.a.rows, s.b.rows = append(s.a.rows, r), append(s.b.rows, slices.Clone(r))
}

// take takes a record out of B.
func (s *bench) take(id string) {
	s.b.rows = slices.DeleteFunc(s.b.rows, func(r []string) bool { return r[0] == id })
}

// check checks after some time and wants a colour.
func (s *bench) check(after time.Duration, want desk.Colour) *desk.Check {
	s.t.Helper()
	s.now = s.now.Add(after)
	c, err := s.Check(ctx, "orders", false)
	if err != nil {
		s.t.Fatal(err)
	}
	if c.Colour != want {
		s.t.Fatalf("%s, want %s: %+v", c.Colour, want, c)
	}
	return c
}

// incident returns the only incident that is not over.
func (s *bench) incident() *desk.Incident {
	s.t.Helper()
	over := false
	list, err := s.Incidents(ctx, desk.IncidentQuery{Over: &over})
	if err != nil || len(list) != 1 {
		s.t.Fatalf("%v %+v", err, list)
	}
	return &list[0]
}

func TestTheLifeOfAnIncident(t *testing.T) {
	t.Parallel()
	s := newBench(t, nil)
	s.check(0, desk.Green)
	s.both("new", "1", "open", 1)
	s.take("new")
	s.check(time.Minute, desk.Yellow) // it may be on its way
	if len(s.news) != 0 {
		t.Fatal(s.news)
	}
	s.check(16*time.Minute, desk.Red)
	s.check(time.Minute, desk.Red)
	i := s.incident()
	if i.Class != reconcile.Missing || i.Records != 1 || i.Owner != "shop team" || i.Channel != "web" || !slices.Equal(s.news, []string{"trigger missing"}) {
		t.Fatalf("%+v %v", i, s.news)
	}
	if _, err := s.Act(ctx, i.ID, desk.Action{Actor: "Anna", What: "acknowledge"}); err != nil {
		t.Fatal(err)
	}
	var no *desk.ActionError
	if _, err := s.Act(ctx, i.ID, desk.Action{Actor: "Ben", What: "acknowledge"}); !errors.As(err, &no) {
		t.Errorf("acknowledged twice: %v", err)
	}
	r := desk.MendRequest{Actor: "Anna", Why: "the import was off", Action: plan.Replay, DryRun: true}
	m, err := s.Mend(ctx, i.ID, r)
	if err != nil || len(m.Effects) != 1 || m.Effects[0].Record["total"] != "1" || len(s.m.done) != 0 || m.Effects[0].Before != "" {
		t.Fatalf("dry run: %+v %v", m, err)
	}
	r.DryRun = false
	if m, err = s.Mend(ctx, i.ID, r); err != nil || m.State != "applied" || m.Effects[0].After == "" || len(s.m.done) != 1 {
		t.Fatalf("%+v %v", m, err)
	}
	if i = s.incident(); i.State != desk.Verifying {
		t.Errorf("it is %s before it was verified", i.State)
	}
	s.check(time.Minute, desk.Green)
	got, steps, mends, findings, err := s.Incident(ctx, i.ID, 100)
	if err != nil || got.State != desk.Resolved || len(mends) != 1 || len(findings) != 1 || findings[0].Closed.IsZero() {
		t.Fatalf("%+v %v %v", got, findings, err)
	}
	var what []string
	for _, st := range steps {
		what = append(what, st.What)
	}
	if strings.Join(what, ", ") != "opened, acknowledge, replay, resolved" || steps[2].After == "" || steps[2].Why == "" {
		t.Errorf("%v", what)
	}
	if !slices.Equal(s.news, []string{"trigger missing", "acknowledge missing", "resolve missing"}) {
		t.Error(s.news)
	}
	if _, ack, end := got.Took(); ack == nil || end == nil || *end != 120 {
		t.Errorf("it took %v", end)
	}
	// What mended this the last time: by words of its history, and by the record.
	for _, text := range []string{"import was off", "new", "shop team"} {
		if list, err := s.Incidents(ctx, desk.IncidentQuery{Text: text}); err != nil || len(list) != 1 {
			t.Errorf("search %q: %v %v", text, list, err)
		}
	}
	// Soon again: the same incident; later another one.
	s.take("new")
	s.check(time.Minute, desk.Yellow)
	s.now = s.now.Add(13 * time.Minute)
	s.check(2*time.Minute, desk.Red)
	if again := s.incident(); again.ID == i.ID {
		t.Errorf("%+v is the old one after more than 15 minutes", again)
	}
	line, err := s.Timeline(ctx, "orders", findings[0].ID)
	if err != nil || len(line.A) != 1 || len(line.B) != 0 || len(line.Fields) != 3 || len(line.Events) == 0 {
		t.Errorf("%+v %v", line, err)
	}
}

func TestTwoPeopleOverride(t *testing.T) {
	t.Parallel()
	s := newBench(t, nil)
	s.b.rows[3][1] = "999"
	s.check(0, desk.Red)
	i := s.incident()
	r := desk.MendRequest{Actor: "Anna", Why: "the shop is wrong", Action: plan.Override, Values: map[string]string{"id": "K3", "total": "3.50", "status": "paid", "at": s.a.rows[3][3], "shop": "web"}}
	m, err := s.Mend(ctx, i.ID, r)
	if err != nil || m.State != "proposed" || len(s.m.done) != 0 {
		t.Fatalf("%+v %v", m, err)
	}
	for _, again := range [][2]string{{"Anna", ""}, {" anna ", ""}, {"", ""}, {"Ben", "ben's key"}} {
		if _, err := s.Confirm(ctx, i.ID, m.ID, again[0], again[1]); err == nil {
			t.Fatalf("%q confirmed what Anna had proposed", again)
		}
	}
	if m, err = s.Confirm(ctx, i.ID, m.ID, "Ben", ""); err != nil || m.State != "applied" || m.Confirmed != "Ben" {
		t.Fatalf("%+v %v", m, err)
	}
	if _, err := s.Confirm(ctx, i.ID, m.ID, "Cem", ""); err == nil {
		t.Error("it was done twice")
	}
	s.check(time.Minute, desk.Green)
}

func TestWhatMendsWhat(t *testing.T) {
	t.Parallel()
	s := newBench(t, func(p *plan.Pair) {
		p.Spec.Status = map[string]map[string]string{"status": {"paid": "paid", "open": "open"}}
	})
	s.b.rows = append(s.b.rows, slices.Clone(s.b.rows[1]), []string{"X", "1", "open", s.a.rows[0][3], "web"})
	s.a.rows[5][2] = "hold"
	s.b.rows[5][2] = "HOLD"
	s.check(0, desk.Red)
	list, err := s.Incidents(ctx, desk.IncidentQuery{})
	if err != nil {
		t.Fatal(err)
	}
	byClass := map[reconcile.Class]int64{}
	for _, i := range list {
		byClass[i.Class] = i.ID
	}
	if len(byClass) != 4 {
		t.Fatalf("%v", byClass)
	}
	do := func(class reconcile.Class, r desk.MendRequest) {
		t.Helper()
		r.Actor, r.Why = "Anna", "because"
		if m, err := s.Mend(ctx, byClass[class], r); err != nil || m.State != "applied" {
			t.Errorf("%s: %+v %v", class, m, err)
		}
	}
	if _, err := s.Mend(ctx, byClass[reconcile.Extra], desk.MendRequest{Actor: "Anna", Why: "x", Action: plan.Dedupe}); err == nil {
		t.Error("dedupe mended an extra record")
	}
	do(reconcile.Duplicate, desk.MendRequest{Action: plan.Dedupe, Keep: "last"})
	do(reconcile.Extra, desk.MendRequest{Action: plan.Void})
	do(reconcile.Unmapped, desk.MendRequest{Action: plan.Remap, Word: "hold", Image: "HOLD"})
	s.check(time.Minute, desk.Green)
}

func TestPolicyHasLimits(t *testing.T) {
	t.Parallel()
	s := newBench(t, func(p *plan.Pair) { p.Auto = map[reconcile.Class]string{reconcile.Missing: plan.Replay} })
	s.take("K1")
	s.take("K2")
	s.check(0, desk.Red) // two are mended at once
	s.check(time.Minute, desk.Green)
	for _, id := range []string{"K3", "K4", "K5", "K6"} {
		s.take(id)
	}
	s.check(time.Minute, desk.Yellow)
	s.check(20*time.Minute, desk.Red) // four are more than Most
	s.check(time.Minute, desk.Red)
	if len(s.m.done) != 2 {
		t.Errorf("%d were mended", len(s.m.done))
	}
	if n := strings.Count(strings.Join(s.news, ";"), "escalate"); n != 1 {
		t.Errorf("people were told %d times: %v", n, s.news)
	}
	// A mender that fails is tried three times.
	f := newBench(t, func(p *plan.Pair) { p.Auto = map[reconcile.Class]string{reconcile.Missing: plan.Replay} })
	f.m.fail = errors.New("no")
	f.take("K1")
	for range 8 {
		f.check(time.Minute, desk.Red)
	}
	_, _, mends, _, err := f.Incident(ctx, f.incident().ID, 10)
	if err != nil || len(mends) != 3 || mends[0].State != "failed" {
		t.Errorf("%d mends %v", len(mends), err)
	}
}

func TestPeopleDecide(t *testing.T) {
	t.Parallel()
	s := newBench(t, nil)
	s.take("K1")
	s.check(0, desk.Red)
	i := s.incident()
	if _, err := s.Act(ctx, i.ID, desk.Action{Actor: "Anna", What: "accept", Until: s.now.Add(time.Hour)}); err == nil {
		t.Error("accepted without a reason")
	}
	if _, err := s.Act(ctx, i.ID, desk.Action{Actor: "Anna", What: "accept", Note: "known", Until: s.now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	s.check(time.Minute, desk.Green)
	s.check(2*time.Hour, desk.Red) // it has run out
	if _, err := s.Act(ctx, i.ID, desk.Action{Actor: "Anna", What: "false_positive", Note: "a test order"}); err != nil {
		t.Fatal(err)
	}
	s.check(time.Minute, desk.Green)
	s.take("K2")
	s.check(time.Minute, desk.Yellow)
	s.check(20*time.Minute, desk.Red) // that is another one
	if s.incident().ID == i.ID {
		t.Error("what is false stays so for its findings alone")
	}
	if err := s.Pause(ctx, "orders", s.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.check(time.Minute, desk.Grey)
	if tile, err := s.Tile(ctx, "orders", 4); err != nil || tile.Colour != desk.Grey {
		t.Errorf("%+v %v", tile, err)
	}
}

// TestNothingIsSilentlyGreen: whatever is wrong with a side is red or a named
// finding.
func TestNothingIsSilentlyGreen(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*bench)
		want  reconcile.Class
	}{
		{"a side is down", func(s *bench) { s.b.err = errors.New("connection refused") }, reconcile.CheckFailed},
		{"the other side is down", func(s *bench) { s.a.err = errors.New("HTML") }, reconcile.CheckFailed},
		{"a column has gone", func(s *bench) { s.b.columns = []string{"id", "sum", "status", "at", "shop"} }, reconcile.SchemaDrift},
		{"a column holds something else", func(s *bench) {
			for i := range s.b.rows {
				s.b.rows[i][1] = "EUR " + s.b.rows[i][1]
			}
		}, reconcile.SchemaDrift},
		{"a column is empty", func(s *bench) {
			for i := range s.b.rows {
				s.b.rows[i][1] = "null"
			}
		}, reconcile.SchemaDrift},
		{"null keys", func(s *bench) { s.b.rows[1][0] = "null" }, reconcile.NoKey},
		{"duplicate keys", func(s *bench) { s.b.rows = append(s.b.rows, s.b.rows[1]) }, reconcile.Duplicate},
		{"duplicate keys on both sides", func(s *bench) {
			s.a.rows, s.b.rows = append(s.a.rows, s.a.rows[1]), append(s.b.rows, slices.Clone(s.b.rows[1]))
		}, reconcile.Duplicate},
		{"money as float", func(s *bench) { s.b.rows[2][1] = "2.5000000000000004" }, reconcile.MismatchValue},
		{"a local time without zone", func(s *bench) { s.b.rows[2][3] = "2026-03-29 02:30:00" }, reconcile.Rejected},
		{"another collation", func(s *bench) { s.b.rows[2][0] = "k2" }, reconcile.Extra},
		{"an empty side", func(s *bench) { s.b.rows = nil }, reconcile.Missing},
	} {
		s := newBench(t, nil)
		s.check(0, desk.Green)
		c.spoil(s)
		s.now = s.now.Add(time.Minute)
		first, err := s.Check(ctx, "orders", false)
		if err != nil || first.Colour == desk.Green {
			t.Errorf("%s: %+v %v", c.name, first, err)
		}
		for range 2 { // what was refused is red after an hour
			s.now = s.now.Add(40 * time.Minute)
			if _, err := s.Check(ctx, "orders", false); err != nil {
				t.Fatal(err)
			}
		}
		s.now = s.now.Add(time.Minute)
		second, err := s.Check(ctx, "orders", false)
		if err != nil || second.Colour != desk.Red || second.Confirmed[c.want] == 0 {
			t.Errorf("%s: want %s: %+v %v", c.name, c.want, second, err)
		}
	}
}

func TestACheckThatDoesNotRunIsRed(t *testing.T) {
	t.Parallel()
	s := newBench(t, nil)
	if o, err := s.Overview(ctx); err != nil || o.Colour != desk.Red || !strings.Contains(o.Groups[0].Integrations[0].Why, "never checked") {
		t.Errorf("%+v %v", o, err)
	}
	s.check(0, desk.Green)
	s.now = s.now.Add(10 * time.Minute)
	if o, err := s.Overview(ctx); err != nil || o.Colour != desk.Red || !strings.Contains(o.Groups[0].Integrations[0].Why, "not checked since") {
		t.Errorf("%+v %v", o, err)
	}
	// A side that comes back resolves its incident.
	s.b.err = errors.New("down")
	s.check(time.Minute, desk.Red)
	s.b.err = nil
	s.check(time.Minute, desk.Green)
	list, err := s.Incidents(ctx, desk.IncidentQuery{})
	if err != nil || len(list) != 1 || list[0].Class != reconcile.CheckFailed || list[0].State != desk.Resolved {
		t.Errorf("%+v %v", list, err)
	}
}

// TestAColumnThatHasGone is a finding, and hides nothing of the other columns;
// what stood in it stands until it is there again.
func TestAColumnThatHasGone(t *testing.T) {
	t.Parallel()
	s := newBench(t, func(p *plan.Pair) { p.Grace = 0 })
	s.b.rows[3][1] = "999"
	s.check(0, desk.Red)
	s.b.columns = []string{"id", "sum", "status", "at", "shop"}
	s.b.rows[5][2] = "refunded"
	c := s.check(time.Minute, desk.Red)
	if c.Confirmed[reconcile.SchemaDrift] != 1 || c.Confirmed[reconcile.MismatchStatus] != 1 || c.Confirmed[reconcile.MismatchValue] != 1 || c.Error != "" {
		t.Errorf("%+v", c)
	}
	list, err := s.Findings(ctx, desk.FindingQuery{Class: reconcile.SchemaDrift})
	if err != nil || len(list) != 1 || !slices.Equal(list[0].Key, []string{"B", "total", "gone"}) {
		t.Errorf("%+v %v", list, err)
	}
	if b, err := s.Buckets(ctx, "orders", "", ""); err != nil || len(b) == 0 || b[0].Equal {
		t.Errorf("days are not known to agree: %+v %v", b, err)
	}
	s.b.columns = s.a.columns
	s.b.rows[3][1], s.b.rows[5][2] = s.a.rows[3][1], s.a.rows[5][2]
	s.check(time.Minute, desk.Green)
	// A key that has gone leaves nothing to compare.
	s.b.columns = []string{"no", "total", "status", "at", "shop"}
	if c = s.check(time.Minute, desk.Red); c.Confirmed[reconcile.SchemaDrift] != 1 || c.Error == "" {
		t.Errorf("%+v", c)
	}
}
