package analysis

import (
	"pleth/internal/signal"
	"pleth/internal/window"
)

// hoursOf returns the session by the hours since its start; the last may be
// shorter. They do not follow the clock: a zone that is set right later, or a
// start that was never known, changes nothing inside a session.
func hoursOf(w *whole) []Hour {
	hours := []Hour{}
	for from := int64(0); from < w.d.Span; {
		to := min(from+3600*signal.Second, w.d.Span)
		first, end := gridSecond(from), gridSecond(to)
		p := partOf(w, first, end)
		h := Hour{StartS: seconds(from), EndS: seconds(to), ValidS: float64(p.valid), Below90S: float64(p.below90), Falls4: p.falls4}
		if p.valid > 0 {
			mean, low := p.mean(), p.low.Float()
			h.Mean, h.Min = &mean, &low
		}
		if mean, ok := meanOf(&w.d.Pulse, first, end); ok {
			h.PulseMean = &mean
		}
		hours = append(hours, h)
		from = to
	}
	return hours
}

// meanOf returns the mean of the seconds from..end-1 that were measured, and
// whether any was.
func meanOf(g *window.Grid, from, end int) (mean float64, ok bool) {
	n, sum := 0, int64(0)
	for k := from; k < min(end, g.Len()); k++ {
		if g.Ok(k) {
			n++
			sum += int64(g.V[k])
		}
	}
	return float64(sum) / float64(n) / float64(signal.One), n > 0
}
