package road

import (
	"math"
	"slices"
	"sort"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/series"
)

// Bounds of a seal.
const (
	// sealRows is the default of Config.SealRows.
	sealRows = 600
	// chunkRows is the most rows of one chunk, liveRows while more are to come:
	// such chunks are merged later, and the store does not take its time for them.
	chunkRows = 4096
	liveRows  = 2048
)

// ripe returns how many rows, in order, lie behind the watermark; all of them
// where nothing is to come.
func (h *head) ripe(lateness int64, least int) int {
	if h.state.Done {
		return len(h.order)
	}
	if len(h.order) < least {
		return 0
	}
	n, _ := slices.BinarySearchFunc(h.order, h.state.Newest-lateness, func(r int32, limit int64) int {
		if h.rows.Time(int(r)) < limit {
			return -1
		}
		return 1
	})
	if n < least {
		return 0
	}
	return n
}

// wantsSeal reports whether there is something to seal.
func (h *head) wantsSeal(lateness int64) bool {
	return h.ripe(lateness, h.least) > 0 || h.state.Done && h.changed
}

// seal returns the first n rows of the order as chunks, with the state and
// the snapshot of the follower. Rows
// that came behind those sealed before go in chunks of their own, so that
// chunks overlap where they must only. Nothing of h changes before sealed. The
// caller holds mu.
func (h *head) seal(n int, followed []byte) *Sealed {
	ripe := h.order[:n]
	split, _ := slices.BinarySearchFunc(ripe, h.sealedTo, func(r int32, limit int64) int {
		if h.rows.Time(int(r)) <= limit {
			return -1
		}
		return 1
	})
	s := &Sealed{Partition: h.partition, Position: h.next}
	most := chunkRows
	if !h.state.Done {
		most = liveRows
	}
	for _, part := range [...][]int32{ripe[:split], ripe[split:]} {
		for len(part) > 0 {
			k := min(len(part), most)
			// What a chunk says of its rows is to be true of them alone.
			last := h.rows.Time(int(part[0])) + series.MaxSpan
			k = sort.Search(k, func(i int) bool { return h.rows.Time(int(part[i])) > last })
			s.Chunks = append(s.Chunks, h.chunk(part[:k]))
			part = part[k:]
		}
	}
	for _, r := range h.order[n:] {
		s.Position = min(s.Position, h.meta[r].offset)
	}
	sealedTo := h.sealedTo
	if n > 0 {
		sealedTo = max(sealedTo, h.rows.Time(int(ripe[n-1])))
	}
	s.State = h.encodeState(sealedTo, followed)
	return s
}

func (h *head) chunk(rows []int32) Chunk {
	c := Chunk{Table: h.table(rows), First: math.MaxUint64, DelayMin: math.MaxInt64, DelayMax: math.MinInt64}
	delays := make([]int64, len(rows))
	for i, r := range rows {
		m := &h.meta[r]
		c.First, c.Last = min(c.First, m.offset), max(c.Last, m.offset)
		delays[i] = m.received - h.rows.Time(int(r))
	}
	slices.Sort(delays)
	c.DelayMin, c.DelayMedian, c.DelayMax = delays[0], delays[(len(delays)-1)/2], delays[len(delays)-1]
	return c
}

// sealed lets go of the first n rows of the order: they are in the series.
func (h *head) sealed(n int) {
	if n == 0 {
		return
	}
	h.sealedTo = max(h.sealedTo, h.rows.Time(int(h.order[n-1])))
	kept := slices.Clone(h.order[n:])
	slices.Sort(kept) // as they stand in the log
	var rows pleth.Batch
	var seq []int64
	meta := make([]rowMeta, 0, len(kept))
	var origins []reading.Origin
	moved := map[uint32]uint32{}
	to := make(map[int32]int32, len(kept))
	for at, r := range kept {
		i := int(r)
		rows.AppendRow(&h.rows, i)
		if h.seq != nil {
			seq = append(seq, h.seqOf(i))
		}
		m := h.meta[i]
		o, have := moved[m.origin]
		if !have {
			o = uint32(len(origins))
			moved[m.origin] = o
			origins = append(origins, h.origins[m.origin])
		}
		m.origin = o
		meta = append(meta, m)
		to[r] = int32(at)
	}
	order := make([]int32, 0, len(kept))
	for _, r := range h.order[n:] {
		order = append(order, to[r])
	}
	h.rows, h.seq, h.meta, h.origins, h.order, h.durable, h.room = rows, seq, meta, origins, order, len(kept), len(kept)
}
