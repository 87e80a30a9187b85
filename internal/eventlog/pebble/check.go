package pebble

import (
	"encoding/binary"
	"fmt"

	"pleth/internal/eventlog"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
)

// Checked counts what Check found sound.
//
// Bytes are those of keys and values before Pebble packs them once more.
type Checked struct{ Records, Readings, Bytes int64 }

// Check reads the whole log and calls report with every flaw and keep (nil:
// nobody) with every entry that is sound, until one of them fails. Keys and
// values are valid during the call only.
func (l *Log) Check(keep func(key, value []byte) error, report func(pebbledb.Flaw) error) (Checked, error) {
	if keep == nil {
		keep = func(_, _ []byte) error { return nil }
	}
	c := checker{keep: keep, report: report, names: l.db.Partitions(), ends: map[pebbledb.ID]eventlog.Offset{}}
	if err := l.db.Walk([]byte{byte(pebbledb.LogEnd)}, c.end, c.unreadable); err != nil {
		return c.Checked, err
	}
	if err := l.db.Walk([]byte{byte(pebbledb.LogRecord)}, c.record, c.unreadable); err != nil {
		return c.Checked, err
	}
	return c.Checked, nil
}

type checker struct {
	Checked
	keep   func(key, value []byte) error
	report func(pebbledb.Flaw) error
	names  []reading.Partition
	ends   map[pebbledb.ID]eventlog.Offset
	id     pebbledb.ID     // of the last record
	next   eventlog.Offset // that its partition should go on with
	any    bool
}

// partition returns the name of the partition of a key.
func (c *checker) partition(id pebbledb.ID) reading.Partition {
	if int(id) < len(c.names) {
		return c.names[id]
	}
	return reading.Partition{}
}

func (c *checker) unreadable(from, to []byte, err error) error {
	return c.report(pebbledb.Flaw{What: fmt.Sprintf("log from key %x to %x cannot be read: %v", from, to, err), Key: from})
}

func (c *checker) end(key, value []byte) error {
	if len(key) != 5 || len(value) != 12 || binary.LittleEndian.Uint32(value[8:]) != pebbledb.CRC(value[:8]) {
		return c.report(pebbledb.Flaw{What: "end of the log of a partition is damaged", Key: key, Value: value})
	}
	c.ends[pebbledb.ID(binary.BigEndian.Uint32(key[1:]))] = eventlog.Offset(binary.BigEndian.Uint64(value))
	return c.keep(key, value)
}

func (c *checker) record(key, value []byte) error {
	at, err := offset(key)
	if err != nil {
		return c.report(pebbledb.Flaw{What: err.Error(), Key: key, Value: value})
	}
	id := pebbledb.ID(binary.BigEndian.Uint32(key[1:]))
	p := c.partition(id)
	if !c.any || id != c.id {
		c.any, c.id, c.next = true, id, c.ends[id]
		if p == (reading.Partition{}) {
			if err := c.report(pebbledb.Flaw{What: fmt.Sprintf("log of partition %d: its name is lost", id)}); err != nil {
				return err
			}
		}
	}
	if at != c.next {
		err := c.report(pebbledb.Flaw{What: fmt.Sprintf("log records %d to %d are missing", c.next, at-1), Partition: p})
		if err != nil {
			return err
		}
	}
	c.next = at + 1
	r, err := eventlog.Decode(value, p, at)
	if err != nil {
		return c.report(pebbledb.Flaw{What: err.Error(), Partition: p, Key: key, Value: value})
	}
	c.Records++
	c.Bytes += int64(len(key) + len(value))
	if r.Readings != nil {
		c.Readings += int64(r.Readings.Rows.Len())
	}
	return c.keep(key, value)
}
