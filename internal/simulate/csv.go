package simulate

import (
	"bufio"
	"io"
	"time"

	"pleth"
	"pleth/internal/signal"
)

// The columns of the CSV, in their order; perfusion_index only where stated.
var csvColumns = []pleth.Metric{pleth.SpO2, pleth.PulseRate, pleth.Motion, pleth.PerfusionIndex}

// WriteCSV writes the rows as docs/formats/pleth-csv.md describes: a heading,
// then a line per row, its stamp in the local time of the recording.
func (r *Result) WriteCSV(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	line := append(make([]byte, 0, 64), "time"...)
	columns := csvColumns[:0:0]
	for _, m := range csvColumns {
		if r.Rows.Has(m) {
			columns = append(columns, m)
			line = append(append(line, ','), m.String()...)
		}
	}
	out.Write(append(line, '\n'))
	stamp := stamper{fraction: r.Header.Interval%time.Second != 0}
	for i := range r.Rows.Len() {
		line = stamp.append(line[:0], r.Rows.Time(i))
		for _, m := range columns {
			line = r.Rows.Value(m, i).Append(append(line, ','))
		}
		out.Write(append(line, '\n'))
	}
	return out.Flush()
}

// stamper writes stamps as 2026-01-14T22:00:00, with milliseconds if fraction.
type stamper struct {
	fraction bool
	day      int64
	date     []byte
}

func (s *stamper) append(dst []byte, t int64) []byte {
	const daily = 86400 * signal.Second
	if s.date == nil || t/daily != s.day {
		s.day = t / daily
		s.date = time.Unix(0, s.day*daily).UTC().AppendFormat(s.date[:0], "2006-01-02T")
	}
	t %= daily
	dst = append(dst, s.date...)
	second := t / signal.Second
	dst = append(appendTwo(dst, second/3600), ':')
	dst = append(appendTwo(dst, second/60%60), ':')
	dst = appendTwo(dst, second%60)
	if s.fraction {
		ms := t % signal.Second / int64(time.Millisecond)
		dst = append(dst, '.', byte('0'+ms/100))
		dst = appendTwo(dst, ms%100)
	}
	return dst
}

func appendTwo(dst []byte, n int64) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }
