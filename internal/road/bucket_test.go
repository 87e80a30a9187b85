package road_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// buckets returns what Buckets says of q.
func buckets(t interface{ Fatal(...any) }, r *road.Road, q road.Query, resolution int64) []road.Bucket {
	var out []road.Bucket
	err := r.Buckets(context.Background(), q, resolution, func(b road.Bucket) (bool, error) {
		out = append(out, b)
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// away moves a mean away from the middle between two that are printed: there the
// last bit of a sum of floats would decide.
const away = 1e-9

// naive computes the buckets of one metric from rows.
func naive(tab *reading.Table, m pleth.Metric, q road.Query, resolution int64) []string {
	values := map[int64][]float64{}
	for i := range tab.Rows.Len() {
		at := tab.Rows.Time(i)
		v := tab.Rows.Value(m, i)
		if !v.Ok() || at < q.From || q.To != 0 && at >= q.To || tab.FlagsOf(i)&reading.IsConflict != 0 {
			continue
		}
		start := at / resolution * resolution
		values[start] = append(values[start], v.Float())
	}
	var out []string
	var starts []int64
	for s := range values {
		starts = append(starts, s)
	}
	slices.Sort(starts)
	for _, s := range starts {
		v := values[s]
		slices.Sort(v)
		sum := 0.0
		for _, x := range v {
			sum += x
		}
		p := func(share float64) float64 {
			at := share * float64(len(v)-1)
			low := int(at)
			return v[low] + (v[min(low+1, len(v)-1)]-v[low])*(at-float64(low))
		}
		out = append(out, fmt.Sprintf("%d %d %g %g %.6f %.6f %.6f %.6f", s, len(v), v[0], v[len(v)-1], sum/float64(len(v))+away, p(0.05), p(0.5), p(0.95)))
	}
	return out
}

// TestBuckets compares with a computation from the rows, on stores on disk,
// whose rollups answer for whole hours.
func TestBuckets(t *testing.T) {
	t.Parallel()
	cfg, end := onDisk(t, t.TempDir())
	defer end()
	cfg.SealRows = 100
	r, err := road.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close(context.Background())
	for i := range 40 {
		b := wardBatch("a", int64(i)*400, 400)
		submit(t, r, b)
	}
	late := wardBatch("a", 4000, 1) // contradicts what is there
	late.Rows.SetInt(pleth.SpO2, 40)
	if o := submit(t, r, late); o[0] != reading.Conflict {
		t.Fatal(o[0])
	}
	whole := rows(t, r, road.Query{})
	rapid.Check(t, func(t *rapid.T) {
		resolution := rapid.SampledFrom([]int64{10e9, 60e9, 3600e9, 2 * 3600e9, 24 * 3600e9}).Draw(t, "resolution")
		m := rapid.SampledFrom([]pleth.Metric{pleth.SpO2, pleth.Temperature}).Draw(t, "metric")
		q := road.Query{Metrics: []pleth.Metric{m}}
		if rapid.Bool().Draw(t, "bounded") {
			q.From = epoch + rapid.Int64Range(0, 16000).Draw(t, "from")*1e9
			q.To = q.From + rapid.Int64Range(1, 16000).Draw(t, "length")*1e9
		}
		var got []string
		for _, b := range buckets(t, r, q, resolution) {
			if b.Metric != m || math.IsNaN(b.Mean) {
				t.Fatalf("%+v", b)
			}
			got = append(got, fmt.Sprintf("%d %d %g %g %.6f %.6f %.6f %.6f", b.Start, b.Count, b.Min.Float(), b.Max.Float(), b.Mean+away, b.P5, b.P50, b.P95))
		}
		if want := naive(whole, m, q, resolution); !slices.Equal(got, want) {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	})
	p, err := r.Provenance(context.Background(), "a", pleth.SpO2, epoch+500e9)
	if err != nil || p.Offset > 1 || p.LastOffset < 1 || p.Received == 0 {
		t.Errorf("%+v, %v", p, err)
	}
}
