// Package fsck reads everything that the storage of a data folder holds and
// says what is wrong with it. On request it builds the storage anew from what
// is sound and puts the old one aside, so that nothing is thrown away.
package fsck

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth/internal/eventlog"
	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	chunks "pleth/internal/series/pebble"
)

// Folders of a data folder.
const (
	Storage = "store" // of log and series
	Lost    = "lost"  // what repairs put aside
	built   = "store.repair"
	copied  = "store.copy" // of a storage whose own log is mended
)

// maxFlaws is how many flaws are described; the rest is counted.
const maxFlaws = 1000

// Options say what to check and how. The zero Options only look.
type Options struct {
	FS     vfs.FS // nil: the disk
	Key    []byte // master key; nil: not encrypted
	Repair bool
}

// Report is what was found.
type Report struct {
	Partitions int
	Log        logs.Checked
	Series     chunks.Checked
	Flaws      []pebbledb.Flaw // the first maxFlaws
	More       int             // flaws beyond
	// Aside is the folder that the old storage was put into; empty: nothing
	// was changed.
	Aside string
}

// Sound reports whether nothing is wrong.
func (r *Report) Sound() bool { return len(r.Flaws) == 0 }

func (r *Report) add(f pebbledb.Flaw) error {
	if len(r.Flaws) >= maxFlaws {
		r.More++
		return nil
	}
	f.Key, f.Value = slices.Clone(f.Key), slices.Clone(f.Value)
	r.Flaws = append(r.Flaws, f)
	return nil
}

// Run checks the storage of the data folder dir, which no other process may
// have open. Without o.Repair, or where all is well, it changes nothing. With
// it, the storage is built anew from what is sound, and the old one is put into
// a folder below dir/lost in whole, with each flawed entry that can be read as
// a file of its own beside it unless the storage is encrypted. That takes as much space again. What cannot be
// opened at all is an error, and nothing is changed.
func Run(dir string, o Options) (*Report, error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	path := o.FS.PathJoin(dir, Storage)
	report := &Report{}
	db, err := pebbledb.Open(path, pebbledb.Options{FS: o.FS, Key: o.Key, ReadOnly: true, Damaged: true})
	mended := err != nil && (pebbledb.Damaged(err) || lacks(o.FS, path, err))
	if mended {
		report.Flaws, db, err = openMended(dir, o, err)
		if err == nil && db == nil {
			return report, nil
		}
		defer func() { _ = o.FS.RemoveAll(o.FS.PathJoin(dir, copied)) }() // a copy
	}
	if err != nil {
		return nil, err
	}
	c := checker{db: db, report: report}
	err = c.all(nil)
	if err != nil || c.report.Sound() || !o.Repair {
		return c.report, errors.Join(err, db.Close())
	}
	if err := rebuild(db, dir, o, mended); err != nil {
		return c.report, errors.Join(fmt.Errorf("repair: %w; nothing was changed", err), db.Close())
	}
	if err := db.Close(); err != nil {
		return c.report, err
	}
	flaws := c.report.Flaws
	if o.Key != nil {
		flaws = nil // they stay in the old storage, where they are encrypted
	}
	c.report.Aside, err = exchange(dir, o.FS, flaws)
	return c.report, err
}

// lacks reports whether err of opening the storage at path says that one of its
// files is missing.
func lacks(fs vfs.FS, path string, err error) bool {
	if !errors.Is(err, os.ErrNotExist) {
		return false
	}
	names, err := fs.List(path)
	return err == nil && slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "marker.manifest") })
}

