package ward

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Row is one stored reading.
type Row struct {
	At, Seq int64
	Hash    uint64 // of its content: HashRow
}

// Store is what Verify compares a ledger with.
type Store interface {
	// Rows calls f with every stored row of the live stream of a device in the
	// order of event time and sequence number. A device that is not there has
	// none.
	Rows(ctx context.Context, device string, f func(Row) error) error
}

// Verdict is what Verify found. Every count is of readings.
type Verdict struct {
	Sent         int64 // distinct readings in the ledger
	Acknowledged int64 // of these
	Refused      int64 // of these
	Lost         int64 // acknowledged and not in the store
	Duplicated   int64 // further copies in the store
	Altered      int64 // acknowledged, and the store holds something else under the same key
	// Unanswered are in the store, and the ledger knows of no acknowledgement:
	// the answer was lost. Unknown are in the store and not in the ledger.
	Unanswered int64
	Unknown    int64
	// First are the first differences, at most MaxDifferences.
	First []Difference
}

// MaxDifferences is how many differences a Verdict names.
const MaxDifferences = 20

// Difference is one reading that is not as the ledger says.
type Difference struct {
	Kind    string // "lost", "duplicated", "altered"
	Device  string
	At, Seq int64
}

// String returns d as a line for people.
func (d Difference) String() string {
	return fmt.Sprintf("%s: %s at %s, seq %d", d.Kind, d.Device, time.Unix(0, d.At).UTC().Format(time.RFC3339Nano), d.Seq)
}

// Good reports whether nothing acknowledged is lost, duplicated or altered.
func (v *Verdict) Good() bool { return v.Lost == 0 && v.Duplicated == 0 && v.Altered == 0 }

// String returns v as the line the commands print.
func (v *Verdict) String() string {
	return fmt.Sprintf("%d acknowledged, %d lost, %d duplicated, %d altered", v.Acknowledged, v.Lost, v.Duplicated, v.Altered)
}

// sortInMemory is how many entries are sorted in memory, 48 bytes each.
const sortInMemory = 1 << 20

// Verify compares the ledger at path with a store. Memory does not grow with
// the ledger: it is sorted in a temporary folder, which needs about 40 bytes
// for every reading.
func Verify(ctx context.Context, path string, store Store) (*Verdict, error) {
	return verify(ctx, path, store, sortInMemory)
}

func verify(ctx context.Context, path string, store Store, limit int) (*Verdict, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	defer f.Close()
	dir, err := os.MkdirTemp("", "pleth-verify-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var names []string
	s := sorter{dir: dir, limit: limit}
	_, err = readLedger(f, func(b *block) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if b.kind == blockDevice {
			if b.device != uint64(len(names)) {
				return fmt.Errorf("device %q has the number %d, not %d", b.name, b.device, len(names))
			}
			names = append(names, b.name)
			return nil
		}
		if b.device >= uint64(len(names)) {
			return fmt.Errorf("device %d has no name", b.device)
		}
		for i := range b.at {
			e := entry{device: b.device, at: b.at[i], seq: b.seq[i]}
			if b.kind == blockSent {
				e.hash, e.sends = b.hash[i], 1
			} else {
				e.refused = b.outcome[i] == Refused
				e.acknowledged = !e.refused
			}
			if err := s.add(e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ledger %s: %w", filepath.Base(path), err)
	}
	next, done, err := s.merged()
	if err != nil {
		return nil, fmt.Errorf("sort the ledger: %w", err)
	}
	defer done()
	c := comparison{next: next, names: names}
	if err := c.advance(); err != nil {
		return nil, err
	}
	for i, name := range names {
		if err := c.device(ctx, uint64(i), name, store); err != nil {
			return nil, fmt.Errorf("compare %s: %w", name, err)
		}
	}
	return &c.Verdict, nil
}

// comparison walks the sorted ledger and the rows of the store side by side.
type comparison struct {
	Verdict
	next  func() (entry, bool, error)
	names []string
	e     entry
	more  bool
}

func (c *comparison) advance() (err error) {
	c.e, c.more, err = c.next()
	return err
}

func (c *comparison) differ(count *int64, kind, device string, at, seq int64) {
	*count++
	if len(c.First) < MaxDifferences {
		c.First = append(c.First, Difference{kind, device, at, seq})
	}
}

// device compares the entries of one device with its rows.
func (c *comparison) device(ctx context.Context, index uint64, name string, store Store) error {
	var rows []Row // of one key
	settle := func() error {
		if len(rows) == 0 {
			return nil
		}
		key := entry{device: index, at: rows[0].At, seq: rows[0].Seq}
		for c.more && compareEntries(c.e, key) < 0 {
			c.compare(name, nil)
			if err := c.advance(); err != nil {
				return err
			}
		}
		var err error
		if c.more && compareEntries(c.e, key) == 0 {
			c.compare(name, rows)
			err = c.advance()
		} else {
			c.Unknown += int64(len(rows))
		}
		rows = rows[:0]
		return err
	}
	err := store.Rows(ctx, name, func(r Row) error {
		if len(rows) > 0 && (rows[0].At != r.At || rows[0].Seq != r.Seq) {
			if before := rows[0]; before.At > r.At || before.At == r.At && before.Seq > r.Seq {
				return fmt.Errorf("the store gives %d, seq %d after %d, seq %d: not in order", r.At, r.Seq, before.At, before.Seq)
			}
			if err := settle(); err != nil {
				return err
			}
		}
		rows = append(rows, r)
		return nil
	})
	if err == nil {
		err = settle()
	}
	for err == nil && c.more && c.e.device == index {
		c.compare(name, nil)
		err = c.advance()
	}
	return err
}

// compare judges the current entry by the rows of its key.
func (c *comparison) compare(name string, rows []Row) {
	e := &c.e
	c.Sent++
	if e.refused {
		c.Refused++
	}
	if e.acknowledged {
		c.Acknowledged++
	} else if len(rows) > 0 {
		c.Unanswered++
	}
	same := 0
	for _, r := range rows {
		if r.Hash == e.hash {
			same++
		}
	}
	for range same - 1 {
		c.differ(&c.Duplicated, "duplicated", name, e.at, e.seq)
	}
	switch {
	case len(rows) == 0 && e.acknowledged:
		c.differ(&c.Lost, "lost", name, e.at, e.seq)
	case len(rows) > 0 && (same == 0 || same < len(rows) && !e.conflict):
		c.differ(&c.Altered, "altered", name, e.at, e.seq)
	}
}
