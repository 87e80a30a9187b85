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
	var out []worn
	for i, a := range list {
		w := worn{a.From, forever, a.Subject}
		if a.To != 0 {
			w.to = a.To
		}
		_ = i
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
	who := make([]worn, 0, len(all))
	for _, a := range all {
		w := worn{a.From, forever, a.Subject}
		if a.To != 0 {
			w.to = a.To
		}
		who = append(who, w)
	}
	return subjectAt(who, stated, t)
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