// openMended opens a storage that Pebble does not open since its own log has
// flaws, or its list of tables: a copy of it with the records of the log that
// are sound, or one made of every table and log that can be read. Without
// o.Repair db is nil, and the flaws are all that is known.
func openMended(dir string, o Options, cause error) (flaws []pebbledb.Flaw, db *pebbledb.DB, err error) {
	path, twin := o.FS.PathJoin(dir, Storage), o.FS.PathJoin(dir, copied)
	opts := pebbledb.Options{FS: o.FS, Key: o.Key}
	flaws, err = pebbledb.LogFlaws(path, opts)
	listed := err == nil && len(flaws) == 0
	if listed {
		flaws = []pebbledb.Flaw{{What: fmt.Sprintf("the list of tables cannot be used: %v; a repair reads every table and log without it", cause)}}
	}
	if err != nil || !o.Repair {
		return flaws, nil, err
	}
	if err := o.FS.RemoveAll(twin); err != nil {
		return nil, nil, err
	}
	if listed {
		more, err := pebbledb.Salvage(path, twin, opts)
		if err != nil {
			return nil, nil, fmt.Errorf("repair: read the tables of %s: %w; nothing was changed: restore a backup", path, err)
		}
		opts.ReadOnly, opts.Damaged = true, true
		db, err = pebbledb.Open(twin, opts)
		return append(flaws, more...), db, err
	}
	if _, err := vfs.Clone(o.FS, o.FS, path, twin, vfs.CloneSync); err != nil {
		return nil, nil, fmt.Errorf("repair: copy the storage: %w", err)
	}
	if _, err := pebbledb.MendLogs(twin, opts); err != nil {
		return nil, nil, fmt.Errorf("repair: %w; nothing was changed", err)
	}
	opts.ReadOnly, opts.Damaged = true, true
	db, err = pebbledb.Open(twin, opts)
	return flaws, db, err
}

// checker reads one storage.
type checker struct {
	db     *pebbledb.DB
	report *Report
}

// all checks everything and calls keep (nil: nobody) with what is sound.
func (c *checker) all(keep func(key, value []byte) error) error {
	if keep == nil {
		keep = func(_, _ []byte) error { return nil }
	}
	c.report.Partitions = 0
	err := c.db.Walk([]byte{byte(pebbledb.PartitionEntry)}, func(key, value []byte) error {
		p, err := pebbledb.CheckPartition(key, value)
		if err != nil {
			return c.report.add(pebbledb.Flaw{What: fmt.Sprintf("name of a partition: %v", err), Key: key, Value: value})
		}
		if p != c.name(key) {
			return c.report.add(pebbledb.Flaw{What: "name of a partition: it is there twice", Partition: p, Key: key, Value: value})
		}
		c.report.Partitions++
		return keep(key, value)
	}, c.unreadable)
	if err != nil {
		return err
	}
	for id, p := range c.db.Partitions() {
		if p == (reading.Partition{}) {
			if err := c.lost(pebbledb.ID(id), keep); err != nil {
				return err
			}
		}
	}
	log := logs.Open(c.db)
	if c.report.Log, err = log.Check(keep, c.report.add); err != nil {
		return err
	}
	bounds := map[pebbledb.ID][2]eventlog.Offset{}
	bounded := log.Partitions(func(p reading.Partition, first, next eventlog.Offset) error {
		if id, ok := c.db.ID(p); ok {
			bounds[id] = [2]eventlog.Offset{first, next}
		}
		return nil
	}) == nil
	known := func(id pebbledb.ID) (first, next eventlog.Offset) { return bounds[id][0], bounds[id][1] }
	if !bounded {
		known = nil // flaws of the log have been reported
	}
	if c.report.Series, err = chunks.Open(c.db).Check(known, keep, c.report.add); err != nil {
		return err
	}
	return c.strangers()
}

// name returns the partition that the key of an entry stands for.
func (c *checker) name(key []byte) reading.Partition {
	names := c.db.Partitions()
	if id := binary.BigEndian.Uint32(key[1:]); int(id) < len(names) {
		return names[id]
	}
	return reading.Partition{}
}

// lost reports a partition without a name and gives it one, so that its data
// can still be read.
func (c *checker) lost(id pebbledb.ID, keep func(key, value []byte) error) error {
	p := reading.Partition{Device: fmt.Sprintf("lost-partition-%d", id)}
	if err := c.report.add(pebbledb.Flaw{What: fmt.Sprintf("name of partition %d is lost; a repair calls it %s", id, p.Device)}); err != nil {
		return err
	}
	return keep(pebbledb.NameEntry(id, p))
}

