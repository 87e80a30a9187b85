package eventlog

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"google.golang.org/protobuf/encoding/protowire"

	"pleth"
	"pleth/internal/column"
	"pleth/internal/reading"
)

// ErrCorrupt says that the bytes are not those that were written.
var ErrCorrupt = errors.New("damaged")

// ErrNewer says that the bytes follow a schema that this program does not know.
var ErrNewer = errors.New("written by a newer program")

// trailer is the size of the checksum field.
const trailer = 5

// Decode reads the record that Append wrote, of partition p at that offset. It
// shares no memory with b. Bytes that were changed are ErrCorrupt, an unknown
// schema is ErrNewer.
func Decode(b []byte, p reading.Partition, at Offset) (*Record, error) {
	r := &Record{Partition: p, Offset: at}
	if err := decode(b, r); err != nil {
		return nil, fmt.Errorf("log record %d of %s: %w", at, name(p), err)
	}
	return r, nil
}

// name names a partition in a message.
func name(p reading.Partition) string {
	if p.Recording == "" {
		return fmt.Sprintf("device %q", p.Device)
	}
	return fmt.Sprintf("device %q recording %q", p.Device, p.Recording)
}

func decode(b []byte, r *Record) error {
	if len(b) < 5+trailer || b[0] != 0 {
		return ErrCorrupt
	}
	body, crc := b[:len(b)-trailer], b[len(b)-trailer:]
	if crc[0] != fieldCRC<<3|byte(protowire.Fixed32Type) || binary.LittleEndian.Uint32(crc[1:]) != crc32.Checksum(body, castagnoli) {
		return ErrCorrupt
	}
	if id := binary.BigEndian.Uint32(b[1:]); id != SchemaID {
		return fmt.Errorf("schema %d: %w", id, ErrNewer)
	}
	d := decoder{b: body[5:]}
	if d.record(r); d.err != nil {
		return d.err
	}
	if (r.Readings == nil) == (r.Control == nil) {
		return ErrCorrupt
	}
	return nil
}

// decoder reads fields in ascending order. After the first error it reads
// nothing more.
type decoder struct {
	b    []byte
	err  error
	last protowire.Number
}

// fail ends the reading.
func (d *decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
	d.b = nil
}

// next returns the next field; 0 at the end. A field may stand once, the
// repeated one excepted.
func (d *decoder) next(repeated protowire.Number) (protowire.Number, protowire.Type) {
	if len(d.b) == 0 {
		return 0, 0
	}
	n, t, w := protowire.ConsumeTag(d.b)
	if w < 0 || n < d.last || n == d.last && n != repeated {
		d.fail(ErrCorrupt)
		return 0, 0
	}
	d.b, d.last = d.b[w:], n
	return n, t
}

func (d *decoder) uint(t protowire.Type) uint64 {
	v, w := protowire.ConsumeVarint(d.b)
	if t != protowire.VarintType || w < 0 {
		d.fail(ErrCorrupt)
		return 0
	}
	d.b = d.b[w:]
	return v
}

func (d *decoder) int(t protowire.Type) int64 { return protowire.DecodeZigZag(d.uint(t)) }

// bytes returns a field of bytes that lies in the input.
func (d *decoder) bytes(t protowire.Type) []byte {
	v, w := protowire.ConsumeBytes(d.b)
	if t != protowire.BytesType || w < 0 {
		d.fail(ErrCorrupt)
		return nil
	}
	d.b = d.b[w:]
	return v
}

// unknown ends the reading at a field that this program does not know.
func (d *decoder) unknown(field protowire.Number) {
	d.fail(fmt.Errorf("field %d: %w", field, ErrNewer))
}

