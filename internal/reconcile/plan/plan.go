package plan

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/folder"
	"pleth/internal/reconcile/httpsource"
	"pleth/internal/reconcile/sqlsource"
)

// Plan is what is watched. Close it when nothing of it is used any more.
type Plan struct {
	Pairs []*Pair // by group and name
	// Dashboard is the address of a board of everything, with {integration} in
	// the place of a name; empty: there is none.
	Dashboard string

	databases map[string]*sqlsource.DB
}

// Pair is two sides that must agree.
type Pair struct {
	Name, Title, Group, Owner, Records string
	Dashboard                          string // address of a board; empty: there is none
	A, B                               Side
	Spec                               reconcile.Spec // without a window; Time, Channel and so on may be empty
	Sequence                           string
	Totals                             bool // there is no key: only numbers and sums are compared
	Grace, Deadline, Cadence, Window   time.Duration
	History, Full, Expect              time.Duration
	Calendar                           *Calendar // of A's system; nil: always at work
	Volume                             bool
	Thresholds                         []Threshold
	Attempts                           *Attempts
	Mender                             Mender // nil: nothing can be mended from here
	Auto                               map[reconcile.Class]string
	Most, PerDay                       int
	After                              time.Duration // an incident must be open so long before it is mended by itself
	Notify                             []string
}

// Side is one side of a pair.
type Side struct {
	System string
	// Open returns the table as it is now. What a Source has read may be kept
	// in it, so that every check opens it anew.
	Open func() (reconcile.Source, error)
}

// Attempts are where a sender notes its attempts.
type Attempts struct {
	Side
	Key      []string
	State    string
	Rejected []string
}

// Inner makes the sides of systems of the kind pleth: tables inside the
// program.
type Inner func(table string) (reconcile.Source, error)

// Build checks the settings and makes the plan. The error lists everything that
// is wrong, with its line. inner may be nil where nothing is inside.
func (s *Settings) Build(inner Inner) (*Plan, error) {
	p := &Plan{databases: map[string]*sqlsource.DB{}}
	b := &builder{s: s, plan: p, inner: inner, zones: map[string]*time.Location{}, calendars: map[string]*Calendar{}}
	if s.Dashboard != "" {
		p.Dashboard = b.dashboard(s.Dashboard, []string{"dashboard"})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Systems)) {
		set := s.Systems[name]
		b.system(name, &set)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Pairs)) {
		set := s.Pairs[name]
		b.pair(name, &set)
	}
	if err := errors.Join(b.errs...); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	slices.SortStableFunc(p.Pairs, func(x, y *Pair) int { return strings.Compare(x.Group, y.Group) })
	return p, nil
}

