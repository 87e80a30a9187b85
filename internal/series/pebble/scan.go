package pebble

import (
	"fmt"
	"math"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"pleth"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/series"
)

// Scan calls f with the rows of p at times from <= t < to, in the order of
// reading.Compare, in tables of a chunk or of several that overlap, as they
// were when Scan was called, until f fails. Of the metrics it reads those
// given, nil: all; rows without any of them are there too. f may keep the
// table. A damaged chunk is series.ErrCorrupt: the rows before it have been
// given, nothing of it has.
func (s *Store) Scan(p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*reading.Table) error) error {
	return s.ScanIn(nil, p, from, to, metrics, f)
}

// ScanIn is Scan into the memory of room: a table is good until f has had the
// next one.
func (s *Store) ScanIn(room *series.Room, p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*reading.Table) error) error {
	return s.overlapping(p, from, to, func(group []entry) error {
		if len(group) == 1 {
			c, err := group[0].decodeIn(room, p, metrics)
			if err != nil {
				return err
			}
			return some(c.Rows, from, to, f)
		}
		// The order of rows depends on all of their values.
		chunks := make([]series.Chunk, 0, len(group))
		for i := range group {
			c, err := group[i].decode(p, nil)
			if err != nil {
				return err
			}
			err = some(c.Rows, from, to, func(t *reading.Table) error {
				chunks = append(chunks, series.Chunk{Source: c.Source, Rows: t})
				return nil
			})
			if err != nil {
				return err
			}
		}
		if len(chunks) == 0 {
			return nil
		}
		t := series.Interleave(chunks)
		for _, m := range pleth.Metrics() {
			if metrics != nil && !slices.Contains(metrics, m) {
				t.Rows.SetColumn(m, 0, nil)
			}
		}
		return f(t)
	})
}

// some calls f with the rows of t that are in the range, if there are any.
func some(t *reading.Table, from, to int64, f func(*reading.Table) error) error {
	times := t.Rows.Times()
	i, _ := slices.BinarySearch(times, from)
	j, _ := slices.BinarySearch(times, to)
	switch {
	case i == j:
		return nil
	case j-i < len(times):
		t = t.Slice(i, j)
	}
	return f(t)
}

// Chunks calls f with every chunk of p that holds times from <= t < to, whole,
// in order of its first time, until f fails. Chunks may overlap.
func (s *Store) Chunks(p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*series.Chunk) error) error {
	return s.overlapping(p, from, to, func(group []entry) error {
		for i := range group {
			c, err := group[i].decode(p, metrics)
			if err != nil {
				return err
			}
			if err := f(c); err != nil {
				return err
			}
		}
		return nil
	})
}

// entry is a chunk as it is stored, until overlapping goes on.
type entry struct {
	key   chunkKey
	value []byte
}

// overlapping calls f with the chunks that may hold times from <= t < to, in
// groups that overlap in time: the last time of a group is before the first
// time of the next.
func (s *Store) overlapping(p reading.Partition, from, to int64, f func([]entry) error) error {
	id, ok := s.db.ID(p)
	if !ok || from >= to {
		return nil
	}
	it, err := s.db.NewIter(chunkRange(id, from, to))
	if err != nil {
		return err
	}
	defer it.Close()
	var group []entry
	var values []byte // of the group
	end := int64(0)   // last time of the group
	for ok := it.First(); ok; ok = it.Next() {
		k, err := parseChunkKey(it.Key())
		if err != nil {
			return err
		}
		if k.last < from {
			continue
		}
		if len(group) > 0 && k.first > end {
			if err := f(group); err != nil {
				return err
			}
			group, values = group[:0], values[:0]
		}
		v, err := it.ValueAndErr()
		if err != nil {
			return fmt.Errorf("chunk %x: %w", it.Key(), err)
		}
		if len(group) == 0 || k.last > end {
			end = k.last
		}
		at := len(values)
		values = append(values, v...)
		group = append(group, entry{k, values[at:]})
	}
	if err := it.Error(); err != nil {
		return err
	}
	if len(group) > 0 {
		return f(group)
	}
	return nil
}

// decode reads the chunk and makes sure that it belongs to its key.
func (e *entry) decode(p reading.Partition, metrics []pleth.Metric) (*series.Chunk, error) {
	return e.decodeIn(nil, p, metrics)
}

func (e *entry) decodeIn(room *series.Room, p reading.Partition, metrics []pleth.Metric) (*series.Chunk, error) {
	c, err := series.DecodeIn(room, e.value, p, metrics)
	if err != nil {
		return nil, fmt.Errorf("chunk from %d of device %q %q: %w", e.key.first, p.Device, p.Recording, err)
	}
	if times := c.Rows.Rows.Times(); times[0] != e.key.first || times[len(times)-1] != e.key.last {
		return nil, fmt.Errorf("chunk from %d of device %q %q: it holds other times: %w", e.key.first, p.Device, p.Recording, series.ErrCorrupt)
	}
	return c, nil
}

// chunkRange spans the keys of the chunks that may hold times from <= t < to.
func chunkRange(id pebbledb.ID, from, to int64) *pebble.IterOptions {
	reach := int64(math.MinInt64)
	if from > math.MinInt64+series.MaxSpan {
		reach = from - series.MaxSpan
	}
	return &pebble.IterOptions{
		LowerBound: pebbledb.AppendTime(pebbledb.Key(pebbledb.SeriesChunk, id, 8), reach),
		UpperBound: pebbledb.AppendTime(pebbledb.Key(pebbledb.SeriesChunk, id, 8), to),
	}
}

// Rollups calls f with the rollup of every hour of p and m that starts at
// from <= hour < to and has numbers, in order, until f fails. f does not keep
// the rollup.
func (s *Store) Rollups(p reading.Partition, m pleth.Metric, from, to int64, f func(hour int64, r *series.Rollup) error) error {
	id, ok := s.db.ID(p)
	if !ok || from >= to {
		return nil
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: rollupKey(id, rollupID{m, from}), UpperBound: rollupKey(id, rollupID{m, to})})
	if err != nil {
		return err
	}
	defer it.Close()
	var r series.Rollup
	for ok := it.First(); ok; ok = it.Next() {
		if len(it.Key()) != rollupKeyLen {
			return fmt.Errorf("rollup with key %x: %w", it.Key(), series.ErrCorrupt)
		}
		hour := pebbledb.Time(it.Key()[6:])
		v, err := it.ValueAndErr()
		if err == nil {
			err = series.DecodeRollup(v, &r)
		}
		if err != nil {
			return fmt.Errorf("rollup of %v of device %q %q, hour from %d: %w", m, p.Device, p.Recording, hour, err)
		}
		if err := f(hour, &r); err != nil {
			return err
		}
	}
	return it.Error()
}
