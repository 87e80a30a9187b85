package device

import (
	"cmp"
	"slices"

	"pleth"
)

// Collector gathers values that come in any order, each with its own time, and
// writes them as rows: sorted by time, the values of one instant in one row.
// It takes 32 bytes per value. The zero Collector is empty and ready to use.
type Collector struct {
	values []collected
}

type collected struct {
	at     int64
	value  pleth.Value
	metric pleth.Metric
}

// Add takes the value v of metric m at time t, nanoseconds of the clock of the
// recording. An absent v does nothing.
func (c *Collector) Add(t int64, m pleth.Metric, v pleth.Value) {
	if !v.IsAbsent() {
		c.values = append(c.values, collected{t, v, m})
	}
}

// AddAll takes everything that other has taken.
func (c *Collector) AddAll(other *Collector) { c.values = append(c.values, other.values...) }

// Len returns the number of values taken.
func (c *Collector) Len() int { return len(c.values) }

// Write writes the rows to w and empties c. A value that comes again for its
// metric and instant is left out and counted in repeated if it is the same;
// another value for the same is written as a row of its own after the first,
// for intake to count.
func (c *Collector) Write(w *Writer) (repeated int) {
	slices.SortStableFunc(c.values, func(a, b collected) int { return cmp.Compare(a.at, b.at) })
	var row, rest []collected
	for i := 0; i < len(c.values); {
		end := i + 1
		for end < len(c.values) && c.values[end].at == c.values[i].at {
			end++
		}
		for rest = c.values[i:end]; len(rest) > 0; {
			var again int
			row, rest, again = oneRow(row[:0], rest)
			repeated += again
			if !w.Row(row[0].at) {
				c.values = nil
				return repeated
			}
			for _, v := range row {
				w.Set(v.metric, v.value)
			}
		}
		i = end
	}
	c.values = nil
	return repeated
}

// oneRow puts the first value of each metric in values into row. It returns
// what belongs to further rows, in place, and how many values came again.
func oneRow(row, values []collected) (one, rest []collected, repeated int) {
	rest = values[:0]
	for _, v := range values {
		i := slices.IndexFunc(row, func(r collected) bool { return r.metric == v.metric })
		switch {
		case i < 0:
			row = append(row, v)
		case row[i].value == v.value:
			repeated++
		default:
			rest = append(rest, v)
		}
	}
	return row, rest, repeated
}
