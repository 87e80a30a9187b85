package reconcile

import (
	"context"
	"errors"
	"time"
)

// Source is one side: rows of cells under named columns. Scan may be called
// several times and gives the same rows each time, as long as nobody changes
// them.
type Source interface {
	// Name is what the side is called in reports.
	Name() string
	// Columns returns the names of the columns.
	Columns(ctx context.Context) ([]string, error)
	// Scan calls row for every row with its place, counted from 1, and its
	// cells in the order of Columns; bad for every row that could not be read.
	// An error of row or bad ends the scan and is returned.
	Scan(ctx context.Context, row func(place int64, cells []Cell) error, bad func(place int64, why string) error) error
}

// Want is what is wanted of a side: rows of a stretch of time, or of some keys.
type Want struct {
	Time     string // column; empty: of any time
	From, To time.Time
	Zone     *time.Location // of times without one
	Key      []string       // columns; nil: of any key
	Keys     [][]string     // in canonical form
	// Loose says that a key may be written otherwise than it is compared: no row
	// is left out by it.
	Loose bool
	// Columns are those that somebody looks at; the others may come as null.
	// nil: all.
	Columns []string
}

// Narrower is a side whose engine can leave rows out. What Narrow returns may
// hold more than is wanted, never less.
type Narrower interface {
	Narrow(w Want) Source
}

// Sizer is a side that knows about how many rows it has.
type Sizer interface {
	Size(ctx context.Context) (int64, error)
}

// Doubter is a side that may not know whether it gave all of its rows.
type Doubter interface {
	// Doubt says why the last Scan may have left rows out; empty: it did not.
	Doubt() string
}

// Shape is how the rows of a side are hashed by its own engine.
type Shape struct {
	Key, Compare []string
	// Status are the images of words by column of Compare; nil entries: none.
	Status   []map[string]string
	Local    []bool // by column of Compare: times, those without a zone are in Zone
	Fold     bool
	Time     string
	Channel  string
	Measures []string
	Zone     *time.Location // of times without one
	Day      *time.Location
	From, To time.Time
	Days     []string // only of these; nil: of all
	// Alike says that both sides are the same engine of the same version: its
	// own hashes, which are quicker, may tell rows apart. Seed goes into them and
	// is another one in every comparison, so that two rows which happen to hash
	// alike once do not so for ever.
	Alike bool
	Seed  int64
	// Range splits the keys, where it is not the zero Range, by their value in
	// the place of their digest.
	Range Range
}

// Range is a stretch of whole numbers that is cut into parts of one width; what
// lies below belongs to the first part, what lies above to the last.
type Range struct{ From, Width int64 }

// cut returns the Range of parts for keys between from and to.
func cut(from, to int64, parts uint64) Range {
	return Range{from, (to-from)/int64(parts) + 1}
}

// Tallied is what an engine counted in one bucket or part.
type Tallied struct {
	Bucket BucketID
	Part   uint64
	Odd    bool // rows that have no key or no place; only their number counts
	Tally
}

// ErrNotHashed says that an engine gave no hash for some rows.
var ErrNotHashed = errors.New("the engine hashes not every row; are there rows larger than it sends at once?")

// Tallier is a side whose engine counts, adds up and hashes by itself. Its
// hashes need not see through every way to write a value: rows that hash
// differently are fetched and compared, rows that hash alike must be equal.
type Tallier interface {
	Source
	// Version names the engine and its version.
	Version(ctx context.Context) (string, error)
	// Able reports whether the engine can do it for a shape.
	Able(ctx context.Context, s Shape) bool
	// Bounds returns the lowest and highest key where keys are whole numbers that
	// an index finds; not ok elsewhere, and where there is no key.
	Bounds(ctx context.Context, s Shape) (from, to int64, ok bool, err error)
	// Tally returns a line for each bucket, or for each part of the keys where
	// parts (a power of two) is not 0. Rows that have no key or no place are
	// counted apart, in one line or several.
	Tally(ctx context.Context, s Shape, parts uint64) ([]Tallied, error)
	// Pick returns the rows of some parts, and Odd those without a key or place,
	// as many as limit; both with the columns of the Source.
	Pick(s Shape, parts uint64, some []uint64) Source
	Odd(s Shape, limit int) Source
	// Keys returns how many distinct keys there are; -1: as many as rows.
	Keys(ctx context.Context, s Shape) (int64, error)
	// Words counts what stands in a column.
	Words(ctx context.Context, s Shape, column string) (map[string]int64, error)
	// Types returns the types of the columns as the engine calls them; none where
	// a column may hold values of any type.
	Types(ctx context.Context) (map[string]string, error)
	// Last returns the newest time; zero: there is none.
	Last(ctx context.Context, s Shape) (time.Time, error)
}
