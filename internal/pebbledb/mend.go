package pebbledb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Pebble does not open a folder whose log has a flaw in what was on disk, if
// something sound stands in a later block; in the last block it takes a flaw for a
// torn end, and what was acknowledged behind it would be lost without a word: Open
// looks for those. The log is blocks of chunks, each with
// its checksum; a record is one chunk, or a first one, middle ones and a last one.
const (
	logBlock   = 32 << 10
	chunkHead  = 7 // checksum, length, kind
	kindsEach  = 4 // full, first, middle, last
	logNumbers = 4 // of chunks that say of which log they are
)

// headLen is the length of the head of a chunk by its format: one of old, one
// with the number of the log, one that also says how far the log was on disk.
var headLen = [...]int{chunkHead, chunkHead + logNumbers, chunkHead + logNumbers + 8}

// errFlawed says that a log has a flaw in what was on disk.
var errFlawed = errors.New("what was on disk has changed")

// Damaged reports whether err of Open says that the folder is damaged.
func Damaged(err error) bool {
	return pebble.IsCorruptionError(err) || errors.Is(err, errFlawed) || errors.Is(err, errHeader)
}

// LogFlaws returns the places in Pebble's own log that cannot be read though
// they were on disk. Nothing is changed.
func LogFlaws(dir string, o Options) ([]Flaw, error) { return mendLogs(dir, o, false) }

// MendLogs writes the logs that have flaws anew with the records that are sound,
// and returns the flaws. What it cannot read is lost: call it on a copy.
func MendLogs(dir string, o Options) ([]Flaw, error) { return mendLogs(dir, o, true) }

// raw returns the disk on which the files of dir can be read as they are, and
// the lock that keeps others from it.
func raw(dir string, o Options) (vfs.FS, *pebble.Lock, error) {
	fs := o.FS
	if fs == nil {
		fs = vfs.Default
	}
	l, err := lock(fs, dir, true)
	if err != nil || o.Key == nil {
		return fs, l, err
	}
	if fs, err = encrypt(fs, dir, o.Key, true); err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	return fs, l, nil
}

func mendLogs(dir string, o Options, mend bool) (flaws []Flaw, err error) {
	fs, lock, err := raw(dir, o)
	if err != nil {
		return nil, err
	}
	defer lock.Close()
	return flawsOfLogs(fs, dir, mend)
}

// soundLogs makes sure that the logs in dir have no flaws.
func soundLogs(fs vfs.FS, dir string) error {
	flaws, err := flawsOfLogs(fs, dir, false)
	if err == nil && len(flaws) > 0 {
		err = fmt.Errorf("%w: %s; pleth fsck --repair takes what is sound", errFlawed, flaws[0].What)
	}
	return err
}

func flawsOfLogs(fs vfs.FS, dir string, mend bool) (flaws []Flaw, err error) {
	names, err := fs.List(dir)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	for _, name := range names {
		number, err := strconv.ParseUint(strings.TrimSuffix(name, ".log"), 10, 32)
		if err != nil || !strings.HasSuffix(name, ".log") {
			continue
		}
		var records [][]byte
		var keep func([]byte)
		if mend {
			keep = func(r []byte) { records = append(records, slices.Clone(r)) }
		}
		path := fs.PathJoin(dir, name)
		f, err := fs.Open(path)
		if err != nil {
			return nil, err
		}
		at, err := readLog(f, uint32(number), keep)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		for _, place := range at {
			flaws = append(flaws, Flaw{What: fmt.Sprintf("the log %s cannot be read at byte %d", name, place)})
		}
		if len(at) > 0 && mend {
			if err := writeLog(fs, path, records); err != nil {
				return nil, err
			}
		}
	}
	return flaws, nil
}

// readLog calls keep (nil: nobody) with the records of a log that can be read,
// and returns where it has flaws. A chunk says up to where the log was on disk
// before it: what cannot be read beyond may be an end that was torn by a power
// cut, and is no flaw.
func readLog(r io.Reader, number uint32, keep func([]byte)) (flaws []int64, err error) {
	var open []byte   // of a record whose end is still to come; nil: none
	var doubt []int64 // what cannot be read and may be torn
	buf := make([]byte, logBlock)
	for start := int64(0); ; start += logBlock {
		n, err := io.ReadFull(r, buf)
		block := buf[:n]
		for i := 0; i+chunkHead <= len(block); {
			kind := int(block[i+6]) - 1
			if kind < 0 && binary.LittleEndian.Uint32(block[i:]) == 0 {
				break // nothing was written here
			}
			if kind < 0 || kind >= kindsEach*len(headLen) {
				doubt = append(doubt, start+int64(i))
				break
			}
			head := headLen[kind/kindsEach]
			end := i + head + int(binary.LittleEndian.Uint16(block[i+4:]))
			if end > len(block) {
				doubt = append(doubt, start+int64(i))
				break
			}
			sound := sumOf(block[i+6:end]) == binary.LittleEndian.Uint32(block[i:])
			if !sound {
				doubt = append(doubt, start+int64(i))
				open, i = nil, end // what follows has a checksum of its own
				continue
			}
			if head > chunkHead && binary.LittleEndian.Uint32(block[i+chunkHead:]) != number {
				break // of another log, whose file this was
			}
			if head == headLen[2] {
				synced := binary.LittleEndian.Uint64(block[i+headLen[1]:])
				for len(doubt) > 0 && uint64(doubt[0]) < synced {
					flaws, doubt = append(flaws, doubt[0]), doubt[1:]
				}
			}
			part := block[i+head : end]
			switch i = end; kind % kindsEach {
			case 0:
				open = nil
				if keep != nil && len(part) > 0 {
					keep(part)
				}
			case 1:
				open = append([]byte{}, part...)
			case 2:
				if open != nil {
					open = append(open, part...)
				}
			case 3:
				if keep != nil && open != nil {
					keep(append(open, part...))
				}
				open = nil
			}
		}
		if err != nil {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = nil
			}
			return flaws, err
		}
	}
}

// sumOf returns the checksum of a chunk.
func sumOf(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// writeLog writes a log of records.
func writeLog(fs vfs.FS, path string, records [][]byte) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	w := record.NewWriter(f)
	for _, r := range records {
		if _, err := w.WriteRecord(r); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(w.Close(), f.Sync(), f.Close())
}
