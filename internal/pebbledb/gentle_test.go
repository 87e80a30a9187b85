package pebbledb

import (
	"testing"

	"github.com/cockroachdb/pebble/v2"
)

// Tables are written as fast as can be where they fall behind, where writers
// wait for them, and when the DB closes.
func TestHurried(t *testing.T) {
	t.Parallel()
	var g gentle
	var l pebble.EventListener
	g.listen(&l)
	check := func(what string, want bool) {
		t.Helper()
		if g.hurried() != want {
			t.Errorf("%s: hurried is %v", what, !want)
		}
	}
	l.FlushEnd(pebble.FlushInfo{Input: 7}) // while it was opened
	g.begin()
	check("one table takes what comes", false)
	for range 6 {
		l.WALCreated(pebble.WALCreateInfo{})
	}
	check("six wait", true)
	l.FlushBegin(pebble.FlushInfo{Input: 6})
	check("the six are being written", false)
	l.WALCreated(pebble.WALCreateInfo{})
	check("another waits meanwhile", true)
	l.FlushEnd(pebble.FlushInfo{Input: 6, Err: pebble.ErrClosed})
	check("they could not be written", true)
	l.FlushBegin(pebble.FlushInfo{Input: 7})
	l.FlushEnd(pebble.FlushInfo{Input: 7})
	check("they are written", false)
	l.WriteStallBegin(pebble.WriteStallBeginInfo{})
	check("writers wait", true)
	l.WriteStallEnd()
	check("they go on", false)
	g.off.Store(true)
	check("closing", true)
}
