// Package pebble keeps the log in a Pebble instance.
package pebble

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"pleth/internal/eventlog"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
)

// Log is the log of every partition in one Pebble instance. It is safe for
// concurrent use.
type Log struct {
	db *pebbledb.DB

	mu   sync.Mutex
	ends map[pebbledb.ID]ends // of the partitions written or asked for
}

// ends are the offset of the first record of a partition that is kept, and of
// the one that comes next; equal where there is none.
type ends struct{ first, next eventlog.Offset }

// Open returns the log in db. The caller keeps and closes db.
func Open(db *pebbledb.DB) *Log {
	return &Log{db: db, ends: map[pebbledb.ID]ends{}}
}

// offsetLen is the length of a record's key.
const offsetLen = 5 + 8

func recordKey(id pebbledb.ID, at eventlog.Offset) []byte {
	return binary.BigEndian.AppendUint64(pebbledb.Key(pebbledb.LogRecord, id, 8), uint64(at))
}

// Append writes recs, of any partitions, and what extra adds (nil: nothing),
// all or none, and returns when they are on disk. It sets the Offset of each:
// one more than that of the record before it in its partition. Records of one
// partition stand in the order of the calls, so that a partition must not be
// appended to from two goroutines at once by a caller who minds the order.
//
// A record that cannot be written, an error of extra and pebbledb.ErrFull fail
// the call and change nothing. Any other error is pebbledb.ErrFailed: the records may or
// may not be there when the folder is opened again, and nothing more is taken.
func (l *Log) Append(recs []eventlog.Record, extra func(*pebble.Batch) error) error {
	if err := l.db.Full(); err != nil {
		return err // before offsets are spent
	}
	b := l.db.NewBatch()
	defer b.Close()
	var value []byte
	values := make([]int, len(recs))
	for i := range recs {
		var err error
		if value, err = eventlog.Append(value, &recs[i]); err != nil {
			return err
		}
		values[i] = len(value)
	}
	if extra != nil {
		if err := extra(b); err != nil {
			return err
		}
	}
	ids := make([]pebbledb.ID, len(recs))
	for i := range recs {
		var err error
		if ids[i], err = l.db.MakeID(recs[i].Partition); err != nil {
			return err
		}
	}
	if err := l.number(recs, ids); err != nil {
		return err
	}
	for i, from := 0, 0; i < len(recs); i++ {
		if err := b.Set(recordKey(ids[i], recs[i].Offset), value[from:values[i]], nil); err != nil {
			return err
		}
		from = values[i]
	}
	return l.db.Apply(b, true)
}

// number gives recs their offsets. They are spent even if writing fails: then
// nothing more is written until the next start, which counts anew.
func (l *Log) number(recs []eventlog.Record, ids []pebbledb.ID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if _, err := l.endsOf(id); err != nil {
			return err
		}
	}
	for i, id := range ids {
		e := l.ends[id]
		recs[i].Offset = e.next
		e.next++
		l.ends[id] = e
	}
	return nil
}

// endsOf returns the ends of the log of id, from the disk the first time. l.mu
// is held.
func (l *Log) endsOf(id pebbledb.ID) (ends, error) {
	if e, ok := l.ends[id]; ok {
		return e, nil
	}
	first, next, err := l.readEnds(id)
	if err != nil {
		return ends{}, err
	}
	e := ends{first, next}
	l.ends[id] = e
	return e, nil
}

// readEnds reads the offset of the first record of id, and the one behind the
// last.
func (l *Log) readEnds(id pebbledb.ID) (first, next eventlog.Offset, err error) {
	v, closer, err := l.db.Get(pebbledb.Key(pebbledb.LogEnd, id, 0))
	switch {
	case err == nil:
		if len(v) != 12 || binary.LittleEndian.Uint32(v[8:]) != pebbledb.CRC(v[:8]) {
			err = fmt.Errorf("end of the log of partition %d: %w", id, eventlog.ErrCorrupt)
		} else {
			next = eventlog.Offset(binary.BigEndian.Uint64(v))
		}
		closer.Close()
		if err != nil {
			return 0, 0, err
		}
	case err != pebble.ErrNotFound:
		return 0, 0, err
	}
	it, err := l.iter(id, 0)
	if err != nil {
		return 0, 0, err
	}
	defer it.Close()
	first = next
	if it.First() {
		if first, err = offset(it.Key()); err != nil {
			return 0, 0, err
		}
	}
	if it.Last() {
		last, err := offset(it.Key())
		if err != nil {
			return 0, 0, err
		}
		next = max(next, last+1)
	}
	return first, next, it.Error()
}

// iter returns an iterator over the records of id from an offset on.
func (l *Log) iter(id pebbledb.ID, from eventlog.Offset) (*pebble.Iterator, error) {
	return l.db.NewIter(&pebble.IterOptions{LowerBound: recordKey(id, from), UpperBound: pebbledb.End(pebbledb.LogRecord, id)})
}

// offset returns the offset in the key of a record.
func offset(key []byte) (eventlog.Offset, error) {
	if len(key) != offsetLen {
		return 0, fmt.Errorf("log record with key %x: %w", key, eventlog.ErrCorrupt)
	}
	return eventlog.Offset(binary.BigEndian.Uint64(key[5:])), nil
}

// Read calls f with every record of p from an offset on, in order, as they
// were when Read was called, until f fails. f may keep the record. A partition
// that is unknown has none. A damaged record is eventlog.ErrCorrupt, one of a
// newer schema eventlog.ErrNewer.
func (l *Log) Read(p reading.Partition, from eventlog.Offset, f func(*eventlog.Record) error) error {
	id, ok := l.db.ID(p)
	if !ok {
		return nil
	}
	it, err := l.iter(id, from)
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		at, err := offset(it.Key())
		if err != nil {
			return err
		}
		v, err := it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("log record %d of partition %d: %w", at, id, err)
		}
		r, err := eventlog.Decode(v, p, at)
		if err != nil {
			return err
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return it.Error()
}

// Partitions calls f with every partition that was ever written, in the order
// of their first record, with the offset of the first record kept and the one
// that the next record gets, until f fails. A record that is on its way to the
// disk may be counted already.
func (l *Log) Partitions(f func(p reading.Partition, first, next eventlog.Offset) error) error {
	for id, p := range l.db.Partitions() {
		l.mu.Lock()
		e, err := l.endsOf(pebbledb.ID(id))
		l.mu.Unlock()
		if err != nil {
			return err
		}
		if err := f(p, e.first, e.next); err != nil {
			return err
		}
	}
	return nil
}

// Drop deletes the records of p before an offset. The caller has made sure
// that they are no longer needed: that they lie behind the position of the
// series and wherever else they are to be kept. Offsets are never given twice.
func (l *Log) Drop(p reading.Partition, before eventlog.Offset) error {
	id, ok := l.db.ID(p)
	if !ok {
		return nil
	}
	l.mu.Lock()
	e, err := l.endsOf(id)
	l.mu.Unlock()
	if err != nil {
		return err
	}
	before = min(before, e.next)
	b := l.db.NewBatch()
	defer b.Close()
	end := binary.BigEndian.AppendUint64(nil, uint64(before))
	end = binary.LittleEndian.AppendUint32(end, pebbledb.CRC(end))
	if err := b.Set(pebbledb.Key(pebbledb.LogEnd, id, 0), end, nil); err != nil {
		return err
	}
	if err := b.DeleteRange(recordKey(id, 0), recordKey(id, before), nil); err != nil {
		return err
	}
	if err := l.db.Apply(b, true); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e = l.ends[id]
	e.first = max(e.first, before)
	l.ends[id] = e
	return nil
}
