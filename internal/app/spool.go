package app

import (
	"fmt"
	"os"
	"sync"
)

// spool is a temporary file that holds what a run does not keep in memory. It
// is made with the first piece. Safe for concurrent use.
type spool struct {
	mu   sync.Mutex
	file *os.File
	size int64
}

// piece is where bytes stand in a spool.
type piece struct {
	at     int64
	length int
}

// add writes b and returns where it stands.
func (s *spool) add(b []byte) (piece, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		f, err := os.CreateTemp("", "pleth-*.spool")
		if err != nil {
			return piece{}, fmt.Errorf("make room for many documents: %w", err)
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(b, s.size); err != nil {
		return piece{}, fmt.Errorf("write %s: %w", s.file.Name(), err)
	}
	p := piece{s.size, len(b)}
	s.size += int64(len(b))
	return p, nil
}

// read returns the bytes of a piece that add returned.
func (s *spool) read(p piece) ([]byte, error) {
	b := make([]byte, p.length)
	if _, err := s.file.ReadAt(b, p.at); err != nil {
		return nil, fmt.Errorf("read %s: %w", s.file.Name(), err)
	}
	return b, nil
}

// close removes the file.
func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}
