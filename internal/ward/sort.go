package ward

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"slices"
)

// entry is what the ledger says of one reading: how often it was sent and what
// was said of it. Entries of one reading are merged.
type entry struct {
	device       uint64
	at, seq      int64
	hash         uint64 // of what was sent; 0: the send is not in the ledger
	sends        uint32
	acknowledged bool
	refused      bool
	conflict     bool // something else was sent under the same key
}

func compareEntries(a, b entry) int {
	return cmp.Or(cmp.Compare(a.device, b.device), cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq))
}

// merge adds what o says of the same reading.
func (e *entry) merge(o entry) {
	e.conflict = e.conflict || o.conflict || e.hash != 0 && o.hash != 0 && e.hash != o.hash
	if e.hash == 0 {
		e.hash = o.hash
	}
	e.sends += o.sends
	e.acknowledged = e.acknowledged || o.acknowledged
	e.refused = e.refused || o.refused
}

const entryBytes = 8*4 + 4 + 1

func (e *entry) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, e.device)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.at))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.seq))
	b = binary.LittleEndian.AppendUint64(b, e.hash)
	b = binary.LittleEndian.AppendUint32(b, e.sends)
	var flags byte
	for i, f := range [3]bool{e.acknowledged, e.refused, e.conflict} {
		if f {
			flags |= 1 << i
		}
	}
	return append(b, flags)
}

func (e *entry) parse(b []byte) {
	u := binary.LittleEndian.Uint64
	*e = entry{u(b), int64(u(b[8:])), int64(u(b[16:])), u(b[24:]), binary.LittleEndian.Uint32(b[32:]), b[36]&1 != 0, b[36]&2 != 0, b[36]&4 != 0}
}

// sorter sorts entries outside of memory: runs of some length are sorted in
// memory and written to files in one folder, then merged.
type sorter struct {
	dir   string
	limit int // entries in memory
	run   []entry
	files []string
}

func (s *sorter) add(e entry) error {
	s.run = append(s.run, e)
	if len(s.run) < s.limit {
		return nil
	}
	s.collapse()
	if len(s.run) < s.limit/2 { // sends and answers met: there is room again
		return nil
	}
	return s.spill()
}

// collapse sorts the run and merges the entries of one reading.
func (s *sorter) collapse() {
	slices.SortFunc(s.run, compareEntries)
	n := 0
	for i := range s.run {
		if n > 0 && compareEntries(s.run[n-1], s.run[i]) == 0 {
			s.run[n-1].merge(s.run[i])
			continue
		}
		s.run[n] = s.run[i]
		n++
	}
	s.run = s.run[:n]
}

func (s *sorter) spill() error {
	f, err := os.CreateTemp(s.dir, "run-*")
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<18)
	var b []byte
	for i := range s.run {
		b = s.run[i].append(b[:0])
		if _, err := out.Write(b); err != nil {
			return err
		}
	}
	s.run = s.run[:0]
	s.files = append(s.files, f.Name())
	return out.Flush()
}

// runs is a heap of runs by their next entry.
type runs []*run

type run struct {
	in   *bufio.Reader
	file *os.File
	next entry
}

func (h runs) Len() int           { return len(h) }
func (h runs) Less(i, j int) bool { return compareEntries(h[i].next, h[j].next) < 0 }
func (h runs) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *runs) Push(x any)        { *h = append(*h, x.(*run)) }
func (h *runs) Pop() any {
	old := *h
	r := old[len(old)-1]
	*h = old[:len(old)-1]
	return r
}

// advance reads the next entry, false at the end.
func (r *run) advance() (bool, error) {
	var b [entryBytes]byte
	if _, err := io.ReadFull(r.in, b[:]); err == io.EOF {
		return false, nil
	} else if err != nil {
		return false, err
	}
	r.next.parse(b[:])
	return true, nil
}

// merged returns a function that yields the entries in order, one per reading,
// false after the last; and one that closes the files.
func (s *sorter) merged() (next func() (entry, bool, error), done func(), err error) {
	s.collapse()
	if len(s.files) == 0 {
		i := 0
		return func() (entry, bool, error) {
			if i == len(s.run) {
				return entry{}, false, nil
			}
			i++
			return s.run[i-1], true, nil
		}, func() {}, nil
	}
	if err := s.spill(); err != nil {
		return nil, nil, err
	}
	s.run = nil
	var h runs
	var open []*os.File
	done = func() {
		for _, f := range open {
			f.Close()
		}
	}
	for _, name := range s.files {
		f, err := os.Open(name)
		if err != nil {
			done()
			return nil, nil, err
		}
		open = append(open, f)
		r := &run{in: bufio.NewReaderSize(f, 1<<16), file: f}
		if more, err := r.advance(); err != nil {
			done()
			return nil, nil, fmt.Errorf("read back %s: %w", name, err)
		} else if more {
			h = append(h, r)
		}
	}
	heap.Init(&h)
	pop := func() (entry, error) {
		e := h[0].next
		more, err := h[0].advance()
		switch {
		case err != nil:
			return e, err
		case more:
			heap.Fix(&h, 0)
		default:
			heap.Pop(&h)
		}
		return e, nil
	}
	return func() (entry, bool, error) {
		if len(h) == 0 {
			return entry{}, false, nil
		}
		e, err := pop()
		for err == nil && len(h) > 0 && compareEntries(h[0].next, e) == 0 {
			var o entry
			o, err = pop()
			e.merge(o)
		}
		return e, err == nil, err
	}, done, nil
}
