// Package plan reads the declaration of systems and pairs: which systems of
// record there are, which two must agree, by what, how often, and what may be
// done where they do not.
package plan

import (
	"fmt"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"pleth/internal/settings"
)

// Settings are what is declared. The zero Settings declare nothing.
type Settings struct {
	Systems map[string]SystemSettings `yaml:"systems"`
	Pairs   map[string]PairSettings   `yaml:"pairs"`
	// Dashboard is the address of a board, such as Grafana's, that pages lead to;
	// {integration} in it becomes the name of one.
	Dashboard string `yaml:"dashboard"`

	file   *ast.File
	prefix []string
	name   string
}

// SystemSettings are one system of record. Credentials stand in files.
type SystemSettings struct {
	// Kind is csv, parquet, postgres, mysql, sqlserver, sqlite, rest, shopify,
	// fhir or pleth.
	Kind      string `yaml:"kind"`
	Folder    string `yaml:"folder"`     // csv, parquet
	Path      string `yaml:"path"`       // sqlite
	DSNFile   string `yaml:"dsn_file"`   // postgres, mysql, sqlserver: the address with its password
	URL       string `yaml:"url"`        // rest, shopify, fhir
	TokenFile string `yaml:"token_file"` // rest, shopify, fhir
	Header    string `yaml:"header"`     // rest: the header of the token; Authorization: Bearer
	Version   string `yaml:"version"`    // shopify: of the API; 2025-10
	Zone      string `yaml:"zone"`       // of times without one
	Decimals  string `yaml:"decimals"`   // point or comma, in texts; point
	// RowsPerSecond bounds what is read of a database, Rate the requests a
	// second; Timeout bounds one statement.
	RowsPerSecond float64           `yaml:"rows_per_second"`
	Rate          float64           `yaml:"rate"`
	Timeout       Duration          `yaml:"timeout"`
	Calendar      *CalendarSettings `yaml:"calendar"`
	// WriteDSNFile is the address with which statements that mend are run.
	WriteDSNFile string `yaml:"write_dsn_file"`
}

// CalendarSettings say when a system is at work. Left out: always.
type CalendarSettings struct {
	Days     []string `yaml:"days"`     // mon, tue, …; left out: every day
	From     string   `yaml:"from"`     // 08:00
	To       string   `yaml:"to"`       // 18:00
	Holidays []string `yaml:"holidays"` // 2026-12-25
}

// TableSettings are one side of a pair.
type TableSettings struct {
	System string `yaml:"system"`
	Table  string `yaml:"table"` // of a database; of Shopify: orders; FHIR: the search; files: the pattern
	Query  string `yaml:"query"` // of a database, in the place of a table
	// REST: where records and pages are. See docs/reconcile.md.
	Address string            `yaml:"address"`
	Items   string            `yaml:"items"`
	Columns map[string]string `yaml:"columns"`
	Next    string            `yaml:"next"`
	Cursor  string            `yaml:"cursor"`
	Page    string            `yaml:"page"`
	First   int               `yaml:"first_page"`
	Total   string            `yaml:"total"`
	Link    bool              `yaml:"link"`
	Size    string            `yaml:"size"`  // the parameter of how many records a page has
	Whole   bool              `yaml:"whole"` // the server sends all there is, however full its last page is
}

