package road

import (
	"slices"

	"pleth"
	"pleth/internal/reading"
)

// worn says who wore a device from an event time on.
type worn struct {
	from, to int64 // to: exclusive
	subject  string
}

// Assignments returns the assignments of a device, of all where device is
// empty, in the order they were made.
func (r *Road) Assignments(device string) []Assignment {
	return collect(r, device, func(s *state) []Assignment { return s.Assignments })
}

// Calibrations returns the calibrations of a device, of all where device is
// empty, in the order of their versions.
func (r *Road) Calibrations(device string) []Calibration {
	return collect(r, device, func(s *state) []Calibration { return s.Calibrations })
}

// Annotations returns the annotations of a device, of all where device is
// empty, in the order they were made.
func (r *Road) Annotations(device string) []Annotation {
	return collect(r, device, func(s *state) []Annotation { return s.Annotations })
}

func collect[T any](r *Road, device string, of func(*state) []T) []T {
	list := r.all()
	if device != "" {
		list = r.of(device)
	}
	out := []T{}
	for _, h := range list {
		h.mu.RLock()
		out = append(out, of(&h.state)...)
		h.mu.RUnlock()
	}
	return out
}

// worn returns who wore the device of h when, in the order the assignments
// were made: of those that hold at a time the last one counts. An import with
// assignments of its own has no others.
func (r *Road) worn(h *head) []worn {
	h.mu.RLock()
	list := slices.Clone(h.state.Assignments)
	h.mu.RUnlock()
	if len(list) == 0 && h.partition.Recording != "" {
		if live := r.head(reading.Partition{Device: h.partition.Device}); live != nil {
			live.mu.RLock()
			list = slices.Clone(live.state.Assignments)
			live.mu.RUnlock()
		}
	}
	return wornOf(list)
}

// wornOf returns what assignments say, in their order; nil: nothing.
func wornOf(list []Assignment) []worn {
	var out []worn
	for _, a := range list {
		w := worn{a.From, forever, a.Subject}
		if a.To != 0 {
			w.to = a.To
		}
		out = append(out, w)
	}
	return out
}

// subjectAt returns who wore the device at t: what the reading itself states
// goes before any assignment; of those the one that begins last, and of equal
// ones the one made last.
func subjectAt(who []worn, stated string, t int64) string {
	if stated != "" {
		return stated
	}
	best := -1
	for i, w := range who {
		if t >= w.from && t < w.to && (best < 0 || w.from >= who[best].from) {
			best = i
		}
	}
	if best < 0 {
		return ""
	}
	return who[best].subject
}

// SubjectAt returns who wore a device at t by the assignments in the order they
// were made, where the reading states stated, or nothing.
func SubjectAt(all []Assignment, stated string, t int64) string {
	return subjectAt(wornOf(all), stated, t)
}

// ofWearer returns q as it is asked of h: of one person, or of who wears the
// device now, from when on they do.
func (r *Road) ofWearer(h *head, q Query) Query {
	q.whose = q.Subject != ""
	if !q.Worn {
		return q
	}
	h.mu.RLock()
	q.Subject = h.wears(max(r.cfg.Clock(), h.state.Newest))
	stated := h.state.Subjects
	h.mu.RUnlock()
	who := r.worn(h)
	if len(stated) == 0 {
		// What readings do not say themselves begins with an assignment.
		q.whose, q.From = false, max(q.From, since(who, max(r.cfg.Clock(), 0)))
		return q
	}
	q.whose = len(who) > 0 || len(stated) > 1
	return q
}

// since returns from when on who wears a device at t has worn it without a
// break; 0: always.
func since(who []worn, t int64) int64 {
	of := subjectAt(who, "", t)
	var edges []int64
	for _, w := range who {
		edges = append(edges, w.from, w.to)
	}
	slices.Sort(edges)
	for _, at := range slices.Backward(edges) {
		if at <= t && at > 0 && subjectAt(who, "", at-1) != of {
			return at
		}
	}
	return 0
}

// mayConcern reports whether h may have rows of subject.
func (r *Road) mayConcern(h *head, subject string) bool {
	h.mu.RLock()
	stated := slices.Contains(h.state.Subjects, subject)
	h.mu.RUnlock()
	return stated || slices.ContainsFunc(r.worn(h), func(w worn) bool { return w.subject == subject })
}

// ClockOf says what the times of a recording count from: UTC for live streams,
// what its header says for an import.
func (r *Road) ClockOf(p reading.Partition) pleth.Clock {
	if p.Recording == "" {
		return pleth.UTCClock
	}
	h := r.head(p)
	if h == nil {
		return pleth.LocalClock
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.state.Import == nil {
		return pleth.LocalClock
	}
	return h.state.Import.Header.Clock
}
