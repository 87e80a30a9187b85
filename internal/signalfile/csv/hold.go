package csv

import (
	"fmt"
	"math"

	"pleth"
	"pleth/internal/device"
)

// hold keeps rows back until three questions about the whole file are
// answered: whether SpO2 is written in percent or as a fraction, whether the
// rows stand oldest or newest first, and, of dates like 03/06/2025, whether the
// day or the month stands first. Most files answer with the second row; from
// then on rows pass straight on.
type hold struct {
	*layout
	w    *device.Writer
	open bool // rows pass straight on

	rows     *pleth.Batch // kept back, in the order of the file
	keep     int          // of rows at most
	scale    spo2Scale
	order    dateOrder
	falling  bool // every row so far is older than the one before
	last     int64
	base     int64 // of times that count from the first row
	based    bool
	zoneSeen bool
	offset   int64 // of the first row, in seconds east of Greenwich
	oldest   int64 // offset of the last row
}

// maxRows is how many rows are kept back at most: three weeks at 1 Hz.
const maxRows = 2 << 20

// spo2Scale is how SpO2 is written.
type spo2Scale uint8

const (
	unknown  spo2Scale = iota // no number but 0 so far
	fraction                  // every number so far is between 0 and 1
	percent
)

func newHold(l *layout, w *device.Writer) *hold {
	return &hold{layout: l, w: w, rows: new(pleth.Batch), keep: maxRows, falling: l.time >= 0}
}

// row begins a row at time t.
func (h *hold) row(t int64, line int) error {
	if h.open {
		h.begin(t)
		return nil
	}
	if h.order != h.stamps.order {
		h.decided()
	}
	if h.falling && h.rows.Len() > 0 && t >= h.last {
		h.falling = false
	}
	h.last = t
	if !h.zoneSeen {
		h.zoneSeen, h.offset = true, h.stamps.offset
	}
	h.oldest = h.stamps.offset
	if h.settled() {
		h.pass()
		h.begin(t)
		return nil
	}
	if h.rows.Len() >= h.keep {
		if err := h.decide(line); err != nil {
			return err
		}
		h.begin(t)
		return nil
	}
	h.rows.AddRow(t)
	return nil
}

// settled reports whether the rows kept so far answer all questions. One row
// has no order.
func (h *hold) settled() bool {
	return h.rows.Len() > 0 && !h.falling && h.scale == percent && !(h.stamps.shape == slashed && h.order == undecided)
}

// set gives the row that was begun last a value.
func (h *hold) set(m pleth.Metric, v pleth.Value, line int) error {
	if h.open && h.scale == percent {
		h.w.Set(m, v)
		return nil
	}
	if m == pleth.SpO2 && h.scale != percent && v.Ok() {
		if err := h.weigh(v, line); err != nil {
			return err
		}
	}
	if h.open {
		h.value(m, v)
	} else {
		h.rows.Set(m, v)
	}
	return nil
}

// weigh notes what an SpO2 says of the scale.
func (h *hold) weigh(v pleth.Value, line int) error {
	f := v.Float()
	switch {
	case f > 1 && h.open && h.scale == fraction:
		return &device.Error{At: device.Line(line), What: "SpO2 is written as fractions of 1 up to here, and in percent from here on",
			Do: "write it in one way in the whole file"}
	case f > 1:
		h.scale = percent
	case f > 0:
		h.scale = fraction
	}
	return nil
}

// begin begins a row of the Writer.
func (h *hold) begin(t int64) {
	if h.w.Header.Clock == pleth.NoClock {
		if !h.based {
			h.base, h.based = t, true
		}
		t -= h.base
	}
	h.w.Row(t)
}

// value gives the row of the Writer a value.
func (h *hold) value(m pleth.Metric, v pleth.Value) {
	if m == pleth.SpO2 && h.scale == fraction && v.Ok() {
		v = hundredfold(v)
	}
	h.w.Set(m, v)
}

// hundredfold returns 100 v.
func hundredfold(v pleth.Value) pleth.Value {
	m, scale := v.Mantissa()
	if scale >= 2 {
		return pleth.Num(m, scale-2)
	}
	if m > math.MaxInt64/100 || m < math.MinInt64/100 {
		return v
	}
	return pleth.Num(m*pleth.Pow10(2-scale), 0)
}

// decide answers what is still open where no more rows can be kept back.
func (h *hold) decide(line int) error {
	if h.falling && h.rows.Len() > 1 {
		return &device.Error{At: device.Line(line), What: fmt.Sprintf("the rows stand newest first, and there are more than %d", h.keep),
			Do: "sort the file by time"}
	}
	if h.scale == unknown {
		h.scale = percent
	}
	h.pass()
	return nil
}

// close passes on what is still kept back.
func (h *hold) close() {
	if !h.open {
		h.pass()
	}
}

// pass passes on the rows kept back and opens the way for those that follow.
func (h *hold) pass() {
	if h.stamps.shape == slashed && h.order == undecided {
		h.guess()
	}
	reverse := h.falling && h.rows.Len() > 1
	h.open = true
	if reverse {
		h.w.Warn("", "reversed", "the rows stand newest first; they were read in reverse")
		h.offset = h.oldest
	}
	if h.scale == fraction {
		h.w.Warn("", "fractions", "SpO2 is written as fractions of 1; it was read as percent")
	}
	if h.stamps.zoned && !h.stamps.utc && h.rows.Len() > 0 {
		h.w.Header.Zone = zoneName(h.offset)
	}
	n := h.rows.Len()
	for i := range n {
		if reverse {
			i = n - 1 - i
		}
		h.begin(h.rows.Time(i))
		for _, c := range h.metrics {
			h.value(c.metric, h.rows.Value(c.metric, i))
		}
		if h.w.Err() != nil {
			break
		}
	}
	h.rows = nil
}

// guess settles whether the day or the month stands first where no date tells:
// it is the reading under which the recording is shorter; where both are equally
// long, the month stands before a time with AM or PM, else the day.
func (h *hold) guess() {
	s := &h.stamps
	first, month := h.span(func(t int64) int64 { return t }), h.span(swapDate)
	name := "day"
	s.order = dayFirst
	if month < first || month == first && s.half {
		name = "month"
		s.order = monthFirst
		s.any = false // the date read last was read otherwise
	}
	h.w.Warn("", "date-order", fmt.Sprintf("the dates can be read with the day or the month first; they were read with the %s first", name))
	h.decided()
}

// decided takes over the order of dates. The rows kept back were read with the
// day first.
func (h *hold) decided() {
	h.order = h.stamps.order
	if h.order != monthFirst {
		return
	}
	h.falling = true
	for i, t := range h.rows.Times() {
		t = swapDate(t)
		h.rows.SetTime(i, t)
		h.falling = h.falling && (i == 0 || t < h.last)
		h.last = t
	}
}

// span returns how long the rows kept back are as f reads their times.
func (h *hold) span(f func(int64) int64) int64 {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for _, t := range h.rows.Times() {
		t = f(t)
		low, high = min(low, t), max(high, t)
	}
	return high - low
}

// zoneName returns an offset as +02:00.
func zoneName(seconds int64) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	return fmt.Sprintf("%c%02d:%02d", sign, seconds/3600, seconds/60%60)
}
