// Package pebbledb opens the one Pebble instance that log and series share:
// its settings, its lock, its keys, and what happens when the disk fails.
package pebbledb

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrInUse says that another process has the folder open.
var ErrInUse = errors.New("another process has it open")

// ErrFailed says that a write to disk failed. What was acknowledged before is
// kept; whether this write is, shows only when the folder is opened anew.
// Nothing more can be written until then.
var ErrFailed = errors.New("writing to disk failed: free or repair the disk, then start again")

// Options are the settings of a DB. The zero Options are the defaults.
type Options struct {
	FS       vfs.FS // nil: the disk
	Key      []byte // master key of encryption at rest, 32 bytes; nil: not encrypted
	Cache    int64  // bytes of the block cache; 0: 32 MiB
	MemTable uint64 // bytes of one table in memory; 0: 16 MiB
	ReadOnly bool   // nothing is changed; the folder must exist
	// Damaged opens a folder whose directory of partitions has flaws, for fsck:
	// what is lost of it is called reading.Partition{}.
	Damaged bool
	Log     *slog.Logger // nil: nothing is logged
	// Fatal is called when Pebble finds that it cannot go on outside of a
	// write, as when its manifest cannot be written. It must not return. nil:
	// the message is logged and the process ends with code 1.
	Fatal func(message string)
	// Patience is how long a writer waits where no new log can be begun, as on
	// a full disk, before that is fatal, and how long Close waits; 0: 30 s.
	Patience time.Duration
	// Wait lets what is written wait for room on a full disk for as long as
	// there is none, once Open has returned: DB.Full. false: it fails.
	Wait bool
	// Prepare keeps a file of 18 MB ready for the next log once Open has returned,
	// so that syncs are quick from the start. Not where Key is set: what lies under
	// a key is never written over.
	Prepare bool
}

// DB is an open instance. It is safe for concurrent use. Reads go to the
// embedded pebble.DB; every write goes through Apply, which knows of a disk that
// fails.
type DB struct {
	*pebble.DB
	cache    *pebble.Cache
	failed   atomic.Pointer[error]
	fs       vfs.FS // as it was given, below encryption
	dir      string
	patience time.Duration
	pace     pace
	gentle   gentle
	room     *room
	prepared *prepared // nil: logs are made when they are needed

	mu   sync.Mutex // guards the partitions
	dirs directory
}

