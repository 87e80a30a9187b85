package validation

import (
	"slices"
	"testing"
	"time"

	"pleth"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// series is SpO2 second by second; 0 where nothing was measured.
type series []signal.Fixed

// below is a stretch below a limit by the definition of an episode, whatever
// its length: docs/validation.md.
type below struct {
	span
	seconds int // strictly below
}

// The numbers of an episode; the finder has its own.
const (
	backFor    = 5  // seconds at the limit + 1 or above that end it
	bridgeOver = 10 // seconds without a value that do not
)

// onsetOf returns the seconds below that begin a stretch, for rows so far apart.
func onsetOf(interval time.Duration) int {
	if interval >= 4*time.Second {
		return 1
	}
	return 3
}

// bridgeOf returns the seconds that may be missing in between.
func bridgeOf(interval time.Duration) int {
	return max(bridgeOver, int(interval*5/2/time.Second))
}

// stretches returns the stretches below a limit by plain reading of the
// definition, a second at a time.
func (s series) stretches(limit int, interval time.Duration) []below {
	var out []below
	var now below // its start is that of the seconds below in a row
	open := false
	row, back, backAt, lastEnd := 0, 0, 0, 0
	closeAt := func(end int) {
		if open {
			now.end = end
			out = append(out, now)
		}
		open, row, back, now = false, 0, 0, below{}
	}
	lost := func() {
		if back > 0 {
			closeAt(backAt)
		} else {
			closeAt(lastEnd)
		}
	}
	for at, v := range s {
		switch {
		case v == 0:
			if at-lastEnd >= bridgeOf(interval) {
				lost()
			}
			continue
		case v < signal.Whole(limit):
			if row == 0 && !open {
				now = below{span{at, at}, 0}
			}
			row, back = row+1, 0
			now.seconds++
			open = open || row >= onsetOf(interval)
		case v < signal.Whole(limit+1):
			row, back = 0, 0
		default:
			if row = 0; back == 0 {
				backAt = at
			}
			if back++; back >= backFor {
				closeAt(backAt)
			}
		}
		lastEnd = at + 1
	}
	lost()
	return out
}

// seconds writes whole percents as a series.
func seconds(percent ...int) series {
	s := make(series, len(percent))
	for i, v := range percent {
		s[i] = signal.Whole(v)
	}
	return s
}

func TestStretches(t *testing.T) {
	t.Parallel()
	s := seconds(
		95, 89, 89, 90, 89, 88, 88, 90, 90, 89, // two seconds begin nothing, three do; 90 is not back
		91, 91, 91, 91, 87, // nor are 4 s at 91
		92, 92, 92, 92, 92, 92, // but 5 s are
		85, 85, 85, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 85, // 10 s are bridged
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 85, 85, 85, 91, 91) // 11 s are not
	for _, c := range []struct {
		interval time.Duration
		want     []below
	}{
		{time.Second, []below{{span{4, 15}, 5}, {span{21, 35}, 4}, {span{46, 49}, 3}}},
		{4 * time.Second, []below{{span{1, 15}, 7}, {span{21, 35}, 4}, {span{46, 49}, 3}}},
		{5 * time.Second, []below{{span{1, 15}, 7}, {span{21, 49}, 7}}},
	} {
		if got := s.stretches(90, c.interval); !slices.Equal(got, c.want) {
			t.Errorf("rows every %v: got %v, want %v", c.interval, got, c.want)
		}
	}
}

// trueEpisodes sorts the stretches below a limit that an undisturbed device
// shows in the seconds that were recorded.
func (n *night) trueEpisodes(limit int) events {
	var out events
	for _, b := range n.pristine.stretches(limit, n.interval) {
		switch {
		case b.seconds < n.minimum:
			out.lesser = append(out.lesser, b.span)
		case n.lost(b.start, b.end):
			out.hidden = append(out.hidden, b.span)
		default:
			out.detectable = append(out.detectable, b.span)
		}
	}
	return out
}

// foundEpisodes returns the episodes below a limit that were found.
func (n *night) foundEpisodes(limit int) []span {
	var out []span
	for i, d := range n.derived {
		for _, e := range d.Episodes {
			if e.Limit == limit {
				out = append(out, span{n.offset[i] + int(e.Start/signal.Second), n.offset[i] + int(e.End/signal.Second)})
			}
		}
	}
	return out
}

// overlay returns what the undisturbed rows show in the seconds for which
// there are recorded rows.
func overlay(pristine, recorded *pleth.Batch, interval time.Duration) series {
	per := int(interval / time.Second)
	s := make(series, pristine.Len()*per)
	at := 0
	for i := range recorded.Len() {
		for pristine.Time(at) < recorded.Time(i) {
			at++
		}
		if !recorded.Value(pleth.SpO2, i).Ok() {
			continue
		}
		v, _ := signal.FromValue(pristine.Value(pleth.SpO2, at))
		for k := at * per; k < (at+1)*per; k++ {
			s[k] = v
		}
	}
	return s
}

// held returns a grid as a series.
func held(g *window.Grid) series {
	s := make(series, g.Len())
	for k := range s {
		if g.Ok(k) {
			s[k] = g.V[k]
		}
	}
	return s
}
