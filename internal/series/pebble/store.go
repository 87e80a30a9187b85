// Package pebble keeps the series in a Pebble instance.
package pebble

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/series"
)

// Store is the series of every partition in one Pebble instance. It is safe
// for concurrent use.
type Store struct {
	db *pebbledb.DB
	// mu orders the writes: the number of a chunk and the sum of a rollup
	// depend on what is there.
	mu sync.Mutex
	// merging lets one goroutine at a time replace or delete chunks. It is
	// taken before mu.
	merging sync.Mutex
}

// Open returns the series in db. The caller keeps and closes db.
func Open(db *pebbledb.DB) *Store { return &Store{db: db} }

// Commit stores c, all or nothing. It returns before it is on disk: after a
// power cut either all of it is there or nothing, and then the log still holds
// it, from the position that State tells.
func (s *Store) Commit(c *series.Commit) error {
	id, err := s.db.MakeID(c.Partition)
	if err != nil {
		return err
	}
	rollups := map[rollupID]*series.Rollup{}
	var chunks []encoded
	for i := range c.Chunks {
		for _, chunk := range c.Chunks[i].Cut() {
			effort := series.Quick
			if chunk.Rows.Rows.Len() >= large {
				effort = series.Small
			}
			one, err := encode(&chunk, effort)
			if err != nil {
				return fmt.Errorf("partition %q %q: %w", c.Partition.Device, c.Partition.Recording, err)
			}
			chunks = append(chunks, one)
			addHours(rollups, chunk.Rows)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.db.NewBatch()
	defer b.Close()
	taken := map[string]bool{}
	for i := range chunks {
		if err := s.putChunk(b, id, &chunks[i], taken); err != nil {
			return err
		}
	}
	if err := s.putRollups(b, id, rollups); err != nil {
		return err
	}
	state := c.State
	if state == nil {
		if _, state, _, err = s.state(id); err != nil {
			return err
		}
	}
	if err := b.Set(pebbledb.Key(pebbledb.SeriesState, id, 0), encodeState(c.Position, state), nil); err != nil {
		return err
	}
	return s.db.Apply(b, false)
}

// large is the number of rows from where on a chunk is written in the fewest
// bytes at once: it may never be merged.
const large = 4096

// chunkKey is where a chunk lies: the times of its first and last row, and a
// number that tells chunks of the same times apart.
type chunkKey struct {
	id          pebbledb.ID
	first, last int64
	number      uint32
}

const chunkKeyLen = 5 + 8 + 8 + 4

func (k chunkKey) bytes() []byte {
	b := pebbledb.AppendTime(pebbledb.AppendTime(pebbledb.Key(pebbledb.SeriesChunk, k.id, 20), k.first), k.last)
	return binary.BigEndian.AppendUint32(b, k.number)
}

// parseChunkKey reads the key of a chunk.
func parseChunkKey(b []byte) (chunkKey, error) {
	if len(b) != chunkKeyLen {
		return chunkKey{}, fmt.Errorf("chunk with key %x: %w", b, series.ErrCorrupt)
	}
	return chunkKey{pebbledb.ID(binary.BigEndian.Uint32(b[1:])), pebbledb.Time(b[5:]), pebbledb.Time(b[13:]), binary.BigEndian.Uint32(b[21:])}, nil
}

// encoded is a chunk as it is stored, and the times of its first and last row.
type encoded struct {
	first, last int64
	value       []byte
}

// encode does what takes long of storing a chunk; no lock need be held.
func encode(c *series.Chunk, effort series.Effort) (encoded, error) {
	value, err := series.Append(nil, c, effort)
	times := c.Rows.Rows.Times()
	return encoded{times[0], times[len(times)-1], value}, err
}

// putChunk adds a chunk to b. taken are the keys that b has given out already.
func (s *Store) putChunk(b *pebble.Batch, id pebbledb.ID, c *encoded, taken map[string]bool) error {
	k := chunkKey{id: id, first: c.first, last: c.last}
	for ; ; k.number++ {
		if taken[string(k.bytes())] {
			continue
		}
		there, err := s.has(k.bytes())
		if err != nil {
			return err
		}
		if !there {
			break
		}
	}
	taken[string(k.bytes())] = true
	return b.Set(k.bytes(), c.value, nil)
}

func (s *Store) has(key []byte) (bool, error) {
	_, closer, err := s.db.Get(key)
	if err == pebble.ErrNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, closer.Close()
}

// rollupID is one rollup of a partition.
type rollupID struct {
	metric pleth.Metric
	hour   int64 // its start
}

const rollupKeyLen = 5 + 1 + 8

func rollupKey(id pebbledb.ID, r rollupID) []byte {
	return pebbledb.AppendTime(append(pebbledb.Key(pebbledb.SeriesRollup, id, 9), byte(r.metric)), r.hour)
}

// addHours adds the rows of t to the rollups of their hours.
func addHours(rollups map[rollupID]*series.Rollup, t *reading.Table) {
	times := t.Rows.Times()
	for i := 0; i < len(times); {
		hour, j := series.HourOf(times[i]), i+1
		for j < len(times) && times[j]-hour < series.Hour {
			j++
		}
		for _, m := range pleth.Metrics() {
			if !t.Rows.HasNumber(m) {
				continue
			}
			k := rollupID{m, hour}
			if rollups[k] == nil {
				rollups[k] = &series.Rollup{}
			}
			rollups[k].AddRows(t, m, i, j)
		}
		i = j
	}
}

// putRollups adds rollups to those that are there.
func (s *Store) putRollups(b *pebble.Batch, id pebbledb.ID, rollups map[rollupID]*series.Rollup) error {
	for k, r := range rollups {
		if len(r.Bins) == 0 {
			continue
		}
		key := rollupKey(id, k)
		v, closer, err := s.db.Get(key)
		switch err {
		case nil:
			var old series.Rollup
			err := series.DecodeRollup(v, &old)
			closer.Close()
			if err != nil {
				return fmt.Errorf("rollup of %v, hour from %d: %w", k.metric, k.hour, err)
			}
			r.Add(&old)
		case pebble.ErrNotFound:
		default:
			return err
		}
		if err := b.Set(key, series.AppendRollup(nil, r), nil); err != nil {
			return err
		}
	}
	return nil
}

// State returns what the last Commit of p left: the position in the log and
// the state. ok is false where there was none.
func (s *Store) State(p reading.Partition) (position eventlog.Offset, state []byte, ok bool, err error) {
	id, ok := s.db.ID(p)
	if !ok {
		return 0, nil, false, nil
	}
	return s.state(id)
}

func (s *Store) state(id pebbledb.ID) (position eventlog.Offset, state []byte, ok bool, err error) {
	v, closer, err := s.db.Get(pebbledb.Key(pebbledb.SeriesState, id, 0))
	if err == pebble.ErrNotFound {
		return 0, nil, false, nil
	}
	if err != nil {
		return 0, nil, false, err
	}
	defer closer.Close()
	position, state, err = decodeState(v)
	if err != nil {
		return 0, nil, false, fmt.Errorf("state of partition %d: %w", id, err)
	}
	return position, state, true, nil
}

// stateVersion is the first byte of a state.
const stateVersion = 1

func encodeState(position eventlog.Offset, state []byte) []byte {
	b := binary.AppendUvarint([]byte{stateVersion}, uint64(position))
	b = append(b, state...)
	return binary.LittleEndian.AppendUint32(b, pebbledb.CRC(b))
}

// StateAt returns the stored state b, which is sound, with another position: all
// of the log from there on is looked through for rows that are in no chunk.
func StateAt(b []byte, position eventlog.Offset) []byte {
	_, state, err := decodeState(b)
	if err != nil {
		return b
	}
	return encodeState(position, state)
}

func decodeState(b []byte) (eventlog.Offset, []byte, error) {
	if len(b) < 6 || binary.LittleEndian.Uint32(b[len(b)-4:]) != pebbledb.CRC(b[:len(b)-4]) {
		return 0, nil, series.ErrCorrupt
	}
	if b[0] != stateVersion {
		return 0, nil, fmt.Errorf("format %d: %w", b[0], series.ErrNewer)
	}
	position, w := binary.Uvarint(b[1:])
	if w <= 0 || 1+w > len(b)-4 {
		return 0, nil, series.ErrCorrupt
	}
	return eventlog.Offset(position), append([]byte{}, b[1+w:len(b)-4]...), nil
}
