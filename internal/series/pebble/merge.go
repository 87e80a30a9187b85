package pebble

import (
	"errors"
	"math"

	"github.com/cockroachdb/pebble/v2"

	"pleth"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/series"
)

// Merge rewrites the chunks of p that end at from or later and before a time
// into as few as may be, in the fewest bytes, and returns how many it replaced.
// Where fewer than least
// chunks (2 at the least) would become one, they are left until more have come.
// The rows stay what they are and in their order; scans and commits go on
// meanwhile. Of a damaged chunk nothing is changed, nor of its neighbours.
func (s *Store) Merge(p reading.Partition, from, before int64, least int) (replaced int, err error) {
	s.merging.Lock()
	defer s.merging.Unlock()
	id, ok := s.db.ID(p)
	if !ok {
		return 0, nil
	}
	m := merger{s: s, id: id, p: p, least: max(least, 2)}
	err = s.overlapping(p, from, before, func(group []entry) error {
		for i := range group {
			if group[i].key.last >= before {
				return m.flush()
			}
		}
		return m.add(group)
	})
	return m.replaced, errors.Join(err, m.flush())
}

// merger collects chunks that follow each other until they fill one.
type merger struct {
	s        *Store
	id       pebbledb.ID
	p        reading.Partition
	least    int
	keys     []chunkKey
	chunks   []series.Chunk
	rows     int
	replaced int
}

// add takes a group of chunks that overlap each other.
func (m *merger) add(group []entry) error {
	var chunks []series.Chunk
	rows, last := 0, group[0].key.last
	for i := range group {
		c, err := group[i].decode(m.p, nil)
		if err != nil {
			return errors.Join(err, m.flush())
		}
		chunks = append(chunks, *c)
		rows += c.Rows.Rows.Len()
		last = max(last, group[i].key.last)
	}
	if len(m.keys) > 0 && (m.rows+rows > series.MaxRows || uint64(last-m.keys[0].first) > uint64(series.MaxSpan)) {
		if err := m.flush(); err != nil {
			return err
		}
	}
	for i := range group {
		m.keys = append(m.keys, group[i].key)
	}
	m.chunks = append(m.chunks, chunks...)
	m.rows += rows
	return nil
}

// flush writes what was collected as one chunk, or as few as it fits in, and
// deletes the chunks that it was in.
func (m *merger) flush() error {
	keys, chunks := m.keys, m.chunks
	m.keys, m.chunks, m.rows = nil, nil, 0
	if len(keys) < m.least && !overlap(keys) {
		return nil
	}
	whole := series.Chunk{Source: series.Merged(chunks), Rows: series.Interleave(chunks)}
	parts := whole.Cut()
	if len(parts) >= len(keys) && !overlap(keys) {
		return nil
	}
	written := make([]encoded, len(parts))
	for i := range parts {
		var err error
		if written[i], err = encode(&parts[i], series.Small); err != nil {
			return err
		}
	}
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	b := m.s.db.NewBatch()
	defer b.Close()
	taken := map[string]bool{}
	for i := range written {
		if err := m.s.putChunk(b, m.id, &written[i], taken); err != nil {
			return err
		}
	}
	for _, k := range keys {
		if err := b.Delete(k.bytes(), nil); err != nil {
			return err
		}
	}
	if err := m.s.db.Apply(b, false); err != nil {
		return err
	}
	m.replaced += len(keys)
	return nil
}

// overlap reports whether two of the chunks, in order of their first times,
// have times in common.
func overlap(keys []chunkKey) bool {
	for i := 1; i < len(keys); i++ {
		if keys[i].first <= keys[i-1].last {
			return true
		}
	}
	return false
}

// Size is what is stored of one or more partitions.
type Size struct {
	Chunks, Rows, Values, Rollups int64
	// Bytes of the keys and values of chunks and of rollups, before Pebble
	// packs them once more.
	ChunkBytes, RollupBytes int64
}

// Add adds t to s.
func (s *Size) Add(t Size) {
	s.Chunks += t.Chunks
	s.Rows += t.Rows
	s.Values += t.Values
	s.Rollups += t.Rollups
	s.ChunkBytes += t.ChunkBytes
	s.RollupBytes += t.RollupBytes
}

// SizeOf returns what is stored of p. It reads all of it.
func (s *Store) SizeOf(p reading.Partition) (Size, error) {
	var z Size
	id, ok := s.db.ID(p)
	if !ok {
		return z, nil
	}
	err := s.overlapping(p, math.MinInt64, math.MaxInt64, func(group []entry) error {
		for i := range group {
			c, err := group[i].decode(p, nil)
			if err != nil {
				return err
			}
			z.Chunks++
			z.ChunkBytes += int64(chunkKeyLen + len(group[i].value))
			z.Rows += int64(c.Rows.Rows.Len())
			z.Values += int64(values(c.Rows))
		}
		return nil
	})
	if err != nil {
		return z, err
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: pebbledb.Key(pebbledb.SeriesRollup, id, 0), UpperBound: pebbledb.End(pebbledb.SeriesRollup, id)})
	if err != nil {
		return z, err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return z, err
		}
		z.Rollups++
		z.RollupBytes += int64(len(it.Key()) + len(v))
	}
	return z, it.Error()
}

// values counts the values of t, missing ones included.
func values(t *reading.Table) int {
	n := 0
	for _, m := range pleth.Metrics() {
		c := t.Rows.Column(m)
		for _, x := range c.Mantissas() {
			if x != pleth.AbsentMantissa {
				n++
			}
		}
	}
	return n
}
