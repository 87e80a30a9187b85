package road

import (
	"maps"
	"slices"

	"pleth"
	"pleth/internal/reading"
)

// Latest returns the newest values of devices, of all live streams where none
// is named, from memory, by device or in the order they are named in. Devices
// that never sent are left out.
func (r *Road) Latest(devices ...string) []Latest { return r.AppendLatest(nil, devices...) }

// AppendLatest appends to dst what Latest returns. What lies behind the end of
// dst is used again, the values of its elements too.
func (r *Road) AppendLatest(dst []Latest, devices ...string) []Latest {
	var room []LatestValue // for the values of several devices
	if len(devices) == 0 {
		for _, h := range r.all() {
			if h.partition.Recording == "" {
				dst, room = appendLatest(dst, room, h)
			}
		}
		return dst
	}
	for _, d := range devices {
		if h := r.head(reading.Partition{Device: d}); h != nil {
			dst, room = appendLatest(dst, room, h)
		}
	}
	return dst
}

// appendLatest appends what is newest of h; its values lie in memory that is
// there, or in room, which is made where there is not enough of it.
func appendLatest(out []Latest, room []LatestValue, h *head) ([]Latest, []LatestValue) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.state.empty() {
		return out, room
	}
	from := h.currentSince()
	n := 0
	for i := range h.state.Latest {
		if h.state.Latest[i].of(from) {
			n++
		}
	}
	var values []LatestValue
	if len(out) < cap(out) {
		values = out[:len(out)+1][len(out)].Values[:0]
	}
	if cap(values) < n {
		if len(room) < n {
			room = make([]LatestValue, 64*metricCount)
		}
		values, room = room[:0:n], room[n:]
	}
	for i := range h.state.Latest {
		if h.state.Latest[i].of(from) {
			values = append(values, h.state.Latest[i])
		}
	}
	l := Latest{Device: h.partition.Device, At: h.state.Newest, Received: h.state.Received, Late: h.state.Late, Subject: h.current(), Values: values}
	return append(out, l), room
}

// current returns whom the newest values of h are of. The caller holds mu.
func (h *head) current() string {
	return h.wears(h.state.Newest)
}

// currentSince returns from when on the newest values of h can be of whom the
// newest is of; 0: always. The caller holds mu.
func (h *head) currentSince() int64 {
	if len(h.state.Assignments) == 0 {
		return 0
	}
	return since(wornOf(h.state.Assignments), max(h.state.Newest, 0))
}

// of reports whether v is a value and not from before an event time, when
// another wore the device. The battery is nobody's.
func (v *LatestValue) of(from int64) bool {
	return v.Metric != 0 && (v.At >= from || v.Metric == pleth.Battery)
}

// wears returns who wears the device of h at t, which is not before its newest
// reading: what that one stated counts until an assignment after it. The caller
// holds mu.
func (h *head) wears(t int64) string {
	if len(h.state.Assignments) == 0 {
		return h.state.Stated
	}
	if h.state.Stated != "" && h.state.StatedAt >= h.state.Newest &&
		!slices.ContainsFunc(h.state.Assignments, func(a Assignment) bool { return a.From > h.state.StatedAt && a.From <= t && (a.To == 0 || t < a.To) }) {
		return h.state.Stated
	}
	return subjectAt(wornOf(h.state.Assignments), "", max(t, 0))
}

// Devices returns every device that ever sent or is assigned, by name. Who wears
// one is told by the clock, not by its newest reading: a device that has gone
// silent can be put on somebody, and taken off.
func (r *Road) Devices() []DeviceState {
	var out []DeviceState
	now := r.cfg.Clock()
	for _, h := range r.all() {
		h.mu.RLock()
		s := &h.state
		at := s.Newest
		if h.partition.Recording == "" {
			at = max(at, now)
		}
		d := DeviceState{Device: h.partition.Device, Recordings: []string{h.partition.Recording}, First: s.Oldest, Last: s.Newest, Received: s.Received,
			Firmware: s.Firmware, Firmwares: maps.Clone(s.Firmwares), Battery: s.Latest[pleth.Battery].Value, Subject: h.wears(at), Counts: s.Counts}
		d.Counts.Duplicates = h.duplicates
		if s.empty() {
			d.First, d.Last = 0, 0
		}
		if h.partition.Recording == "" && !s.empty() {
			d.Interval = h.interval()
			d.Watermark = s.Newest - r.cfg.Lateness
			d.Ended = len(s.Ends) > 0 && s.Ends[len(s.Ends)-1] >= s.Newest
			if s.Done {
				d.Watermark = s.Newest
			}
		}
		d.Skew, d.SkewOf = h.skew.median()
		h.mu.RUnlock()
		if n := len(out); n > 0 && out[n-1].Device == d.Device {
			out[n-1].add(&d)
			continue
		}
		out = append(out, d)
	}
	return out
}

// intervalOf is how many of the newest readings tell how far readings are apart.
const intervalOf = 9

// interval returns how far the newest readings of h that are in memory are
// apart, the median of the steps between their times; 0: there are too few. The
// caller holds mu.
func (h *head) interval() int64 {
	var steps []int64
	newest := h.order[max(0, len(h.order)-intervalOf):]
	for i := 1; i < len(newest); i++ {
		if step := h.rows.Time(int(newest[i])) - h.rows.Time(int(newest[i-1])); step > 0 {
			steps = append(steps, step)
		}
	}
	if len(steps) == 0 {
		return 0
	}
	slices.Sort(steps)
	return steps[(len(steps)-1)/2]
}

// add adds what another recording of the device says.
func (d *DeviceState) add(o *DeviceState) {
	d.Recordings = append(d.Recordings, o.Recordings...)
	if o.Last != 0 || o.First != 0 {
		if d.First == 0 && d.Last == 0 {
			d.First, d.Last = o.First, o.Last
		}
		d.First, d.Last = min(d.First, o.First), max(d.Last, o.Last)
	}
	d.Received = max(d.Received, o.Received)
	if d.Firmware == "" {
		d.Firmware = o.Firmware
	}
	for version, first := range o.Firmwares {
		if have, ok := d.Firmwares[version]; !ok || first < have {
			if d.Firmwares == nil {
				d.Firmwares = map[string]int64{}
			}
			d.Firmwares[version] = first
		}
	}
	if d.Battery.IsAbsent() {
		d.Battery = o.Battery
	}
	if d.Subject == "" && d.Watermark == 0 {
		d.Subject = o.Subject // of what sends, nobody wears it because there are files of somebody
	}
	if d.SkewOf == 0 {
		d.Skew, d.SkewOf = o.Skew, o.SkewOf
	}
	d.Counts.Accepted += o.Counts.Accepted
	d.Counts.Late += o.Counts.Late
	d.Counts.Conflicts += o.Counts.Conflicts
	d.Counts.Duplicates += o.Counts.Duplicates
}

// skewOf is how many recent readings the skew of a clock is estimated from.
const skewOf = 63

// skew keeps received minus event time of the recent readings that were not late.
type skew struct {
	ring []int64 // milliseconds
	at   int     // the oldest of a full ring
}

func (s *skew) add(delay int64) {
	ms := delay / 1e6
	if len(s.ring) < skewOf {
		s.ring = append(s.ring, ms)
		return
	}
	s.ring[s.at] = ms
	s.at = (s.at + 1) % skewOf
}

func (s *skew) median() (ns int64, of int) {
	if len(s.ring) == 0 {
		return 0, 0
	}
	sorted := slices.Clone(s.ring)
	slices.Sort(sorted)
	return sorted[(len(sorted)-1)/2] * 1e6, len(sorted)
}
