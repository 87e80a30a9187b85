package stream

import "pleth/internal/signal"

// holder gives each sample the time it stands for: until the next one, at most
// limit; the last one stands for its interval.
type holder struct {
	interval, limit int64
	last            signal.Sample // Hold: without the time that the newest sample in it stands for
	newest          int64         // when that begins
	any             bool
}

func holdLimit(interval int64, regular bool) int64 {
	if regular {
		return interval
	}
	return interval * 5 / 2
}

// push takes the next sample, and passes out the one before unless s is equal,
// follows without a gap and may be handed out together with it.
func (h *holder) push(s signal.Sample, together bool, out func(signal.Sample)) {
	if h.any {
		step := s.At - h.newest
		h.last.Hold += min(step, h.limit)
		if together && s.V == h.last.V && s.R == h.last.R && step <= h.limit {
			h.newest = s.At
			return
		}
		out(h.last)
	}
	h.last, h.newest, h.any = s, s.At, true
}

func (h *holder) flush(out func(signal.Sample)) {
	if h.any {
		h.last.Hold += h.interval
		out(h.last)
	}
	h.any = false
}
