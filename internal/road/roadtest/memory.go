// Package roadtest holds stores in memory for tests of the road and of what
// stands on it.
package roadtest

import (
	"errors"
	"slices"
	"sync"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Memory is a log and a series in memory. Use NewMemory. Crash forgets what a
// process would forget. It is safe for concurrent use.
type Memory struct {
	mu      sync.Mutex
	log     map[reading.Partition][]eventlog.Record
	sealed  map[reading.Partition][]*road.Sealed
	Fail    error // returned by Append while set; use SetFail
	Appends int   // calls of Append that worked
}

// NewMemory returns empty stores.
func NewMemory() *Memory {
	return &Memory{log: map[reading.Partition][]eventlog.Record{}, sealed: map[reading.Partition][]*road.Sealed{}}
}

// SetFail makes Append and Commit return err; nil: work again.
func (m *Memory) SetFail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Fail = err
}

// Append implements road.Log.
func (m *Memory) Append(recs []eventlog.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Fail != nil {
		return m.Fail
	}
	for _, r := range recs {
		list := m.log[r.Partition]
		if int(r.Offset) > len(list) {
			return errors.New("a record does not follow the one before")
		}
		m.log[r.Partition] = append(list[:r.Offset], r)
	}
	m.Appends++
	return nil
}

// Read implements road.Log.
func (m *Memory) Read(p reading.Partition, from eventlog.Offset, f func(*eventlog.Record) error) error {
	m.mu.Lock()
	list := slices.Clone(m.log[p])
	m.mu.Unlock()
	for i := int(from); i < len(list); i++ {
		if err := f(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

// Partitions implements road.Log.
func (m *Memory) Partitions(f func(reading.Partition, eventlog.Offset, eventlog.Offset) error) error {
	m.mu.Lock()
	ends := map[reading.Partition]int{}
	for p, list := range m.log {
		ends[p] = len(list)
	}
	m.mu.Unlock()
	for p, n := range ends {
		if err := f(p, 0, eventlog.Offset(n)); err != nil {
			return err
		}
	}
	return nil
}

// Commit implements road.Series.
func (m *Memory) Commit(c *road.Sealed) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Fail != nil {
		return m.Fail
	}
	m.sealed[c.Partition] = append(m.sealed[c.Partition], c)
	return nil
}

// State implements road.Series.
func (m *Memory) State(p reading.Partition) ([]byte, eventlog.Offset, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if all := m.sealed[p]; len(all) > 0 {
		last := all[len(all)-1]
		return last.State, last.Position, nil
	}
	return nil, 0, nil
}

// Scan implements road.Series.
func (m *Memory) Scan(p reading.Partition, from, to int64, _ []pleth.Metric, f func(*reading.Table) (bool, error)) error {
	m.mu.Lock()
	var chunks []road.Chunk
	for _, s := range m.sealed[p] {
		chunks = append(chunks, s.Chunks...)
	}
	m.mu.Unlock()
	return scan(p, from, to, chunks, f)
}

// Crash returns stores as a crash may leave them: all of the log, and of each
// partition only so many of the commits as kept says, given how many there were.
func (m *Memory) Crash(kept func(commits int) int) *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := NewMemory()
	for p, list := range m.log {
		out.log[p] = slices.Clone(list)
	}
	for p, all := range m.sealed {
		if n := kept(len(all)); n > 0 {
			out.sealed[p] = slices.Clone(all[:n])
		}
	}
	return out
}

// row is one row of a chunk.
type row struct {
	t *reading.Table
	i int
}

// scan hands out rows of chunks in order.
func scan(p reading.Partition, from, to int64, chunks []road.Chunk, f func(*reading.Table) (bool, error)) error {
	var rows []row
	for _, c := range chunks {
		for i, t := range c.Table.Rows.Times() {
			if t >= from && t <= to {
				rows = append(rows, row{c.Table, i})
			}
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return road.CompareRows(&a.t.Rows, a.t.SeqOf(a.i), a.i, &b.t.Rows, b.t.SeqOf(b.i), b.i)
	})
	for len(rows) > 0 {
		n := min(len(rows), 1000)
		out := &reading.Table{Partition: p}
		for _, r := range rows[:n] {
			road.AppendRow(out, r.t, r.i)
		}
		rows = rows[n:]
		if more, err := f(out); err != nil || !more {
			return err
		}
	}
	return nil
}
