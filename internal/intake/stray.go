package intake

import (
	"time"

	"pleth"
	"pleth/internal/session"
)

// strays finds rows whose stamp is a fault: far ahead of rows that go on
// behind them as if they were not there. Without it one such stamp would put
// all rows that follow behind itself, and they would be left out. A row that
// jumps ahead waits until it is known what comes after. Stamps are those of
// the file. The zero strays waits for nothing.
type strays struct {
	wait pleth.Batch // rows that wait, in their order
	any  bool        // a row was let through
	last int64       // stamp of the last one
}

// mostStrays is how many rows wait at most: so many stamps in a row may be wrong.
const mostStrays = 3

// ahead returns how far a row has to jump ahead to wait, where rows are
// usually so far apart.
func ahead(usual int64) int64 { return max(int64(30*time.Second), 10*usual) }

// row takes row i of b, where rows are usually so far apart. It calls pass for the rows that are let through, this
// one among them unless it waits, and returns how many of the waiting ones are
// strays, which are gone.
func (s *strays) row(b *pleth.Batch, i int, usual int64, pass func(b *pleth.Batch, i int)) (gone int) {
	t := b.Time(i)
	if n := s.wait.Len(); n > 0 {
		first := s.wait.Time(0)
		goesOn := s.any && t > s.last && t-s.last <= int64(session.Gap)
		if t < first && (goesOn || !s.any && first-t > ahead(usual)) {
			gone = n
			s.wait.Reset()
		} else if t <= s.wait.Time(n-1) || n == mostStrays || !s.any || t-s.last <= ahead(usual) {
			s.flush(pass)
		}
	}
	if !s.any || t-s.last > ahead(usual) {
		s.wait.AppendRow(b, i)
		return gone
	}
	s.let(b, i, pass)
	return gone
}

// waits reports whether a row waits.
func (s *strays) waits() bool { return s.wait.Len() > 0 }

// flush lets the rows that wait through.
func (s *strays) flush(pass func(b *pleth.Batch, i int)) {
	for i := range s.wait.Len() {
		s.let(&s.wait, i, pass)
	}
	s.wait.Reset()
}

func (s *strays) let(b *pleth.Batch, i int, pass func(b *pleth.Batch, i int)) {
	pass(b, i)
	if t := b.Time(i); !s.any || t > s.last {
		s.any, s.last = true, t
	}
}
