package series

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"pleth"
	"pleth/internal/column"
	"pleth/internal/reading"
)

// The first byte of a chunk: docs/formats/series.md.
const (
	version       = 1
	versionParted = 2 // of one whose source is that of more rows
)

// Kinds of columns. A metric is kindMetric plus its number.
const (
	kindTime   = 1
	kindSeq    = 2
	kindFlags  = 3
	kindOrigin = 4
	kindMarks  = 5
	kindMetric = 16
)

// Ways to write the steps of a column.
const (
	layoutSteps = 0 // each step
	layoutRuns  = 1 // the steps that are not zero, and how many zeros stand between
	layoutMask  = 1
	packed      = 2 // zstd is on top
	hasStates   = 4 // not every row has a number
)

// Effort is how much time goes into small chunks.
type Effort uint8

// The efforts. Quick is for chunks that will be merged, Small for those that
// stay.
const (
	Quick Effort = iota
	Small
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// encoders holds one zstd encoder per effort; they work for many at once.
var encoders = sync.OnceValue(func() [2]*zstd.Encoder {
	var e [2]*zstd.Encoder
	for i, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedBestCompression} {
		var err error
		e[i], err = zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithEncoderCRC(false), zstd.WithEncoderConcurrency(2), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options are ours
		}
	}
	return e
})

// Append appends the bytes of c to dst. The partition is not among them. It
// fails where c is empty, beyond the limits or out of order; dst is then
// returned as it was.
func Append(dst []byte, c *Chunk, effort Effort) ([]byte, error) {
	t := c.Rows
	n := t.Rows.Len()
	if err := check(t); err != nil {
		return dst, err
	}
	start := len(dst)
	b := append(dst, version)
	if c.Parted {
		b[start] = versionParted
	}
	b = binary.AppendUvarint(b, uint64(n))
	b = binary.AppendUvarint(b, uint64(c.First))
	b = binary.AppendUvarint(b, uint64(c.Last-c.First))
	for _, lag := range []int64{c.LagMin, c.LagMedian, c.LagMax} {
		b = binary.AppendVarint(b, lag)
	}
	b = binary.AppendUvarint(b, uint64(len(t.Origins)))
	for i := range t.Origins {
		o := &t.Origins[i]
		for _, s := range []string{o.Door, o.Subject, o.Firmware, string(o.Tags)} {
			b = binary.AppendUvarint(b, uint64(len(s)))
			b = append(b, s...)
		}
	}
	e := encoder{b: b, effort: effort}
	exponent, unit := column.Unit(t.Rows.Times())
	times := slices.Clone(t.Rows.Times())
	for i := range times {
		times[i] /= unit
	}
	e.column(kindTime, exponent, column.Step(times, 1), n, times)
	if len(t.Seq) > 0 {
		v := slices.Clone(t.Seq)
		for i, s := range v {
			if s == reading.NoSeq {
				v[i] = pleth.AbsentMantissa
			}
		}
		e.column(kindSeq, 0, column.Step(v, 1), n, v)
	}
	e.column(kindFlags, 0, 0, n, widen(t.Flags))
	e.column(kindOrigin, 0, 0, n, widen(t.Of))
	e.column(kindMarks, 0, 0, n, widen(t.Rows.AllMarks()))
	for _, m := range pleth.Metrics() {
		col := t.Rows.Column(m)
		e.column(kindMetric+byte(m), col.Scale(), 0, n, col.Mantissas())
	}
	return binary.LittleEndian.AppendUint32(e.b, crc32.Checksum(e.b[start:], castagnoli)), nil
}

// check makes sure that t is a table that a chunk can hold.
func check(t *reading.Table) error {
	n := t.Rows.Len()
	if n == 0 || n > MaxRows {
		return fmt.Errorf("chunk of %d rows: it holds 1 to %d", n, MaxRows)
	}
	if len(t.Seq) > n || len(t.Flags) > n || len(t.Of) > n {
		return fmt.Errorf("chunk of %d rows: a column is longer", n)
	}
	if len(t.Origins) == 0 {
		return fmt.Errorf("chunk of %d rows without an origin", n)
	}
	for _, of := range t.Of {
		if int(of) >= len(t.Origins) {
			return fmt.Errorf("chunk with %d origins: a row is of number %d", len(t.Origins), of)
		}
	}
	for _, s := range t.Seq {
		if s == pleth.AbsentMantissa { // NoSeq is the one before it
			return fmt.Errorf("sequence number %d cannot be kept", s)
		}
	}
	times := t.Rows.Times()
	if !slices.IsSorted(times) {
		return fmt.Errorf("chunk of %d rows: they are not in order of time", n)
	}
	if uint64(times[n-1]-times[0]) > uint64(MaxSpan) {
		return fmt.Errorf("chunk from %d to %d: it holds %d ns at most", times[0], times[n-1], MaxSpan)
	}
	return nil
}

