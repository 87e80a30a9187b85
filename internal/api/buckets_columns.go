package api

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go"

	"pleth/internal/reading"
	"pleth/internal/road"
)

// bucketRow is a Bucket in columns: decimals are the nearest double, the start
// is in nanoseconds and of the clock named.
type bucketRow struct {
	Device    string  `parquet:"device_id,dict,zstd"`
	Recording string  `parquet:"recording,optional,dict,zstd"`
	Metric    string  `parquet:"metric,dict,zstd"`
	Start     int64   `parquet:"start,timestamp(nanosecond),delta,zstd"`
	Clock     string  `parquet:"clock,dict,zstd"`
	Count     int64   `parquet:"count,delta,zstd"`
	Min       float64 `parquet:"min,dict,zstd"`
	Mean      float64 `parquet:"mean,zstd"`
	Max       float64 `parquet:"max,dict,zstd"`
	P5        float64 `parquet:"p5,zstd"`
	P50       float64 `parquet:"p50,zstd"`
	P95       float64 `parquet:"p95,zstd"`
}

func (a *API) bucketRows(list []road.Bucket) []bucketRow {
	rows := make([]bucketRow, len(list))
	for i := range list {
		b := &list[i]
		rows[i] = bucketRow{b.Device, b.Recording, reading.FieldOf(b.Metric).Name, b.Start, clockName(a.clockOf(b.Partition)), b.Count, b.Min.Float(), b.Mean, b.Max.Float(), b.P5, b.P50, b.P95}
	}
	return rows
}

func (a *API) bucketsParquet(list []road.Bucket) ([]byte, error) {
	var out bytes.Buffer
	w := parquet.NewGenericWriter[bucketRow](&out)
	if _, err := w.Write(a.bucketRows(list)); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}

func (a *API) bucketsArrow(list []road.Bucket) ([]byte, error) {
	text, whole, double := arrow.BinaryTypes.String, arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64
	stamp := &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}
	schema := arrow.NewSchema([]arrow.Field{{Name: "device_id", Type: text}, {Name: "recording", Type: text, Nullable: true}, {Name: "metric", Type: text},
		{Name: "start", Type: stamp}, {Name: "clock", Type: text}, {Name: "count", Type: whole},
		{Name: "min", Type: double}, {Name: "mean", Type: double}, {Name: "max", Type: double}, {Name: "p5", Type: double}, {Name: "p50", Type: double}, {Name: "p95", Type: double}}, nil)
	var out bytes.Buffer
	w := ipc.NewWriter(&out, ipc.WithSchema(schema))
	build := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer build.Release()
	for _, row := range a.bucketRows(list) {
		for i, s := range [...]string{row.Device, row.Recording, row.Metric, "", row.Clock} {
			switch b := build.Field(i).(type) {
			case *array.TimestampBuilder:
				b.Append(arrow.Timestamp(row.Start))
			case *array.StringBuilder:
				if s == "" {
					b.AppendNull()
				} else {
					b.Append(s)
				}
			}
		}
		build.Field(5).(*array.Int64Builder).Append(row.Count)
		for i, f := range [...]float64{row.Min, row.Mean, row.Max, row.P5, row.P50, row.P95} {
			build.Field(6 + i).(*array.Float64Builder).Append(f)
		}
	}
	rec := build.NewRecordBatch()
	defer rec.Release()
	if err := w.Write(rec); err != nil {
		return nil, err
	}
	err := w.Close()
	return out.Bytes(), err
}
