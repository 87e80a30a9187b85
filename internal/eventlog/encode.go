package eventlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"pleth"
	"pleth/internal/column"
	"pleth/internal/reading"
)

// SchemaID is the id of the schema that records are written with:
// docs/formats/log.md.
const SchemaID = 1

// MaxRows is the number of readings that one record holds at most.
const MaxRows = 1 << 17

// Fields of the message pleth.log.v1.Record.
const (
	fieldLoggedAt  = 1
	fieldControl   = 2
	fieldReceived  = 3
	fieldRows      = 4
	fieldDoor      = 5
	fieldSubject   = 6
	fieldFirmware  = 7
	fieldTags      = 8
	fieldTime      = 9
	fieldSeq       = 10
	fieldSeqStates = 11
	fieldMarks     = 12
	fieldColumn    = 13
	fieldCRC       = 15
)

// Fields of the messages Control, Ints and Column.
const (
	fieldKind    = 1
	fieldActor   = 2
	fieldReason  = 3
	fieldPayload = 4

	fieldFirst  = 1
	fieldStep   = 2
	fieldUnit   = 3
	fieldDeltas = 4

	fieldMetric = 1
	fieldScale  = 2
	fieldStates = 3
	fieldDigits = 4
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Append appends the bytes of r to dst: a Confluent frame around a Protobuf
// message that ends with its checksum. Partition and offset are not among
// them. Equal records give equal bytes. It fails for a record that holds
// neither or both of readings and a control entry, or too many readings; dst
// is then returned as it was.
func Append(dst []byte, r *Record) ([]byte, error) {
	start := len(dst)
	b := append(dst, 0)
	b = binary.BigEndian.AppendUint32(b, SchemaID)
	b = protowire.AppendTag(b, fieldLoggedAt, protowire.Fixed64Type)
	b = protowire.AppendFixed64(b, uint64(r.LoggedAt))
	switch {
	case r.Control != nil && r.Readings == nil:
		b = appendControl(b, r.Control)
	case r.Readings != nil && r.Control == nil:
		n := r.Readings.Rows.Len()
		if n == 0 || n > MaxRows {
			return dst, fmt.Errorf("log record of %d readings: it holds 1 to %d", n, MaxRows)
		}
		if s := len(r.Readings.Seq); s > n {
			return dst, fmt.Errorf("log record of %d readings with %d sequence numbers", n, s)
		}
		b = appendReadings(b, r.Readings, r.LoggedAt)
	default:
		return dst, errors.New("log record: it holds readings or a control entry, one of the two")
	}
	crc := crc32.Checksum(b[start:], castagnoli)
	b = protowire.AppendTag(b, fieldCRC, protowire.Fixed32Type)
	return protowire.AppendFixed32(b, crc), nil
}

func appendControl(b []byte, c *Control) []byte {
	at := len(b)
	b = appendText(b, fieldKind, c.Kind)
	b = appendText(b, fieldActor, c.Actor)
	b = appendText(b, fieldReason, c.Reason)
	b = appendBytes(b, fieldPayload, c.Payload)
	return enclose(b, at, fieldControl)
}

func appendReadings(b []byte, r *reading.Batch, loggedAt int64) []byte {
	n := r.Rows.Len()
	b = appendInt(b, fieldReceived, loggedAt-r.Received)
	b = appendUint(b, fieldRows, uint64(n))
	b = appendText(b, fieldDoor, r.Door)
	b = appendText(b, fieldSubject, r.Subject)
	b = appendText(b, fieldFirmware, r.Firmware)
	b = appendBytes(b, fieldTags, r.Tags)
	at := len(b)
	b = enclose(appendInts(b, r.Rows.Times(), true), at, fieldTime)
	b = appendSeq(b, r.Seq, n)
	b = appendMarks(b, r.Rows.AllMarks())
	for _, m := range pleth.Metrics() {
		c := r.Rows.Column(m)
		if v := trim(c.Mantissas(), pleth.AbsentMantissa); len(v) > 0 {
			b = appendColumn(b, m, c.Scale(), v, n)
		}
	}
	return b
}

// appendInts writes first, the commonest step, and what each step differs from
// it by. A clock's integers have a unit: the largest power of 1000 that all are
// multiples of.
func appendInts(b []byte, v []int64, clock bool) []byte {
	exponent, unit := uint8(0), int64(1)
	if clock {
		exponent, unit = column.Unit(v)
	}
	first := v[0] / unit
	b = appendInt(b, fieldFirst, first)
	step := column.Step(v, unit)
	b = appendInt(b, fieldStep, step)
	b = appendUint(b, fieldUnit, uint64(exponent))
	even := true
	for i := 1; i < len(v) && even; i++ {
		even = v[i]-v[i-1] == step*unit
	}
	if even {
		return b
	}
	at := len(b)
	for i := 1; i < len(v); i++ {
		// The difference is taken of the whole numbers: it may wrap around, and
		// wraps back when it is added.
		b = column.AppendUvarint(b, column.Zigzag(v[i]/unit-v[i-1]/unit-step))
	}
	return enclose(b, at, fieldDeltas)
}

// appendSeq writes the sequence numbers: those that are there, and where.
func appendSeq(b []byte, seq []int64, rows int) []byte {
	n := 0
	seq = trim(seq, reading.NoSeq)
	for _, s := range seq {
		if s != reading.NoSeq {
			n++
		}
	}
	if n == 0 {
		return b
	}
	present := seq
	if n < len(seq) {
		present = make([]int64, 0, n)
		for _, s := range seq {
			if s != reading.NoSeq {
				present = append(present, s)
			}
		}
	}
	at := len(b)
	b = enclose(appendInts(b, present, false), at, fieldSeq)
	if n == rows {
		return b
	}
	at = len(b)
	b = column.AppendStates(b, seq, func(s int64) column.State {
		if s == reading.NoSeq {
			return column.Absent
		}
		return column.Present
	})
	return enclose(b, at, fieldSeqStates)
}

// appendMarks writes runs of marks: a length and the marks.
func appendMarks(b []byte, marks []pleth.Reasons) []byte {
	at := len(b)
	for i := 0; i < len(marks); {
		j := i + 1
		for j < len(marks) && marks[j] == marks[i] {
			j++
		}
		if j == len(marks) && marks[i] == 0 {
			break
		}
		b = column.AppendUvarint(b, uint64(j-i))
		b = column.AppendUvarint(b, uint64(marks[i]))
		i = j
	}
	if len(b) == at {
		return b
	}
	return enclose(b, at, fieldMarks)
}

// appendColumn writes the digits that are numbers as differences, and the
// states of the rows in runs where not all are numbers.
func appendColumn(b []byte, m pleth.Metric, scale uint8, v []int64, rows int) []byte {
	at := len(b)
	b = appendUint(b, fieldMetric, uint64(m))
	b = appendUint(b, fieldScale, uint64(scale))
	whole := len(v) == rows
	for i := 0; i < len(v) && whole; i++ {
		whole = v[i] > pleth.AbsentMantissa
	}
	if !whole {
		states := len(b)
		b = enclose(column.AppendStates(b, v, column.StateOf), states, fieldStates)
		v = slices.DeleteFunc(slices.Clone(v), func(m int64) bool { return m <= pleth.AbsentMantissa })
	}
	if len(v) > 0 {
		digits := len(b)
		b = enclose(column.AppendDeltas(slices.Grow(b, len(v)+8), v, 0), digits, fieldDigits)
	}
	return enclose(b, at, fieldColumn)
}

// trim returns v without what stands for nothing at its end.
func trim(v []int64, nothing int64) []int64 {
	for len(v) > 0 && v[len(v)-1] == nothing {
		v = v[:len(v)-1]
	}
	return v
}

// enclose turns what stands in b from at on into a field of bytes.
func enclose(b []byte, at int, field protowire.Number) []byte {
	n := len(b) - at
	head := protowire.SizeTag(field) + protowire.SizeVarint(uint64(n))
	for range head {
		b = append(b, 0)
	}
	copy(b[at+head:], b[at:at+n])
	h := protowire.AppendTag(b[:at], field, protowire.BytesType)
	protowire.AppendVarint(h, uint64(n))
	return b
}

func appendText(b []byte, field protowire.Number, s string) []byte {
	if s == "" {
		return b
	}
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendBytes(b []byte, field protowire.Number, s []byte) []byte {
	if len(s) == 0 {
		return b
	}
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendUint(b []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

func appendInt(b []byte, field protowire.Number, v int64) []byte {
	return appendUint(b, field, protowire.EncodeZigZag(v))
}
