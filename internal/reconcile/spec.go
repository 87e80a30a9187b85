// Package reconcile compares what two systems of record say: is every record
// of the one in the other, once, with the same values and the same status? It
// reads both sides as streams, compares checksums of groups of keys, and looks
// at single records only where a group differs, so that memory grows with the
// differences and not with the sides. The algorithm and the classes of findings
// are described in docs/reconcile.md.
package reconcile

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Column is one column by its names on the two sides.
type Column struct{ A, B string }

// String returns the name, or both where they differ.
func (c Column) String() string {
	if c.A == c.B {
		return c.A
	}
	return c.A + "=" + c.B
}

// ParseColumn reads "total" or "total=amount", A's name first.
func ParseColumn(s string) (Column, error) {
	a, b, two := strings.Cut(s, "=")
	if !two {
		b = a
	}
	if a == "" || b == "" {
		return Column{}, fmt.Errorf("%q is no column: write name, or nameInA=nameInB", s)
	}
	return Column{a, b}, nil
}

// Spec says what is compared and how. Columns that are not named are not
// compared.
type Spec struct {
	Key     []Column // together they name a record; at least one
	Compare []Column
	// Status maps the words of A to those of B, by the name of the column in A:
	// what stands in the map is compared as its image, the rest as it is.
	Status map[string]map[string]string
	// Tolerance is how far apart numbers of a column may be, by its name in A.
	Tolerance map[string]*big.Rat
	// Fold compares letters without their case.
	Fold bool
	// Numbers are the columns of the key that are numbers, by their name in A:
	// 1001, 1001.0 and 01001 are one there. Keys are text elsewhere.
	Numbers map[string]bool
	// Commas says that a side, A and B, writes decimals with a comma and
	// thousands with a point.
	Commas [2]bool
	// Limit is how many findings are kept; all are counted. 0: 1000.
	Limit int

	// Totals compares numbers and sums of buckets alone; there is no key.
	Totals bool

	// What follows is for systems that are compared again and again. A Column
	// of it may have a name on one side only.

	// Time is when a record is from. Records fall into buckets by its day in
	// the zone Day, nil: UTC. Without Time there are no days.
	Time Column
	Day  *time.Location
	// Channel tells buckets of one day apart.
	Channel Column
	// Measures are added up in every bucket.
	Measures []Column
	// From and To bound what is compared by Time, To not included. A record that
	// is missing inside is looked for outside before it is called missing.
	From, To time.Time
	// Updated is when a record was changed last; Arrived when it came to B.
	Updated Column
	Arrived string
	// Zones are those of times without one, on A and on B; nil: a time without
	// a zone cannot be placed.
	Zones [2]*time.Location
	// Times are compared columns that are instants, by their name in A: those
	// without a zone are read in that of their side.
	Times map[string]bool
}

// Check returns the first fault of the spec.
func (s *Spec) Check() error {
	if len(s.Key) == 0 && !s.Totals {
		return fmt.Errorf("no key is named: which columns tell one record from another?")
	}
	names := map[string]bool{}
	for _, c := range slices.Concat(s.Key, s.Compare) {
		if names[c.A] {
			return fmt.Errorf("column %q is named twice", c.A)
		}
		names[c.A] = true
	}
	known := func(what, name string) error {
		if !slices.ContainsFunc(s.Compare, func(c Column) bool { return c.A == name }) {
			return fmt.Errorf("the %s is for column %q, which is not compared", what, name)
		}
		return nil
	}
	for name := range s.Numbers {
		if !slices.ContainsFunc(s.Key, func(c Column) bool { return c.A == name }) {
			return fmt.Errorf("column %q is declared as numbers and is none of the key; other columns are compared as numbers where they are some", name)
		}
	}
	for name := range s.Status {
		if err := known("map", name); err != nil {
			return err
		}
	}
	for name := range s.Times {
		if err := known("zone", name); err != nil {
			return err
		}
	}
	if s.Time == (Column{}) && !(s.From.IsZero() && s.To.IsZero()) {
		return fmt.Errorf("a window needs the column of the time")
	}
	for name, t := range s.Tolerance {
		if err := known("tolerance", name); err != nil {
			return err
		}
		if t.Sign() < 0 {
			return fmt.Errorf("the tolerance of %q is negative", name)
		}
	}
	return nil
}

// Class is what is wrong with a record.
type Class string

