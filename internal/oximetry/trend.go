package oximetry

import (
	"math"

	"pleth/internal/signal"
)

// The numbers of trend and shift. Source: docs/definitions/trend.md,
// docs/definitions/baseline-shift.md.
const (
	TrendBlock  = 5 * 60  // seconds
	TrendLast   = 60 * 60 // seconds of the trend towards the end
	trendLeast  = 12      // blocks
	lastLeast   = 6
	ShiftBlock  = 30 * 60        // seconds
	ShiftPoints = 2 * signal.One // points
)

// Level is the median of a block of seconds, at least half of them valid.
type Level struct {
	At int // number of the block
	V  signal.Fixed
}

// Levels returns the medians of consecutive blocks of TrendBlock seconds from
// the start of the session, without those that are not half valid.
func Levels(s *Series) []Level {
	var out []Level
	t := newTally(s)
	for from := 0; from < len(s.Ranks); from += TrendBlock {
		t.add(s, from, from+TrendBlock, 1)
		if 2*t.n >= TrendBlock {
			out = append(out, Level{from / TrendBlock, t.median(s)})
		}
		t.add(s, from, from+TrendBlock, -1)
	}
	return out
}

// Trend is the course of the level over some blocks.
type Trend struct {
	PerHour float64 // %/h, the slope of Theil and Sen: the median of the slopes of all pairs
	P       float64 // two-sided, of the test of Mann and Kendall that there is no trend
	Change  float64 // points, PerHour times the time from the first block to the last
}

// TrendOf returns the trend over a session. It returns false if there are
// fewer than twelve levels.
func TrendOf(levels []Level) (Trend, bool) { return trend(levels, trendLeast) }

// TrendLastHour returns the trend over the last hour of a session of so many
// seconds. It returns false if fewer than half of its blocks have a level.
func TrendLastHour(levels []Level, seconds int) (Trend, bool) {
	end := (seconds + TrendBlock - 1) / TrendBlock
	from := 0
	for from < len(levels) && levels[from].At < end-TrendLast/TrendBlock {
		from++
	}
	return trend(levels[from:], lastLeast)
}

func trend(levels []Level, least int) (Trend, bool) {
	n := len(levels)
	if n < least {
		return Trend{}, false
	}
	slopes := make([]float64, 0, n*(n-1)/2)
	score := 0
	for j := range levels {
		for i := range j {
			d := levels[j].V - levels[i].V
			slopes = append(slopes, float64(d)/float64(levels[j].At-levels[i].At))
			switch {
			case d > 0:
				score++
			case d < 0:
				score--
			}
		}
	}
	perBlock := medianOf(slopes) / float64(signal.One)
	return Trend{
		PerHour: perBlock * (3600 / TrendBlock),
		P:       mannKendall(score, levels),
		Change:  perBlock * float64(levels[n-1].At-levels[0].At),
	}, true
}

// mannKendall returns the two-sided p of a score of n levels by the normal
// approximation, corrected for ties and continuity; 1 if all are equal.
func mannKendall(score int, levels []Level) float64 {
	ties := map[signal.Fixed]int{}
	for _, l := range levels {
		ties[l.V]++
	}
	weight := func(n int) int { return n * (n - 1) * (2*n + 5) }
	variance := weight(len(levels))
	for _, n := range ties {
		variance -= weight(n)
	}
	if score == 0 || variance == 0 {
		return 1
	}
	z := (math.Abs(float64(score)) - 1) / math.Sqrt(float64(variance)/18)
	return math.Erfc(z / math.Sqrt2)
}

// medianOf returns the median of values, of which there is at least one. It
// reorders them.
func medianOf(values []float64) float64 {
	n := len(values)
	high := selectNth(values, n/2)
	if n%2 == 1 {
		return high
	}
	low := values[0]
	for _, v := range values[:n/2] {
		low = max(low, v)
	}
	return (low + high) / 2
}

// selectNth moves the value that is at place n in order there, with no greater
// one before it, and returns it (Hoare 1961).
func selectNth(values []float64, n int) float64 {
	low, high := 0, len(values)-1
	for low < high {
		pivot := values[low+(high-low)/2]
		i, j := low, high
		for i <= j {
			for values[i] < pivot {
				i++
			}
			for values[j] > pivot {
				j--
			}
			if i <= j {
				values[i], values[j] = values[j], values[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case n <= j:
			high = j
		case n >= i:
			low = i
		default:
			return values[n]
		}
	}
	return values[n]
}

// Shift is how far the level moves from one half hour to the next.
type Shift struct {
	Count   int          // of separate changes by ShiftPoints or more
	Largest signal.Fixed // points, negative down; of equals the first
}

// ShiftOf compares, every five minutes, the median of the half hour after with
// that of the half hour before. It returns false if nowhere both are at least
// half valid.
func ShiftOf(s *Series) (Shift, bool) {
	const perShift = ShiftBlock / TrendBlock
	medians := halfHours(s)
	var shift Shift
	ok, sign := false, 0
	for k := perShift; k < len(medians); k++ {
		before, after := medians[k-perShift], medians[k]
		if !before.ok || !after.ok {
			sign = 0
			continue
		}
		d := after.v - before.v
		if !ok || max(d, -d) > max(shift.Largest, -shift.Largest) {
			shift.Largest, ok = d, true
		}
		now := 0
		switch {
		case d >= ShiftPoints:
			now = 1
		case d <= -ShiftPoints:
			now = -1
		}
		if now != 0 && now != sign {
			shift.Count++
		}
		sign = now
	}
	return shift, ok
}

type halfHour struct {
	v  signal.Fixed
	ok bool
}

// halfHours returns the medians of the half hours that begin every five
// minutes and end inside the session.
func halfHours(s *Series) []halfHour {
	var out []halfHour
	t := newTally(s)
	t.add(s, 0, ShiftBlock, 1)
	for from := 0; from+ShiftBlock <= len(s.Ranks); from += TrendBlock {
		var h halfHour
		if h.ok = 2*t.n >= ShiftBlock; h.ok {
			h.v = t.median(s)
		}
		out = append(out, h)
		t.add(s, from, from+TrendBlock, -1)
		t.add(s, from+ShiftBlock, from+ShiftBlock+TrendBlock, 1)
	}
	return out
}
