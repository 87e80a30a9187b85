package pebbledb

import (
	"errors"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// prepared keeps a file of zeros ready to become Pebble's next log, and lies
// under everything else where Options.Prepare asks for it. A sync of bytes that
// go over others of a file writes these bytes; one of bytes that make it longer,
// or that go where nothing was written yet, writes what the file system knows of
// the file as well, and waits for all else that it is about to write. Pebble uses
// old logs again for this, but has none for the first hundred megabytes.
//
// A log is read as before: zeros behind what was written are no record, as the
// bytes of an old log are none.
type prepared struct {
	vfs.FS
	logger
	dir, path string // of the storage, of the file of zeros
	size      int64

	mu     sync.Mutex
	ready  bool
	wanted chan struct{} // one is to be made
	stop   chan struct{}
	done   sync.WaitGroup
}

// PreparedFile is the name of the file of zeros in the folder of a storage that
// is open, or was when its process was killed. Nothing is in it.
const PreparedFile = "prepared"

const (
	preparedPiece = 256 << 10
	preparedRoom  = 8 // times its size must be left on the disk
	preparedPause = 10 * time.Second
)

// newPrepared returns a layer that makes nothing until begin.
func newPrepared(fs vfs.FS, dir string, size int64, o Options) *prepared {
	return &prepared{FS: fs, logger: logger{o}, dir: dir, path: fs.PathJoin(dir, PreparedFile), size: size,
		wanted: make(chan struct{}, 1), stop: make(chan struct{})}
}

// begin makes files from now on, until end.
func (p *prepared) begin() {
	p.done.Go(func() {
		for {
			again := time.After(preparedPause)
			if err := p.make(); err == nil {
				again = nil
			} else if !errors.Is(err, errNoRoom) {
				p.Errorf("no log can be prepared, syncs take longer: %v", err)
			}
			select {
			case <-p.stop:
				return
			case <-p.wanted:
			case <-again:
			}
		}
	})
}

// end takes back what begin did. It may be called twice.
func (p *prepared) end() error {
	p.mu.Lock()
	select {
	case <-p.stop:
	default:
		close(p.stop)
	}
	p.mu.Unlock()
	p.done.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ready {
		return nil
	}
	p.ready = false
	return p.Remove(p.path)
}

// errNoRoom says that the disk has better uses for its room.
var errNoRoom = errors.New("little room is left on the disk")

// make writes the file, unless it is there, and rests so that the syncs of
// others come between.
func (p *prepared) make() error {
	p.mu.Lock()
	ready := p.ready
	p.mu.Unlock()
	if ready {
		return nil
	}
	if u, err := p.GetDiskUsage(p.dir); err == nil && u.AvailBytes < preparedRoom*uint64(p.size) {
		return errNoRoom
	}
	f, err := p.FS.Create(p.path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	whole := false
	piece := make([]byte, preparedPiece)
	for at := int64(0); at < p.size && err == nil; at += preparedPiece {
		began := time.Now()
		if _, err = f.Write(piece); err == nil {
			err = f.SyncData()
		}
		select {
		case <-p.stop:
			return errors.Join(err, f.Close(), p.Remove(p.path))
		case <-time.After(min(restShare*time.Since(began), restMost)):
		}
		whole = at+preparedPiece >= p.size
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil || !whole {
		return errors.Join(err, p.Remove(p.path))
	}
	p.mu.Lock()
	p.ready = true
	p.mu.Unlock()
	return nil
}

// take makes the prepared file the log name; nil: there is none.
func (p *prepared) take(name string, category vfs.DiskWriteCategory) vfs.File {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ready {
		return nil
	}
	p.ready = false
	select {
	case p.wanted <- struct{}{}:
	default:
	}
	f, err := p.FS.ReuseForWrite(p.path, name, category)
	if err != nil {
		return nil // Create and ReuseForWrite go on without it
	}
	return f
}

// Create implements vfs.FS.
func (p *prepared) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if isLog(name) {
		if f := p.take(name, category); f != nil {
			return f, nil
		}
	}
	return p.FS.Create(name, category)
}

// ReuseForWrite implements vfs.FS. An old log that is short, as those of the
// first small tables are, is not used again where there is a better one.
func (p *prepared) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if isLog(newname) {
		if old, err := p.Stat(oldname); err == nil && old.Size() < p.size/2 {
			if f := p.take(newname, category); f != nil {
				_ = p.Remove(oldname) // nobody reads it again; Open removes what is left
				return f, nil
			}
		}
	}
	return p.FS.ReuseForWrite(oldname, newname, category)
}

// Unwrap returns the file system below.
func (p *prepared) Unwrap() vfs.FS { return p.FS }
