// Package pebble keeps alerts in the Pebble instance of the log and the series.
package pebble

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/pebble/v2"

	"pleth/internal/pebbledb"
	"pleth/internal/watch"
)

// Store keeps alerts. It is safe for concurrent use. What is put is written to
// the one write-ahead log of the instance without waiting for the disk: it is
// there as soon as anything is that was written after it, the state of the
// partition above all.
type Store struct{ db *pebbledb.DB }

// Open returns the store in db. The caller keeps and closes db.
func Open(db *pebbledb.DB) *Store { return &Store{db} }

// ErrCorrupt says that a stored alert does not pass its checksum.
var ErrCorrupt = errors.New("a stored alarm is damaged; run pleth fsck")

const idPrefix = "al-"

// rawID returns the id of an alert as it stands in keys.
func rawID(id string) ([]byte, bool) {
	b, err := hex.DecodeString(strings.TrimPrefix(id, idPrefix))
	return b, err == nil && len(b) == 10 && strings.HasPrefix(id, idPrefix)
}

// place appends onset, newest first, and id to a key.
func place(k []byte, onset int64, raw []byte) []byte {
	return append(binary.BigEndian.AppendUint64(k, ^(uint64(onset)^1<<63)), raw...)
}

// Put implements watch.Store.
func (s *Store) Put(a *watch.Alert) error {
	raw, ok := rawID(a.ID)
	if !ok {
		return fmt.Errorf("%q is no id of an alarm", a.ID)
	}
	p, err := s.db.MakeID(a.Partition())
	if err != nil {
		return err
	}
	v, err := json.Marshal(a)
	if err != nil {
		return err
	}
	v = binary.BigEndian.AppendUint32(v, pebbledb.CRC(v))
	id := binary.BigEndian.AppendUint32(nil, uint32(p))
	b := s.db.NewBatch()
	err = errors.Join(
		b.Set(place(pebbledb.Key(pebbledb.AlertRecord, p, 18), a.Onset, raw), v, nil),
		b.Set(place(pebbledb.Key(pebbledb.AlertOrder, 0, 18), a.Onset, raw), id, nil),
		b.Set(append(pebbledb.Key(pebbledb.AlertName, 0, 10), raw...), pebbledb.AppendTime(id, a.Onset), nil))
	if err != nil {
		return errors.Join(err, b.Close())
	}
	return s.db.ApplyOrFull(b)
}

// Get implements watch.Store.
func (s *Store) Get(id string) (*watch.Alert, error) {
	raw, ok := rawID(id)
	if !ok {
		return nil, nil
	}
	v, err := s.get(append(pebbledb.Key(pebbledb.AlertName, 0, 10), raw...))
	if v == nil || err != nil {
		return nil, err
	}
	if len(v) != 12 {
		return nil, ErrCorrupt
	}
	return s.read(pebbledb.ID(binary.BigEndian.Uint32(v)), pebbledb.Time(v[4:]), raw)
}

func (s *Store) get(key []byte) ([]byte, error) {
	v, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	v = bytes.Clone(v)
	return v, closer.Close()
}

func (s *Store) read(p pebbledb.ID, onset int64, raw []byte) (*watch.Alert, error) {
	v, err := s.get(place(pebbledb.Key(pebbledb.AlertRecord, p, 18), onset, raw))
	if v == nil || err != nil {
		return nil, err
	}
	return decode(v)
}

func decode(v []byte) (*watch.Alert, error) {
	n := len(v) - 4
	if n < 0 || binary.BigEndian.Uint32(v[n:]) != pebbledb.CRC(v[:n]) {
		return nil, ErrCorrupt
	}
	a := &watch.Alert{}
	if err := json.Unmarshal(v[:n], a); err != nil || len(a.Steps) == 0 {
		return nil, fmt.Errorf("%w (%v)", ErrCorrupt, err)
	}
	return a, nil
}

// List implements watch.Store.
func (s *Store) List(device string, before int64, id string, f func(*watch.Alert) (bool, error)) error {
	raw, _ := rawID(id)
	from, to := pebbledb.Key(pebbledb.AlertOrder, 0, 19), pebbledb.End(pebbledb.AlertOrder, 0)
	if before != 0 || id != "" {
		from = append(place(from, before, raw), 0)
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return err
	}
	defer it.Close()
	wanted, err := s.partitions(device)
	if err != nil {
		return err
	}
	for ok := it.First(); ok; ok = it.Next() {
		k := it.Key()
		v, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		if len(k) != 5+18 || len(v) != 4 {
			return ErrCorrupt
		}
		p := pebbledb.ID(binary.BigEndian.Uint32(v))
		if wanted != nil && !wanted[p] {
			continue
		}
		a, err := s.read(p, int64(^binary.BigEndian.Uint64(k[5:])^1<<63), k[13:])
		if err != nil {
			return err
		}
		if a == nil {
			continue
		}
		if more, err := f(a); err != nil || !more {
			return err
		}
	}
	return it.Error()
}

// Forget deletes the alerts of live streams, of gateways and of channels that
// were over before a time, nanoseconds UTC, and returns how many. Those of
// imports, whose times are those of their recordings, stay.
func (s *Store) Forget(before int64) (n int, err error) {
	from := place(pebbledb.Key(pebbledb.AlertOrder, 0, 19), before, nil)
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: pebbledb.End(pebbledb.AlertOrder, 0)})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	b := s.db.NewBatch()
	defer func() { err = errors.Join(err, b.Close()) }()
	for ok := it.First(); ok; ok = it.Next() {
		k := it.Key()
		v, err := it.ValueAndErr()
		if err != nil {
			return n, err
		}
		if len(k) != 5+18 || len(v) != 4 {
			return n, ErrCorrupt
		}
		p, onset, raw := pebbledb.ID(binary.BigEndian.Uint32(v)), int64(^binary.BigEndian.Uint64(k[5:])^1<<63), k[13:]
		a, err := s.read(p, onset, raw)
		if err != nil {
			return n, err
		}
		if a == nil || a.Recording != "" || a.State() != "cleared" || a.Steps[len(a.Steps)-1].At >= before {
			continue
		}
		n++
		if err := errors.Join(b.Delete(place(pebbledb.Key(pebbledb.AlertRecord, p, 18), onset, raw), nil), b.Delete(k, nil),
			b.Delete(append(pebbledb.Key(pebbledb.AlertName, 0, 10), raw...), nil)); err != nil {
			return n, err
		}
	}
	if n == 0 {
		return 0, it.Error()
	}
	return n, errors.Join(it.Error(), s.db.Apply(b, false))
}

// partitions returns the ids of the recordings of a device; nil: of all.
func (s *Store) partitions(device string) (map[pebbledb.ID]bool, error) {
	if device == "" {
		return nil, nil
	}
	out := map[pebbledb.ID]bool{}
	for _, p := range s.db.Partitions() {
		if p.Device == device {
			if id, ok := s.db.ID(p); ok {
				out[id] = true
			}
		}
	}
	return out, nil
}
