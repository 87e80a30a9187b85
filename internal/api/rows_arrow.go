package api

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"pleth"
	"pleth/internal/reading"
)

// batchRows is the number of rows of one record batch or row group.
const batchRows = 4096

// arrowRows writes rows as a stream of Arrow record batches. Decimals become
// the float64 nearest to them.
type arrowRows struct {
	w     *ipc.Writer
	cols  []column
	build *array.RecordBuilder
	rows  int
}

func newArrow(out io.Writer, cols []column) *arrowRows {
	var fields []arrow.Field
	for _, c := range cols {
		var t arrow.DataType = arrow.BinaryTypes.String
		switch c.kind {
		case isStamp:
			t = &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
		case isWhole:
			t = arrow.PrimitiveTypes.Int64
		case isDecimal:
			t = arrow.PrimitiveTypes.Float64
		}
		fields = append(fields, arrow.Field{Name: c.name, Type: t, Nullable: c.kind != isStamp})
	}
	schema := arrow.NewSchema(fields, nil)
	return &arrowRows{w: ipc.NewWriter(out, ipc.WithSchema(schema)), cols: cols, build: array.NewRecordBuilder(memory.DefaultAllocator, schema)}
}

func (a *arrowRows) row(t *reading.Table, clock pleth.Clock, i int) error {
	for n := range a.cols {
		v := a.cols[n].of(t, clock, i)
		b := a.build.Field(n)
		if v.none {
			b.AppendNull()
			continue
		}
		switch b := b.(type) {
		case *array.StringBuilder:
			b.Append(v.text)
		case *array.TimestampBuilder:
			b.Append(arrow.Timestamp(v.whole))
		case *array.Int64Builder:
			b.Append(v.whole)
		case *array.Float64Builder:
			b.Append(v.value.Float())
		}
	}
	if a.rows++; a.rows == batchRows {
		return a.flush()
	}
	return nil
}

func (a *arrowRows) flush() error {
	a.rows = 0
	rec := a.build.NewRecordBatch()
	defer rec.Release()
	return a.w.Write(rec)
}

func (a *arrowRows) end(string) error {
	defer a.build.Release()
	if a.rows > 0 {
		if err := a.flush(); err != nil {
			return err
		}
	}
	return a.w.Close()
}
