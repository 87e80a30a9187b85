package road_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// asked is what a road says of sessions, whole or in part.
func asked(t *rapid.T, r *road.Road, q road.Query, whole bool) string {
	var out []byte
	err := r.Derived(context.Background(), q, func(s road.Sample) (bool, error) {
		out = fmt.Appendf(out, "%v\n", s)
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if whole {
		out = append(out, told(t, r)...)
	}
	return string(out)
}

// TestOpenSessionsAreTheirRows asks at random while readings come, late ones,
// contradictions, companions, calibrations and ends among them: what is kept of
// an open session gives the same bytes as its rows from the beginning.
func TestOpenSessionsAreTheirRows(t *testing.T) {
	t.Parallel()
	kept := 0
	rapid.Check(t, func(t *rapid.T) {
		m := roadtest.NewMemory()
		cfg := config(m)
		cfg.SealRows = rapid.SampledFrom([]int{5, 40, 600}).Draw(t, "seal")
		cfg.Lateness = rapid.SampledFrom([]int64{1, 5e9, 30e9}).Draw(t, "lateness")
		r, err := road.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close(context.Background())
		if rapid.IntRange(0, 3).Draw(t, "little room") == 0 {
			r.BoundOpened(rapid.Int64Range(0, 40_000).Draw(t, "room"))
		}
		b := drawReadings(t)
		b.Partition = reading.Partition{Device: "a"}
		order := disturb(t, b, rapid.SampledFrom([]int64{0, 4e9, 60e9}).Draw(t, "delay"))
		for len(order) > 0 {
			n := min(len(order), rapid.IntRange(1, 12).Draw(t, "readings at once"))
			send(t, r, b, order[:n])
			order = order[n:]
			switch rapid.IntRange(0, 25).Draw(t, "control") {
			case 0:
				control(t, r, eventlog.KindCalibration, fmt.Sprintf(`{"metric":"spo2","from":%d,"offset":"-%d"}`, epoch+rapid.Int64Range(0, 200).Draw(t, "from")*1e9, rapid.IntRange(0, 3).Draw(t, "offset")))
			case 1:
				control(t, r, eventlog.KindEnd, `{}`)
			case 2:
				control(t, r, eventlog.KindEnd, fmt.Sprintf(`{"at":%d}`, epoch+rapid.Int64Range(0, 200).Draw(t, "end")*1e9))
			}
			if rapid.IntRange(0, 2).Draw(t, "ask") == 0 {
				continue
			}
			q := road.Query{Devices: []string{"a"}}
			if rapid.Bool().Draw(t, "a part") {
				q.From = epoch + rapid.Int64Range(0, 300).Draw(t, "asked from")*1e9
				q.To = q.From + rapid.Int64Range(1, 100).Draw(t, "for")*1e9
			}
			whole := rapid.IntRange(0, 3).Draw(t, "documents") == 0
			got := asked(t, r, q, whole)
			n, _ = r.Opened()
			kept += n
			if again := asked(t, r, q, whole); again != got {
				t.Fatalf("asked again: %s", differ(again, got))
			}
			if rapid.IntRange(0, 4).Draw(t, "forget") == 0 {
				r.Forget()
				if want := asked(t, r, q, whole); want != got {
					t.Fatalf("with what was kept, and from the rows: %s", differ(got, want))
				}
			}
		}
		q := road.Query{}
		got := asked(t, r, q, true)
		r.Forget()
		if want := asked(t, r, q, true); want != got {
			t.Fatalf("in the end, with what was kept, and from the rows: %s", differ(got, want))
		}
	})
	if kept == 0 {
		t.Error("nothing was ever kept")
	}
}

// differ returns the first lines that are not the same.
func differ(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] == y[i] {
			continue
		}
		k := 0
		for k < min(len(x[i]), len(y[i])) && x[i][k] == y[i][k] {
			k++
		}
		k = max(0, k-100)
		return fmt.Sprintf("line %d:\n%.300s\n%.300s", i, x[i][k:], y[i][k:])
	}
	return fmt.Sprintf("%d lines and %d", len(x), len(y))
}

func control(t *rapid.T, r *road.Road, kind, payload string) {
	_, err := r.Control(context.Background(), reading.Partition{Device: "a"}, eventlog.Control{Kind: kind, Actor: "t", Reason: "t", Payload: []byte(payload)})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOpenSessionsAreBounded asks many devices in turn.
func TestOpenSessionsAreBounded(t *testing.T) {
	t.Parallel()
	r := open(t, roadtest.NewMemory(), func(c *road.Config) { c.SealRows = 50 })
	const most = 400_000
	r.BoundOpened(most)
	for i := range 50 {
		device := fmt.Sprint("dev-", i)
		submit(t, r, wardBatch(device, 0, 300))
		derived(t, r, road.Query{Devices: []string{device}, Metrics: []pleth.Metric{pleth.SpO2}})
	}
	n, bytes := r.Opened()
	if n == 0 || n == 50 || bytes <= 0 || bytes > most {
		t.Errorf("%d sessions in %d bytes are kept, at most %d", n, bytes, most)
	}
	// One that was let go is there when it is asked for.
	if got := derived(t, r, road.Query{Devices: []string{"dev-0"}, Metrics: []pleth.Metric{pleth.SpO2}}); len(got) != 300 {
		t.Errorf("%d samples", len(got))
	}
}

// BenchmarkDerivedOpen asks for five minutes of an open night of 8 hours after
// each reading that comes.
func BenchmarkDerivedOpen(b *testing.B) {
	r := open(b, roadtest.NewMemory(), func(c *road.Config) { c.SealRows = 600 })
	for i := range int64(8) {
		submit(b, r, wardBatch("a", i*3600, 3600))
	}
	second := int64(8 * 3600)
	for b.Loop() {
		submit(b, r, wardBatch("a", second, 1))
		second++
		derived(b, r, road.Query{Metrics: []pleth.Metric{pleth.SpO2}, From: epoch + (second-300)*1e9})
	}
}

// TestOneRowHasTheIntervalBeforeIt: an end that comes late cuts the session
// before one of a single row, and gives both another interval.
func TestOneRowHasTheIntervalBeforeIt(t *testing.T) {
	t.Parallel()
	r := open(t, roadtest.NewMemory())
	add := func(seconds ...int64) {
		b := &reading.Batch{Partition: reading.Partition{Device: "a"}, Origin: reading.Origin{Door: "test"}, Received: epoch}
		for _, s := range seconds {
			b.Rows.AddRow(epoch + s*1e9)
			b.Rows.SetInt(pleth.SpO2, 95)
		}
		submit(t, r, b)
	}
	finish := func(payload string) {
		_, err := r.Control(context.Background(), reading.Partition{Device: "a"}, eventlog.Control{Kind: eventlog.KindEnd, Actor: "t", Reason: "t", Payload: []byte(payload)})
		if err != nil {
			t.Fatal(err)
		}
	}
	add(0, 2, 4, 6, 8, 10, 11, 12)
	finish(`{}`)
	add(20)
	before := told(t, r)
	finish(fmt.Sprintf(`{"at":%d}`, epoch+9e9))
	got := told(t, r)
	if got == before {
		t.Error("the end changed nothing")
	}
	r.Forget()
	if want := told(t, r); got != want {
		t.Errorf("with what was kept, and from the rows: %s", differ(got, want))
	}
}
