package alarm

import (
	"pleth/internal/signal"
)

// stretches are stretches of time in a sliding window. Their clock is the
// rule's own: it runs while the signal is valid, and slower while it is
// doubted. The zero value is empty.
type stretches struct {
	of   *[12]stretch // nil: there has been none; most rules of most devices have none for days
	n    int
	left int64 // end of the last one that was forgotten
}

type stretch struct{ from, to int64 }

// begin makes room for a stretch from the time at on, which must not lie before
// the end of the last one.
func (s *stretches) begin(at int64) {
	if s.of == nil {
		s.of = new([12]stretch)
	}
	if s.n < len(s.of) || s.of[s.n-1].to == at {
		return
	}
	// Flicker faster than any oximeter: the two oldest count as one, so that
	// nothing beyond the limit is lost.
	s.of[1].from = s.of[0].from
	copy(s.of[:], s.of[1:])
	s.n--
}

// add appends a stretch for which begin has made room.
func (s *stretches) add(from, to int64) {
	if s.n > 0 && s.of[s.n-1].to == from {
		s.of[s.n-1].to = to
		return
	}
	s.of[s.n] = stretch{from, to}
	s.n++
}

// forget drops what lies before the time from.
func (s *stretches) forget(from int64) {
	k := 0
	for k < s.n && s.of[k].to <= from {
		s.left = s.of[k].to
		k++
	}
	if k > 0 {
		copy(s.of[:], s.of[k:s.n])
		s.n -= k
	}
}

// reaches returns after how much more time beyond the limit, from the time at
// on, the stretches within the window come to need, and whether that is within
// length.
func (s *stretches) reaches(at, length, window, need int64) (int64, bool) {
	have := int64(0)
	for _, one := range s.of[:s.n] {
		have += max(0, one.to-max(one.from, at-window))
	}
	// One grows as long as none leaves the window; that changes at the ends of
	// the stretches.
	for x := int64(0); ; {
		if have >= need {
			return x, x <= length
		}
		leaves, until := false, length
		edge := at + x - window
		for _, one := range s.of[:s.n] {
			switch {
			case one.to <= edge:
			case one.from <= edge:
				leaves, until = true, min(until, one.to+window-at)
			default:
				until = min(until, one.from+window-at)
			}
		}
		if !leaves {
			if x+need-have <= until {
				return x + need - have, true
			}
			have += until - x
		}
		if until >= length {
			return 0, false
		}
		x = until
	}
}

// maxEvents bounds the count of a cluster.
const maxEvents = 8

// events are the times of the last events, at most maxEvents. The zero value
// has none, as most rules of most devices.
type events struct{ at []int64 }

// add appends an event and reports true, so that it can stand in a condition.
func (e *events) add(at int64) bool {
	if len(e.at) == maxEvents {
		copy(e.at, e.at[1:])
		e.at = e.at[:maxEvents-1]
	}
	e.at = append(e.at, at)
	return true
}

// within reports whether the last count events lie within window up to now.
func (e *events) within(now int64, count int, window int64) bool {
	return len(e.at) >= count && now-e.at[len(e.at)-count] <= window
}

// first returns the first of the last count events.
func (e *events) first(count int) int64 { return e.at[len(e.at)-count] }

// Baseline of a relative rule. Source: docs/definitions/alarms.md.
const (
	baselineSpan   = 600 * signal.Second
	baselineNeeds  = 300 * signal.Second
	baselineBucket = 10 * signal.Second
)

// baseline is the mean of the last ten minutes by valid time, in buckets of
// ten seconds. The zero value knows nothing.
type baseline struct {
	sum, ms [baselineSpan / baselineBucket]int64 // 1e-6 of the unit times ms; ms of valid time
	last    int64                                // number of the newest bucket
}

// add counts the value v from from to to: so many whole milliseconds of the
// clock, in however many parts it is told.
func (b *baseline) add(from, to int64, v signal.Fixed) {
	const ms = 1e6
	for from < to {
		k := floorDiv(from, baselineBucket)
		end := min(to, (k+1)*baselineBucket)
		if k > b.last {
			for i := max(b.last+1, k-int64(len(b.sum))+1); i <= k; i++ {
				b.sum[mod(i, int64(len(b.sum)))], b.ms[mod(i, int64(len(b.sum)))] = 0, 0
			}
			b.last = k
		}
		i, n := mod(k, int64(len(b.sum))), floorDiv(end, ms)-floorDiv(from, ms)
		b.sum[i] += int64(v/1000) * n
		b.ms[i] += n
		from = end
	}
}

// mean returns the baseline, and whether enough is known for one.
func (b *baseline) mean() (signal.Fixed, bool) {
	sum, ms := int64(0), int64(0)
	for i := range b.sum {
		sum, ms = sum+b.sum[i], ms+b.ms[i]
	}
	if ms < baselineNeeds/1e6 {
		return 0, false
	}
	return signal.Fixed(sum/ms) * 1000, true
}
