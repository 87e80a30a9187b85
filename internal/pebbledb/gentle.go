package pebbledb

import (
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// gentle keeps the writing of tables from taking a processor for as long as it
// takes: where all of them are busy with readings, a table written in one go
// holds every answer up. It writes a third of the time, unless tables fall
// behind what comes in. The zero value is ready to use.
type gentle struct {
	logs    atomic.Int64 // begun, one for each table in memory
	flushed atomic.Int64 // of these tables, written
	writing atomic.Int64 // of them, being written
	stalls  atomic.Int64 // begun less ended: writers wait for tables
	off     atomic.Bool  // the DB is opened or closing
}

const (
	restShare = 4                     // rests so many times as long as it worked
	restMost  = 20 * time.Millisecond // at a time
	// mostWaiting is how many tables in memory there may be besides those that
	// are being written: the one that takes what comes. The first tables are
	// small, and several of them are written at once.
	mostWaiting = 1
)

// listen has l tell of what is waiting.
func (g *gentle) listen(l *pebble.EventListener) {
	l.WALCreated = func(pebble.WALCreateInfo) { g.logs.Add(1) }
	l.FlushBegin = func(i pebble.FlushInfo) { g.writing.Store(int64(i.Input)) }
	l.FlushEnd = func(i pebble.FlushInfo) {
		g.writing.Store(0)
		if i.Err == nil {
			g.flushed.Add(int64(i.Input))
		}
	}
	l.WriteStallBegin = func(pebble.WriteStallBeginInfo) { g.stalls.Add(1) }
	l.WriteStallEnd = func() { g.stalls.Add(-1) }
}

// begin forgets what opening the DB wrote: one table takes what comes.
func (g *gentle) begin() {
	g.flushed.Store(0)
	g.logs.Store(1)
	g.off.Store(false)
}

// hurried reports whether tables are written as fast as can be.
func (g *gentle) hurried() bool {
	return g.off.Load() || g.stalls.Load() > 0 || g.logs.Load()-g.flushed.Load()-g.writing.Load() > mostWaiting
}

// tableFile is a table that is written.
type tableFile struct {
	vfs.File
	g    *gentle
	busy time.Time // since when it is worked on; zero: nothing was written yet
}

// Write implements io.Writer.
func (f *tableFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	switch {
	case err != nil:
		time.Sleep(pause) // Pebble tries again at once
	case !f.busy.IsZero() && !f.g.hurried():
		time.Sleep(min(restShare*time.Since(f.busy), restMost))
	}
	f.busy = time.Now()
	return n, err
}

// Sync implements vfs.File.
func (f *tableFile) Sync() error {
	err := f.File.Sync()
	if err != nil {
		time.Sleep(pause)
	}
	return err
}
