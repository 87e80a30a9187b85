package series

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"

	"pleth"
	"pleth/internal/column"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// ErrCorrupt says that the bytes are not those that were written.
var ErrCorrupt = errors.New("damaged")

// ErrNewer says that the bytes follow a format that this program does not know.
var ErrNewer = errors.New("written by a newer program")

// decoders holds the zstd decoder, which works for many at once. What it
// unpacks is never larger than a column can be.
var decoders = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(2*binary.MaxVarintLen64*MaxRows), zstd.WithDecoderLowmem(true))
	if err != nil {
		panic(err) // the options are ours
	}
	return d
})

// Decode reads the chunk of p that Append wrote. It shares no memory with b.
// Of the metrics it reads those given, nil: all; every row is there either
// way. Bytes that were changed are ErrCorrupt, an unknown format is ErrNewer.
func Decode(b []byte, p reading.Partition, metrics []pleth.Metric) (*Chunk, error) {
	return DecodeIn(nil, b, p, metrics)
}

// DecodeIn is Decode into the memory of room: what it returns is good until the
// next but one chunk is read into it. nil: the chunk has memory of its own.
func DecodeIn(room *Room, b []byte, p reading.Partition, metrics []pleth.Metric) (*Chunk, error) {
	if len(b) < 5 {
		return nil, ErrCorrupt
	}
	body := b[:len(b)-4]
	if binary.LittleEndian.Uint32(b[len(b)-4:]) != crc32.Checksum(body, castagnoli) {
		return nil, ErrCorrupt
	}
	if body[0] != version && body[0] != versionParted {
		return nil, fmt.Errorf("format %d: %w", body[0], ErrNewer)
	}
	d := decoder{b: body[1:], metrics: metrics, room: room}
	room.turn()
	c := d.chunk(p)
	c.Parted = body[0] == versionParted
	if d.err != nil {
		return nil, d.err
	}
	if err := check(c.Rows); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrCorrupt, err)
	}
	return c, nil
}

// decoder reads from b. After the first error it reads nothing more.
type decoder struct {
	b       []byte
	err     error
	metrics []pleth.Metric
	room    *Room // nil: memory is made
	buf     []byte
}

func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.b = nil
}

func (d *decoder) uvarint() uint64 {
	v, w := binary.Uvarint(d.b)
	if w <= 0 {
		d.fail(ErrCorrupt)
		return 0
	}
	d.b = d.b[w:]
	return v
}

func (d *decoder) varint() int64 { return column.Unzigzag(d.uvarint()) }

// bytes returns the next n bytes of the input.
func (d *decoder) bytes(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail(ErrCorrupt)
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) chunk(p reading.Partition) *Chunk {
	t := &reading.Table{Partition: p}
	c := &Chunk{Rows: t}
	n := d.uvarint()
	if n == 0 || n > MaxRows {
		d.fail(ErrCorrupt)
		return c
	}
	c.First = eventlog.Offset(d.uvarint())
	c.Last = c.First + eventlog.Offset(d.uvarint())
	c.LagMin, c.LagMedian, c.LagMax = d.varint(), d.varint(), d.varint()
	origins := d.uvarint()
	if origins > uint64(len(d.b)) {
		d.fail(ErrCorrupt)
		return c
	}
	for range origins {
		o := reading.Origin{Door: string(d.bytes(d.uvarint())), Subject: string(d.bytes(d.uvarint())), Firmware: string(d.bytes(d.uvarint()))}
		if tags := d.bytes(d.uvarint()); len(tags) > 0 {
			o.Tags = slices.Clone(tags)
		}
		t.Origins = append(t.Origins, o)
	}
	last := byte(0)
	for len(d.b) > 0 {
		last = d.column(t, int(n), last)
	}
	if t.Rows.Len() == 0 {
		d.fail(ErrCorrupt)
	}
	return c
}

