package road_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// TestSessionsDoNotDependOnWhoAsks: sessions are cut again when somebody asks,
// if a boundary may have moved. However often somebody asked, their keys, ids
// and rows are the same in the end; but for the keys they are those of the same
// rows in order. Steps are long, so that one session says how long a gap of the
// next may be.
func TestSessionsDoNotDependOnWhoAsks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		asked, quiet, ordered := lateRoad(t), lateRoad(t), lateRoad(t)
		const minute = int64(60e9)
		for range rapid.IntRange(1, 40).Draw(t, "batches") {
			b := &reading.Batch{Partition: reading.Partition{Device: "a"}, Received: epoch}
			at := rapid.Int64Range(0, 400).Draw(t, "from") * minute
			step := rapid.SampledFrom([]int64{1e9, 10e9, minute, 20 * minute, 40 * minute}).Draw(t, "step")
			for range rapid.IntRange(1, 8).Draw(t, "rows") {
				b.Rows.AddRow(epoch + at)
				if rapid.IntRange(0, 4).Draw(t, "own") > 0 {
					b.Rows.SetInt(pleth.SpO2, rapid.Int64Range(80, 99).Draw(t, "spo2"))
				} else {
					b.Rows.SetInt(pleth.PulseRate, 60)
				}
				at += step
			}
			put(t, asked, b)
			put(t, quiet, b)
			if rapid.Bool().Draw(t, "ask") {
				listOf(t, asked)
			}
		}
		a, b := listOf(t, asked), listOf(t, quiet)
		if a.keyed != b.keyed {
			t.Fatalf("who asked often is told\n%swho never asked\n%s", a.keyed, b.keyed)
		}
		all := &reading.Batch{Partition: reading.Partition{Device: "a"}, Received: epoch}
		err := quiet.Rows(context.Background(), road.Query{}, func(x *reading.Table) (bool, error) {
			for i := range x.Rows.Len() {
				all.Rows.AppendRow(&x.Rows, i)
			}
			return true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		put(t, ordered, all)
		if c := listOf(t, ordered); c.bare != b.bare {
			t.Fatalf("rows that came in order are\n%sand as they came\n%s", c.bare, b.bare)
		}
	})
}

func lateRoad(t *rapid.T) *road.Road {
	cfg := config(roadtest.NewMemory())
	cfg.Lateness, cfg.SealRows = 30*60e9, 5
	r, err := road.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	return r
}

func put(t *rapid.T, r *road.Road, b *reading.Batch) {
	if _, err := r.Submit(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// listed is the sessions of a list, a line each: with their keys, and without.
type listed struct{ keyed, bare string }

// listOf asks for the list and for every document.
func listOf(t *rapid.T, r *road.Road) listed {
	list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var keyed, bare strings.Builder
	for _, s := range list {
		line := fmt.Sprintln(s.ID, s.Start-epoch, s.End-epoch, s.Rows, s.Open)
		keyed.WriteString(s.Key + " " + line)
		bare.WriteString(line)
		if doc, err := r.Analysis(context.Background(), s.Key); err != nil || len(doc.Sessions) != 1 {
			t.Fatalf("%s: %v", s.Key, err)
		}
	}
	return listed{keyed.String(), bare.String()}
}
