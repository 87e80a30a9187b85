package api_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/parquet-go/parquet-go"
)

// TestBucketsInColumns: tables hold what JSON says, and name the next page.
func TestBucketsInColumns(t *testing.T) {
	t.Parallel()
	s := filled(t)
	var want struct {
		Readings []struct {
			Start         string
			Count         int64
			Min, Mean, P5 float64
		}
	}
	const where = "/api/v1/readings?device_id=a&resolution=1m&metric=spo2&limit=1"
	s.do("GET", where, "").want(t, 200, &want)
	b := want.Readings[0]
	at, err := time.Parse(time.RFC3339, b.Start)
	if err != nil {
		t.Fatal(err)
	}

	got := s.do("GET", where, "", "Accept: application/vnd.apache.parquet")
	got.want(t, 200, nil)
	type row struct {
		Device string  `parquet:"device_id"`
		Metric string  `parquet:"metric"`
		Start  int64   `parquet:"start,timestamp(nanosecond)"`
		Clock  string  `parquet:"clock"`
		Count  int64   `parquet:"count"`
		Min    float64 `parquet:"min"`
		Mean   float64 `parquet:"mean"`
		P5     float64 `parquet:"p5"`
	}
	file, err := parquet.Read[row](bytes.NewReader(got.body), int64(len(got.body)))
	if err != nil || len(file) != 1 || file[0] != (row{"a", "spo2", at.UnixNano(), "utc", b.Count, b.Min, b.Mean, b.P5}) {
		t.Errorf("Parquet: %+v, %v; want %+v", file, err, b)
	}
	if !strings.Contains(got.Header.Get("Link"), "cursor=") {
		t.Errorf("Link %q", got.Header.Get("Link"))
	}

	got = s.do("GET", where, "", "Accept: application/vnd.apache.arrow.stream")
	got.want(t, 200, nil)
	stream, err := ipc.NewReader(bytes.NewReader(got.body))
	if err != nil || !stream.Next() {
		t.Fatalf("Arrow: %v", err)
	}
	rec := stream.RecordBatch()
	column := func(name string) arrow.Array { return rec.Column(rec.Schema().FieldIndices(name)[0]) }
	if rec.NumRows() != 1 || column("device_id").(*array.String).Value(0) != "a" || !column("recording").IsNull(0) ||
		int64(column("start").(*array.Timestamp).Value(0)) != at.UnixNano() || column("count").(*array.Int64).Value(0) != b.Count || column("mean").(*array.Float64).Value(0) != b.Mean {
		t.Errorf("Arrow: %v, want %+v", rec, b)
	}
	s.do("GET", "/api/v1/readings?device_id=nobody&resolution=1m", "", "Accept: application/vnd.apache.arrow.stream").want(t, 200, nil)
	s.do("GET", "/api/v1/readings?device_id=nobody&resolution=1m", "", "Accept: application/vnd.apache.parquet").want(t, 200, nil)
	s.do("GET", "/api/v1/readings?device_id=a&metric=spo2&resolution=1s&from=1970-01-02T00:00:00Z&to=2260-01-01T00:00:00Z", "").want(t, 200, nil)
}
