package edf

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/signalfile"
)

// part is a stretch of a record that is wanted: after skip bytes, the samples
// of a channel, or the annotations.
type part struct {
	skip    int64
	bytes   int64
	channel int // index, or list
}

const list = -1 // the channel of the annotations

// saturations in the order in which they make the timeline.
var saturations = []pleth.Metric{pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal}

// choose returns the wanted channels of h, the timeline first, and the signal
// that each comes from. Warnings go to w.
func (h *header) choose(w *device.Writer) (channels []signalfile.Channel, from []int, err error) {
	first := map[pleth.Metric]int{} // the first signal of each metric
	var more []string
	for i := range h.signals {
		m, ok := h.metric(i)
		if !ok {
			continue
		}
		if _, taken := first[m]; taken {
			more = append(more, h.signals[i].label)
			continue
		}
		first[m] = i
	}
	timeline := slices.IndexFunc(saturations, func(m pleth.Metric) bool { _, ok := first[m]; return ok })
	if timeline < 0 {
		return nil, nil, h.noSaturation()
	}
	for _, m := range saturations[timeline+1:] {
		if i, ok := first[m]; ok {
			more = append(more, h.signals[i].label)
		}
	}
	if len(more) > 0 {
		w.Warn("", "more-channels", "one channel of each kind is read; left out: "+strings.Join(more, ", "))
	}
	for _, m := range []pleth.Metric{saturations[timeline], pleth.PulseRate, pleth.HeartRate} {
		i, ok := first[m]
		if !ok {
			continue
		}
		s := &h.signals[i]
		scale, ok := s.scale(m)
		switch {
		case ok:
			channels = append(channels, signalfile.Channel{Metric: m, Scale: scale, PerBlock: s.samples})
			from = append(from, i)
		case len(channels) == 0:
			return nil, nil, damaged(fixedBytes, fmt.Sprintf("the physical and digital range of the signal %q cannot be read", s.label))
		default:
			w.Warn("", "bad-range", fmt.Sprintf("the physical and digital range of the signal %q cannot be read; it is left out", s.label))
		}
	}
	if h.duration == 0 && (!h.discontinuous || channels[0].PerBlock > 1) {
		return nil, nil, damaged(244, "a record with SpO2 samples lasts 0 seconds")
	}
	return channels, from, nil
}

// metric returns the metric of signal i, and whether it is of any interest.
func (h *header) metric(i int) (pleth.Metric, bool) {
	s := &h.signals[i]
	if s.label == annotations || s.samples == 0 {
		return 0, false
	}
	l := signalfile.Label{Name: s.label, Unit: s.unit}
	if h.duration > 0 {
		l.Rate = float64(s.samples) / time.Duration(h.duration).Seconds()
	}
	return l.Metric()
}

// noSaturation returns the error that lists which channels there are.
func (h *header) noSaturation() error {
	var labels []string
	for i := range h.signals {
		if l := h.signals[i].label; l != annotations && l != "" && !slices.Contains(labels, l) {
			labels = append(labels, l)
		}
	}
	if len(labels) == 0 {
		return &device.Error{What: "this EDF file has no SpO2 channel: it holds annotations only", Do: "give the file of the same night that holds the signals", Kind: device.ErrNoOximetry}
	}
	const most = 60
	there := strings.Join(labels[:min(len(labels), most)], ", ")
	if len(labels) > most {
		there += fmt.Sprintf(" and %d more", len(labels)-most)
	}
	return &device.Error{What: "this EDF file has no SpO2 channel; its channels are " + there, Do: "give a file that was recorded with an oximeter", Kind: device.ErrNoOximetry}
}

// plan lays out what is read of a record: the signals of channels, and the
// first annotations if there are any. rest is the number of bytes after them.
func (h *header) plan(from []int) (parts []part, rest int64) {
	annotated := slices.IndexFunc(h.signals, func(s signal) bool { return s.label == annotations })
	skip := int64(0)
	for i := range h.signals {
		n := 2 * int64(h.signals[i].samples)
		switch channel := slices.Index(from, i); {
		case channel >= 0:
			parts = append(parts, part{skip, n, channel})
			skip = 0
		case i == annotated:
			parts = append(parts, part{skip, n, list})
			skip = 0
		default:
			skip += n
		}
	}
	return parts, skip
}