// widen returns v as integers.
func widen[T ~uint8 | ~uint16 | ~uint32](v []T) []int64 {
	out := make([]int64, len(v))
	for i, x := range v {
		out[i] = int64(x)
	}
	return out
}

// encoder appends columns to b.
type encoder struct {
	b      []byte
	effort Effort
}

// column appends a column: kind, scale, layout, states, first number, step,
// and the steps beyond it. One without numbers and missing values is left out,
// and so is one of the store's own that is all zero.
func (e *encoder) column(kind, scale byte, step int64, rows int, v []int64) {
	own := kind > kindSeq && kind < kindMetric
	nothing := pleth.AbsentMantissa
	if own {
		nothing = 0
	}
	for len(v) > 0 && v[len(v)-1] == nothing {
		v = v[:len(v)-1]
	}
	if len(v) == 0 && kind != kindTime {
		return
	}
	whole := own || kind == kindTime || len(v) == rows
	for i := 0; i < len(v) && whole && !own && kind != kindTime; i++ {
		whole = v[i] > pleth.AbsentMantissa
	}
	var states []byte
	var layout byte
	if !whole {
		layout |= hasStates
		states = column.AppendStates(nil, v, column.StateOf)
		v = slices.DeleteFunc(slices.Clone(v), func(m int64) bool { return m <= pleth.AbsentMantissa })
	}
	if own {
		for len(v) < rows {
			v = append(v, 0)
		}
	}
	var first int64
	var payload []byte
	if len(v) > 0 {
		first = v[0]
		var way byte
		payload, way = e.steps(v, step)
		layout |= way
	}
	e.b = append(e.b, kind, scale, layout)
	if layout&hasStates != 0 {
		e.b = binary.AppendUvarint(e.b, uint64(len(states)))
		e.b = append(e.b, states...)
	}
	e.b = binary.AppendVarint(e.b, first)
	e.b = binary.AppendVarint(e.b, step)
	e.b = binary.AppendUvarint(e.b, uint64(len(payload)))
	e.b = append(e.b, payload...)
}

// steps writes by how much each of v differs from the one before and step, in
// the layout that takes fewest bytes.
func (e *encoder) steps(v []int64, step int64) (payload []byte, layout byte) {
	var each, changes, gaps []byte
	gap := uint64(0)
	for i := 1; i < len(v); i++ {
		u := column.Zigzag(v[i] - v[i-1] - step)
		each = column.AppendUvarint(each, u)
		if u == 0 {
			gap++
			continue
		}
		changes = column.AppendUvarint(changes, u)
		gaps = column.AppendUvarint(gaps, gap)
		gap = 0
	}
	if len(changes) == 0 {
		return nil, layoutRuns
	}
	runs := binary.AppendUvarint(nil, uint64(len(changes)))
	runs = append(append(runs, changes...), gaps...)
	payload, layout = runs, layoutRuns
	if e.effort == Small || len(runs) > len(each)/2 {
		for _, w := range []struct {
			b      []byte
			layout byte
		}{{runs, layoutRuns}, {each, layoutSteps}} {
			for _, p := range [][]byte{w.b, e.pack(w.b)} {
				if len(p) < len(payload) {
					payload, layout = p, w.layout
					if &p[0] != &w.b[0] {
						layout |= packed
					}
				}
			}
		}
		return payload, layout
	}
	if p := e.pack(runs); len(p) < len(runs) {
		return p, layoutRuns | packed
	}
	return payload, layout
}

func (e *encoder) pack(b []byte) []byte { return encoders()[e.effort].EncodeAll(b, nil) }