// Close closes connections.
func (p *Plan) Close() error {
	var errs []error
	for _, db := range p.databases {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

// builder makes a plan and gathers what is wrong.
type builder struct {
	s         *Settings
	plan      *Plan
	inner     Inner
	zones     map[string]*time.Location
	calendars map[string]*Calendar
	errs      []error
}

func (b *builder) bad(path []string, format string, args ...any) {
	b.errs = append(b.errs, b.s.fault(path, format, args...))
}

// secret reads a file that holds a credential.
func secret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if len(strings.TrimSpace(string(text))) == 0 {
		return "", fmt.Errorf("%s is empty", path)
	}
	return strings.TrimSpace(string(text)), nil
}

// kinds are the kinds of systems and the key that each needs.
var kinds = map[string]string{"csv": "folder", "parquet": "folder", "postgres": "dsn_file", "mysql": "dsn_file", "sqlserver": "dsn_file", "sqlite": "path", "rest": "url", "shopify": "url", "fhir": "url", "pleth": ""}

func (b *builder) system(name string, set *SystemSettings) {
	at := func(key string) []string { return []string{"systems", name, key} }
	need, known := kinds[set.Kind]
	if !known {
		b.bad(at("kind"), "%q: one of %s", set.Kind, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
		return
	}
	given := map[string]string{"folder": set.Folder, "path": set.Path, "dsn_file": set.DSNFile, "url": set.URL}
	if need != "" && given[need] == "" {
		b.bad([]string{"systems", name}, "a system of the kind %s needs %s", set.Kind, need)
		return
	}
	if set.Zone != "" {
		zone, err := time.LoadLocation(set.Zone)
		if err != nil || set.Zone == "Local" {
			b.bad(at("zone"), "%q is no zone: write one such as Europe/Berlin", set.Zone)
		}
		b.zones[name] = zone
	}
	if set.Decimals != "" && set.Decimals != "point" && set.Decimals != "comma" {
		b.bad(at("decimals"), "%q: point or comma", set.Decimals)
	}
	if set.Calendar != nil {
		c, err := set.Calendar.calendar(b.zones[name])
		if err != nil {
			b.bad(at("calendar"), "%v", err)
		}
		b.calendars[name] = c
	}
	if set.RowsPerSecond < 0 || set.Rate < 0 {
		b.bad([]string{"systems", name}, "a bound on what is read must not be negative")
	}
	for key, path := range map[string]string{"token_file": set.TokenFile, "write_dsn_file": set.WriteDSNFile} {
		if path == "" {
			continue
		}
		if _, err := secret(path); err != nil {
			b.bad(at(key), "%v", err)
		}
	}
	dsn := set.Path
	switch set.Kind {
	case "postgres", "mysql", "sqlserver":
		var err error
		if dsn, err = secret(set.DSNFile); err != nil {
			b.bad(at("dsn_file"), "%v", err)
			return
		}
		fallthrough
	case "sqlite":
		db, err := sqlsource.Open(set.Kind, dsn, time.Duration(set.Timeout), set.RowsPerSecond)
		if err != nil {
			b.bad(at(need), "%v", err)
			return
		}
		b.plan.databases[name] = db
	}
}

// side makes one side of a pair. columns are those that are asked for, for
// systems that do not list theirs.
func (b *builder) side(path []string, set *TableSettings, columns []string) Side {
	sys, ok := b.s.Systems[set.System]
	if !ok {
		b.bad(append(path, "system"), "there is no system %q", set.System)
		return Side{}
	}
	label := set.System + " " + set.Table
	if set.Table == "" {
		label = set.System
	}
	needsTable := func() bool {
		if set.Table == "" && set.Query == "" {
			b.bad(path, "needs a table")
			return false
		}
		return true
	}
	out := Side{System: set.System, Open: func() (reconcile.Source, error) { return nil, errors.New("the system is not set up") }}
	slices.Sort(columns)
	columns = slices.Compact(columns)
	switch sys.Kind {
	case "postgres", "mysql", "sqlserver", "sqlite":
		db := b.plan.databases[set.System]
		if !needsTable() || db == nil {
			return out
		}
		name := set.Table
		if name == "" {
			name = label + " query"
		}
		out.Open = func() (reconcile.Source, error) { return db.Table(name, set.Query), nil }
	case "csv", "parquet":
		pattern := set.Table
		if pattern == "" {
			pattern = "*." + sys.Kind
		}
		out.Open = func() (reconcile.Source, error) {
			return &folder.Table{Label: label, Folder: sys.Folder, Pattern: pattern}, nil
		}
	case "pleth":
		if b.inner == nil {
			b.bad(append(path, "system"), "the tables of pleth are there inside of pleth serve alone")
			return out
		}
		if !needsTable() {
			return out
		}
		out.Open = func() (reconcile.Source, error) { return b.inner(set.Table) }
	default:
		out.Open = b.http(path, set, &sys, label, columns)
	}
	return out
}

// http makes a table over HTTP.
func (b *builder) http(path []string, set *TableSettings, sys *SystemSettings, label string, columns []string) func() (reconcile.Source, error) {
	token := ""
	if sys.TokenFile != "" {
		token, _ = secret(sys.TokenFile) // its fault is known already
	}
	var cfg httpsource.Config
	switch sys.Kind {
	case "shopify":
		version := sys.Version
		if version == "" {
			version = "2025-10"
		}
		cfg = httpsource.Shopify(label, sys.URL, version, set.Table, token)
	case "fhir":
		cfg = httpsource.FHIR(label, sys.URL, set.Table, token)
	default:
		cfg = httpsource.Config{Label: label, URL: strings.TrimSuffix(sys.URL, "/") + set.Address, Items: set.Items, Next: set.Next, Cursor: set.Cursor, Page: set.Page, First: set.First, Total: set.Total, Link: set.Link, Size: set.Size, Whole: set.Whole, Header: http.Header{}}
		switch {
		case token != "" && sys.Header == "":
			cfg.Header.Set("Authorization", "Bearer "+token)
		case token != "":
			cfg.Header.Set(sys.Header, token)
		}
		n := 0
		for _, way := range []bool{set.Next != "", set.Page != "", set.Link} {
			if way {
				n++
			}
		}
		if n > 1 {
			b.bad(path, "pages are found by one of next, page and link")
		}
	}
	cfg.Columns = map[string]string{}
	for _, c := range columns {
		if cfg.Columns[c] = set.Columns[c]; cfg.Columns[c] == "" {
			cfg.Columns[c] = c
		}
		if sys.Kind == "fhir" {
			cfg.Columns[c] = "resource." + strings.TrimPrefix(cfg.Columns[c], "resource.")
		}
	}
	if sys.Rate > 0 {
		cfg.PerSecond = sys.Rate
	}
	if sys.Timeout > 0 {
		cfg.Client = &http.Client{Timeout: time.Duration(sys.Timeout)}
	}
	if _, err := httpsource.New(cfg, columns); err != nil {
		b.bad(path, "%v", err)
	}
	return func() (reconcile.Source, error) { return httpsource.New(cfg, columns) }
}

// column reads an optional column.
func (b *builder) column(path []string, text string) reconcile.Column {
	if text == "" {
		return reconcile.Column{}
	}
	if one, ok := strings.CutPrefix(text, "="); ok {
		return reconcile.Column{B: one} // on B alone
	}
	if one, ok := strings.CutSuffix(text, "="); ok {
		return reconcile.Column{A: one}
	}
	c, err := reconcile.ParseColumn(text)
	if err != nil {
		b.bad(path, "%v", err)
	}
	return c
}

// dashboard checks the address of a board.
func (b *builder) dashboard(text string, at []string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		b.bad(at, "a dashboard is an address that begins with https:// or http:// and holds no password")
		return ""
	}
	return text
}

func (b *builder) pair(name string, set *PairSettings) {
	at := func(key ...string) []string { return append([]string{"pairs", name}, key...) }
	if name == "" || len(name) > 80 || strings.ContainsAny(name, "/?#\n") {
		b.bad(at(), "the name of a pair is up to 80 letters without / ? #")
	}
	p := &Pair{Name: name, Title: set.Title, Group: set.Group, Owner: set.Owner, Records: set.Records, Sequence: set.Sequence, Totals: len(set.Key) == 0,
		Grace: set.Grace.Or(15 * time.Minute), Deadline: time.Duration(set.Deadline), Cadence: set.Cadence.Or(5 * time.Minute), Window: set.Window.Or(48 * time.Hour), History: set.History.Or(35 * 24 * time.Hour), Full: set.Full.Or(24 * time.Hour),
		Expect: time.Duration(set.Expect), Volume: set.Volume, Notify: set.Notify, Calendar: b.calendars[set.A.System]}
	if set.Dashboard != "" {
		p.Dashboard = b.dashboard(set.Dashboard, at("dashboard"))
	}
	if p.Title == "" {
		p.Title = name
	}
	if p.Group == "" {
		p.Group = "Systems"
	}
	if p.Records == "" {
		p.Records = "records"
	}
	if p.Cadence < time.Second {
		b.bad(at("cadence"), "a check every %s is too often", p.Cadence)
	}
	b.spec(name, set, p)
	carried := []reconcile.Column{p.Spec.Time, p.Spec.Channel, p.Spec.Updated, {B: p.Spec.Arrived}, {B: p.Sequence}}
	var names [2][]string
	for _, c := range slices.Concat(p.Spec.Key, p.Spec.Compare, p.Spec.Measures, carried) {
		for side, one := range []string{c.A, c.B} {
			if one != "" {
				names[side] = append(names[side], one)
			}
		}
	}
	p.A, p.B = b.side(at("a"), &set.A, names[0]), b.side(at("b"), &set.B, names[1])
	p.Spec.Zones = [2]*time.Location{b.zones[set.A.System], b.zones[set.B.System]}
	p.Spec.Commas = [2]bool{b.s.Systems[set.A.System].Decimals == "comma", b.s.Systems[set.B.System].Decimals == "comma"}
	if p.Spec.Day = p.Spec.Zones[0]; set.DayZone != "" {
		zone, err := time.LoadLocation(set.DayZone)
		if err != nil {
			b.bad(at("day_zone"), "%q is no zone: write one such as Europe/Berlin", set.DayZone)
		}
		p.Spec.Day = zone
	}
	for i, text := range set.Thresholds {
		t, err := ParseThreshold(text, p.Records, p.Spec.Measures)
		if err != nil {
			b.bad(at("thresholds"), "%d: %v", i+1, err)
		}
		p.Thresholds = append(p.Thresholds, t)
	}
	if a := set.Attempts; a != nil {
		if len(a.Key) != len(set.Key) {
			b.bad(at("attempts"), "the key of the attempts has as many columns as that of the pair")
		}
		p.Attempts = &Attempts{Side: b.side(at("attempts"), &a.TableSettings, append(slices.Clone(a.Key), a.State)), Key: a.Key, State: a.State, Rejected: a.Rejected}
	}
	if set.Mend != nil {
		b.mend(name, set.Mend, p)
	}
	b.plan.Pairs = append(b.plan.Pairs, p)
}

// spec reads what is compared.
func (b *builder) spec(name string, set *PairSettings, p *Pair) {
	at := func(key ...string) []string { return append([]string{"pairs", name}, key...) }
	spec := &p.Spec
	spec.Fold, spec.Status, spec.Arrived = set.IgnoreCase, set.Map, set.Arrived
	spec.Tolerance, spec.Times, spec.Numbers = map[string]*big.Rat{}, map[string]bool{}, map[string]bool{}
	for _, name := range set.Numbers {
		spec.Numbers[name] = true
	}
	for _, list := range []struct {
		key   string
		names []string
		to    *[]reconcile.Column
	}{{"key", set.Key, &spec.Key}, {"compare", set.Compare, &spec.Compare}, {"measures", set.Measures, &spec.Measures}} {
		for _, text := range list.names {
			*list.to = append(*list.to, b.column(at(list.key), text))
		}
	}
	spec.Time, spec.Channel, spec.Updated = b.column(at("time"), set.Time), b.column(at("channel"), set.Channel), b.column(at("updated"), set.Updated)
	if set.Time == "" {
		for key, given := range map[string]bool{"volume": set.Volume, "deadline": set.Deadline != 0, "expect": set.Expect != 0, "thresholds": len(set.Thresholds) > 0} {
			if given {
				b.bad(at(key), "needs the column of the time: time: created_at")
			}
		}
	} else if spec.Time.A == "" || spec.Time.B == "" {
		b.bad(at("time"), "both sides need a time")
	}
	if (set.Sequence != "" || set.Deadline != 0) && set.Arrived == "" {
		b.bad(at(), "deadline and sequence need arrived: the column of B that says when a record came")
	}
	for _, text := range set.Times {
		spec.Times[text] = true
	}
	for column, text := range set.Tolerance {
		n, ok := new(big.Rat).SetString(text)
		if !ok {
			b.bad(at("tolerance", column), "%q is no number", text)
			continue
		}
		spec.Tolerance[column] = n
	}
	spec.Totals = p.Totals
	if p.Totals && (set.Time == "" || len(set.Compare) > 0) {
		b.bad(at("key"), "no key is named: which columns tell one record from another? Without one, name time and measures, and nothing to compare")
		return
	}
	if err := spec.Check(); err != nil {
		b.bad(at(), "%v", err)
	}
}
