// Package pebbledb opens the one Pebble instance that log and series share:
// its settings, its lock, its keys, and what happens when the disk fails.
package pebbledb

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

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
}

// DB is an open instance. It is safe for concurrent use. Reads go to the
// embedded pebble.DB; every write goes through Apply, which survives a disk
// that fails.
type DB struct {
	*pebble.DB
	cache  *pebble.Cache
	failed atomic.Pointer[error]

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
	db := &DB{cache: pebble.NewCache(o.Cache)}
	p := settings(o)
	p.FS, p.Cache = fs, db.cache
	lock, err := lock(fs, dir, o.ReadOnly)
	if err != nil {
		db.cache.Unref()
		return nil, err
	}
	defer lock.Close() // Pebble holds it on
	p.Lock = lock
	if o.Key != nil {
		p.FS, err = encrypt(fs, dir, o.Key, o.ReadOnly)
	} else {
		err = refuseEncrypted(fs, dir)
	}
	if err != nil {
		db.cache.Unref()
		return nil, err
	}
	if db.DB, err = pebble.Open(dir, p); err != nil {
		db.cache.Unref()
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	if err := db.loadPartitions(o.Damaged); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// lock makes sure that the folder is there, on disk too, and that nobody else
// has it open.
func lock(fs vfs.FS, dir string, readOnly bool) (*pebble.Lock, error) {
	if _, err := fs.Stat(dir); err != nil {
		if readOnly {
			return nil, fmt.Errorf("data folder: %w", err)
		}
		if err := fs.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("data folder: %w", err)
		}
		parent, err := fs.OpenDir(fs.PathDir(dir))
		if err == nil {
			err = errors.Join(parent.Sync(), parent.Close())
		}
		if err != nil {
			return nil, fmt.Errorf("data folder: %w", err)
		}
	}
	lock, err := pebble.LockDirectory(dir, fs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (%v)", dir, ErrInUse, err)
	}
	return lock, nil
}

// settings are what the log and the series need of Pebble:
// docs/decisions/020-storage-settings.md.
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
			BackgroundError: func(err error) {
				if o.Log != nil {
					o.Log.Error("storage", "what", err)
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

// Close waits for what is running and closes the folder.
func (d *DB) Close() error {
	defer d.cache.Unref()
	if d.Failed() != nil {
		// Pebble's commit line is broken; closing it would wait forever.
		return nil
	}
	return d.DB.Close()
}

// Failed returns what broke writing, wrapped in ErrFailed; nil while all is well.
func (d *DB) Failed() error {
	if p := d.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// commitError is what Pebble's call for the end of the process is turned into
// when it comes out of a write.
type commitError string

// Apply writes b. With sync it returns when b and everything written before it
// is on disk. An error other than of a batch that is itself wrong is
// ErrFailed, and so is every write after it.
func (d *DB) Apply(b *pebble.Batch, sync bool) (err error) {
	if err := d.Failed(); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			message, ok := r.(commitError)
			if !ok {
				panic(r)
			}
			err = fmt.Errorf("%w (%s)", ErrFailed, string(message))
			d.failed.CompareAndSwap(nil, &err)
		}
	}()
	o := pebble.NoSync
	if sync {
		o = pebble.Sync
	}
	return d.DB.Apply(b, o)
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

// Fatalf ends the write it comes from, or the process.
func (l logger) Fatalf(format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	if l.o.Log != nil {
		l.o.Log.Error("storage failed", "what", message)
	}
	if format == fatalCommit {
		panic(commitError(message))
	}
	if l.o.Fatal != nil {
		l.o.Fatal(message)
	}
	fmt.Fprintln(os.Stderr, "pleth: the storage cannot go on:", message)
	os.Exit(1)
}

// fatalCommit is the format of Pebble's call when a write failed.
const fatalCommit = "pebble: fatal commit error: %v"
