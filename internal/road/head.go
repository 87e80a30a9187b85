package road

import (
	"math"
	"slices"
	"sort"
	"sync"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// head is a partition in memory: the rows that are not sealed yet, and what is
// known of all of them. Its shard alone changes it, under mu; others read it
// under mu.
type head struct {
	mu        sync.RWMutex
	partition reading.Partition

	// The rows in the order of the log. Those from durable on are staged: on
	// their way to the log and seen by nobody but the duplicate check.
	rows    pleth.Batch
	seq     []int64
	meta    []rowMeta
	origins []reading.Origin
	durable int
	room    int     // rows for which there is room
	order   []int32 // durable rows by time, sequence, content
	staged  []int32 // staged rows likewise

	next         eventlog.Offset // of the next record
	stagedNext   eventlog.Offset
	stagedNewest int64
	sealedTo     int64 // newest time of any row in a chunk
	least        int   // rows behind the watermark that make a chunk
	stuck        bool  // its rows could not be sealed; the shard's own
	touched      bool  // is of the group in hand; the shard's own
	queued       bool  // waits to be sealed; the shard's own
	seals        int   // counts begun and ended seals: odd while one is under way

	state   state
	changed bool // state has what no commit has

	controls []stagedControl

	follower Follower    // nil: nobody follows
	followed []byte      // snapshot that the follower begins with
	correct  *calibrator // for the follower

	duplicates int64 // since the start of the program
	skew       skew

	known known
	old   *reading.Table // rows of chunks around those of the batch in hand
}

// stagedControl is a control record on its way to the log, behind so many rows.
type stagedControl struct {
	rows int
	*eventlog.Control
}

// rowMeta is what is kept of a row besides its values.
type rowMeta struct {
	offset   eventlog.Offset
	received int64
	origin   uint32
	flags    reading.Flags
}

func newHead(p reading.Partition) *head {
	h := &head{partition: p, sealedTo: math.MinInt64, stagedNewest: math.MinInt64}
	h.state.Newest, h.state.Oldest = math.MinInt64, math.MaxInt64
	return h
}

// seqOf returns the sequence number of row i of the head.
func (h *head) seqOf(i int) int64 {
	if i >= len(h.seq) {
		return reading.NoSeq
	}
	return h.seq[i]
}

// before reports whether row i of the head comes before time t and seq.
func (h *head) before(i int32, t, seq int64) bool {
	at := h.rows.Time(int(i))
	return at < t || at == t && h.seqOf(int(i)) < seq
}

// gather collects the rows of one time and sequence number.
func (h *head) gather(t, seq int64) {
	h.known.reset()
	for _, order := range [...][]int32{h.order, h.staged} {
		if n := len(order); n == 0 || h.before(order[n-1], t, seq) {
			continue
		}
		k := sort.Search(len(order), func(k int) bool { return !h.before(order[k], t, seq) })
		for ; k < len(order) && h.rows.Time(int(order[k])) == t && h.seqOf(int(order[k])) == seq; k++ {
			h.known.add(&h.rows, int(order[k]))
		}
	}
	if h.old == nil || t > h.sealedTo {
		return
	}
	n := h.old.Rows.Len()
	k := sort.Search(n, func(k int) bool {
		at := h.old.Rows.Time(k)
		return at > t || at == t && h.old.SeqOf(k) >= seq
	})
	for ; k < n && h.old.Rows.Time(k) == t && h.old.SeqOf(k) == seq; k++ {
		h.known.add(&h.old.Rows, k)
	}
}

// stage judges the rows of b and stages those that are to be kept, as of a
// record at h.stagedNext. It returns what became of each, and how many are kept.
// Rows of chunks that b may repeat must be in h.old. The caller holds mu.
func (h *head) stage(b *reading.Batch, lateness int64) (outcomes []reading.Outcome, kept int) {
	n := b.Rows.Len()
	outcomes = make([]reading.Outcome, n)
	origin := h.origin(&b.Origin)
	if n > 1 && h.rows.Len()+n > h.room {
		h.reserve(max(n, h.rows.Len()/2))
	}
	for i := range n {
		t, seq := b.Rows.Time(i), b.SeqOf(i)
		var flags reading.Flags
		if t <= h.stagedNewest {
			h.gather(t, seq)
			switch h.known.judge(&b.Rows, i) {
			case isKnown:
				outcomes[i] = reading.Duplicate
				h.duplicates++
				continue
			case differs:
				outcomes[i], flags = reading.Conflict, reading.IsConflict
			}
			if t < h.stagedNewest-lateness {
				flags |= reading.IsLate
				if outcomes[i] == reading.Accepted {
					outcomes[i] = reading.Late
				}
			}
		} else {
			h.stagedNewest = t
		}
		kept++
		h.add(b, i, seq, rowMeta{h.stagedNext, b.Received, origin, flags})
	}
	if kept > 0 {
		h.stagedNext++
	}
	return outcomes, kept
}

// add stages one row.
func (h *head) add(b *reading.Batch, i int, seq int64, m rowMeta) {
	row := h.rows.Len()
	if row >= h.room {
		h.reserve(min(max(row, 8), max(64, row/8)))
	}
	h.rows.AppendRow(&b.Rows, i)
	if seq != reading.NoSeq || h.seq != nil {
		for len(h.seq) < row {
			h.seq = append(h.seq, reading.NoSeq)
		}
		h.seq = append(h.seq, seq)
	}
	h.meta = append(h.meta, m)
	h.staged = h.insert(h.staged, int32(row))
}

// reserve makes room for n more rows. There may be many heads: room that is
// doubled would be much of their memory.
func (h *head) reserve(n int) {
	h.room = h.rows.Len() + n
	h.rows.Reserve(n)
	if h.seq != nil {
		h.seq = grown(h.seq, n)
	}
	h.meta, h.order = grown(h.meta, n), grown(h.order, n)
}

func grown[T any](s []T, n int) []T {
	if len(s)+n <= cap(s) {
		return s
	}
	return append(make([]T, 0, len(s)+n), s...)
}

// insert puts a row of the head into an order.
func (h *head) insert(order []int32, row int32) []int32 {
	n := len(order)
	if n == 0 || h.compare(order[n-1], row) <= 0 {
		return append(order, row)
	}
	k := sort.Search(n, func(k int) bool { return h.compare(order[k], row) > 0 })
	return slices.Insert(order, k, row)
}

func (h *head) compare(a, b int32) int {
	return compareRows(&h.rows, h.seqOf(int(a)), int(a), &h.rows, h.seqOf(int(b)), int(b))
}

// origin returns the index of o among the origins of the head.
func (h *head) origin(o *reading.Origin) uint32 {
	for i := len(h.origins) - 1; i >= 0; i-- {
		if sameOrigin(&h.origins[i], o) {
			return uint32(i)
		}
	}
	h.origins = append(h.origins, *o)
	return uint32(len(h.origins) - 1)
}

func sameOrigin(a, b *reading.Origin) bool {
	return a.Door == b.Door && a.Subject == b.Subject && a.Firmware == b.Firmware && string(a.Tags) == string(b.Tags)
}

// drop forgets the staged rows: the log did not take them.
func (h *head) drop() {
	h.rows.Truncate(h.durable)
	h.seq = h.seq[:min(len(h.seq), h.durable)]
	h.meta = h.meta[:h.durable]
	h.staged, h.controls = h.staged[:0], nil
	h.stagedNext, h.stagedNewest = h.next, h.state.Newest
	if h.follower != nil {
		h.follower.Drop()
	}
}

// apply makes what is staged part of the head: it is on disk.
func (h *head) apply() error {
	from := h.durable
	h.admit()
	for i := from; i < h.durable; i++ {
		if m := &h.meta[i]; m.flags&reading.IsLate == 0 {
			h.skew.add(m.received - h.rows.Time(i))
		}
	}
	var bad error
	for _, c := range h.controls {
		for ; from < c.rows; from++ {
			h.state.take(h, from)
			h.followRow(from)
		}
		if err := h.state.control(c.Control, h.next); err != nil {
			bad = err
		}
		if h.follower != nil {
			h.follower.Control(c.Control)
		}
	}
	for ; from < h.durable; from++ {
		h.state.take(h, from)
		h.followRow(from)
	}
	if h.follower != nil {
		h.follower.Settle()
	}
	h.controls = nil
	h.state.Next = h.next
	h.changed = true
	return bad
}

// admit makes the staged rows part of the head without taking them into the
// state, which has them already.
func (h *head) admit() {
	h.merge()
	h.durable, h.next = h.rows.Len(), h.stagedNext
}

// merge brings the staged rows into the order of all.
func (h *head) merge() {
	defer func() { h.staged = h.staged[:0] }()
	n := len(h.order)
	if n == 0 || len(h.staged) == 0 || h.compare(h.order[n-1], h.staged[0]) <= 0 {
		h.order = append(h.order, h.staged...)
		return
	}
	// From the back, in place.
	h.order = append(h.order, h.staged...)
	i, k := n-1, len(h.staged)-1
	for to := len(h.order) - 1; k >= 0; to-- {
		if i >= 0 && h.compare(h.order[i], h.staged[k]) > 0 {
			h.order[to] = h.order[i]
			i--
		} else {
			h.order[to] = h.staged[k]
			k--
		}
	}
}

// table returns rows of the head, in the order given, as a table.
func (h *head) table(rows []int32) *reading.Table {
	t := &reading.Table{Partition: h.partition}
	index := map[uint32]uint32{}
	for n, r := range rows {
		i := int(r)
		t.Rows.AppendRow(&h.rows, i)
		if s := h.seqOf(i); s != reading.NoSeq || t.Seq != nil {
			for len(t.Seq) < n {
				t.Seq = append(t.Seq, reading.NoSeq)
			}
			t.Seq = append(t.Seq, s)
		}
		m := &h.meta[i]
		if m.flags != 0 || t.Flags != nil {
			for len(t.Flags) < n {
				t.Flags = append(t.Flags, 0)
			}
			t.Flags = append(t.Flags, m.flags)
		}
		o, have := index[m.origin]
		if !have {
			o = uint32(len(t.Origins))
			index[m.origin] = o
			t.Origins = append(t.Origins, h.origins[m.origin])
		}
		if o != 0 || t.Of != nil {
			for len(t.Of) < n {
				t.Of = append(t.Of, 0)
			}
			t.Of = append(t.Of, o)
		}
	}
	return t
}
