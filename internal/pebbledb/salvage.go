package pebbledb

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/batchrepr"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Where the list of tables (the manifest) is lost, which table belongs to which
// level is, too. But every entry of a table or log has a number, and of a key
// the entry with the greatest holds; those at the very bottom have none, and
// then nothing older is left. Reading all files together in the order of keys
// therefore gives what was stored. Two things can be older than they were: what
// a table held that Pebble had replaced and not yet removed, and what stands in
// a log that was written to a table long ago: such a log is told by its records.

// Salvage makes a new folder at to with the entries of every table and log in
// dir that can be read, whatever the manifest says, and returns what cannot be.
// Nothing in dir is changed.
func Salvage(dir, to string, o Options) (flaws []Flaw, err error) {
	fs, lock, err := raw(dir, o)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	s := salvage{fs: fs, dir: dir, o: o}
	defer s.close()
	if err := s.open(); err != nil {
		return nil, err
	}
	db, err := Open(to, o)
	if err != nil {
		return nil, err
	}
	err = s.copyTo(db)
	if err == nil {
		err = db.Flush()
	}
	return s.flaws, errors.Join(err, db.Close())
}

// salvage reads all files of a folder together.
type salvage struct {
	fs      vfs.FS
	dir     string
	o       Options
	flaws   []Flaw
	tables  []*sstable.Reader
	sources sources
	dropped []span
}

// entry is one entry of a table or log.
type entry struct {
	key, value []byte
	number     uint64
	kind       pebble.InternalKeyKind
}

// span is a deletion of keys from <= key < to below a number.
type span struct {
	from, to []byte
	number   uint64
}

// source is a file that is read, with the entry that is next.
type source struct {
	entry
	next func() (entry, bool)
}

// sources are in the order of their next entries: by key, the newest first.
type sources []*source

// Len implements heap.Interface.
func (s sources) Len() int { return len(s) }

// Less implements heap.Interface.
func (s sources) Less(i, j int) bool { return order(s[i].entry, s[j].entry) < 0 }

// Swap implements heap.Interface.
func (s sources) Swap(i, j int) { s[i], s[j] = s[j], s[i] }

// Push implements heap.Interface.
func (s *sources) Push(x any) { *s = append(*s, x.(*source)) }

// Pop implements heap.Interface.
func (s *sources) Pop() any {
	old := *s
	last := old[len(old)-1]
	*s = old[:len(old)-1]
	return last
}

func order(a, b entry) int {
	return cmp.Or(bytes.Compare(a.key, b.key), cmp.Compare(b.number, a.number))
}

func (s *salvage) flaw(format string, args ...any) {
	s.flaws = append(s.flaws, Flaw{What: fmt.Sprintf(format, args...)})
}

func (s *salvage) close() {
	for _, t := range s.tables {
		_ = t.Close()
	}
}