// PairSettings are two sides that must agree.
type PairSettings struct {
	Title string `yaml:"title"`
	// Dashboard is the address of a board for this pair; left out: that of all.
	Dashboard string        `yaml:"dashboard"`
	Group     string        `yaml:"group"`
	Owner     string        `yaml:"owner"`
	Records   string        `yaml:"records"` // what they are called: orders
	A         TableSettings `yaml:"a"`       // the source of truth
	B         TableSettings `yaml:"b"`
	// Key names a record, name or nameInA=nameInB. Without a key only numbers
	// and sums of buckets are compared.
	Key        []string                     `yaml:"key"`
	Compare    []string                     `yaml:"compare"`
	Measures   []string                     `yaml:"measures"`
	Map        map[string]map[string]string `yaml:"map"`
	Tolerance  map[string]string            `yaml:"tolerance"`
	IgnoreCase bool                         `yaml:"ignore_case"`
	Numbers    []string                     `yaml:"numbers"` // columns of the key that are numbers: 1001.0 is 1001
	Time       string                       `yaml:"time"`
	Times      []string                     `yaml:"times"`
	Updated    string                       `yaml:"updated"`
	Arrived    string                       `yaml:"arrived"`  // of B
	Sequence   string                       `yaml:"sequence"` // of B
	Channel    string                       `yaml:"channel"`
	DayZone    string                       `yaml:"day_zone"` // of business days; the zone of A's system
	Grace      Duration                     `yaml:"grace"`    // 15m
	Deadline   Duration                     `yaml:"deadline"` // after which an arrival is late; left out: none is
	Cadence    Duration                     `yaml:"cadence"`  // 5m
	Window     Duration                     `yaml:"window"`   // how far back every check looks; 48h
	History    Duration                     `yaml:"history"`  // how far back a full check looks; 35 days
	Full       Duration                     `yaml:"full"`     // how often everything is checked; 24h
	Expect     Duration                     `yaml:"expect"`   // how often something comes; left out: it is not known
	Volume     bool                         `yaml:"volume"`   // compare with the same weekday before
	Thresholds []string                     `yaml:"thresholds"`
	Attempts   *AttemptSettings             `yaml:"attempts"`
	Mend       *MendSettings                `yaml:"mend"`
	Notify     []string                     `yaml:"notify"` // channels; left out: those of all routes
}

// AttemptSettings are where a sender notes its attempts.
type AttemptSettings struct {
	TableSettings `yaml:",inline"`
	Key           []string `yaml:"key"`
	State         string   `yaml:"state"`
	Rejected      []string `yaml:"rejected"` // words of State: it was sent and refused
}

// MendSettings say what may mend the pair, and which classes of findings are
// mended by themselves.
type MendSettings struct {
	URL       string `yaml:"url"` // takes every step as JSON
	TokenFile string `yaml:"token_file"`
	// Statements run in the database of a system (write_dsn_file), by action; a
	// column of the record is :name.
	System     string            `yaml:"system"`
	Statements map[string]string `yaml:"statements"`
	// Auto are actions by class: missing: replay.
	Auto   map[string]string `yaml:"auto"`
	Most   int               `yaml:"most"`    // records at a time; 20. More are left to a person.
	PerDay int               `yaml:"per_day"` // 100
	After  Duration          `yaml:"after"`   // how long an incident must be open before
}

// Duration is a time.Duration as "30s" in YAML; "2d" are 48 hours.
type Duration = settings.Duration

// Read reads the file at path, which holds systems and pairs.
func Read(path string) (Settings, error) {
	var s Settings
	b, err := os.ReadFile(path)
	if err != nil {
		return s, err // names the file
	}
	if err := yaml.UnmarshalWithOptions(b, &s, yaml.Strict()); err != nil {
		return s, fmt.Errorf("%s: %s", path, settings.Explain(err))
	}
	s.Locate(path, b)
	return s, nil
}

// Locate keeps the text of the file, in which the settings stand below the
// keys of prefix, so that errors can name lines.
func (s *Settings) Locate(name string, text []byte, prefix ...string) {
	if f, err := parser.ParseBytes(text, 0); err == nil {
		s.file, s.prefix, s.name = f, prefix, name
	}
}

// line returns where a key stands, or the nearest one above it; 0: unknown.
func (s *Settings) line(path ...string) int {
	if s.file == nil {
		return 0
	}
	all := append(append([]string(nil), s.prefix...), path...)
	for n := len(all); n > 0; n-- {
		b := (&yaml.PathBuilder{}).Root()
		for _, p := range all[:n] {
			b = b.Child(p)
		}
		if node, err := b.Build().FilterFile(s.file); err == nil && node != nil {
			switch m := node.(type) { // begins with its first entry; its key stands above
			case *ast.MappingNode:
				if !m.IsFlowStyle && len(m.Values) > 0 {
					return m.Values[0].GetToken().Position.Line - 1
				}
			case *ast.MappingValueNode:
				return m.GetToken().Position.Line - 1
			}
			return node.GetToken().Position.Line
		}
	}
	return 0
}

// fault is an error at a key.
func (s *Settings) fault(path []string, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	where := ""
	if n := s.line(path...); n > 0 {
		where = fmt.Sprintf("%s: line %d: ", s.name, n)
	}
	key := ""
	for i, p := range path {
		if i > 0 {
			key += "."
		}
		key += p
	}
	return fmt.Errorf("%s%s: %s", where, key, text)
}
