package export

import (
	"io"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"pleth"
	"pleth/internal/analysis"
)

// Parquet writes the rows of the sessions as one Parquet file: session,
// offset_ns, time (UTC instant, or wall time as if UTC where the zone is
// unknown; null without a clock), one double a metric (null where missing or
// absent), quality and reasons. The key-value metadata names the format, the
// sessions and what made the file.
func Parquet(w io.Writer, doc *analysis.Document, nights []*analysis.Analysed) error {
	metrics := metricsOf(nights)
	group := parquet.Group{
		"session":   parquet.Encoded(parquet.String(), &parquet.RLEDictionary),
		"offset_ns": parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked),
		"time":      parquet.Optional(parquet.Encoded(parquet.Timestamp(parquet.Nanosecond), &parquet.DeltaBinaryPacked)),
		"quality":   parquet.Encoded(parquet.String(), &parquet.RLEDictionary),
		"reasons":   parquet.Encoded(parquet.String(), &parquet.RLEDictionary),
	}
	for _, m := range metrics {
		group[m.String()] = parquet.Optional(parquet.Encoded(parquet.Leaf(parquet.DoubleType), &parquet.RLEDictionary))
	}
	schema := parquet.NewSchema("samples", group)
	options := []parquet.WriterOption{schema, parquet.Compression(&zstd.Codec{}),
		parquet.CreatedBy("pleth", doc.Generator.Version, doc.Generator.Commit),
		parquet.KeyValueMetadata("pleth.format", "pleth.samples/1"),
		parquet.KeyValueMetadata("pleth.rules", doc.Generator.Rules),
		parquet.KeyValueMetadata("pleth.config_sha256", doc.Generator.ConfigSHA256),
	}
	for i, in := range doc.Inputs {
		options = append(options, parquet.KeyValueMetadata("pleth.input."+strconv.Itoa(i)+".sha256", in.SHA256))
	}
	out := parquet.NewWriter(w, options...)
	column := map[string]int{}
	for i, path := range schema.Columns() {
		column[path[0]] = i
	}
	row := make(parquet.Row, len(column))
	for _, n := range nights {
		for i := range n.Session.Rows.Len() {
			fillRow(row, column, metrics, n, i)
			if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
				return err
			}
		}
	}
	return out.Close()
}

func fillRow(row parquet.Row, column map[string]int, metrics []pleth.Metric, n *analysis.Analysed, i int) {
	put := func(name string, v parquet.Value, optional bool) {
		level := 0
		if optional && !v.IsNull() {
			level = 1
		}
		row[column[name]] = v.Level(0, level, column[name])
	}
	rows, h := n.Session.Rows, n.Session.Header
	put("session", parquet.ByteArrayValue([]byte(n.Result.ID)), false)
	put("offset_ns", parquet.Int64Value(rows.Time(i)), false)
	at := parquet.NullValue()
	if h.Clock != pleth.NoClock && h.Origin == 0 {
		at = parquet.Int64Value(n.Session.Start + rows.Time(i))
	}
	put("time", at, true)
	for _, m := range metrics {
		v := parquet.NullValue()
		if x := rows.Value(m, i); x.Ok() {
			v = parquet.DoubleValue(x.Float())
		}
		put(m.String(), v, true)
	}
	reasons, own := n.Derived.Marks(i)
	quality := ""
	if own {
		quality = reasons.Quality().String()
	}
	put("quality", parquet.ByteArrayValue([]byte(quality)), false)
	put("reasons", parquet.ByteArrayValue([]byte(reasons.String())), false)
}
