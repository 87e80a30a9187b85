package viatom

import (
	"fmt"
	"strings"

	"pleth"
	"pleth/internal/device"
)

// dateOrder finds out whether dates with slashes have the day or the month
// first. Rows wait until a date, the name of the file, or its end decides; the
// app writes the day first.
type dateOrder struct {
	name       string // of the file: the app puts the start of the recording into it
	known      bool
	monthFirst bool
	open       bool // dates came that do not decide
	any        bool
	day, month int64 // midnight of the last one, read day first and month first
	held       []heldRow
}

// heldRow is a row that waits: read day first, and how much later it is month first.
type heldRow struct {
	row
	swap int64
}

// maxHeld bounds the rows that wait: three nights of a second a row.
const maxHeld = 100_000

// midnight returns the midnight of a date, and while the order is open how much
// later it is read month first; false if it is no date.
func (o *dateOrder) midnight(first, second, year int) (at, swap int64, ok bool) {
	day, isDay := device.Date(year, second, first)
	month, isMonth := device.Date(year, first, second)
	if !o.known && (isDay || isMonth) {
		o.see(day, month, isDay, isMonth, year, first, second)
	}
	switch {
	case o.known && o.monthFirst:
		return month, 0, isMonth
	case o.known:
		return day, 0, isDay
	}
	return day, month - day, isDay
}

// see learns from a date that is one in at least one order.
func (o *dateOrder) see(day, month int64, isDay, isMonth bool, year, first, second int) {
	if !isDay || !isMonth {
		o.decide(isMonth)
		return
	}
	named := strings.Contains(o.name, fmt.Sprintf("%04d%02d%02d", year, second, first))
	if swapped := strings.Contains(o.name, fmt.Sprintf("%04d%02d%02d", year, first, second)); named != swapped {
		o.decide(swapped)
		return
	}
	if o.any {
		const next = 24 * 3600 * device.Second
		stepDay, stepMonth := day-o.day, month-o.month
		switch {
		case (stepDay == next) != (stepMonth == next):
			o.decide(stepMonth == next)
			return
		case (stepDay > 0) != (stepMonth > 0):
			o.decide(stepMonth > 0)
			return
		}
	}
	o.any, o.open, o.day, o.month = true, true, day, month
}

func (o *dateOrder) decide(monthFirst bool) { o.known, o.open, o.monthFirst = true, false, monthFirst }

// take writes a row, or keeps it while the order is open. It reports whether to go on.
func (o *dateOrder) take(r row, swap int64, w *device.Writer) bool {
	if o.open {
		o.held = append(o.held, heldRow{r, swap})
		if len(o.held) < maxHeld {
			return true
		}
		return o.end(w)
	}
	return o.flush(w) && r.write(w)
}

// end writes the rows that wait, day first where nothing has decided.
func (o *dateOrder) end(w *device.Writer) bool {
	if o.open {
		for i := range o.held {
			if o.held[i].swap != 0 {
				w.Warn("", "ambiguous-date", "the dates may have the day or the month first; they are read day first, as the app writes them")
				break
			}
		}
		o.decide(false)
	}
	return o.flush(w)
}

func (o *dateOrder) flush(w *device.Writer) bool {
	for i := range o.held {
		r := &o.held[i]
		if o.monthFirst {
			r.at += r.swap
		}
		if !r.write(w) {
			return false
		}
	}
	o.held = nil
	return true
}

// row is one row of the table.
type row struct {
	at                  int64
	spo2, pulse, motion pleth.Value
}

func (r *row) write(w *device.Writer) bool {
	if !w.Row(r.at) {
		return false
	}
	w.Set(pleth.SpO2, r.spo2)
	w.Set(pleth.PulseRate, r.pulse)
	w.Set(pleth.Motion, r.motion)
	return true
}
