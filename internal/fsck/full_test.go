package fsck

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/pebbledb"
	"pleth/internal/reading/readingtest"
	chunks "pleth/internal/series/pebble"
)

// tight is a disk that is full from one operation on, until it has been found
// full a few times. Of the write that fills it half is done.
type tight struct {
	vfs.FS
	mu    sync.Mutex
	left  int // operations until it is full; below 0: it is, or was
	times int // that it is still found full
	found bool
	open  bool // counting has begun: a full disk ends opening with an error
}

func (d *tight) full() (full, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.open || d.times == 0 {
		return false, false
	}
	if d.left--; d.left >= 0 {
		return false, false
	}
	d.times--
	first, d.found = !d.found, true
	return true, first
}

// Create implements vfs.FS.
func (d *tight) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if full, _ := d.full(); full {
		return nil, &os.PathError{Op: "open", Path: name, Err: syscall.ENOSPC}
	}
	f, err := d.FS.Create(name, c)
	if err != nil {
		return nil, err
	}
	return tightFile{f, d}, nil
}

// ReuseForWrite implements vfs.FS.
func (d *tight) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(old, name, c)
	if err != nil {
		return nil, err
	}
	return tightFile{f, d}, nil
}

type tightFile struct {
	vfs.File
	d *tight
}

// Write implements io.Writer.
func (f tightFile) Write(p []byte) (n int, err error) {
	full, first := f.d.full()
	if !full {
		return f.File.Write(p)
	}
	if first {
		n, err = f.File.Write(p[:len(p)/2])
	}
	return n, errors.Join(err, &os.PathError{Op: "write", Err: syscall.ENOSPC})
}

// TestAFullDiskIsWaitedFor fills the disk at each write and each new file in its
// turn and frees it again: everything goes on in the same process, and what was
// acknowledged is there after a power cut.
func TestAFullDiskIsWaitedFor(t *testing.T) {
	t.Parallel()
	stride := 9
	if os.Getenv("PLETH_CRASH") != "" {
		stride = 1
	}
	for name, key := range map[string][]byte{"plain": nil, "encrypted": make([]byte, pebbledb.KeySize)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lives, waited := 0, 0
			for n := len(key) % stride; ; n += stride {
				d := &tight{FS: vfs.NewCrashableMem(), left: n, times: 3}
				full := tightLife(t, d, key)
				if t.Failed() {
					t.Fatalf("full from operation %d on", n)
				}
				if !d.found {
					break
				}
				if lives++; full {
					waited++
				}
			}
			t.Logf("%d disks that filled up, senders were told of %d", lives, waited)
			if waited == 0 {
				t.Error("nobody ever waited")
			}
		})
	}
}

// tightLife writes until all is acknowledged and reports whether the DB said
// that the disk is full.
func tightLife(t *testing.T, d *tight, key []byte) (full bool) {
	o := pebbledb.Options{FS: d, Key: key, MemTable: 64 << 10, Wait: true, Fatal: func(m string) { panic("the process would have ended: " + m) }}
	db, err := pebbledb.Open("data/store", o)
	if err != nil {
		t.Error(err)
		return false
	}
	d.mu.Lock()
	d.open = true
	d.mu.Unlock()
	log, store := logs.Open(db), chunks.Open(db)
	w := &writer{rows: readingtest.Bed(0, 1_700_000_000e9, 1000), pad: 8 << 10}
	for w.acked < 30 {
		filled := db.Filled()
		if err = w.step(log, store); errors.Is(err, pebbledb.ErrFull) {
			time.Sleep(time.Millisecond) // a sender comes again
			err = nil
		}
		select {
		case <-filled:
			full = true
		default:
		}
		if err != nil {
			t.Errorf("after %d records: %v", w.acked, err)
			break
		}
	}
	left := d.FS.(*vfs.MemFS).CrashClone(vfs.CrashCloneCfg{})
	if err := errors.Join(db.Failed(), db.Close()); err != nil {
		t.Error(err)
	}
	verify(t, left, key, []*writer{w})
	return full
}