func (d *decoder) record(r *Record) {
	var seq []int64
	var seqStates []byte
	rows := 0
	batch := func() *reading.Batch {
		if r.Readings == nil {
			r.Readings = &reading.Batch{Partition: r.Partition, Received: r.LoggedAt}
		}
		return r.Readings
	}
	for {
		field, t := d.next(fieldColumn)
		if field >= fieldTime && rows == 0 || field > fieldTime && r.Readings.Rows.Len() != rows {
			d.fail(ErrCorrupt)
		}
		if d.err != nil {
			return
		}
		switch field {
		case 0:
			if r.Readings != nil {
				if r.Readings.Rows.Len() == 0 {
					d.fail(ErrCorrupt)
					return
				}
				d.seq(r.Readings, seq, seqStates)
			}
			return
		case fieldLoggedAt:
			v, w := protowire.ConsumeFixed64(d.b)
			if t != protowire.Fixed64Type || w < 0 {
				d.fail(ErrCorrupt)
				return
			}
			d.b, r.LoggedAt = d.b[w:], int64(v)
		case fieldControl:
			r.Control = d.control(d.bytes(t))
		case fieldReceived:
			batch().Received = r.LoggedAt - d.int(t)
		case fieldRows:
			n := d.uint(t)
			if n == 0 || n > MaxRows {
				d.fail(ErrCorrupt)
				return
			}
			rows = int(n)
			batch()
		case fieldDoor:
			batch().Door = string(d.bytes(t))
		case fieldSubject:
			batch().Subject = string(d.bytes(t))
		case fieldFirmware:
			batch().Firmware = string(d.bytes(t))
		case fieldTags:
			batch().Tags = append([]byte(nil), d.bytes(t)...)
		case fieldTime:
			batch().Rows.SetRows(d.ints(d.bytes(t), rows), nil)
		case fieldSeq:
			b := d.bytes(t)
			// How many there are stands in the states that follow.
			seq = d.ints(b, d.seqCount(rows))
		case fieldSeqStates:
			seqStates = d.bytes(t)
		case fieldMarks:
			b := batch()
			if marks := d.marks(d.bytes(t), rows); d.err == nil {
				b.Rows.SetRows(b.Rows.Times(), marks)
			}
		case fieldColumn:
			d.column(&r.Readings.Rows, d.bytes(t), rows)
		default:
			d.unknown(field)
		}
	}
}

func (d *decoder) control(b []byte) *Control {
	in, c := decoder{b: b}, &Control{}
	for d.err == nil {
		field, t := in.next(0)
		switch field {
		case 0:
			if in.err != nil {
				d.fail(in.err)
			}
			return c
		case fieldKind:
			c.Kind = string(in.bytes(t))
		case fieldActor:
			c.Actor = string(in.bytes(t))
		case fieldReason:
			c.Reason = string(in.bytes(t))
		case fieldPayload:
			c.Payload = append([]byte(nil), in.bytes(t)...)
		default:
			in.unknown(field)
		}
	}
	return c
}

// ints reads n integers: first, step, and what the steps differ by.
func (d *decoder) ints(b []byte, n int) []int64 {
	if d.err != nil {
		return nil
	}
	in := decoder{b: b}
	var first, step int64
	var deltas []byte
	unit := int64(1)
	for {
		field, t := in.next(0)
		if field == 0 {
			break
		}
		switch field {
		case fieldFirst:
			first = in.int(t)
		case fieldStep:
			step = in.int(t)
		case fieldUnit:
			if e := in.uint(t); e <= column.MaxUnit {
				unit = column.UnitOf(uint8(e))
			} else {
				in.fail(ErrCorrupt)
			}
		case fieldDeltas:
			deltas = in.bytes(t)
		default:
			in.unknown(field)
		}
	}
	if in.err != nil || n == 0 {
		d.fail(cmp.Or(in.err, ErrCorrupt))
		return nil
	}
	v := make([]int64, n)
	v[0] = first * unit
	if deltas == nil {
		step *= unit
		for i := 1; i < n; i++ {
			v[i] = v[i-1] + step
		}
		return v
	}
	if deltas, ok := column.Deltas(deltas, v[1:], 0); !ok || len(deltas) > 0 {
		d.fail(ErrCorrupt)
		return nil
	}
	// What was read are the sums of the differences from the step.
	for i := 1; i < n; i++ {
		v[i] = v[0] + (v[i]+int64(i)*step)*unit
	}
	return v
}