// open opens all files.
func (s *salvage) open() error {
	names, err := s.fs.List(s.dir)
	if err != nil {
		return err
	}
	slices.Sort(names)
	for _, name := range names {
		if path.Ext(name) == ".sst" {
			if err := s.openTable(name); err != nil {
				s.flaw("the table %s cannot be read: %v", name, err)
			}
		}
	}
	for _, name := range names {
		if number, err := strconv.ParseUint(strings.TrimSuffix(name, ".log"), 10, 32); err == nil && path.Ext(name) == ".log" {
			if err := s.openLog(name, uint32(number)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

func (s *salvage) openTable(name string) error {
	f, err := s.fs.Open(s.fs.PathJoin(s.dir, name))
	if err != nil {
		return err
	}
	readable, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	ctx := context.Background()
	p := settings(s.o)
	p.EnsureDefaults()
	t, err := sstable.NewReader(ctx, readable, p.MakeReaderOptions())
	if err != nil {
		return errors.Join(err, readable.Close())
	}
	s.tables = append(s.tables, t)
	if err := s.deletions(ctx, t); err != nil {
		s.flaw("what the table %s deletes cannot be read, it may be there again: %v", name, err)
	}
	it, err := t.NewIter(sstable.NoTransforms, nil, nil, sstable.AssertNoBlobHandles)
	if err != nil {
		return err
	}
	started := false
	s.add(func() (entry, bool) {
		kv := it.Next
		if !started {
			kv, started = it.First, true
		}
		for at := kv(); at != nil; at = it.Next() {
			value, _, err := at.Value(nil)
			if err != nil {
				s.flaw("an entry of the table %s cannot be read: %v", name, err)
				continue
			}
			return entry{bytes.Clone(at.K.UserKey), bytes.Clone(value), uint64(at.K.SeqNum()), at.K.Kind()}, true
		}
		if err := it.Error(); err != nil {
			s.flaw("the table %s cannot be read to its end: %v", name, err)
		}
		_ = it.Close()
		return entry{}, false
	})
	return nil
}

// deletions notes what ranges a table deletes.
func (s *salvage) deletions(ctx context.Context, t *sstable.Reader) error {
	it, err := t.NewRawRangeDelIter(ctx, sstable.NoFragmentTransforms, sstable.NoReadEnv)
	if err != nil || it == nil {
		return err
	}
	defer it.Close()
	at, err := it.First()
	for ; at != nil && err == nil; at, err = it.Next() {
		for _, k := range at.Keys {
			s.dropped = append(s.dropped, span{bytes.Clone(at.Start), bytes.Clone(at.End), uint64(k.SeqNum())})
		}
	}
	return err
}

// lookedFor is how many records of a log are looked for in the tables.
const lookedFor = 64

// openLog reads a log, unless all of it lies in tables: a log is written to
// them as a whole or not at all.
func (s *salvage) openLog(name string, number uint32) error {
	f, err := s.fs.Open(s.fs.PathJoin(s.dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	var all []entry
	var dropped []span
	broken := 0
	places, err := readLog(f, number, func(record []byte) {
		head, ok := batchrepr.ReadHeader(record)
		if !ok {
			broken++
			return
		}
		r := batchrepr.Read(slices.Clone(record))
		for n := uint64(head.SeqNum); ; {
			kind, key, value, ok, err := r.Next()
			if err != nil {
				broken++
			}
			if !ok || err != nil {
				return
			}
			switch kind {
			case pebble.InternalKeyKindLogData:
				continue // has no number
			case pebble.InternalKeyKindRangeDelete:
				dropped = append(dropped, span{key, value, n})
			default:
				all = append(all, entry{key, value, n, kind})
			}
			n++
		}
	})
	if err != nil {
		return err
	}
	if s.written(all) {
		return nil
	}
	for _, at := range places {
		s.flaw("the log %s cannot be read at byte %d", name, at)
	}
	if broken > 0 {
		s.flaw("%d batches of the log %s cannot be read", broken, name)
	}
	s.dropped = append(s.dropped, dropped...)
	slices.SortFunc(all, order)
	s.add(func() (e entry, ok bool) {
		if len(all) == 0 {
			return e, false
		}
		e, all = all[0], all[1:]
		return e, true
	})
	return nil
}

// written reports whether records of our own log, which are written once and
// never again, lie in tables.
func (s *salvage) written(all []entry) bool {
	looked := 0
	for _, e := range all {
		if len(e.key) == 0 || e.key[0] != byte(LogRecord) {
			continue
		}
		if looked++; looked > lookedFor {
			return false
		}
		for _, t := range s.tables {
			it, err := t.NewIter(sstable.NoTransforms, nil, nil, sstable.AssertNoBlobHandles)
			if err != nil {
				continue
			}
			at := it.SeekGE(e.key, 0)
			found := at != nil && bytes.Equal(at.K.UserKey, e.key)
			_ = it.Close()
			if found {
				return true
			}
		}
	}
	return false
}

// add takes a source that has an entry.
func (s *salvage) add(next func() (entry, bool)) {
	if e, ok := next(); ok {
		s.sources = append(s.sources, &source{e, next})
	}
}

// copyTo writes what holds of every key.
func (s *salvage) copyTo(db *DB) error {
	heap.Init(&s.sources)
	slices.SortFunc(s.dropped, func(a, b span) int { return bytes.Compare(a.from, b.from) })
	b := db.NewBatch()
	defer func() { _ = b.Close() }()
	var over []span // that begin at or before the key
	var last []byte
	for len(s.sources) > 0 {
		one := s.sources[0]
		e := one.entry
		if next, ok := one.next(); ok {
			one.entry = next
			heap.Fix(&s.sources, 0)
		} else {
			heap.Pop(&s.sources)
		}
		if last != nil && bytes.Equal(e.key, last) {
			continue // older
		}
		last = e.key
		for len(s.dropped) > 0 && bytes.Compare(s.dropped[0].from, e.key) <= 0 {
			over, s.dropped = append(over, s.dropped[0]), s.dropped[1:]
		}
		over = slices.DeleteFunc(over, func(d span) bool { return bytes.Compare(d.to, e.key) <= 0 })
		gone := slices.ContainsFunc(over, func(d span) bool { return d.number > e.number })
		if gone || e.kind != pebble.InternalKeyKindSet && e.kind != pebble.InternalKeyKindSetWithDelete {
			continue
		}
		if err := b.Set(e.key, e.value, nil); err != nil {
			return err
		}
		if b.Len() > 1<<20 {
			if err := db.Apply(b, false); err != nil {
				return err
			}
			_ = b.Close()
			b = db.NewBatch()
		}
	}
	return db.Apply(b, true)
}
