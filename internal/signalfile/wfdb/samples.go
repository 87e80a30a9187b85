package wfdb

import (
	"bufio"
	"encoding/binary"
)

// samples decodes the samples of a signal file in order.
type samples struct {
	r      *bufio.Reader
	format int
	second int16 // of a pair of format 212, if held
	held   bool
}

// read fills dst and returns how many samples it got; fewer come with the
// error that ended the file.
func (s *samples) read(dst []int16) (int, error) {
	if s.format == 212 {
		return s.read212(dst)
	}
	n := 0
	for n < len(dst) {
		b, err := s.r.Peek(min(2*(len(dst)-n), s.r.Size()))
		for i := 0; i+1 < len(b); i += 2 {
			dst[n] = int16(binary.LittleEndian.Uint16(b[i:]))
			n++
		}
		_, _ = s.r.Discard(len(b) &^ 1) // peeked, so it is there
		if err != nil && n < len(dst) {
			return n, err
		}
	}
	return n, nil
}

// read212 reads two samples of 12 bits from three bytes; a pair may be split
// between two calls. Two bytes at the end of a file hold one more sample.
func (s *samples) read212(dst []int16) (int, error) {
	n := 0
	if s.held && len(dst) > 0 {
		dst[0], s.held, n = s.second, false, 1
	}
	for n < len(dst) {
		b, err := s.r.Peek(3)
		if len(b) < 2 {
			return n, err
		}
		_, _ = s.r.Discard(len(b)) // peeked, so it is there
		dst[n] = int16(uint16(b[1])<<12|uint16(b[0])<<4) >> 4
		n++
		if len(b) < 3 {
			continue // the next round ends the file
		}
		s.second = int16(uint16(b[1]&0xf0)<<8|uint16(b[2])<<4) >> 4
		if n == len(dst) {
			s.held = true
			break
		}
		dst[n] = s.second
		n++
	}
	return n, nil
}
