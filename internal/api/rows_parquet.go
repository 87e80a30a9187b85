package api

import (
	"io"

	"github.com/parquet-go/parquet-go"

	"pleth"
	"pleth/internal/reading"
)

// rowGroup is the number of rows of one row group: small enough to stream,
// large enough to pack.
const rowGroup = 32 * batchRows

// parquetRows writes rows as Parquet. Decimals become the float64 nearest to
// them.
type parquetRows struct {
	w     *parquet.GenericWriter[any]
	cols  []column
	at    []int         // column of the file, by column
	rows  []parquet.Row // their memory is used again
	texts []textValue   // by column: most say the same row for row
}

// textValue is a text as Parquet takes it.
type textValue struct {
	text  string
	value parquet.Value
}

func newParquet(out io.Writer, cols []column) *parquetRows {
	group := parquet.Group{}
	for _, c := range cols {
		var node parquet.Node
		switch c.kind {
		case isText:
			node = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
		case isStamp:
			node = parquet.Encoded(parquet.TimestampAdjusted(parquet.Nanosecond, true), &parquet.DeltaBinaryPacked)
		case isWhole:
			node = parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked)
		case isDecimal:
			node = parquet.Encoded(parquet.Leaf(parquet.DoubleType), &parquet.RLEDictionary)
		}
		if c.kind != isStamp {
			node = parquet.Optional(node)
		}
		group[c.name] = parquet.Compressed(node, &parquet.Zstd)
	}
	schema := parquet.NewSchema("readings", group)
	p := &parquetRows{cols: cols, texts: make([]textValue, len(cols)), w: parquet.NewGenericWriter[any](out, schema, parquet.MaxRowsPerRowGroup(rowGroup))}
	for _, c := range cols {
		leaf, _ := schema.Lookup(c.name)
		p.at = append(p.at, leaf.ColumnIndex)
	}
	return p
}

func (p *parquetRows) row(t *reading.Table, clock pleth.Clock, i int) error {
	if p.rows == nil {
		p.rows = make([]parquet.Row, 0, batchRows)
	}
	p.rows = p.rows[:len(p.rows)+1]
	row := p.rows[len(p.rows)-1]
	if row == nil {
		row = make(parquet.Row, len(p.cols))
		p.rows[len(p.rows)-1] = row
	}
	for n := range p.cols {
		v := p.cols[n].of(t, clock, i)
		var value parquet.Value
		defined := 1
		switch {
		case v.none:
			defined = 0
		case p.cols[n].kind == isText:
			if p.texts[n].text != v.text {
				p.texts[n] = textValue{v.text, parquet.ByteArrayValue([]byte(v.text))}
			}
			value = p.texts[n].value
		case p.cols[n].kind == isDecimal:
			value = parquet.DoubleValue(v.value.Float())
		default:
			value = parquet.Int64Value(v.whole)
		}
		if p.cols[n].kind == isStamp {
			defined = 0 // a required column has no levels
		}
		row[p.at[n]] = value.Level(0, defined, p.at[n])
	}
	if len(p.rows) == batchRows {
		return p.flush()
	}
	return nil
}

func (p *parquetRows) flush() error {
	_, err := p.w.WriteRows(p.rows)
	p.rows = p.rows[:0]
	return err
}

func (p *parquetRows) end(string) error {
	if err := p.flush(); err != nil {
		return err
	}
	return p.w.Close()
}
