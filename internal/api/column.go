package api

import (
	"strings"
	"time"

	"pleth"
	"pleth/internal/reading"
)

// kind is what a column of a table of rows holds.
type kind uint8

const (
	isText    kind = iota
	isStamp        // nanoseconds
	isWhole        // int64
	isDecimal      // pleth.Value
)

// cell is one value of a row; which part holds it is a matter of the column.
type cell struct {
	text  string
	whole int64
	value pleth.Value
	none  bool
}

// column is one column of rows as CSV, Arrow and Parquet have them.
type column struct {
	name string
	kind kind
	of   func(t *reading.Table, clock pleth.Clock, i int) cell
}

func textCell(s string) cell { return cell{text: s, none: s == ""} }

// columnsOf returns the columns of rows with those metrics, nil for all. What
// JSON says by null stands in the column missing: the metrics that the device
// reported without a value.
func columnsOf(metrics []pleth.Metric) []column {
	var fields []reading.Field
	for _, f := range reading.Fields() {
		if wanted(metrics, f.Metric) {
			fields = append(fields, f)
		}
	}
	cols := []column{
		{"device_id", isText, func(t *reading.Table, _ pleth.Clock, _ int) cell { return textCell(t.Device) }},
		{"recording", isText, func(t *reading.Table, _ pleth.Clock, _ int) cell { return textCell(t.Recording) }},
		{"subject_id", isText, func(t *reading.Table, _ pleth.Clock, i int) cell { return textCell(t.OriginOf(i).Subject) }},
		{"timestamp", isStamp, func(t *reading.Table, _ pleth.Clock, i int) cell { return cell{whole: t.Rows.Time(i)} }},
		{"clock", isText, func(_ *reading.Table, clock pleth.Clock, _ int) cell { return textCell(clockName(clock)) }},
		{"seq", isWhole, func(t *reading.Table, _ pleth.Clock, i int) cell {
			s := t.SeqOf(i)
			return cell{whole: s, none: s == reading.NoSeq}
		}},
	}
	for _, f := range fields {
		cols = append(cols, column{f.Name, isDecimal, func(t *reading.Table, _ pleth.Clock, i int) cell {
			v := t.Rows.Value(f.Metric, i)
			return cell{value: v, none: !v.Ok()}
		}})
	}
	return append(cols,
		column{"missing", isText, func(t *reading.Table, _ pleth.Clock, i int) cell { return textCell(missingOf(t, fields, i)) }},
		column{"marks", isText, func(t *reading.Table, _ pleth.Clock, i int) cell { return textCell(marksOf(t.Rows.Marks(i))) }},
		column{"flags", isText, func(t *reading.Table, _ pleth.Clock, i int) cell { return textCell(flagsOf(t.FlagsOf(i))) }},
		column{"firmware_version", isText, func(t *reading.Table, _ pleth.Clock, i int) cell { return textCell(t.OriginOf(i).Firmware) }},
	)
}

func wanted(metrics []pleth.Metric, m pleth.Metric) bool {
	for _, w := range metrics {
		if w == m {
			return true
		}
	}
	return metrics == nil
}

func missingOf(t *reading.Table, fields []reading.Field, i int) string {
	var b strings.Builder
	for _, f := range fields {
		if t.Rows.Value(f.Metric, i).IsMissing() {
			join(&b, f.Name)
		}
	}
	return b.String()
}

func join(b *strings.Builder, word string) {
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	b.WriteString(word)
}

func marksOf(r pleth.Reasons) string {
	if r == 0 {
		return ""
	}
	var b strings.Builder
	r.Each(func(one pleth.Reasons) { join(&b, one.String()) })
	return b.String()
}

func flagsOf(f reading.Flags) string {
	var b strings.Builder
	if f&reading.IsLate != 0 {
		join(&b, "late")
	}
	if f&reading.IsConflict != 0 {
		join(&b, "conflict")
	}
	return b.String()
}

// clockName says what the times of rows count from.
func clockName(c pleth.Clock) string {
	switch c {
	case pleth.UTCClock:
		return "utc"
	case pleth.LocalClock:
		return "local"
	}
	return "elapsed"
}

// appendClock appends the event time t as text, as that clock has it.
func appendClock(dst []byte, clock pleth.Clock, t int64) []byte {
	switch clock {
	case pleth.UTCClock:
		return time.Unix(0, t).UTC().AppendFormat(dst, time.RFC3339Nano)
	case pleth.LocalClock:
		return time.Unix(0, t).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999999")
	}
	return append(dst, time.Duration(t).String()...)
}
