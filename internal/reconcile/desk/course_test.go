package desk_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
)

// TestEightHours: whatever the cadence, eight hours of colours and delays are
// shown, and where no check ran there is a gap.
func TestEightHours(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC)
	delay := time.Second
	look := func(context.Context, time.Time) (*desk.Pulse, error) { return &desk.Pulse{Delay: delay}, nil }
	var probes []*desk.Probe
	for name, cadence := range map[string]time.Duration{"seconds": 10 * time.Second, "minutes": time.Minute, "hours": time.Hour} {
		probes = append(probes, &desk.Probe{Name: name, Cadence: cadence, Look: look})
	}
	d, err := desk.Open(ctx, desk.Config{Path: filepath.Join(t.TempDir(), "r.db"), Probes: probes, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	begin, hole := now, now.Add(5*time.Hour) // of an hour, in which the server does not run
	for ; now.Sub(begin) < 9*time.Hour; now = now.Add(time.Minute) {
		if now.Sub(hole) >= 0 && now.Sub(hole) < time.Hour {
			continue
		}
		for _, p := range probes {
			n := 1
			if p.Cadence < time.Minute && now.Sub(begin) >= 515*time.Minute { // the last ones stand for all
				n = 6
			}
			if now.Sub(begin)%p.Cadence != 0 && p.Cadence > time.Minute {
				continue
			}
			for i := range n {
				if delay = time.Second; i == 1 && now.Sub(begin) == 517*time.Minute {
					delay = 7 * time.Second // one check of thirty
				}
				if _, err := d.Check(ctx, p.Name, false); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	now = now.Add(-time.Minute)
	for _, p := range probes {
		tile, err := d.Tile(ctx, p.Name, 32)
		if err != nil {
			t.Fatal(err)
		}
		var strip strings.Builder
		for _, c := range tile.Strip {
			if c == desk.Green {
				strip.WriteByte('g')
			} else {
				strip.WriteString(string(c) + "_")
			}
		}
		// The hole begins four hours after what is shown; what is checked every hour
		// was checked at its begin and end, a minute before is the last it says.
		want := strings.Repeat("g", 16) + "____" + strings.Repeat("g", 12)
		if p.Name == "hours" {
			want = strings.Repeat("g", 17) + "___" + strings.Repeat("g", 12)
		}
		if strip.String() != want {
			t.Errorf("%s: %s, want %s", p.Name, strip.String(), want)
		}
		v, err := d.Delays(ctx, p.Name, 8)
		if err != nil || len(v.Most) != 96 || v.Slot != 300 || !v.From.Equal(begin.Add(time.Hour)) {
			t.Fatalf("%s: %+v %v", p.Name, v, err)
		}
		known, most, widest, since := 0, 0.0, 0, 0
		for _, x := range v.Most {
			since++
			if x != nil {
				known, most, widest, since = known+1, max(most, *x), max(widest, since), 0
			}
		}
		switch p.Name {
		case "hours": // gaps between checks are none
			if known != 7 || float64(widest)*v.Slot > v.Gap {
				t.Errorf("hours: %d known, %d slots apart, a gap is of %g s", known, widest, v.Gap)
			}
		default:
			if known != 84 || widest != 13 || v.Gap >= 13*300 {
				t.Errorf("%s: %d known, %d slots apart, a gap is of %g s", p.Name, known, widest, v.Gap)
			}
		}
		if p.Name == "seconds" && most != 7 {
			t.Errorf("the longest of a slot is %g s", most)
		}
	}
	if _, err := d.Delays(ctx, "nothing", 8); err == nil {
		t.Error("delays of nothing")
	}
}

// doubtful is a system that does not know whether it gave everything.
type doubtful struct{ *table }

func (doubtful) Doubt() string { return "nobody says how many there are" }

// TestADoubtIsNotGreen: what may have been left out is said.
func TestADoubtIsNotGreen(t *testing.T) {
	t.Parallel()
	s := newBench(t, nil)
	s.check(0, desk.Green)
	s.pair.B.Open = func() (reconcile.Source, error) { return doubtful{s.b}, nil }
	if c := s.check(time.Minute, desk.Yellow); c.Why != "B: nobody says how many there are" {
		t.Errorf("%+v", c)
	}
	s.pair.B.Open = func() (reconcile.Source, error) { return s.b, nil }
	s.check(time.Minute, desk.Green)
}