// Open opens the folder, and creates it unless o.ReadOnly. A folder that
// another process has open is ErrInUse. The caller closes the DB.
func Open(dir string, o Options) (*DB, error) {
	fs := o.FS
	if fs == nil {
		fs = vfs.Default
	}
	if o.Cache == 0 {
		o.Cache = 32 << 20
	}
	if o.MemTable == 0 {
		o.MemTable = 16 << 20
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	db := &DB{cache: pebble.NewCache(o.Cache), fs: fs, dir: dir, patience: o.Patience}
	p := settings(o)
	db.gentle.off.Store(true)
	db.gentle.listen(p.EventListener)
	p.Cache = db.cache
	p.WALMinSyncInterval = func() time.Duration { return db.pace.interval(time.Now()) }
	lock, err := lock(fs, dir, o.ReadOnly)
	if err != nil {
		db.cache.Unref()
		return nil, err
	}
	defer lock.Close() // Pebble holds it on
	p.Lock = lock
	if o.Prepare && o.Key == nil && !o.ReadOnly {
		db.prepared = newPrepared(fs, dir, int64(o.MemTable+o.MemTable/10), o)
		fs = db.prepared
	}
	db.room = newRoom(fs, dir, o)
	if o.Wait {
		fs = db.room // below encryption: bytes are encrypted once
	}
	p.FS = fs
	if o.Key != nil {
		p.FS, err = encrypt(fs, dir, o.Key, o.ReadOnly)
	} else {
		err = refuseEncrypted(fs, dir)
	}
	if err != nil {
		db.cache.Unref()
		return nil, err
	}
	g := &guard{FS: p.FS, logger: logger{o}, failed: &db.failed, gentle: &db.gentle, room: db.room}
	p.FS = g
	p.EventListener.BackgroundError = g.wrong
	ended := p.EventListener.FlushEnd
	p.EventListener.FlushEnd = func(i pebble.FlushInfo) { ended(i); g.written(i.Err) }
	before, err := pebble.Peek(dir, p.FS)
	if err == nil && before.Exists {
		err = soundLogs(p.FS, dir)
	}
	if err == nil && !o.ReadOnly && (!before.Exists || before.FormatMajorVersion < p.FormatMajorVersion) {
		// Pebble begins its log before it comes to the format in which a flaw
		// inside it is told from a torn end: what is written goes into the next one.
		err = openOnce(dir, p)
	}
	if err == nil {
		db.DB, err = openPebble(dir, p)
	}
	if err != nil {
		db.cache.Unref()
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	db.gentle.begin()
	g.armed.Store(true)
	db.room.armed.Store(o.Wait)
	if db.prepared != nil {
		db.prepared.begin()
	}
	if err := db.loadPartitions(o.Damaged); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openOnce opens the folder and closes it again.
func openOnce(dir string, p *pebble.Options) (err error) {
	db, err := openPebble(dir, p)
	if err != nil {
		return err
	}
	defer caught(&err)
	return db.Close()
}

// openPebble turns the panics into errors that Pebble has for a disk that fails
// while it opens.
func openPebble(dir string, p *pebble.Options) (db *pebble.DB, err error) {
	defer caught(&err)
	return pebble.Open(dir, p)
}

// caught makes an error of a panic with one.
func caught(err *error) {
	if r := recover(); r != nil {
		cause, ok := r.(error)
		if !ok {
			panic(r)
		}
		*err = cause
	}
}

// lock makes sure that the folder is there, on disk too, and that nobody else
// has it open.
func lock(fs vfs.FS, dir string, readOnly bool) (*pebble.Lock, error) {
	if _, err := fs.Stat(dir); err != nil {
		if !readOnly {
			err = makeDir(fs, dir)
		}
		if err != nil {
			return nil, fmt.Errorf("data folder: %w", err)
		}
	}
	lock, err := pebble.LockDirectory(dir, fs)
	if cannot := (*os.PathError)(nil); errors.As(err, &cannot) {
		return nil, fmt.Errorf("%s: its lock cannot be taken: %w", dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w (%v)", dir, ErrInUse, err)
	}
	return lock, nil
}

// makeDir makes dir and those above it that are missing, each on disk.
func makeDir(fs vfs.FS, dir string) error {
	above := fs.PathDir(dir)
	if _, err := fs.Stat(above); err != nil && above != dir {
		if err := makeDir(fs, above); err != nil {
			return err
		}
	}
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	d, err := fs.OpenDir(above)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// settings are what the log and the series need of Pebble:
// docs/decisions/030-storage-settings.md.
func settings(o Options) *pebble.Options {
	p := &pebble.Options{
		FormatMajorVersion:          pebble.FormatWALSyncChunks, // a flaw inside its log is told from a torn end
		MemTableSize:                o.MemTable,
		MemTableStopWritesThreshold: 4,
		L0CompactionThreshold:       4,
		L0StopWritesThreshold:       40,
		LBaseMaxBytes:               64 << 20,
		MaxOpenFiles:                512,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
		ReadOnly:                    o.ReadOnly,
		Logger:                      logger{o},
		EventListener: &pebble.EventListener{
			// A flaw in a table is an error of whoever reads it, not the end of
			// the process, which Pebble would make it.
			DataCorruption: func(c pebble.DataCorruptionInfo) {
				if o.Log != nil {
					o.Log.Error("storage is damaged; stop and run pleth fsck", "file", c.Path, "what", c.Details)
				}
			},
		},
	}
	p.Levels[0].Compression = func() *sstable.CompressionProfile { return sstable.ZstdCompression }
	for i := range p.Levels {
		l := &p.Levels[i]
		l.BlockSize = 32 << 10
		l.IndexBlockSize = 64 << 10
		l.FilterPolicy = bloom.FilterPolicy(10)
		l.Compression = func() *sstable.CompressionProfile { return sstable.ZstdCompression }
	}
	return p
}

// Close waits for what is running and closes the folder. It gives up after
// Options.Patience.
func (d *DB) Close() error {
	d.gentle.off.Store(true)
	closed := make(chan error, 1)
	go func() {
		defer d.cache.Unref()
		var err error
		if d.prepared != nil {
			err = d.prepared.end()
		}
		closed <- errors.Join(err, d.DB.Close())
	}()
	select {
	case err := <-closed:
		return err
	case <-time.After(d.patience):
		// Pebble tries for ever to write a table to a disk that is full.
		return errors.New("closing the storage takes too long: the disk may be full; what was acknowledged is kept")
	}
}

// Snapshot writes the storage as it is now to a folder on the same disk that is
// not there yet. It can be opened with the same key. Tables are linked, not
// copied, and must not be changed there.
func (d *DB) Snapshot(to string) error {
	if err := d.Checkpoint(to, pebble.WithFlushedWAL()); err != nil {
		return err
	}
	proof, err := readAll(d.fs, d.fs.PathJoin(d.dir, checkFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return writeSynced(d.fs, to, d.fs.PathJoin(to, checkFile), proof)
}

// Failed returns what broke writing, wrapped in ErrFailed; nil while all is well.
func (d *DB) Failed() error {
	if p := d.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// Apply writes b. With sync it returns when b and everything written before it
// is on disk. Where the disk fails, that is ErrFailed for this write, which may
// be there or not after the next start, and for every one after it.
func (d *DB) Apply(b *pebble.Batch, sync bool) error {
	if err := d.Failed(); err != nil {
		return err
	}
	o := pebble.NoSync
	if sync {
		d.pace.commits.Add(1)
		o = pebble.Sync
	}
	err := d.DB.Apply(b, o)
	// Pebble does not learn of a log that fails: see guard.
	return cmp.Or(d.Failed(), err)
}

// logger passes what Pebble says on.
type logger struct{ o Options }

// Infof drops what Pebble tells of its daily work.
func (l logger) Infof(string, ...any) {}

// Errorf logs what went wrong and was dealt with.
func (l logger) Errorf(format string, args ...any) {
	if l.o.Log != nil {
		l.o.Log.Error("storage", "what", fmt.Sprintf(format, args...))
	}
}

// Fatalf ends the process.
func (l logger) Fatalf(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if l.o.Log != nil {
		l.o.Log.Error("storage failed", "what", message)
	}
	if l.o.Fatal != nil {
		l.o.Fatal(message)
	}
	fmt.Fprintln(os.Stderr, "pleth: the storage cannot go on:", message)
	os.Exit(1)
}
