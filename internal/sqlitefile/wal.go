package sqlitefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// After a crash the last transactions of a file stand in SQLite's log beside it.
// SQLite takes what it can check, and the first flaw for the end: what was
// synced behind it would be lost without a word.

// The parts of the log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
const (
	walHead   = 32
	frameHead = 24
	walMagic  = 0x377f0682 // and one more where checksums are big endian
)

// checkLog returns an error that is ErrChanged if the log beside the file at path
// has a flaw in what was on disk. A transaction is written when the one before it
// is: behind an end that a power cut tore, there is one commit at most.
func checkLog(path string) error {
	b, err := os.ReadFile(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(b) < walHead {
		return nil
	}
	if err != nil {
		return err
	}
	word := binary.ByteOrder(binary.LittleEndian)
	if b[3]&1 == 1 {
		word = binary.BigEndian
	}
	var sum [2]uint32
	add := func(b []byte) {
		for ; len(b) >= 8; b = b[8:] {
			sum[0] += word.Uint32(b) + sum[1]
			sum[1] += word.Uint32(b[4:]) + sum[0]
		}
	}
	matches := func(b []byte) bool {
		return binary.BigEndian.Uint32(b) == sum[0] && binary.BigEndian.Uint32(b[4:]) == sum[1]
	}
	add(b[:24])
	page := int(binary.BigEndian.Uint32(b[8:]))
	sound := binary.BigEndian.Uint32(b)&^1 == walMagic && matches(b[24:])
	if page < 512 || page > 64<<10 {
		page = 4096
	}
	salts := string(b[16:24])
	frames := b[walHead:]
	if !sound && len(frames) >= frameHead {
		salts = string(frames[8:16]) // the head may have lost its own
	}
	flaw, commits := -1, 0
	if !sound {
		flaw = 0
	}
	for n := 1; len(frames) >= frameHead+page; n++ {
		frame := frames[:frameHead+page]
		frames = frames[len(frame):]
		ours := string(frame[8:16]) == salts
		if flaw < 0 {
			add(frame[:8])
			add(frame[frameHead:])
			if !ours || !matches(frame[16:]) {
				flaw = n
			}
		}
		if flaw >= 0 && ours && binary.BigEndian.Uint32(frame[4:]) != 0 {
			commits++
		}
	}
	if flaw >= 0 && commits > 1 {
		return fmt.Errorf("%w: its log %s-wal has a flaw in frame %d, and %d transactions from there on", ErrChanged, path, flaw, commits)
	}
	return nil
}
