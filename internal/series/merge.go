package series

import (
	"cmp"
	"slices"

	"pleth/internal/reading"
)

// Interleave returns the rows of all chunks, of which there is one or more, in
// order. Rows of equal order stand as their chunks do.
func Interleave(chunks []Chunk) *reading.Table {
	type place struct{ chunk, row int }
	var rows []place
	for i := range chunks {
		for j := range chunks[i].Rows.Rows.Len() {
			rows = append(rows, place{i, j})
		}
	}
	slices.SortStableFunc(rows, func(a, b place) int {
		return reading.Compare(chunks[a.chunk].Rows, a.row, chunks[b.chunk].Rows, b.row)
	})
	out := &reading.Table{Partition: chunks[0].Rows.Partition}
	for _, r := range rows {
		out.AppendRow(chunks[r.chunk].Rows, r.row)
	}
	return out
}

// Merged returns the source of the rows of all chunks together.
func Merged(chunks []Chunk) Source {
	s := chunks[0].Source
	type weighted struct{ lag, rows int64 }
	var medians []weighted
	total := int64(0)
	for i := range chunks {
		c := &chunks[i]
		s.First, s.Last = min(s.First, c.First), max(s.Last, c.Last)
		s.LagMin, s.LagMax = min(s.LagMin, c.LagMin), max(s.LagMax, c.LagMax)
		s.Parted = s.Parted || c.Parted
		n := int64(c.Rows.Rows.Len())
		medians = append(medians, weighted{c.LagMedian, n})
		total += n
	}
	slices.SortFunc(medians, func(a, b weighted) int { return cmp.Compare(a.lag, b.lag) })
	seen := int64(0)
	for _, m := range medians {
		if seen += m.rows; 2*seen >= total {
			s.LagMedian = m.lag
			break
		}
	}
	return s
}