func (c *checker) unreadable(from, to []byte, err error) error {
	return c.report.add(pebbledb.Flaw{What: fmt.Sprintf("names of partitions from key %x to %x cannot be read: %v", from, to, err), Key: from})
}

// strangers reports entries that are of no kind.
func (c *checker) strangers() error {
	known := []pebbledb.Prefix{pebbledb.PartitionEntry, pebbledb.LogRecord, pebbledb.LogEnd, pebbledb.SeriesChunk, pebbledb.SeriesRollup, pebbledb.SeriesState,
		pebbledb.AlertRecord, pebbledb.AlertOrder, pebbledb.AlertName}
	for b := range 256 {
		if slices.Contains(known, pebbledb.Prefix(b)) {
			continue
		}
		err := c.db.Walk([]byte{byte(b)}, func(key, value []byte) error {
			return c.report.add(pebbledb.Flaw{What: "an entry of no known kind", Key: key, Value: value})
		}, c.unreadable)
		if err != nil {
			return err
		}
	}
	return nil
}

// batchBytes is how much of the new storage is written at once.
const batchBytes = 1 << 20

// rebuild writes what is sound into a new storage beside the old one. again: any
// commit of the series may be missing, so that all of the log is to be read again
// for rows that are in no chunk.
func rebuild(db *pebbledb.DB, dir string, o Options, again bool) error {
	path := o.FS.PathJoin(dir, built)
	if err := o.FS.RemoveAll(path); err != nil {
		return err
	}
	to, err := pebbledb.Open(path, pebbledb.Options{FS: o.FS, Key: o.Key})
	if err != nil {
		return err
	}
	b := to.NewBatch()
	flush := func() error {
		defer func() { b = to.NewBatch() }()
		return errors.Join(to.Apply(b, true), b.Close())
	}
	begins := map[pebbledb.ID]eventlog.Offset{}
	if again {
		_ = logs.Open(db).Partitions(func(p reading.Partition, first, _ eventlog.Offset) error {
			if id, ok := db.ID(p); ok {
				begins[id] = first
			}
			return nil
		}) // flaws of the log are reported below
	}
	c := checker{db: db, report: &Report{}}
	err = c.all(func(key, value []byte) error {
		if again && key[0] == byte(pebbledb.SeriesState) {
			value = chunks.StateAt(value, begins[pebbledb.ID(binary.BigEndian.Uint32(key[1:]))])
		}
		if err := b.Set(key, value, nil); err != nil {
			return err
		}
		if b.Len() > batchBytes {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err == nil {
		err = to.Flush()
	}
	return errors.Join(err, b.Close(), to.Close())
}

// exchange puts the old storage aside and the new one in its place.
func exchange(dir string, fs vfs.FS, flaws []pebbledb.Flaw) (aside string, err error) {
	for n := 1; ; n++ {
		aside = fs.PathJoin(dir, Lost, fmt.Sprint("store-", n))
		if _, err := fs.Stat(aside); err != nil {
			break
		}
	}
	entries := fs.PathJoin(aside, "entries")
	if err := fs.MkdirAll(entries, 0o700); err != nil {
		return "", err
	}
	for _, f := range flaws {
		if f.Key == nil || f.Value == nil {
			continue
		}
		if err := write(fs, fs.PathJoin(entries, hex.EncodeToString(f.Key)), f.Value); err != nil {
			return "", err
		}
	}
	for _, move := range [][2]string{{fs.PathJoin(dir, Storage), fs.PathJoin(aside, Storage)}, {fs.PathJoin(dir, built), fs.PathJoin(dir, Storage)}} {
		if err := fs.Rename(move[0], move[1]); err != nil {
			return aside, fmt.Errorf("move %s to %s: %w; do it by hand", move[0], move[1], err)
		}
	}
	for _, d := range []string{entries, aside, fs.PathJoin(dir, Lost), dir} {
		f, err := fs.OpenDir(d)
		if err != nil {
			return aside, err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return aside, err
		}
	}
	return aside, nil
}

func write(fs vfs.FS, path string, b []byte) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(slices.Clone(b))
	return errors.Join(err, f.Sync(), f.Close())
}
