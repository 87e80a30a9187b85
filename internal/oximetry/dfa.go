package oximetry

import (
	"math"
	"slices"
	"sync"
)

// The windows of the detrended fluctuation analysis, in seconds: DFAShortest
// and half as much again, both doubled up to a tenth of the valid seconds.
// Source: docs/definitions/dfa.md.
const (
	DFAShortest   = 16
	dfaShare      = 10 // the longest window is at most 1/dfaShare of the valid seconds
	dfaMinWindows = 4  // a length counts if so many windows of it are complete
	dfaMinLengths = 5
)

// DFA returns the scaling exponent alpha of s: the slope of ln F(n) over ln n,
// where F(n) is the root mean square distance of the summed signal from the
// straight lines of its windows of n seconds (Peng 1994). Windows lie inside a
// stretch, from its start on. The work is proportional to the length of s. It
// returns false if fewer than five lengths have four windows each, or if the
// signal is constant at any of them.
func DFA(s *Series) (alpha float64, ok bool) {
	var x, y []float64
	centre := math.RoundToEven(s.mean())
	room := profileRooms.Get().(*[]profile)
	defer profileRooms.Put(room)
	for _, shortest := range [2]int{DFAShortest, DFAShortest * 3 / 2} {
		windows := s.profiles(shortest, centre, room)
		for n := shortest; n <= s.Valid/dfaShare; n *= 2 {
			count, sum := 0, 0.0
			for _, part := range windows {
				for i := range part {
					sum += part[i].residual(n)
					count++
				}
			}
			if count >= dfaMinWindows {
				if sum <= 0 {
					return 0, false
				}
				x = append(x, math.Log(float64(n)))
				y = append(y, math.Log(sum/float64(count)/float64(n))/2)
			}
			for i := range windows {
				windows[i] = join(windows[i], n)
			}
		}
	}
	if len(x) < dfaMinLengths {
		return 0, false
	}
	return slope(x, y), true
}

// profileRooms keeps memory that is needed for a moment only.
var profileRooms = sync.Pool{New: func() any { return new([]profile) }}

// profile holds the sums of the summed signal y over a window of n seconds,
// k = 1..n, that fit a line to it. The signal is summed from the window's own
// start: what came before only adds a constant, which the line takes up.
type profile struct {
	last float64 // y_n
	y    float64 // sum of y_k
	ky   float64 // sum of k*y_k
	yy   float64 // sum of y_k^2
}

// profiles returns the windows of n seconds of each stretch. Values are taken
// from centre, the whole percent nearest the mean, so that sums of whole percent
// stay exact; a constant in the signal is a line in the sum. The windows are in
// the memory of room.
func (s *Series) profiles(n int, centre float64, room *[]profile) [][]profile {
	*room = slices.Grow((*room)[:0], len(s.Ranks)/n)
	all := make([][]profile, 0, len(s.Stretches))
	windows := *room
	for _, part := range s.Stretches {
		windows = windows[len(windows):]
		for from := part.From; from+n <= part.End; from += n {
			var p profile
			for k, r := range s.Ranks[from : from+n] {
				p.last += s.Floats[r] - centre
				p.y += p.last
				p.ky += float64(float64(k+1) * p.last)
				p.yy += float64(p.last * p.last)
			}
			windows = append(windows, p)
		}
		all = append(all, windows)
	}
	return all
}

func (s *Series) mean() float64 {
	sum := 0.0
	for _, r := range s.Ranks {
		if r != Missing {
			sum += s.Floats[r]
		}
	}
	return sum / float64(max(s.Valid, 1))
}

// join makes windows of 2n seconds of pairs of windows of n, in place.
func join(windows []profile, n int) []profile {
	count, length := len(windows)/2, float64(n)
	for i := range count {
		a, b := windows[2*i], windows[2*i+1]
		sumK := length * (length + 1) / 2
		windows[i] = profile{
			last: a.last + b.last,
			y:    a.y + b.y + float64(length*a.last),
			ky:   a.ky + b.ky + float64(length*b.y) + float64(a.last*(float64(length*length)+sumK)),
			yy:   a.yy + b.yy + float64(2*a.last*b.y) + float64(length*a.last*a.last),
		}
	}
	return windows[:count]
}

// residual returns the sum of the squared distances from the line.
func (p *profile) residual(n int) float64 {
	length := float64(n)
	sxx := length * (length*length - 1) / 12
	sxy := p.ky - float64((length+1)/2*p.y)
	syy := p.yy - float64(p.y*p.y/length)
	return max(0, syy-float64(sxy*sxy/sxx))
}

// slope returns the least-squares slope of y over x.
func slope(x, y []float64) float64 {
	n := float64(len(x))
	mx, my := 0.0, 0.0
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	sxy, sxx := 0.0, 0.0
	for i := range x {
		sxy += float64((x[i] - mx) * (y[i] - my))
		sxx += float64((x[i] - mx) * (x[i] - mx))
	}
	return sxy / sxx
}
