package pleth

import "slices"

// Mantissas that stand for the two states that are not numbers, for those who
// read and write whole columns. Every number of a column is greater.
const (
	MissingMantissa = int64(missingMantissa)
	AbsentMantissa  = int64(absentMantissa)
)

// Mantissas returns the digits of the column by row, with MissingMantissa and
// AbsentMantissa among them; rows beyond its end are absent. The slice belongs
// to the batch.
func (c *Column) Mantissas() []int64 { return c.m }

// SetRows gives an empty batch its rows: their event times in nanoseconds, and
// by row what the device said against them (nil: nothing). b takes both slices
// over; marks is no longer than times.
func (b *Batch) SetRows(times []int64, marks []Reasons) {
	if len(marks) > len(times) {
		panic("pleth: more marks than rows")
	}
	b.time, b.marks = times, marks
}

// SetColumn gives b the whole column of metric m: digits by row at that scale,
// as Mantissas returns them. b takes the slice over. It panics where the
// column is longer than the rows or the scale exceeds MaxScale.
func (b *Batch) SetColumn(m Metric, scale uint8, mantissas []int64) {
	if len(mantissas) > len(b.time) {
		panic("pleth: more values than rows")
	}
	if scale > MaxScale {
		panic("pleth: scale of a column exceeds MaxScale")
	}
	b.cols[m] = Column{scale, mantissas}
}

// AllMarks returns what the device said against the rows; rows beyond the end
// have no marks. The slice belongs to b.
func (b *Batch) AllMarks() []Reasons { return b.marks }

// Slice returns rows i to j, j not included. They share their memory with b,
// so that neither may be changed while the other is in use.
func (b *Batch) Slice(i, j int) Batch {
	s := Batch{time: b.time[i:j:j], marks: part(b.marks, i, j)}
	for m := range b.cols {
		c := &b.cols[m]
		if p := part(c.m, i, j); len(p) > 0 {
			s.cols[m] = Column{c.scale, p}
		}
	}
	return s
}

// part returns s[i:j] as far as s goes, nil where it does not reach i.
func part[T any](s []T, i, j int) []T {
	j = min(j, len(s))
	if i >= j {
		return nil
	}
	return slices.Clip(s[i:j])
}

// Clone returns a copy of b that shares no memory with it, with room for some
// more rows.
func (b *Batch) Clone(more int) *Batch {
	c := &Batch{time: append(make([]int64, 0, len(b.time)+more), b.time...)}
	if b.marks != nil {
		c.marks = append(make([]Reasons, 0, len(b.marks)+more), b.marks...)
	}
	for i := range b.cols {
		if from := &b.cols[i]; len(from.m) > 0 {
			c.cols[i] = Column{from.scale, append(make([]int64, 0, len(from.m)+more), from.m...)}
		}
	}
	return c
}

// Bytes returns how much memory the rows take, about.
func (b *Batch) Bytes() int64 {
	n := 8*cap(b.time) + 2*cap(b.marks)
	for i := range b.cols {
		n += 8 * cap(b.cols[i].m)
	}
	return int64(n)
}
