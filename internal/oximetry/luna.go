package oximetry

import (
	"slices"

	"pleth"
	"pleth/internal/signal"
)

// The numbers of the "luna" method. Source: docs/definitions/odi-methods.md.
const (
	lunaMinimum       = 10              // least seconds from start to end
	lunaBaseline      = 120             // seconds before, whose median is the baseline
	lunaBaselineLeast = 30              // of them needed
	lunaRecovery      = signal.One / 2  // of the drop, still missing at the end of an event
	lunaSpike         = 10 * signal.One // a larger step from the second before is an artefact
)

// lunaFalls finds time below the median of the two minutes before. It is
// causal: a fall is known with the second that ends it.
type lunaFalls struct {
	drop     signal.Fixed
	recovery signal.Fixed // points below the baseline that end an event
	next     int          // grid second of the next value
	prev     signal.Fixed // value of the second before, if good
	good     bool
	base     recentMedian
	open     bool
	fall     Fall
}

func newLunaFalls(points int) *lunaFalls {
	return &lunaFalls{drop: signal.Whole(points), recovery: signal.Fixed(points) * lunaRecovery}
}

func (l *lunaFalls) Add(v signal.Fixed, ok bool, seconds int, out func(Fall)) {
	for range seconds {
		l.second(v, ok, out)
	}
}

func (l *lunaFalls) second(v signal.Fixed, ok bool, out func(Fall)) {
	k := l.next
	l.next++
	good := ok && !(l.good && (v-l.prev > lunaSpike || l.prev-v > lunaSpike))
	l.prev, l.good = v, good
	if good { // a bad second pauses an event
		l.step(k, v, out)
	}
	l.base.next(k, v, good && !l.open)
}

// step looks at a good second.
func (l *lunaFalls) step(k int, v signal.Fixed, out func(Fall)) {
	if l.open && v >= l.fall.From-l.recovery {
		l.close(k, out)
		return
	}
	if !l.open {
		if l.base.n < lunaBaselineLeast || v >= l.base.median()-l.drop {
			return
		}
		l.open = true
		l.fall = Fall{Start: k, Nadir: k, From: l.base.median(), Low: v}
	}
	if v < l.fall.Low {
		l.fall.Low, l.fall.Nadir = v, k
	}
	l.fall.Area += int64(max(0, l.fall.From-v))
}

func (l *lunaFalls) close(end int, out func(Fall)) {
	l.open = false
	l.fall.End = end
	if end-l.fall.Start >= lunaMinimum {
		out(l.fall)
	}
}

func (l *lunaFalls) Flush(out func(Fall)) {
	if l.open {
		l.close(l.next, out)
	}
}

// recentMedian is the median of the values of the last lunaBaseline seconds.
type recentMedian struct {
	at     [lunaBaseline]signal.Fixed // by grid second modulo lunaBaseline
	has    [lunaBaseline]bool
	sorted [lunaBaseline]signal.Fixed // the first n in rising order
	n      int
}

// next takes second k, whose value belongs to the baseline if ok, and drops
// the one lunaBaseline seconds before.
func (m *recentMedian) next(k int, v signal.Fixed, ok bool) {
	i := k % lunaBaseline
	if m.has[i] {
		at, _ := slices.BinarySearch(m.sorted[:m.n], m.at[i])
		m.n--
		copy(m.sorted[at:m.n], m.sorted[at+1:m.n+1])
	}
	m.at[i], m.has[i] = v, ok
	if ok {
		at, _ := slices.BinarySearch(m.sorted[:m.n], v)
		copy(m.sorted[at+1:m.n+1], m.sorted[at:m.n])
		m.sorted[at] = v
		m.n++
	}
}

// median returns the middle value, or the mean of the two middle ones; there
// must be one.
func (m *recentMedian) median() signal.Fixed {
	a, b := m.sorted[(m.n-1)/2], m.sorted[m.n/2]
	return signal.Fixed(pleth.DivRound(int64(a+b), 2))
}
