package client

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pleth/internal/atomicfile"
)

// queue holds the records that are not acknowledged yet, numbered from 1 in
// the order they came. It is guarded by the lock of its Client.
type queue interface {
	// append adds a record; errFull if there is no room, then nothing is added.
	append(payload []byte) error
	// next is the number the next record gets.
	next() uint64
	// first is the number of the oldest record not acknowledged.
	first() uint64
	// read returns the payloads of up to n records from number from on. Numbers
	// whose record is damaged are nil.
	read(from uint64, n int) ([][]byte, error)
	// acknowledge lets go of all records below number to.
	acknowledge(to uint64) error
	bytes() int64
	damaged() int64 // stretches that could not be read when it was opened
	sync() error
	close() error
}

// ErrFull says that the spool, or the memory where there is none, holds as much
// as it may. The reading was not taken; what was taken before is safe.
var ErrFull = errors.New("pleth client: the spool is full")

// A spool keeps records in segment files named by the number of their first
// record. See docs/formats/spool.md.
type spool struct {
	dir          string
	limit        int64 // bytes of all segments
	segmentBytes int64
	segments     []segment // ascending, the last one is written to
	last         *os.File
	dirty        bool // written since the last sync
	cursor       uint64
	nextNumber   uint64
	lost         int64
	unlock       func() error

	reading *os.File // the segment read last
	readSeg uint64   // its first number
	readPos int64    // where record readNum starts
	readNum uint64
}

type segment struct {
	first uint64
	size  int64
}

const (
	magic        = "plethsp1"
	headerBytes  = 16 // magic, number of the first record (big endian)
	recordHead   = 8  // length, CRC-32C of the payload (little endian)
	maxRecord    = 1 << 20
	segmentName  = "%016x.seg"
	cursorName   = "cursor"
	cursorSuffix = ".new"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openSpool opens or makes the spool in dir and cuts off a torn last record.
func openSpool(dir string, limit int64) (*spool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the spool: %w", err)
	}
	unlock, err := lockFolder(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("spool %s is used by another client: %w", dir, err)
	}
	s := &spool{dir: dir, limit: limit, segmentBytes: max(min(8<<20, limit/8), 4096), unlock: unlock}
	if err := s.load(); err != nil {
		s.close()
		return nil, fmt.Errorf("open spool %s: %w", dir, err)
	}
	return s, nil
}

func (s *spool) path(first uint64) string {
	return filepath.Join(s.dir, fmt.Sprintf(segmentName, first))
}

func (s *spool) load() error {
	names, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range names {
		hex, ok := strings.CutSuffix(e.Name(), ".seg")
		if first, err := strconv.ParseUint(hex, 16, 64); ok && err == nil && len(hex) == 16 {
			s.segments = append(s.segments, segment{first: first})
		}
	}
	slices.SortFunc(s.segments, func(a, b segment) int {
		if a.first < b.first {
			return -1
		}
		return 1
	})
	s.cursor = s.loadCursor()
	s.nextNumber = 1
	for i := range s.segments {
		g := &s.segments[i]
		count, size, err := s.check(g.first, i == len(s.segments)-1)
		if err != nil {
			return err
		}
		g.size, s.nextNumber = size, g.first+count
	}
	if len(s.segments) > 0 {
		s.cursor = max(s.cursor, s.segments[0].first)
	}
	s.cursor = max(s.cursor, 1)
	// A power cut can take records that were acknowledged already: their
	// numbers are not given again.
	if s.nextNumber < s.cursor || len(s.segments) == 0 {
		s.nextNumber = s.cursor
		return s.roll()
	}
	last := s.segments[len(s.segments)-1]
	s.last, err = os.OpenFile(s.path(last.first), os.O_WRONLY|os.O_APPEND, 0o600)
	return err
}

