package pebbledb

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ErrFull says that the disk has no room. Nothing was written; writing goes on
// by itself when there is room again.
var ErrFull = errors.New("the disk is full: writing goes on when there is room")

// room lies under everything else where Options.Wait asks for it. A write that
// found the disk full has put a part of its bytes there, or none, and nothing
// was promised of the others: it waits and goes on with those. Tables do not
// wait: one that cannot be finished is dropped, which makes room, and made again.
//
// A sync that fails is another matter, for guard: what was written may be lost.
type room struct {
	vfs.FS
	logger
	dir   string
	armed atomic.Bool // Open has returned: before, errors are returned as they are

	mu      sync.Mutex
	waiting int  // writes that wait
	tables  bool // writers wait for a table that cannot be written
	now     atomic.Pointer[standstill]
}

// standstill is one time that writing stands still, or the next one to come.
type standstill struct {
	begun chan struct{} // closed when it begins
	err   error         // why; set before
}

func newRoom(fs vfs.FS, dir string, o Options) *room {
	r := &room{FS: fs, logger: logger{o}, dir: dir}
	r.now.Store(&standstill{begun: make(chan struct{})})
	return r
}

// Full returns an error that is ErrFull while the disk has no room for what is
// to be written, nil otherwise and without Options.Wait.
func (d *DB) Full() error {
	s := d.room.now.Load()
	select {
	case <-s.begun:
		return s.err
	default:
		return nil
	}
}

// Filled returns a channel that is closed while the disk is full, or when it
// next becomes so. After it became well there is a new one.
func (d *DB) Filled() <-chan struct{} { return d.room.now.Load().begun }

// ApplyOrFull is Apply of a batch that need not be on disk, for callers who hold
// what others read by. It takes b over and closes it. Where the disk is full, or
// fills up meanwhile, it returns ErrFull at once: b may be written later, before
// anything that is applied afterwards.
func (d *DB) ApplyOrFull(b *pebble.Batch) error {
	if err := d.Full(); err != nil {
		return errors.Join(err, b.Close())
	}
	filled := d.room.now.Load()
	done := make(chan error, 1)
	go func() { done <- errors.Join(d.Apply(b, false), b.Close()) }()
	select {
	case err := <-done:
		return err
	case <-filled.begun:
		return filled.err
	}
}

// change changes who waits, and says so where that begins or ends.
func (r *room) change(err error, by func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.waiting > 0 || r.tables
	by()
	is := r.waiting > 0 || r.tables
	switch s := r.now.Load(); {
	case is && !was:
		s.err = fmt.Errorf("%w (%v)", ErrFull, err)
		close(s.begun)
		r.Errorf("%v; nothing new is taken until then", s.err)
	case was && !is:
		r.now.Store(&standstill{begun: make(chan struct{})})
		if r.o.Log != nil {
			r.o.Log.Info("the disk has room again, what waited is written")
		}
	}
}

// tablesWait is told whether writers wait for tables that find no room.
func (r *room) tablesWait(wait bool, err error) { r.change(err, func() { r.tables = wait }) }

// await calls do until it finds room.
func (r *room) await(do func() error) error {
	err := do()
	if err == nil || !IsFull(err) || !r.armed.Load() {
		return err
	}
	r.change(err, func() { r.waiting++ })
	for IsFull(err) {
		time.Sleep(pause)
		err = do()
	}
	r.change(nil, func() { r.waiting-- })
	return err
}

// waits reports whether what is written to a file waits for room.
func (r *room) waits(name string) bool {
	ext := path.Ext(name)
	return ext != ".sst" && ext != ".blob" && strings.TrimSuffix(r.PathDir(name), "/") == strings.TrimSuffix(r.dir, "/")
}

// Create implements vfs.FS.
func (r *room) Create(name string, category vfs.DiskWriteCategory) (f vfs.File, err error) {
	if !r.waits(name) {
		return r.FS.Create(name, category)
	}
	err = r.await(func() error { f, err = r.FS.Create(name, category); return err })
	if err != nil {
		return nil, err
	}
	return &roomFile{f, r}, nil
}

// ReuseForWrite implements vfs.FS.
func (r *room) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := r.FS.ReuseForWrite(oldname, newname, category)
	if err != nil || !r.waits(newname) {
		return f, err
	}
	return &roomFile{f, r}, nil
}

// Unwrap returns the file system below.
func (r *room) Unwrap() vfs.FS { return r.FS }

// roomFile is a file whose writes wait for room.
type roomFile struct {
	vfs.File
	r *room
}

// Write implements io.Writer.
func (f *roomFile) Write(p []byte) (n int, err error) {
	err = f.r.await(func() error {
		m, err := f.File.Write(p[n:])
		n += max(m, 0)
		return err
	})
	return n, err
}
