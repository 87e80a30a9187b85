package validation

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/intake"
	"pleth/internal/oximetry"
	"pleth/internal/session"
	"pleth/internal/signal"
	"pleth/internal/simulate"
	"pleth/internal/stream"
)

// TestEventsKeepTheirDefinitions runs any simulated night through intake,
// sessions and the stream and holds what an episode and a fall are.
func TestEventsKeepTheirDefinitions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := simulate.Params{
			Seed:      rapid.Uint64().Draw(t, "seed"),
			Profile:   rapid.SampledFrom(simulate.Profiles()).Draw(t, "profile"),
			Activity:  rapid.SampledFrom(simulate.Activities()).Draw(t, "activity"),
			Length:    time.Duration(rapid.IntRange(1, 150).Draw(t, "minutes")) * time.Minute,
			Interval:  rapid.SampledFrom([]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 15 * time.Second, 500 * time.Millisecond, 1024 * time.Millisecond}).Draw(t, "interval"),
			Averaging: time.Duration(rapid.IntRange(1, 16).Draw(t, "averaging")) * time.Second,
			Decimals:  uint8(rapid.IntRange(0, 1).Draw(t, "decimals")),
			Perfusion: rapid.Bool().Draw(t, "perfusion"),
		}
		made, err := simulate.Night(p)
		if err != nil {
			t.Fatal(err)
		}
		cfg := stream.Config{Clean: rapid.Bool().Draw(t, "clean"), EpisodeMinimum: rapid.SampledFrom([]int64{0, oximetry.InfantMinimum}).Draw(t, "minimum")}
		in := intake.New(intake.Options{})
		if in.Start(made.Header) != nil || in.Rows(made.Rows) != nil {
			t.Fatal("intake refused the rows")
		}
		rows := 0
		for _, s := range in.Close() {
			rows += s.Rows.Len()
			d := stream.Derive(s, cfg)
			minimum := cmp.Or(cfg.EpisodeMinimum, oximetry.EpisodeMinimum)
			checkEpisodes(t, d, minimum)
			if s.Interval%signal.Second == 0 {
				checkAgain(t, s, d, minimum)
			}
			checkFalls(t, d)
		}
		if rows != made.Rows.Len() {
			t.Fatalf("%d of %d rows came into sessions", rows, made.Rows.Len())
		}
	})
}

// checkEpisodes holds order, separation, least time, nadir and area of the
// episodes below each limit.
func checkEpisodes(t *rapid.T, d *stream.Derived, minimum int64) {
	last := map[int]int64{}
	ids := map[string]bool{}
	for i := range d.Episodes {
		e := &d.Episodes[i]
		limit := signal.Whole(e.Limit)
		switch {
		case e.Start < last[e.Limit]:
			t.Fatalf("it begins before the last one ended at %d: %+v", last[e.Limit], e)
		case e.Start < 0 || e.Start >= e.End || e.End > d.Span:
			t.Fatalf("it lies outside the session of %d: %+v", d.Span, e)
		case e.Below < minimum || e.Below > e.End-e.Start:
			t.Fatalf("its time below does not fit a least of %d: %+v", minimum, e)
		case e.Nadir >= limit || e.NadirAt < e.Start || e.NadirAt >= e.End:
			t.Fatalf("its nadir is not in it: %+v", e)
		case e.Suspect < 0 || e.Suspect > e.Below:
			t.Fatalf("its suspect time is not part of it: %+v", e)
		case ids[e.ID()]:
			t.Fatalf("two episodes are called %s", e.ID())
		}
		area, most := e.Area.Float(), float64(limit-e.Nadir)*float64(e.Below)
		if area <= 0 || area > most*(1+1e-12) {
			t.Fatalf("its area %v is not within 0..%v: %+v", area, most, e)
		}
		last[e.Limit], ids[e.ID()] = e.End, true
	}
}

// checkAgain finds the episodes once more, by plain reading of the definition.
func checkAgain(t *rapid.T, s *session.Session, d *stream.Derived, minimum int64) {
	grid := held(&d.Grid)
	for _, limit := range stream.EpisodeLimits {
		var want, got []below
		for _, b := range grid.stretches(limit, time.Duration(s.Interval)) {
			if int64(b.seconds)*signal.Second >= minimum {
				want = append(want, b)
			}
		}
		for i := range d.Episodes {
			if e := &d.Episodes[i]; e.Limit == limit {
				got = append(got, below{span{int(e.Start / signal.Second), int(e.End / signal.Second)}, int(e.Below / signal.Second)})
				if nadir := slices.MinFunc(grid[e.Start/signal.Second:e.End/signal.Second], lower); nadir != e.Nadir || grid[e.NadirAt/signal.Second] != nadir {
					t.Fatalf("the lowest value in it is %v: %+v", nadir.Float(), e)
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("below %d: found %v, the definition gives %v", limit, got, want)
		}
	}
}

// lower compares values; what was not measured comes last.
func lower(a, b signal.Fixed) int {
	return cmp.Compare(uint64(a-1), uint64(b-1))
}

// checkFalls holds depth, duration, order and continuity of the falls.
func checkFalls(t *rapid.T, d *stream.Derived) {
	bridge := oximetry.BridgeSeconds(d.Interval)
	for i := range d.Falls {
		f := &d.Falls[i]
		length := f.Nadir - f.Start
		switch {
		case f.Start < 0 || f.End > d.Grid.Len() || f.End <= f.Nadir:
			t.Fatalf("it lies outside the session of %d s: %+v", d.Grid.Len(), f)
		case length < oximetry.FallMinimum || length > oximetry.FallMaximum || f.End-f.Nadir > oximetry.FallMaximum:
			t.Fatalf("its times are not those of a fall: %+v", f)
		case f.Drop() < oximetry.FallDrop || f.Area <= 0:
			t.Fatalf("its depth is not that of a fall: %+v", f)
		case i > 0 && f.Start < d.Falls[i-1].Nadir:
			t.Fatalf("it begins before the nadir of the one before: %+v", f)
		}
		if d.Grid.Ok(f.Start) && d.Grid.V[f.Start] != f.From || d.Grid.Ok(f.Nadir) && d.Grid.V[f.Nadir] != f.Low {
			t.Fatalf("the grid has %v and %v at its ends: %+v", d.Grid.V[f.Start].Float(), d.Grid.V[f.Nadir].Float(), f)
		}
		missing := 0
		for k := f.Start; k < f.End; k++ {
			if missing++; d.Grid.R[k].Quality() != pleth.NotMeasured {
				missing = 0
			}
			if missing > bridge {
				t.Fatalf("it crosses a gap of more than %d s at %d: %+v", bridge, k, f)
			}
		}
	}
}