// check walks a segment and returns how many records it holds in how many
// bytes. A torn last record of the last segment is cut off; what cannot be
// walked for another reason is cut off too and kept in a file beside it.
func (s *spool) check(first uint64, last bool) (count uint64, size int64, err error) {
	path := s.path(first)
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, err
	}
	at, torn := 0, len(b) < headerBytes
	if !torn && string(b[:8]) == magic && binary.BigEndian.Uint64(b[8:]) == first {
		at = headerBytes
		for at < len(b) {
			n, state := recordAt(b[at:])
			if state == recordTorn || state == recordUnreadable || state == recordDamaged && last && at+n == len(b) {
				torn = state != recordUnreadable
				break
			}
			at += n
			count++
		}
	}
	if at == len(b) {
		return count, int64(at), nil
	}
	if !last || !torn {
		if err := os.WriteFile(path+".damaged", b[at:], 0o600); err != nil {
			return 0, 0, err
		}
		if last { // read counts the others: it knows how many they were
			s.lost++
		}
	}
	if at == 0 { // not even a header: begin it anew
		return 0, headerBytes, os.WriteFile(path, header(first), 0o600)
	}
	return count, int64(at), os.Truncate(path, int64(at))
}

// recordState is how the bytes where a record should begin look.
type recordState uint8

const (
	recordWhole      recordState = iota
	recordDamaged                // of the length it states, but the CRC says no
	recordTorn                   // its end is not there
	recordUnreadable             // no record
)

// recordAt returns the length of the record b begins with.
func recordAt(b []byte) (int, recordState) {
	if len(b) < recordHead {
		return 0, recordTorn
	}
	n := binary.LittleEndian.Uint32(b)
	switch {
	case n == 0 && len(bytes.Trim(b, "\x00")) == 0: // a file grown, never written
		return 0, recordTorn
	case n == 0 || n > maxRecord:
		return 0, recordUnreadable
	case int(n) > len(b)-recordHead:
		return 0, recordTorn
	}
	end := recordHead + int(n)
	if crc32.Checksum(b[recordHead:end], castagnoli) != binary.LittleEndian.Uint32(b[4:]) {
		return end, recordDamaged
	}
	return end, recordWhole
}

func header(first uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte(magic), first)
}

// roll begins the next segment.
func (s *spool) roll() error {
	if s.last != nil {
		if err := s.sync(); err != nil {
			return err
		}
		if err := s.last.Close(); err != nil {
			return err
		}
		s.last = nil
	}
	f, err := os.OpenFile(s.path(s.nextNumber), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(header(s.nextNumber)); err != nil {
		f.Close()
		return err
	}
	s.last, s.dirty = f, true
	s.segments = append(s.segments, segment{s.nextNumber, headerBytes})
	return atomicfile.SyncDir(s.dir)
}

func (s *spool) append(payload []byte) error {
	if len(payload) > maxRecord {
		return fmt.Errorf("reading of %d bytes: at most %d", len(payload), maxRecord)
	}
	need := int64(recordHead + len(payload))
	if s.bytes()+need > s.limit {
		return ErrFull
	}
	last := &s.segments[len(s.segments)-1]
	if last.size+need > s.segmentBytes && last.size > headerBytes {
		if err := s.roll(); err != nil {
			return err
		}
		last = &s.segments[len(s.segments)-1]
	}
	b := make([]byte, 0, need)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(payload, castagnoli))
	b = append(b, payload...)
	if _, err := s.last.Write(b); err != nil {
		// A short write would hide what follows it.
		if cut := s.last.Truncate(last.size); cut != nil {
			err = errors.Join(err, cut)
		}
		return fmt.Errorf("write to the spool: %w", err)
	}
	last.size += need
	s.nextNumber++
	s.dirty = true
	return nil
}

func (s *spool) next() uint64   { return s.nextNumber }
func (s *spool) first() uint64  { return s.cursor }
func (s *spool) damaged() int64 { return s.lost }

func (s *spool) bytes() int64 {
	var n int64
	for _, g := range s.segments {
		n += g.size
	}
	return n
}

