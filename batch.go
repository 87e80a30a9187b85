package pleth

import (
	"math"
	"slices"
)

// Batch holds readings of one device in row order, by columns. All columns
// have at most as many entries as there are rows; what lies beyond the end of
// a column is absent. The zero Batch is empty and ready to use. A Batch is not
// safe for concurrent use.
type Batch struct {
	time  []int64
	marks []Reasons
	cols  [metricEnd]Column
}

// Column is one metric of a batch: mantissas with a common scale.
type Column struct {
	scale uint8
	m     []int64
}

// Mantissas that stand for the two states that are not numbers.
const (
	missingMantissa = math.MinInt64
	absentMantissa  = math.MinInt64 + 1
)

// Len returns the number of rows.
func (b *Batch) Len() int { return len(b.time) }

// Time returns the event time of row i in nanoseconds of the batch's clock.
func (b *Batch) Time(i int) int64 { return b.time[i] }

// Times returns the event times of all rows. The slice belongs to b.
func (b *Batch) Times() []int64 { return b.time }

// Marks returns what the device itself said against row i.
func (b *Batch) Marks(i int) Reasons {
	if i >= len(b.marks) {
		return 0
	}
	return b.marks[i]
}

// AddRow appends a row at time t (nanoseconds) without any values.
func (b *Batch) AddRow(t int64) {
	if len(b.time) == cap(b.time) {
		b.time = room(b.time, 1)
	}
	b.time = append(b.time, t)
}

// room makes room for n more by doubling: a night is collected row by row, and
// append grows long slices by a quarter only.
func room(s []int64, n int) []int64 {
	if len(s)+n > cap(s) {
		return slices.Grow(s, max(n, len(s)))
	}
	return s
}

// exactly makes room for n more where there is less; append rounds up.
func exactly[S ~[]E, E any](s S, n int) S {
	if len(s)+n <= cap(s) {
		return s
	}
	return append(make(S, 0, len(s)+n), s...)
}

// Mark adds r to what the device said against the last row.
func (b *Batch) Mark(r Reasons) {
	if r == 0 {
		return
	}
	for len(b.marks) < len(b.time) {
		b.marks = append(b.marks, 0)
	}
	b.marks[len(b.time)-1] |= r
}

// Set gives the last row the value v of metric m. An absent v does nothing;
// a second value for the same row and metric replaces the first. A value with
// more decimals than the column has raises the column's scale; where that
// does not fit in 63 bits, the value is rounded half to even to the scale.
func (b *Batch) Set(m Metric, v Value) {
	if v.state == absent {
		return
	}
	c := &b.cols[m]
	row := len(b.time) - 1
	if v.state == present && v.scale == c.scale && len(c.m) == row && row < cap(c.m) {
		c.m = append(c.m, max(v.mantissa, absentMantissa+1))
		return
	}
	mant := int64(missingMantissa)
	if v.state == present {
		if v.scale != c.scale {
			mant = c.fit(v)
		} else {
			mant = max(v.mantissa, absentMantissa+1)
		}
	}
	c.put(row, mant)
}

// put gives row the mantissa m.
func (c *Column) put(row int, m int64) {
	if len(c.m) == row {
		if len(c.m) == cap(c.m) {
			c.m = room(c.m, 1)
		}
		c.m = append(c.m, m)
		return
	}
	if row >= cap(c.m) {
		c.m = room(c.m, row+1-len(c.m))
	}
	for len(c.m) <= row {
		c.m = append(c.m, absentMantissa)
	}
	c.m[row] = m
}

// SetInt is Set for a whole number.
func (b *Batch) SetInt(m Metric, v int64) { b.Set(m, Num(v, 0)) }

// SetMissing is Set for a metric reported without a value.
func (b *Batch) SetMissing(m Metric) { b.Set(m, Missing()) }

// fit returns the mantissa of v at the column's scale, raising the scale first
// where v needs it and the column allows it.
func (c *Column) fit(v Value) int64 {
	for c.scale < v.scale && c.raise() {
	}
	if c.scale < v.scale {
		return DivRound(v.mantissa, pow10[v.scale-c.scale])
	}
	f := pow10[c.scale-v.scale]
	m := v.mantissa * f
	if v.mantissa > math.MaxInt64/f || v.mantissa < -math.MaxInt64/f {
		// A huge value in a fine column: no sensor sends it; keep its order.
		if v.mantissa < 0 {
			return absentMantissa + 1
		}
		return math.MaxInt64
	}
	return max(m, absentMantissa+1)
}

