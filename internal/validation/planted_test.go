package validation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/signal"
	"pleth/internal/stream"
)

// A place is quiet enough to plant a fall, so that the truth is known, if the
// real signal stays within quietRange points from before to after it and lacks
// nothing there.
const (
	quietRange  = 3 * signal.One
	quietBefore = 60 // seconds
	quietAfter  = 60
)

// Rounds of planting: each starts from the real recording again.
const (
	reducedRounds = 8
	fullRounds    = 200
)

// shape is a fall to plant: to its depth along half a cosine, and back in a
// straight line. It is another shape than that of the simulator on purpose.
type shape struct {
	depth            float64 // points
	over, hold, back int     // seconds
}

func (s shape) length() int { return s.over + s.hold + s.back }

// at returns how far the fall is down at a second since its start.
func (s shape) at(second int) float64 {
	switch {
	case second < 0 || second >= s.length():
		return 0
	case second < s.over:
		return s.depth * (1 - math.Cos(math.Pi*float64(second)/float64(s.over))) / 2
	case second < s.over+s.hold:
		return s.depth
	}
	return s.depth * float64(s.length()-second) / float64(s.back)
}

// drawShape returns a fall of 4 to 15 points within what blood can do.
func drawShape(r *rand.Rand) shape {
	s := shape{depth: 4 + 11*r.Float64()*r.Float64(), hold: max(0, r.IntN(40)-20), back: 5 + r.IntN(20)}
	s.over = max(10, int(s.depth)) + r.IntN(40)
	return s
}

// host is a real recording with what is found in it as it is.
type host struct {
	recording
	header pleth.Header
	rows   *pleth.Batch
	values []signal.Fixed // by row; 0 where nothing was measured
	moves  []bool         // by row: the device counted motion
	before []span         // falls of at least four points without planting
}

func loadHost(t *testing.T, r recording) *host {
	x := &host{recording: r}
	x.header, x.rows = r.load(t)
	x.values, x.moves = make([]signal.Fixed, x.rows.Len()), make([]bool, x.rows.Len())
	for i := range x.values {
		if f, ok := signal.FromValue(x.rows.Value(pleth.SpO2, i)); ok && f >= 50*signal.One && f <= 100*signal.One {
			x.values[i] = f
		}
		m, _ := x.rows.Value(pleth.Motion, i).Mantissa()
		x.moves[i] = m >= 10
	}
	x.before = x.falls(t, x.rows)
	return x
}

// falls returns the falls of at least four points in rows.
func (x *host) falls(t *testing.T, rows *pleth.Batch) []span {
	n := &night{}
	sessions, derived := derive(t, x.header, rows, stream.Config{})
	n.derived = derived
	for _, s := range sessions {
		n.offset = append(n.offset, int(s.Start/signal.Second))
	}
	return n.foundFalls()
}

// row returns the first row at or after a second.
func (x *host) row(second int) int {
	per := int(x.interval / time.Second)
	return (second + per - 1) / per
}

// quiet reports whether a fall may be planted from start to end.
func (x *host) quiet(start, end int) bool {
	from, to := x.row(start-quietBefore), x.row(end+quietAfter)
	if from < 0 || to >= len(x.values) {
		return false
	}
	low, high := x.values[from], x.values[from]
	for i := from; i <= to; i++ {
		low, high = min(low, x.values[i]), max(high, x.values[i])
	}
	return low > 0 && high-low <= quietRange
}

// round is one planting of a recording.
type round struct {
	rows   *pleth.Batch
	still  []span // planted where nothing moved
	moving []span // planted with motion in them
}

// plant fills the quiet places of the recording at random.
func (x *host) plant(r *rand.Rand) round {
	values := append([]signal.Fixed(nil), x.values...)
	seconds := len(values) * int(x.interval/time.Second)
	var out round
	for at := quietBefore + r.IntN(300); at < seconds; {
		s := drawShape(r)
		if !x.quiet(at, at+s.length()) {
			at += 10 + r.IntN(30)
			continue
		}
		from, to := x.row(at), x.row(at+s.length())
		moves, low := false, values[from]
		for i := from; i < to; i++ {
			values[i] -= signal.Fixed(math.Round(s.at(i*int(x.interval/time.Second)-at))) * signal.One
			moves, low = moves || x.moves[i], min(low, values[i])
		}
		where := span{at, at + s.length() + int(x.interval/time.Second)}
		switch {
		case x.values[from]-low < 4*signal.One: // the recording itself rises there
			copy(values[from:to], x.values[from:to])
		case moves:
			out.moving = append(out.moving, where)
		default:
			out.still = append(out.still, where)
		}
		at += s.length() + quietBefore + r.IntN(240)
	}
	out.rows = x.withValues(values)
	return out
}