// states calls f with each run of states of rows.
func (d *decoder) states(b []byte, rows int, f func(s column.State, i, j int)) {
	if !column.States(b, rows, f) {
		d.fail(ErrCorrupt)
	}
}

// seqCount returns how many sequence numbers there are, by looking ahead to
// their states.
func (d *decoder) seqCount(rows int) int {
	ahead := decoder{b: d.b, last: d.last, err: d.err}
	field, t := ahead.next(0)
	if field != fieldSeqStates {
		return rows
	}
	n := 0
	ahead.states(ahead.bytes(t), rows, func(state column.State, i, j int) {
		if state == column.Present {
			n += j - i
		}
	})
	if ahead.err != nil {
		d.fail(ErrCorrupt)
	}
	return n
}

// seq puts the sequence numbers to their rows.
func (d *decoder) seq(b *reading.Batch, seq []int64, states []byte) {
	if states == nil || d.err != nil {
		b.Seq = seq
		return
	}
	rows := b.Rows.Len()
	b.Seq = make([]int64, rows)
	d.states(states, rows, func(state column.State, i, j int) {
		if state == column.Present {
			seq = seq[copy(b.Seq[i:j], seq):]
			return
		}
		for ; i < j; i++ {
			b.Seq[i] = reading.NoSeq
		}
	})
}

func (d *decoder) marks(b []byte, rows int) []pleth.Reasons {
	marks := make([]pleth.Reasons, 0, rows)
	for len(b) > 0 {
		n, w := binary.Uvarint(b)
		if w <= 0 || n > uint64(rows-len(marks)) {
			d.fail(ErrCorrupt)
			return nil
		}
		m, w2 := binary.Uvarint(b[w:])
		if w2 <= 0 || m > 1<<16-1 {
			d.fail(ErrCorrupt)
			return nil
		}
		for range n {
			marks = append(marks, pleth.Reasons(m))
		}
		b = b[w+w2:]
	}
	return marks
}

// column reads one metric into rows.
func (d *decoder) column(rows *pleth.Batch, b []byte, n int) {
	in := decoder{b: b, err: d.err}
	var metric, scale uint64
	var states, digits []byte
	for {
		field, t := in.next(0)
		if field == 0 {
			break
		}
		switch field {
		case fieldMetric:
			metric = in.uint(t)
		case fieldScale:
			scale = in.uint(t)
		case fieldStates:
			states = in.bytes(t)
		case fieldDigits:
			digits = in.bytes(t)
		default:
			in.unknown(field)
		}
	}
	if in.err != nil {
		d.fail(in.err)
		return
	}
	m := pleth.Metric(metric)
	switch {
	case metric == 0 || scale > pleth.MaxScale:
		d.fail(ErrCorrupt)
		return
	case metric > uint64(len(pleth.Metrics())):
		d.fail(fmt.Errorf("metric %d: %w", metric, ErrNewer))
		return
	case rows.Has(m):
		d.fail(ErrCorrupt)
		return
	}
	v := make([]int64, n)
	if states == nil {
		digits = d.digits(digits, v, new(int64))
	} else {
		var last int64
		d.states(states, n, func(state column.State, i, j int) {
			switch state {
			case column.Present:
				digits = d.digits(digits, v[i:j], &last)
				return
			case column.Missing:
				column.Fill(v[i:j], pleth.MissingMantissa)
			default:
				column.Fill(v[i:j], pleth.AbsentMantissa)
			}
		})
	}
	if len(digits) > 0 {
		d.fail(ErrCorrupt)
	}
	if d.err == nil {
		rows.SetColumn(m, uint8(scale), v)
	}
}

// digits fills v with numbers and returns the rest of b.
func (d *decoder) digits(b []byte, v []int64, last *int64) []byte {
	b, ok := column.Deltas(b, v, *last)
	if !ok || d.err != nil {
		d.fail(ErrCorrupt)
		return nil
	}
	for _, x := range v {
		if x <= pleth.AbsentMantissa {
			d.fail(ErrCorrupt)
		}
		*last = x
	}
	return b
}
