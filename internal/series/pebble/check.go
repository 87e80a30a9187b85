package pebble

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/series"
)

// Checked counts what Check found sound. Bytes are those of keys and values
// before Pebble packs them once more.
type Checked struct {
	Chunks, Rows, Values, Rollups, States int64
	ChunkBytes, RollupBytes               int64
}

// Check reads the whole series and calls report with every flaw and keep (nil:
// nobody) with every entry that is sound, rollups as they follow from the sound
// chunks, until one of them fails. bounds tells where the log of a partition
// begins and ends. Keys and values are valid during the call only.
func (s *Store) Check(bounds func(pebbledb.ID) (first, next eventlog.Offset), keep func(key, value []byte) error, report func(pebbledb.Flaw) error) (Checked, error) {
	if keep == nil {
		keep = func(_, _ []byte) error { return nil }
	}
	c := checker{keep: keep, report: report, names: s.db.Partitions(), bounds: bounds}
	err := s.db.Walk([]byte{byte(pebbledb.SeriesChunk)}, c.chunk, c.unreadable)
	if err == nil {
		err = c.endPartition()
	}
	if err == nil {
		err = s.db.Walk([]byte{byte(pebbledb.SeriesState)}, c.state, c.unreadable)
	}
	if err == nil {
		err = s.db.Walk([]byte{byte(pebbledb.SeriesRollup)}, c.rollup, c.unreadable)
	}
	for key := range c.rollups {
		if err == nil {
			err = c.report(pebbledb.Flaw{What: "rollup of " + describe(key) + " is missing", Partition: c.partition(key.id)})
		}
	}
	return c.Checked, err
}

// hourID is one rollup of any partition.
type hourID struct {
	id pebbledb.ID
	rollupID
}

func describe(h hourID) string {
	return fmt.Sprintf("metric %d, hour from %d", h.metric, h.hour)
}

type checker struct {
	Checked
	keep   func(key, value []byte) error
	report func(pebbledb.Flaw) error
	names  []reading.Partition
	bounds func(pebbledb.ID) (first, next eventlog.Offset)

	id     pebbledb.ID
	any    bool
	recent []series.Chunk // that a chunk to come may overlap
	// What the rollups must be: those of the partition that is being read, and
	// the bytes of all. An hour takes about as much as on disk.
	hours   map[rollupID]*series.Rollup
	rollups map[hourID][]byte
}

func (c *checker) partition(id pebbledb.ID) reading.Partition {
	if int(id) < len(c.names) {
		return c.names[id]
	}
	return reading.Partition{}
}

func (c *checker) unreadable(from, to []byte, err error) error {
	return c.report(pebbledb.Flaw{What: fmt.Sprintf("series from key %x to %x cannot be read: %v", from, to, err), Key: from})
}

// endPartition puts down what the rollups of a partition must be.
func (c *checker) endPartition() error {
	if c.rollups == nil {
		c.rollups = map[hourID][]byte{}
	}
	for _, k := range slices.SortedFunc(maps.Keys(c.hours), func(a, b rollupID) int {
		return bytes.Compare(rollupKey(0, a), rollupKey(0, b))
	}) {
		if r := c.hours[k]; len(r.Bins) > 0 {
			v := series.AppendRollup(nil, r)
			c.rollups[hourID{c.id, k}] = v
			if err := c.keep(rollupKey(c.id, k), v); err != nil {
				return err
			}
		}
	}
	c.hours, c.recent = map[rollupID]*series.Rollup{}, nil
	return nil
}