// withValues returns the rows with other numbers of SpO2.
func (x *host) withValues(values []signal.Fixed) *pleth.Batch {
	b := new(pleth.Batch)
	for i := range x.rows.Len() {
		b.AddRow(x.rows.Time(i))
		if values[i] == x.values[i] {
			b.Set(pleth.SpO2, x.rows.Value(pleth.SpO2, i))
		} else {
			b.Set(pleth.SpO2, pleth.Num(int64(values[i]), 9))
		}
		b.Set(pleth.Motion, x.rows.Value(pleth.Motion, i))
	}
	return b
}

// TestPlantedIntoRealRecordings plants falls into real recordings, with their
// noise and motion, and holds the goals over all of them.
func TestPlantedIntoRealRecordings(t *testing.T) {
	rounds := reducedRounds
	if _, whole := full(); whole {
		rounds = fullRounds
	}
	var table strings.Builder
	table.WriteString("| Recording | Own falls | Planted | Sensitivity | PPV | Planted in motion | Sensitivity in motion | Own falls lost |\n|---|---|---|---|---|---|---|---|\n")
	var all planted
	for k, r := range recordings {
		x := loadHost(t, r)
		one := planted{own: len(x.before)}
		for i := range rounds {
			one.judge(t, x, x.plant(rand.New(rand.NewPCG(uint64(i), uint64(k)))))
		}
		table.WriteString(one.line(r.name))
		all.join(one)
		if _, n := one.sensitivity.total(); n < 3*rounds {
			t.Errorf("%s: only %d falls were planted in %d rounds", r.name, n, rounds)
		}
		for what, s := range map[string]*share{"planted falls were found": &one.sensitivity, "falls that planting added are planted ones": &one.precision} {
			if p := s.value(); p < cleanGoal {
				t.Errorf("%s: %.3f of the %s, goal %.2f", r.name, p, what, cleanGoal)
			}
		}
	}
	table.WriteString(all.line("all"))
	compare(t, "planted", table.String())
	if hits, n := all.moving.total(); n < rounds || all.moving.value() < harsherGoal {
		t.Errorf("%d of %d falls planted into motion were found, goal %.2f", hits, n, harsherGoal)
	}
}

// planted is what was found of what was planted into real recordings.
type planted struct {
	own         int   // falls of the recording itself
	lost        int   // of those, times they were not found after planting
	sensitivity share // of the planted falls, those found
	moving      share // the same of those with motion in them
	precision   share // of the falls that planting added, those planted
}

// judge takes the found falls of a round. What was found without planting is
// neither true nor false; what is found besides is false.
func (p *planted) judge(t *testing.T, x *host, r round) {
	found := x.falls(t, r.rows)
	taken := make([]bool, len(found))
	still := match(r.still, found, taken)
	moving := match(r.moving, found, taken)
	p.lost += len(x.before) - match(x.before, found, taken)
	extra := 0
	for _, taken := range taken {
		if !taken {
			extra++
		}
	}
	p.sensitivity.add(still+moving, len(r.still)+len(r.moving))
	p.moving.add(moving, len(r.moving))
	p.precision.add(still+moving, still+moving+extra)
}

func (p *planted) join(o planted) {
	p.own += o.own
	p.lost += o.lost
	p.sensitivity.join(o.sensitivity)
	p.moving.join(o.moving)
	p.precision.join(o.precision)
}

func (p *planted) line(name string) string {
	_, n := p.sensitivity.total()
	_, moving := p.moving.total()
	return fmt.Sprintf("| %s | %d | %d | %s | %s | %d | %s | %d |\n", name, p.own, n, &p.sensitivity, &p.precision, moving, &p.moving, p.lost)
}
