package pebbledb

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"pleth/internal/reading"
)

// Prefix is the first byte of a key: what the entry is.
type Prefix byte

// The prefixes. All but PartitionEntry are followed by the id of a partition,
// 4 bytes, big endian; those that list all partitions together by ID 0.
const (
	PartitionEntry Prefix = 'p' // id -> device and recording
	LogRecord      Prefix = 'l' // offset -> record
	LogEnd         Prefix = 'e' // -> first offset not yet given, when records were dropped
	SeriesChunk    Prefix = 'c' // first and last time, number -> chunk
	SeriesRollup   Prefix = 'r' // metric, hour -> rollup
	SeriesState    Prefix = 's' // -> position and state
	AlertRecord    Prefix = 'a' // onset, newest first, and id -> alert
	AlertOrder     Prefix = 'o' // ID 0, onset, newest first, and id -> id of its partition
	AlertName      Prefix = 'n' // ID 0, id -> id of its partition and onset
)

// ID stands for a partition in keys.
type ID uint32

// Key returns the key prefix of id, with capacity for room more bytes.
func Key(p Prefix, id ID, room int) []byte {
	k := make([]byte, 5, 5+room)
	k[0] = byte(p)
	binary.BigEndian.PutUint32(k[1:], uint32(id))
	return k
}

// End returns the key behind all keys of id.
func End(p Prefix, id ID) []byte {
	k := make([]byte, 5)
	binary.BigEndian.PutUint32(k[1:], uint32(id)+1)
	k[0] = byte(p)
	if uint32(id)+1 == 0 {
		k[0]++
	}
	return k
}

// AppendTime appends a time so that keys stand in its order, and PutTime and
// Time are its inverse.
func AppendTime(k []byte, t int64) []byte {
	return binary.BigEndian.AppendUint64(k, uint64(t)^1<<63)
}

// Time reads what AppendTime wrote. k has at least 8 bytes.
func Time(k []byte) int64 { return int64(binary.BigEndian.Uint64(k) ^ 1<<63) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// CRC returns the checksum that values carry: CRC-32C.
func CRC(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// directory is the partitions that there are.
type directory struct {
	ids   map[reading.Partition]ID
	names []reading.Partition // by id
}

// loadPartitions reads the directory of the partitions.
func (d *DB) loadPartitions(damaged bool) error {
	d.dirs.ids = map[reading.Partition]ID{}
	it, err := d.DB.NewIter(&pebble.IterOptions{LowerBound: []byte{byte(PartitionEntry)}, UpperBound: []byte{byte(PartitionEntry) + 1}})
	if err != nil {
		return err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		id, p, err := readPartition(it)
		if err == nil && int(id) < len(d.dirs.names) || err != nil && !damaged {
			return fmt.Errorf("partition entry %x: %w", it.Key(), cmp.Or(err, errEntry))
		}
		if err != nil {
			continue
		}
		for ; len(d.dirs.names) < int(id); d.dirs.names = append(d.dirs.names, reading.Partition{}) {
			if !damaged {
				return fmt.Errorf("partition entry %d is missing: %w", len(d.dirs.names), errEntry)
			}
			if id > maxID {
				return fmt.Errorf("partition entry %x: %w", it.Key(), errEntry)
			}
		}
		d.dirs.ids[p] = id
		d.dirs.names = append(d.dirs.names, p)
	}
	return it.Error()
}

// errEntry says that the directory of the partitions is damaged.
var errEntry = errors.New("damaged; run pleth fsck")

// maxID is how many partitions are believed of a damaged directory.
const maxID = 1 << 24

// readPartition reads the entry that it stands on.
func readPartition(it *pebble.Iterator) (ID, reading.Partition, error) {
	v, err := it.ValueAndErr()
	if err != nil {
		return 0, reading.Partition{}, err
	}
	if len(it.Key()) != 5 {
		return 0, reading.Partition{}, errEntry
	}
	p, err := decodePartition(v)
	return ID(binary.BigEndian.Uint32(it.Key()[1:])), p, err
}

// ID returns the id of p, and whether there is one.
func (d *DB) ID(p reading.Partition) (ID, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, ok := d.dirs.ids[p]
	return id, ok
}

// MakeID returns the id of p and gives it one where it has none. The entry is
// on disk as soon as anything written after it is.
func (d *DB) MakeID(p reading.Partition) (ID, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id, ok := d.dirs.ids[p]; ok {
		return id, nil
	}
	id := ID(len(d.dirs.names))
	b := d.DB.NewBatch()
	if err := b.Set(Key(PartitionEntry, id, 0), encodePartition(p), nil); err != nil {
		return 0, errors.Join(err, b.Close())
	}
	// Everybody who reads needs the directory: it does not wait for a full disk.
	if err := d.ApplyOrFull(b); err != nil {
		return 0, err
	}
	d.dirs.ids[p] = id
	d.dirs.names = append(d.dirs.names, p)
	return id, nil
}

// Partitions returns every partition by id, in the order they were first
// written.
func (d *DB) Partitions() []reading.Partition {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.dirs.names)
}

// encodePartition writes the names of a partition with their checksum.
func encodePartition(p reading.Partition) []byte {
	b := binary.AppendUvarint(nil, uint64(len(p.Device)))
	b = append(b, p.Device...)
	b = append(b, p.Recording...)
	return binary.LittleEndian.AppendUint32(b, CRC(b))
}

// decodePartition is the inverse of encodePartition.
func decodePartition(b []byte) (reading.Partition, error) {
	if len(b) < 5 || binary.LittleEndian.Uint32(b[len(b)-4:]) != CRC(b[:len(b)-4]) {
		return reading.Partition{}, errEntry
	}
	b = b[:len(b)-4]
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return reading.Partition{}, errEntry
	}
	return reading.Partition{Device: string(b[w : w+int(n)]), Recording: string(b[w+int(n):])}, nil
}

// CheckPartition reads an entry of the directory of partitions.
func CheckPartition(key, value []byte) (reading.Partition, error) {
	if len(key) != 5 {
		return reading.Partition{}, errEntry
	}
	return decodePartition(value)
}

// NameEntry returns the entry that calls id by the name of p.
func NameEntry(id ID, p reading.Partition) (key, value []byte) {
	return Key(PartitionEntry, id, 0), encodePartition(p)
}