// column reads one column into t and returns its kind, which is above last.
func (d *decoder) column(t *reading.Table, rows int, last byte) byte {
	head := d.bytes(3)
	if d.err != nil {
		return last
	}
	kind, scale, layout := head[0], head[1], head[2]
	if kind <= last || last == 0 && kind != kindTime || scale > pleth.MaxScale || kind == kindTime && scale > column.MaxUnit {
		d.fail(ErrCorrupt)
		return last
	}
	metric := pleth.Metric(0)
	switch {
	case kind > kindMetric && int(kind-kindMetric) <= metricCount:
		metric = pleth.Metric(kind - kindMetric)
	case kind > kindMarks || layout > layoutMask|packed|hasStates:
		d.fail(fmt.Errorf("column of kind %d, layout %d: %w", kind, layout, ErrNewer))
		return last
	}
	if layout&hasStates != 0 && kind != kindSeq && metric == 0 {
		d.fail(ErrCorrupt)
		return last
	}
	var states []byte
	if layout&hasStates != 0 {
		states = d.bytes(d.uvarint())
	}
	first, step := d.varint(), d.varint()
	payload := d.bytes(d.uvarint())
	if d.err != nil || metric != 0 && d.metrics != nil && !slices.Contains(d.metrics, metric) {
		return kind
	}
	v := d.room.numbers(rows)
	n := rows
	if states != nil {
		n = 0
		if !column.States(states, rows, func(s column.State, i, j int) {
			if s == column.Present {
				n += j - i
			}
		}) {
			d.fail(ErrCorrupt)
			return kind
		}
	}
	if n > 0 {
		v[0] = first
		d.steps(payload, layout, step, v[:n])
	}
	if states != nil {
		spread(v, n, states)
	}
	if d.err == nil {
		d.place(t, kind, scale, v)
	}
	return kind
}

// metricCount is the number of metrics that there are.
var metricCount = len(pleth.Metrics())

// spread moves the first n of v to the rows that have numbers.
func spread(v []int64, n int, states []byte) {
	numbers := slices.Clone(v[:n])
	column.States(states, len(v), func(s column.State, i, j int) {
		switch s {
		case column.Present:
			numbers = numbers[copy(v[i:j], numbers):]
		case column.Missing:
			column.Fill(v[i:j], pleth.MissingMantissa)
		default:
			column.Fill(v[i:j], pleth.AbsentMantissa)
		}
	})
}

// place puts a column where it belongs.
func (d *decoder) place(t *reading.Table, kind, scale byte, v []int64) {
	switch kind {
	case kindTime:
		if unit := column.UnitOf(scale); unit > 1 {
			for i := range v {
				v[i] *= unit
			}
		}
		t.Rows.SetRows(v, nil)
	case kindSeq:
		for i, s := range v {
			if s == pleth.AbsentMantissa {
				v[i] = reading.NoSeq
			}
		}
		t.Seq = v
	case kindFlags:
		t.Flags = narrow[reading.Flags](d, v, 1<<8-1)
	case kindOrigin:
		t.Of = narrow[uint32](d, v, 1<<32-1)
	case kindMarks:
		if marks := narrow[pleth.Reasons](d, v, 1<<16-1); marks != nil {
			t.Rows.SetRows(t.Rows.Times(), marks)
		}
	default:
		t.Rows.SetColumn(pleth.Metric(kind-kindMetric), scale, v)
	}
}

// narrow returns v as small integers.
func narrow[T ~uint8 | ~uint16 | ~uint32](d *decoder, v []int64, most int64) []T {
	out := make([]T, len(v))
	for i, x := range v {
		if x < 0 || x > most {
			d.fail(ErrCorrupt)
			return nil
		}
		out[i] = T(x)
	}
	return out
}

// steps fills v, whose first number stands.
func (d *decoder) steps(b []byte, layout byte, step int64, v []int64) {
	if layout&packed != 0 {
		if d.room != nil {
			d.buf = d.room.packed
		}
		out, err := decoders().DecodeAll(b, d.buf[:0])
		if err != nil {
			d.fail(fmt.Errorf("%w: %v", ErrCorrupt, err))
			return
		}
		b, d.buf = out, out
		if d.room != nil {
			d.room.packed = out
		}
	}
	if layout&layoutMask == layoutSteps {
		b, ok := column.Deltas(b, v[1:], v[0])
		if !ok || len(b) > 0 {
			d.fail(ErrCorrupt)
		}
		if step != 0 {
			for i := range v {
				v[i] += int64(i) * step
			}
		}
		return
	}
	changes, gaps := []byte(nil), []byte(nil)
	if len(b) > 0 {
		n, w := binary.Uvarint(b)
		if w <= 0 || n > uint64(len(b)-w) {
			d.fail(ErrCorrupt)
			return
		}
		changes, gaps = b[w:w+int(n)], b[w+int(n):]
	}
	x, i := v[0], 1
	for len(changes) > 0 {
		u, w := binary.Uvarint(changes)
		gap, w2 := binary.Uvarint(gaps)
		if w <= 0 || w2 <= 0 || gap >= uint64(len(v)-i) {
			d.fail(ErrCorrupt)
			return
		}
		changes, gaps = changes[w:], gaps[w2:]
		for range gap {
			x += step
			v[i] = x
			i++
		}
		x += step + column.Unzigzag(u)
		v[i] = x
		i++
	}
	if len(gaps) > 0 {
		d.fail(ErrCorrupt)
	}
	for ; i < len(v); i++ {
		x += step
		v[i] = x
	}
}