func (s *spool) read(from uint64, n int) ([][]byte, error) {
	var out [][]byte
	for len(out) < n && from < s.nextNumber {
		i := len(s.segments) - 1
		for i > 0 && s.segments[i].first > from {
			i--
		}
		g := s.segments[i]
		end := s.nextNumber
		if i+1 < len(s.segments) {
			end = s.segments[i+1].first
		}
		if err := s.seek(g, from); err != nil {
			return out, err
		}
		for from < end && len(out) < n {
			b, err := s.readRecord()
			switch {
			case err == nil:
				out = append(out, b)
				from++
			case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errRecord):
				for ; from < end && len(out) < n; from++ { // the segment ends here
					out = append(out, nil)
				}
			default:
				return out, fmt.Errorf("read the spool: %w", err)
			}
		}
	}
	return out, nil
}

// seek puts the reading position on record number of segment g.
func (s *spool) seek(g segment, number uint64) error {
	if s.reading == nil || s.readSeg != g.first || s.readNum > number {
		if s.reading != nil {
			s.reading.Close()
		}
		f, err := os.Open(s.path(g.first))
		if err != nil {
			s.reading = nil
			return err
		}
		s.reading, s.readSeg, s.readPos, s.readNum = f, g.first, headerBytes, g.first
	}
	for s.readNum < number {
		if _, err := s.readRecord(); err != nil {
			break // the caller's readRecord says so again
		}
	}
	return nil
}

// readRecord returns the payload of the next record, nil if it is damaged.
func (s *spool) readRecord() ([]byte, error) {
	var head [recordHead]byte
	if _, err := s.reading.ReadAt(head[:], s.readPos); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(head[:])
	if n == 0 || n > maxRecord {
		return nil, errRecord
	}
	b := make([]byte, n)
	if _, err := s.reading.ReadAt(b, s.readPos+recordHead); err != nil {
		return nil, err
	}
	s.readPos += recordHead + int64(n)
	s.readNum++
	if crc32.Checksum(b, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
		return nil, nil
	}
	return b, nil
}

func (s *spool) acknowledge(to uint64) error {
	s.cursor = to
	if to == s.nextNumber && s.segments[len(s.segments)-1].size > s.segmentBytes/2 {
		if err := s.roll(); err != nil { // so that a spool that is empty is small
			return err
		}
	}
	if err := s.saveCursor(); err != nil {
		return err
	}
	for len(s.segments) > 1 && s.segments[1].first <= to {
		if s.reading != nil && s.readSeg == s.segments[0].first {
			s.reading.Close()
			s.reading = nil
		}
		if err := os.Remove(s.path(s.segments[0].first)); err != nil {
			return err
		}
		s.segments = s.segments[1:]
	}
	return nil
}

// saveCursor needs no sync: an older cursor only sends again what the server
// recognises.
func (s *spool) saveCursor() error {
	b := binary.BigEndian.AppendUint64(nil, s.cursor)
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	path := filepath.Join(s.dir, cursorName)
	if err := os.WriteFile(path+cursorSuffix, b, 0o600); err != nil {
		return err
	}
	return os.Rename(path+cursorSuffix, path)
}

// loadCursor returns 0 where there is none that can be read.
func (s *spool) loadCursor() uint64 {
	b, err := os.ReadFile(filepath.Join(s.dir, cursorName))
	if err != nil || len(b) != 12 || crc32.Checksum(b[:8], castagnoli) != binary.LittleEndian.Uint32(b[8:]) {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

func (s *spool) sync() error {
	if !s.dirty || s.last == nil {
		return nil
	}
	if err := s.last.Sync(); err != nil {
		return fmt.Errorf("sync the spool: %w", err)
	}
	s.dirty = false
	return nil
}

func (s *spool) close() error {
	err := s.sync()
	for _, f := range []*os.File{s.last, s.reading} {
		if f != nil {
			err = errors.Join(err, f.Close())
		}
	}
	s.last, s.reading = nil, nil
	return errors.Join(err, s.unlock())
}