// The classes of findings.
const (
	Missing        Class = "missing"         // in A, not in B
	Extra          Class = "extra"           // in B, not in A
	Duplicate      Class = "duplicate"       // more often on one side than on the other
	MismatchStatus Class = "mismatch_status" // another status, by a column with a map
	MismatchValue  Class = "mismatch_value"
	NoKey          Class = "no_key"   // a key is empty: the record cannot be found on the other side
	Rejected       Class = "rejected" // the row could not be read, or the other side refused it
)

// The classes that only systems that are watched have.
const (
	Late           Class = "late"            // arrived after the deadline
	OutOfOrder     Class = "out_of_order"    // arrived after what follows it
	MismatchTotal  Class = "mismatch_total"  // a measure of a bucket has another sum
	MismatchCount  Class = "mismatch_count"  // a bucket has another number of records
	SchemaDrift    Class = "schema_drift"    // a column has gone, or holds something else
	Unmapped       Class = "unmapped"        // a status that the map does not know
	Stale          Class = "stale"           // nothing came since
	NeverAttempted Class = "never_attempted" // nobody tried to send it
	Volume         Class = "volume"          // unlike the same weekday before
	CheckFailed    Class = "check_failed"    // it is not known whether the sides agree
)

// Classes returns the classes of a comparison in the order of reports.
func Classes() []Class {
	return []Class{Missing, Extra, Duplicate, MismatchStatus, MismatchValue, NoKey, Rejected}
}

// Finding is one thing that is wrong.
type Finding struct {
	Class   Class    `json:"class"`
	Key     []string `json:"key,omitempty"`     // in the order of Spec.Key
	Columns []Values `json:"columns,omitempty"` // that differ
	A       []int64  `json:"a_rows,omitempty"`  // where it stands, from 1, at most 20 places a side
	B       []int64  `json:"b_rows,omitempty"`
	Text    string   `json:"text,omitempty"` // why a row was rejected
	// Hint is the code of a hint of the result that this may be a case of; Like
	// is the key that this record may have on the other side then.
	Hint string   `json:"hint,omitempty"`
	Like []string `json:"like,omitempty"`

	// Where the spec names columns for them: the bucket, and times of the
	// record, of A where it has the record, else of B.
	Day     string    `json:"day,omitempty"`
	Channel string    `json:"channel,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Changed time.Time `json:"changed,omitzero"` // the later of both sides
	Arrived time.Time `json:"arrived,omitzero"`
	// Hashes are the SHA-256 of the compared form of the record of both sides,
	// in hexadecimal; empty where a side has none.
	Hashes [2]string `json:"-"`
}

// Values are the values of one column on both sides, as they stand there; nil
// is null.
type Values struct {
	Column string  `json:"column"`
	A      *string `json:"a"`
	B      *string `json:"b"`
}

// Side is what was read of one side.
type Side struct {
	Name     string `json:"name"`
	Rows     int64  `json:"rows"`
	Keys     int64  `json:"keys"` // distinct ones
	NoKey    int64  `json:"rows_without_key"`
	Rejected int64  `json:"rows_rejected"`
	// Kinds are what the cells of keys and compared columns were, by name:
	// "null", "number", "instant", "text", or "type" and what the engine calls it.
	Kinds map[string]map[string]int64 `json:"-"`
	// Unknown counts words that the status map does not know, by column.
	Unknown map[string]map[string]int64 `json:"-"`
	// Last is the newest time of a record.
	Last time.Time `json:"-"`
	// Doubt says why it is not certain that these were all records of the side;
	// empty: nothing speaks against it.
	Doubt string `json:"-"`
}

// Result is what a comparison comes to.
type Result struct {
	Format   string          `json:"format"`
	A        Side            `json:"a"`
	B        Side            `json:"b"`
	Key      []string        `json:"key"`
	Compared []string        `json:"compared"`
	Equal    bool            `json:"equal"`
	Counts   map[Class]int64 `json:"counts"`   // every class, 0 where there is none
	Findings []Finding       `json:"findings"` // by key; at most Spec.Limit of them
	Left     int64           `json:"findings_left_out"`
	Hints    []Hint          `json:"hints"`
	Buckets  []Bucket        `json:"-"` // by day and channel; none without Time and Channel
}

// Format names the document that a Result is.
const Format = "pleth.reconcile/1"