func (c *checker) chunk(key, value []byte) error {
	k, err := parseChunkKey(key)
	if err != nil {
		return c.report(pebbledb.Flaw{What: err.Error(), Key: key, Value: value})
	}
	if !c.any || k.id != c.id {
		if err := c.endPartition(); err != nil {
			return err
		}
		c.any, c.id = true, k.id
	}
	p := c.partition(k.id)
	e := entry{k, value}
	chunk, err := e.decode(p, nil)
	if err != nil {
		return c.report(pebbledb.Flaw{What: err.Error(), Partition: p, Key: key, Value: value})
	}
	c.recent = slices.DeleteFunc(c.recent, func(r series.Chunk) bool {
		return r.Rows.Rows.Time(r.Rows.Rows.Len()-1) < k.first
	})
	c.Chunks++
	if again := twice(c.recent, chunk); len(again) > 0 {
		what := fmt.Sprintf("chunk from %d: %d of its rows are stored twice, the first of time %d", k.first, len(again), chunk.Rows.Rows.Time(again[0]))
		if err := c.report(pebbledb.Flaw{What: what, Partition: p, Key: key, Value: value}); err != nil {
			return err
		}
		if key, value, err = c.without(k, chunk, again); err != nil || key == nil {
			return err
		}
	}
	c.recent = append(c.recent, *chunk)
	addHours(c.hours, chunk.Rows)
	c.Rows += int64(chunk.Rows.Rows.Len())
	c.Values += int64(values(chunk.Rows))
	c.ChunkBytes += int64(len(key) + len(value))
	return c.keep(key, value)
}

// without takes rows out of chunk and returns the entry that it then is; nil:
// none is left.
func (c *checker) without(k chunkKey, chunk *series.Chunk, rows []int) (key, value []byte, err error) {
	t := &reading.Table{Partition: chunk.Rows.Partition}
	for i := range chunk.Rows.Rows.Len() {
		if len(rows) > 0 && rows[0] == i {
			rows = rows[1:]
			continue
		}
		t.AppendRow(chunk.Rows, i)
	}
	chunk.Rows = t
	n := t.Rows.Len()
	if n == 0 {
		return nil, nil, nil
	}
	value, err = series.Append(nil, chunk, series.Small)
	// No chunk has so high a number: the key is a new one.
	k.first, k.last, k.number = t.Rows.Time(0), t.Rows.Time(n-1), k.number|1<<31
	return k.bytes(), value, err
}

// twice returns the rows of chunk that are in one of the others too.
func twice(others []series.Chunk, chunk *series.Chunk) []int {
	var rows []int
	for o := range others {
		a, b := others[o].Rows, chunk.Rows
		i, _ := slices.BinarySearch(a.Rows.Times(), b.Rows.Time(0))
		for j := 0; i < a.Rows.Len() && j < b.Rows.Len(); {
			switch by := reading.Compare(a, i, b, j); {
			case by < 0:
				i++
			case by > 0:
				j++
			default:
				rows = append(rows, j)
				i++
				j++
			}
		}
	}
	slices.Sort(rows)
	return slices.Compact(rows)
}

func (c *checker) rollup(key, value []byte) error {
	if len(key) != rollupKeyLen {
		return c.report(pebbledb.Flaw{What: "rollup: its key is damaged", Key: key, Value: value})
	}
	h := hourID{pebbledb.ID(binary.BigEndian.Uint32(key[1:])), rollupID{pleth.Metric(key[5]), pebbledb.Time(key[6:])}}
	want, ok := c.rollups[h]
	delete(c.rollups, h)
	if !ok || !bytes.Equal(want, value) {
		return c.report(pebbledb.Flaw{What: "rollup of " + describe(h) + " is not that of its rows", Partition: c.partition(h.id), Key: key, Value: value})
	}
	c.Rollups++
	c.RollupBytes += int64(len(key) + len(value))
	return nil
}

func (c *checker) state(key, value []byte) error {
	position, _, err := decodeState(value)
	if err != nil || len(key) != 5 {
		return c.report(pebbledb.Flaw{What: fmt.Sprintf("state: %v", err), Key: key, Value: value})
	}
	id := pebbledb.ID(binary.BigEndian.Uint32(key[1:]))
	first, next := eventlog.Offset(0), eventlog.Offset(math.MaxUint64)
	if c.bounds != nil {
		first, next = c.bounds(id)
	}
	if position < first || position > next {
		what := fmt.Sprintf("state: its position is %d, the log goes from %d to %d", position, first, next)
		return c.report(pebbledb.Flaw{What: what, Partition: c.partition(id), Key: key, Value: value})
	}
	c.States++
	return c.keep(key, value)
}