// raise multiplies the column by ten if every mantissa allows it.
func (c *Column) raise() bool {
	for _, m := range c.m {
		if m > math.MaxInt64/10 || m < -math.MaxInt64/10 && m > absentMantissa {
			return false
		}
	}
	for i, m := range c.m {
		if m > absentMantissa {
			c.m[i] = m * 10
		}
	}
	c.scale++
	return true
}

// Value returns the value of metric m in row i.
func (b *Batch) Value(m Metric, i int) Value {
	c := &b.cols[m]
	if i >= len(c.m) {
		return Value{}
	}
	switch c.m[i] {
	case missingMantissa:
		return Missing()
	case absentMantissa:
		return Value{}
	}
	return Value{c.m[i], c.scale, present}
}

// Column returns the column of metric m. It shares its memory with b and is
// valid until the next change of b.
func (b *Batch) Column(m Metric) Column { return b.cols[m] }

// Scale returns the decimals of the mantissas.
func (c *Column) Scale() uint8 { return c.scale }

// Mantissa returns the digits of row i, whether they are a number, and whether
// the row carries the metric at all: a missing value is carried.
func (c *Column) Mantissa(i int) (m int64, ok, carried bool) {
	if i >= len(c.m) {
		return 0, false, false
	}
	m = c.m[i]
	return m, m > absentMantissa, m != absentMantissa
}

// Has reports whether any row carries metric m, missing values included.
func (b *Batch) Has(m Metric) bool { return len(b.cols[m].m) > 0 }

// HasNumber reports whether any row carries a number of metric m.
func (b *Batch) HasNumber(m Metric) bool {
	for _, v := range b.cols[m].m {
		if v > absentMantissa {
			return true
		}
	}
	return false
}

// AppendRow appends row i of src to b.
func (b *Batch) AppendRow(src *Batch, i int) { b.AppendRowAt(src, i, src.time[i]) }

// AppendRowAt appends row i of src to b as a row at time t.
func (b *Batch) AppendRowAt(src *Batch, i int, t int64) {
	b.AppendRows(src, i, i+1, t-src.time[i])
}

// AppendRows appends rows from..to-1 of src to b, each shift nanoseconds later.
func (b *Batch) AppendRows(src *Batch, from, to int, shift int64) {
	row := len(b.time)
	b.time = room(b.time, to-from)
	for _, t := range src.time[from:to] {
		b.time = append(b.time, t+shift)
	}
	if from < len(src.marks) {
		for len(b.marks) < row {
			b.marks = append(b.marks, 0)
		}
		b.marks = append(b.marks, src.marks[from:min(to, len(src.marks))]...)
	}
	for m := range src.cols {
		if c := &src.cols[m]; from < len(c.m) {
			b.cols[m].appendRows(row, c.m[from:min(to, len(c.m))], c.scale)
		}
	}
}

// appendRows gives the rows from row on the mantissas m of a scale.
func (c *Column) appendRows(row int, m []int64, scale uint8) {
	for len(m) > 0 && m[len(m)-1] == absentMantissa {
		m = m[:len(m)-1]
	}
	if len(m) == 0 {
		return
	}
	if scale == c.scale {
		c.m = room(c.m, row-len(c.m)+len(m))
		for len(c.m) < row {
			c.m = append(c.m, absentMantissa)
		}
		c.m = append(c.m, m...)
		return
	}
	for i, v := range m {
		if v > absentMantissa {
			v = c.fit(Value{v, scale, present})
		}
		if v != absentMantissa {
			c.put(row+i, v)
		}
	}
}

// Truncate drops all rows from row n on.
func (b *Batch) Truncate(n int) {
	b.time = b.time[:n]
	b.marks = b.marks[:min(n, len(b.marks))]
	for i := range b.cols {
		b.cols[i].m = b.cols[i].m[:min(n, len(b.cols[i].m))]
	}
}

// SetTime moves row i to time t. Readers that learn the scale of their clock
// at the end of a file use it; nothing moves a row after intake.
func (b *Batch) SetTime(i int, t int64) { b.time[i] = t }

// Reserve makes room for n more rows, and for no more than that, in the columns
// that have values: for a batch that stays small and lives long.
func (b *Batch) Reserve(n int) {
	b.time = exactly(b.time, n)
	if len(b.marks) > 0 {
		b.marks = exactly(b.marks, n)
	}
	for i := range b.cols {
		if c := &b.cols[i]; len(c.m) > 0 {
			c.m = exactly(c.m, len(b.time)-len(c.m)+n)
		}
	}
}

// Reset empties b and keeps its memory.
func (b *Batch) Reset() {
	b.time, b.marks = b.time[:0], b.marks[:0]
	for i := range b.cols {
		b.cols[i].m, b.cols[i].scale = b.cols[i].m[:0], 0
	}
}
