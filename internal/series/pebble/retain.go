package pebble

import (
	"fmt"
	"math"

	"pleth"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/series"
)

// Delete deletes the chunks and rollups of p that end before a time, in whole
// hours, and returns how many chunks it deleted and up to which time nothing
// is left. Each chunk is given to confirmed first, which says whether the next
// tier has all of it: from the first that it has not on, everything stays. A
// chunk that reaches over the time stays in whole, and the hours it has rows in.
func (s *Store) Delete(p reading.Partition, before int64, confirmed func(*series.Chunk) (bool, error)) (deleted int, upTo int64, err error) {
	s.merging.Lock()
	defer s.merging.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.db.ID(p)
	if !ok {
		return 0, 0, nil
	}
	limit := series.HourOf(before)
	var keys []chunkKey
	err = s.overlapping(p, math.MinInt64, limit, func(group []entry) error {
		for i := range group {
			k := group[i].key
			if k.last < limit {
				c, err := group[i].decode(p, nil)
				if err != nil {
					return err
				}
				ok, err := confirmed(c)
				if err != nil {
					return fmt.Errorf("chunk from %d of device %q %q is not confirmed: %w", k.first, p.Device, p.Recording, err)
				}
				if ok {
					keys = append(keys, k)
					continue
				}
			}
			limit = min(limit, series.HourOf(k.first))
		}
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	// What stays has pulled the limit down; what now reaches over it stays too.
	for again := true; again; {
		again = false
		for i := 0; i < len(keys); i++ {
			if keys[i].last >= limit {
				limit, again = min(limit, series.HourOf(keys[i].first)), true
				keys = append(keys[:i], keys[i+1:]...)
				i--
			}
		}
	}
	if len(keys) == 0 {
		return 0, limit, nil
	}
	b := s.db.NewBatch()
	defer b.Close()
	for _, k := range keys {
		if err := b.Delete(k.bytes(), nil); err != nil {
			return 0, 0, err
		}
	}
	for _, m := range pleth.Metrics() {
		key := append(pebbledb.Key(pebbledb.SeriesRollup, id, 9), byte(m))
		if err := b.DeleteRange(pebbledb.AppendTime(key[:6:6], math.MinInt64), pebbledb.AppendTime(key[:6:6], limit), nil); err != nil {
			return 0, 0, err
		}
	}
	return len(keys), limit, s.db.Apply(b, true)
}
