package oximetry_test

import (
	"testing"

	"pleth/internal/oximetry"
	"pleth/internal/signal"
)

// found returns the falls in rows of whole percent, each held for some seconds.
func found(rows []int, seconds int) []oximetry.Fall {
	var out []oximetry.Fall
	f := oximetry.NewFalls(int64(seconds) * signal.Second)
	take := func(fall oximetry.Fall) { out = append(out, fall) }
	for _, v := range rows {
		f.Add(signal.Whole(v), true, seconds, take)
	}
	f.Flush(take)
	return out
}

// around puts a minute at 97 before and after some rows of some seconds.
func around(seconds int, rows ...int) []int {
	var all []int
	for range 60 / seconds {
		all = append(all, 97)
	}
	all = append(all, rows...)
	for range 60 / seconds {
		all = append(all, 97)
	}
	return all
}

// TestStepIsARate holds that a fall is rejected for losing 6 % a second from
// row to row, not for the steps in which slow rows stand on the grid.
func TestStepIsARate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		seconds int
		rows    []int
		falls   int
	}{
		{"7 points in 4 s", 4, []int{96, 94, 87, 80, 78, 84, 92}, 1},
		{"24 points in 4 s", 4, []int{96, 96, 95, 71, 70, 70, 70}, 0},
		{"11 points in 2 s", 2, []int{96, 95, 94, 92, 90, 79, 78, 84, 90}, 1},
		{"12 points in 2 s", 2, []int{96, 95, 94, 92, 90, 78, 78, 84, 90}, 0},
		{"5 points in 1 s", 1, []int{96, 96, 95, 95, 94, 94, 93, 93, 92, 92, 87, 87, 88, 90, 92}, 1},
		{"6 points in 1 s", 1, []int{96, 96, 95, 95, 94, 94, 93, 93, 92, 92, 86, 86, 88, 90, 92}, 0},
	} {
		if got := found(around(c.seconds, c.rows...), c.seconds); len(got) != c.falls {
			t.Errorf("%s: %d falls, want %d: %+v", c.name, len(got), c.falls, got)
		}
	}
}
