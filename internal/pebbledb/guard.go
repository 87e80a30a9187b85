package pebbledb

import (
	"fmt"
	"path"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guard stands between Pebble and a disk that fails under Pebble's log, where
// Pebble would panic in the middle of its own locks:
//
//   - A log that cannot be written or synced fails the DB: every write that is
//     under way or to come gets ErrFailed, nothing more is put into that log,
//     and Pebble is told that all is well. Reading and closing go on.
//   - Where no new log can be begun, as on a full disk, the writer waits, and
//     in the end every sender with it; when it has waited for long enough the
//     process ends in good order.
//   - A folder that cannot be synced ends the process: what Pebble would do
//     next might rest on a file that is not there after a power cut.
//   - Where no table can be written, Pebble tries for ever: if opening or the
//     senders wait for it, the process ends as above.
//
// A disk that is merely full is dealt with below it where that is asked for: room.
type guard struct {
	vfs.FS
	logger
	armed  atomic.Bool // Open has returned: before, errors are returned as they are
	failed *atomic.Pointer[error]
	gentle *gentle
	room   *room
	told   atomic.Int64 // when something went wrong was logged last, Unix ns
	stuck  atomic.Int64 // since when no table can be written, Unix ns; 0: they can
}

// isLog reports whether name is one of Pebble's logs.
func isLog(name string) bool { return path.Ext(name) == ".log" }

// pause is how long a writer waits before it tries again.
const pause = 50 * time.Millisecond

// fail marks the DB.
func (g *guard) fail(what string, err error) {
	failure := fmt.Errorf("%w (%s: %v)", ErrFailed, what, err)
	if g.failed.CompareAndSwap(nil, &failure) {
		g.Errorf("%v", failure)
	}
}

// wrong logs what Pebble will try again, once a second.
func (g *guard) wrong(err error) {
	now := time.Now().UnixNano()
	if last := g.told.Load(); now-last >= int64(time.Second) && g.told.CompareAndSwap(last, now) {
		g.Errorf("%v", err)
	}
}

// written is told how the writing of a table from memory ended.
func (g *guard) written(err error) {
	if err == nil {
		g.stuck.Store(0)
		g.room.tablesWait(false, nil)
		return
	}
	armed := g.armed.Load()
	waits := !armed || g.gentle.stalls.Load() > 0
	if armed && g.o.Wait && IsFull(err) {
		g.stuck.Store(0)
		g.room.tablesWait(waits, err)
		return
	}
	now := time.Now().UnixNano()
	g.stuck.CompareAndSwap(0, now)
	if waits && now-g.stuck.Load() > int64(g.o.Patience) {
		g.Fatalf("%s", fmt.Sprintf("no table can be written: %v; what was acknowledged is kept: free or repair the disk, then start again", err))
	}
}

// Create makes a file, and waits for a log to become possible.
func (g *guard) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if !isLog(name) {
		f, err := g.FS.Create(name, category)
		if path.Ext(name) != ".sst" {
			return f, err
		}
		if err != nil {
			time.Sleep(pause)
			return nil, err
		}
		return &tableFile{File: f, g: g.gentle}, nil
	}
	for waited := time.Duration(0); ; waited += pause {
		g.onlyBehindSound()
		f, err := g.FS.Create(name, category)
		if err == nil {
			return &logFile{f, g}, nil
		}
		if !g.armed.Load() {
			return nil, err
		}
		if waited == 0 {
			g.Errorf("no new log can be begun, writing waits for it: %v", err)
		}
		if waited >= g.o.Patience {
			g.Fatalf("%s", fmt.Sprintf("no new log can be begun: %v; what was acknowledged is kept: free or repair the disk, then start again", err))
		}
		time.Sleep(pause)
	}
}

// onlyBehindSound ends the process where the log that is written has a flaw: a
// new one behind it would make it unreadable.
func (g *guard) onlyBehindSound() {
	if p := g.failed.Load(); p != nil && g.armed.Load() {
		g.Fatalf("%s", (*p).Error())
	}
}

// ReuseForWrite makes a new log, out of an old one if that works.
func (g *guard) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if !isLog(newname) {
		return g.FS.ReuseForWrite(oldname, newname, category)
	}
	g.onlyBehindSound()
	if f, err := g.FS.ReuseForWrite(oldname, newname, category); err == nil {
		return &logFile{f, g}, nil
	}
	g.FS.Remove(oldname) // unless it has its new name already
	return g.Create(newname, category)
}

// OpenDir opens a folder to be synced.
func (g *guard) OpenDir(name string) (vfs.File, error) {
	f, err := g.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &folder{f, g}, nil
}

// Unwrap returns the file system below.
func (g *guard) Unwrap() vfs.FS { return g.FS }

// folder is an open folder.
type folder struct {
	vfs.File
	g *guard
}

// Sync ends the process where it fails, while the folder is opened too: Pebble
// may be at it in the background by then.
func (f *folder) Sync() error {
	err := f.File.Sync()
	if err != nil {
		f.g.Fatalf("%s", fmt.Sprintf("the data folder cannot be synced: %v; what was acknowledged is kept: repair the disk, then start again", err))
	}
	return err
}

// logFile is a log that is written.
type logFile struct {
	vfs.File
	g *guard
}

// try does something to the file unless it has failed before.
func (f *logFile) try(what string, do func() error) error {
	if f.g.failed.Load() != nil {
		return nil
	}
	err := do()
	if err == nil || !f.g.armed.Load() {
		return err
	}
	f.g.fail(what, err)
	return nil
}

// Write implements io.Writer.
func (f *logFile) Write(p []byte) (int, error) {
	n := len(p)
	err := f.try("write", func() (err error) { n, err = f.File.Write(p); return err })
	if err == nil {
		n = len(p)
	}
	return n, err
}

// Sync implements vfs.File.
func (f *logFile) Sync() error { return f.try("sync", f.File.Sync) }

// SyncData implements vfs.File.
func (f *logFile) SyncData() error { return f.try("sync", f.File.SyncData) }

// SyncTo implements vfs.File.
func (f *logFile) SyncTo(length int64) (full bool, err error) {
	err = f.try("sync", func() (err error) { full, err = f.File.SyncTo(length); return err })
	return full, err
}

// Close implements io.Closer.
func (f *logFile) Close() error {
	err := f.File.Close()
	if err != nil && f.g.armed.Load() {
		f.g.fail("close", err)
		return nil
	}
	return err
}
