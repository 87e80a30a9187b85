package road_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// derived returns the samples of q.
func derived(tb testing.TB, r *road.Road, q road.Query) []road.Sample {
	tb.Helper()
	var out []road.Sample
	err := r.Derived(context.Background(), q, func(s road.Sample) (bool, error) {
		out = append(out, s)
		return true, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func TestDerived(t *testing.T) {
	t.Parallel()
	r := open(t, roadtest.NewMemory(), func(c *road.Config) { c.SealRows = 50 })
	b := &reading.Batch{Partition: reading.Partition{Device: "a"}}
	for k, v := range plethtest.Seconds(t, "120x97 60x80 1x? 119x97") {
		b.Rows.AddRow(epoch + int64(k)*1e9)
		b.Rows.Set(pleth.SpO2, pleth.FloatValue(v))
		b.Rows.SetInt(pleth.TissuePO2, int64(40+k%2))
	}
	submit(t, r, b)
	all := derived(t, r, road.Query{})
	if len(all) != 600 {
		t.Fatalf("%d samples, want 300 of each metric", len(all))
	}
	s := all[28]
	if !math.IsNaN(s.Mean60) || s.Rate != 0 || s.Deficit != 0 {
		t.Errorf("%+v", s)
	}
	if s = all[29]; s.Mean60 != 97 || s.SD60 != 0 || !math.IsNaN(s.Mean300) {
		t.Errorf("%+v", s)
	}
	if s = all[120]; s.Rate != -17 || s.Value != pleth.Num(80, 0) {
		t.Errorf("%+v", s)
	}
	if s = all[179]; s.Mean60 != 80 || math.Abs(s.Deficit-(600.0/60)/(180.0/3600)) > 1e-9 {
		t.Errorf("%+v", s)
	}
	if s = all[180]; !s.Value.IsMissing() || !s.Reasons.Missing() || !math.IsNaN(s.Rate) {
		t.Errorf("%+v", s)
	}
	doc := sessionsOf(t, r)[0]
	if got, want := all[299].Deficit, doc.Metrics["below.90.area_pct_min_per_h"]; math.Abs(got-want) > 1e-9 {
		t.Errorf("the index at the end is %g, the session has %g", got, want)
	}
	if s = all[399]; s.Metric != pleth.TissuePO2 || s.Mean60 != 40.5 || s.Rate != 1 || !math.IsNaN(s.Deficit) {
		t.Errorf("%+v", s)
	}
	// A part says the same as the whole.
	part := derived(t, r, road.Query{From: epoch + 170e9, To: epoch + 200e9})
	for i, s := range part {
		want := all[170+i%30]
		if i >= 30 {
			want = all[300+170+i%30]
		}
		if fmt.Sprint(s) != fmt.Sprint(want) {
			t.Errorf("%+v, want %+v", s, want)
		}
	}
	if len(part) != 60 {
		t.Errorf("%d samples in the part", len(part))
	}
}

func TestCalibration(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	r := open(t, m, func(c *road.Config) { c.SealRows = 2000 }) // what is in memory is known exactly
	b := &reading.Batch{Partition: reading.Partition{Device: "a"}}
	for k := range 600 {
		b.Rows.AddRow(epoch + int64(k)*1e9)
		b.Rows.SetInt(pleth.SpO2, 90)
	}
	submit(t, r, b)
	before := sessionsOf(t, r)[0]
	control := func(payload string) error {
		_, err := r.Control(context.Background(), b.Partition, eventlog.Control{Kind: eventlog.KindCalibration, Actor: "nurse", Reason: "against blood gas", Payload: []byte(payload)})
		return err
	}
	for _, bad := range []string{`{"metric":"spo3"}`, `{"metric":"spo2","gain":"x"}`, `{`} {
		if control(bad) == nil {
			t.Errorf("%s is taken", bad)
		}
	}
	if err := control(fmt.Sprintf(`{"metric":"spo2","from":%d,"gain":"1.01","offset":"-0.4"}`, epoch+300e9)); err != nil {
		t.Fatal(err)
	}
	if err := control(fmt.Sprintf(`{"metric":"spo2","from":%d,"poly":["1","0","0.01"],"gain":"1"}`, epoch+500e9)); err != nil {
		t.Fatal(err)
	}
	list := r.Calibrations("a")
	if len(list) != 2 || list[0].Version != 1 || list[1].Version != 2 || list[0].Actor != "nurse" || list[0].Reason != "against blood gas" {
		t.Errorf("%+v", list)
	}
	all := derived(t, r, road.Query{})
	for _, c := range []struct {
		at, version int
		want        pleth.Value
	}{{299, 0, pleth.Num(90, 0)}, {300, 1, pleth.Num(905, 1)}, {499, 1, pleth.Num(905, 1)}, {500, 2, pleth.Num(82, 0)}} {
		if s := all[c.at]; s.Value != c.want || s.Calibration != c.version {
			t.Errorf("at %d: %v by version %d", c.at, s.Value, s.Calibration)
		}
	}
	after := sessionsOf(t, open(t, asIs(m)))[0]
	if before.ID == after.ID || before.Key != after.Key || after.Metrics["spo2.min"] != 82 {
		t.Errorf("ids %s, %s, keys %s, %s, minimum %g", before.ID, after.ID, before.Key, after.Key, after.Metrics["spo2.min"])
	}
	if doc, err := r.Analysis(context.Background(), before.ID); err != nil || doc.Sessions[0].ID != after.ID {
		t.Errorf("the id before leads to %v, %v", doc, err)
	}
	if raw := rows(t, r, road.Query{}); raw.Rows.Value(pleth.SpO2, 599) != pleth.Num(90, 0) {
		t.Error("the raw rows changed")
	}
	p, err := r.Provenance(context.Background(), "a", pleth.SpO2, epoch+550e9)
	if err != nil || p.Calibration != 2 || !p.Exact || p.Value != pleth.Num(90, 0) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTissueOfStream(t *testing.T) {
	t.Parallel()
	r := open(t, roadtest.NewMemory(), func(c *road.Config) { c.SealRows = 50 })
	b := &reading.Batch{Partition: reading.Partition{Device: "a"}}
	for k, v := range plethtest.Seconds(t, "300x70 120x46") {
		b.Rows.AddRow(epoch + int64(k)*1e9)
		b.Rows.Set(pleth.RSO2, pleth.FloatValue(v))
		b.Rows.SetInt(pleth.SpO2, 92)
	}
	submit(t, r, b)
	got, err := r.Tissue(context.Background(), road.TissueQuery{Device: "a", Metric: pleth.RSO2, From: epoch, To: epoch + 1000e9})
	if err != nil || got.Valid != 420 || got.Baseline != 70 || got.Falls[0] != 120 || got.Areas[0].Area != 20 || got.ExtractionValid != 420 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, q := range []road.TissueQuery{{Device: "a", Metric: pleth.SpO2, From: 0, To: 1}, {Device: "a", Metric: pleth.RSO2}, {Device: "b", Metric: pleth.RSO2, From: 0, To: 1}} {
		if _, err := r.Tissue(context.Background(), q); err == nil {
			t.Errorf("%+v is measured", q)
		}
	}
}

// TestDerivedAgain: what is derived anew of a session that has changed is not
// what was derived of it before, and of one that has not it is the same.
func TestDerivedAgain(t *testing.T) {
	t.Parallel()
	r := open(t, roadtest.NewMemory(), func(c *road.Config) { c.SealRows = 50 })
	submit(t, r, wardBatch("a", 0, 120))
	q := road.Query{Metrics: []pleth.Metric{pleth.SpO2}}
	first := derived(t, r, q)
	if again := derived(t, r, q); fmt.Sprint(again) != fmt.Sprint(first) || len(first) == 0 {
		t.Errorf("%d samples, then others", len(first))
	}
	submit(t, r, wardBatch("a", 120, 30))
	if more := derived(t, r, q); len(more) <= len(first) {
		t.Errorf("%d samples, %d before 30 readings came", len(more), len(first))
	}
	if _, err := r.Control(context.Background(), reading.Partition{Device: "a"}, eventlog.Control{Kind: eventlog.KindCalibration, Actor: "t", Reason: "t", Payload: fmt.Appendf(nil, `{"metric":"spo2","from":%d,"offset":"-2"}`, int64(epoch))}); err != nil {
		t.Fatal(err)
	}
	if after := derived(t, r, q); fmt.Sprint(after[0].Value) == fmt.Sprint(first[0].Value) {
		t.Errorf("a calibration changes nothing: %v", after[0].Value)
	}
}

func BenchmarkDerivedAgain(b *testing.B) {
	r := open(b, roadtest.NewMemory(), func(c *road.Config) { c.SealRows = 600 })
	for i := range int64(8) {
		submit(b, r, wardBatch("a", i*3600, 3600))
	}
	q := road.Query{Metrics: []pleth.Metric{pleth.SpO2}, From: epoch + 3600e9, To: epoch + 3900e9}
	for b.Loop() {
		derived(b, r, q)
	}
}
