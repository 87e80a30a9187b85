package applehealth

import (
	"slices"

	"pleth"
)

// series is a metric of one source: rows of eight bytes in blocks, so that a
// year of records takes megabytes and nothing is copied as it grows. Rows are
// added in any order and come out in the order of time; of equal times, in the
// order they were added.
type series struct {
	blocks [][]uint64 // time in the upper half, value in the lower
	n      int
}

const blockRows = 8 << 10

// add adds a row at sec seconds since 1970 with a packed value.
func (s *series) add(sec, value uint32) {
	last := len(s.blocks) - 1
	if last < 0 || len(s.blocks[last]) == blockRows {
		var block []uint64
		if last >= 0 {
			block = make([]uint64, 0, blockRows) // a source that has filled one may fill more
		}
		s.blocks = append(s.blocks, block)
		last++
	}
	s.blocks[last] = append(s.blocks[last], uint64(sec)<<32|uint64(value))
	s.n++
}

// inOrder returns the rows by time. It sorts the blocks and merges them as it
// goes; only one may be in use.
func (s *series) inOrder() *merge {
	m := &merge{}
	for _, b := range s.blocks {
		if !slices.IsSortedFunc(b, byTime) {
			slices.SortStableFunc(b, byTime)
		}
		m.runs = append(m.runs, run{b, len(m.runs)})
	}
	for i := len(m.runs)/2 - 1; i >= 0; i-- {
		m.down(i)
	}
	return m
}

func byTime(a, b uint64) int { return int(a>>32) - int(b>>32) }

// merge is a heap of sorted runs, the one with the earliest row on top.
type merge struct{ runs []run }

type run struct {
	rows  []uint64
	order int // of adding, to keep equal times in order
}

// next returns the next row, false at the end.
func (m *merge) next() (sec, value uint32, ok bool) {
	if len(m.runs) == 0 {
		return 0, 0, false
	}
	top := &m.runs[0]
	row := top.rows[0]
	if top.rows = top.rows[1:]; len(top.rows) == 0 {
		last := len(m.runs) - 1
		m.runs[0] = m.runs[last]
		m.runs = m.runs[:last]
	}
	m.down(0)
	return uint32(row >> 32), uint32(row), true
}

func (m *merge) before(a, b int) bool {
	x, y := m.runs[a].rows[0]>>32, m.runs[b].rows[0]>>32
	return x < y || x == y && m.runs[a].order < m.runs[b].order
}

func (m *merge) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(m.runs); child++ {
			if m.before(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		m.runs[i], m.runs[least] = m.runs[least], m.runs[i]
		i = least
	}
}

// values packs decimal numbers into 32 bits: a mantissa below 2^27 with its
// scale, or the place in a table of the few that need more digits.
type values struct {
	odd   []pleth.Value
	known map[pleth.Value]uint32 // of the first odd ones
}

const (
	oddBit       = 1 << 31
	mantissaBits = 27
	keptKnown    = 1024
)

// pack returns v packed, and how many entries it added to the table.
func (t *values) pack(v pleth.Value) (packed uint32, added int) {
	m, scale := v.Mantissa()
	if m >= 0 && m < 1<<mantissaBits {
		return uint32(scale)<<mantissaBits | uint32(m), 0
	}
	if i, ok := t.known[v]; ok {
		return i, 0
	}
	i := oddBit | uint32(len(t.odd))
	t.odd = append(t.odd, v)
	if len(t.known) < keptKnown {
		if t.known == nil {
			t.known = map[pleth.Value]uint32{}
		}
		t.known[v] = i
	}
	return i, 1
}

// value returns the number that was packed.
func (t *values) value(packed uint32) pleth.Value {
	if packed&oddBit != 0 {
		return t.odd[packed&^oddBit]
	}
	return pleth.Num(int64(packed&(1<<mantissaBits-1)), uint8(packed>>mantissaBits))
}
