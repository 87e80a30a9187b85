// Package export writes what a session holds as tables for other programs:
// the samples as they were recorded with their quality, and the events of the
// document. A missing value is an empty field, never a number.
package export

import (
	"bufio"
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/intake"
)

// Samples writes the rows of the sessions as CSV: the offset from the start of
// the session in seconds, the time where there is a clock, every metric as the
// device wrote it, the quality of the SpO2 value and the reasons for it.
func Samples(w io.Writer, nights []*analysis.Analysed) error {
	out := bufio.NewWriterSize(w, 64<<10)
	metrics := metricsOf(nights)
	line := append([]byte(nil), "session,offset_s,time"...)
	for _, m := range metrics {
		line = append(append(line, ','), m.String()...)
	}
	line = append(line, ",quality,reasons\n"...)
	if _, err := out.Write(line); err != nil {
		return err
	}
	for _, n := range nights {
		stamp := stamper(n)
		rows := n.Session.Rows
		for i := range rows.Len() {
			line = append(line[:0], n.Result.ID...)
			line = append(line, ',')
			line = appendSeconds(line, rows.Time(i))
			line = append(line, ',')
			line = stamp(line, rows.Time(i))
			for _, m := range metrics {
				line = rows.Value(m, i).Append(append(line, ','))
			}
			reasons, own := n.Derived.Marks(i)
			line = append(line, ',')
			if own {
				line = append(line, reasons.Quality().String()...)
			}
			line = append(append(line, ','), reasons.String()...)
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// metricsOf returns the metrics that any of the sessions carries, in fixed order.
func metricsOf(nights []*analysis.Analysed) []pleth.Metric {
	var out []pleth.Metric
	for _, m := range pleth.Metrics() {
		for _, n := range nights {
			if n.Session.Rows.Has(m) {
				out = append(out, m)
				break
			}
		}
	}
	return out
}

// stamper returns what appends the time of a row of n; nothing without a clock.
func stamper(n *analysis.Analysed) func(dst []byte, offset int64) []byte {
	h := n.Session.Header
	if h.Clock == pleth.NoClock {
		return func(dst []byte, _ int64) []byte { return dst }
	}
	form := "2006-01-02T15:04:05.999999999"
	if h.Clock == pleth.UTCClock {
		form += "Z07:00"
	}
	zone := intake.Zone(h)
	return func(dst []byte, offset int64) []byte {
		return time.Unix(h.Origin, n.Session.Start+offset).In(zone).AppendFormat(dst, form)
	}
}

// appendSeconds appends nanoseconds as decimal seconds.
func appendSeconds(dst []byte, ns int64) []byte {
	v := pleth.Num(ns, 9)
	for {
		m, scale := v.Mantissa()
		if scale == 0 || m%10 != 0 {
			return v.Append(dst)
		}
		v = pleth.Num(m/10, scale-1)
	}
}

// Episodes writes the absolute episodes of the sessions as CSV, with the
// columns of the document.
func Episodes(w io.Writer, sessions []*analysis.Session) error {
	return table(w, []string{"session", "id", "limit", "start_s", "end_s", "below_s", "nadir", "nadir_s", "area_pct_s", "severity",
		"prolonged", "truncated", "max_fall_rate", "recovery_s", "pulse_response", "suspect_pct"},
		sessions, func(s *analysis.Session, row func(...string)) {
			for _, e := range s.Episodes {
				row(s.ID, e.ID, strconv.Itoa(e.Limit), number(e.StartS), number(e.EndS), number(e.BelowS), number(e.Nadir), number(e.NadirS),
					number(e.AreaPctS), e.Severity, strconv.FormatBool(e.Prolonged), strconv.FormatBool(e.Truncated),
					optional(e.MaxFallRate), optional(e.RecoveryS), optional(e.PulseResponse), number(e.SuspectPct))
			}
		})
}

// Falls writes the falls of the sessions as CSV, with the columns of the document.
func Falls(w io.Writer, sessions []*analysis.Session) error {
	return table(w, []string{"session", "id", "start_s", "nadir_s", "end_s", "from", "nadir", "drop", "mean_rate", "area_pct_s"},
		sessions, func(s *analysis.Session, row func(...string)) {
			for _, f := range s.Falls {
				row(s.ID, f.ID, number(f.StartS), number(f.NadirS), number(f.EndS), number(f.From), number(f.Nadir), number(f.Drop),
					number(f.MeanRate), number(f.AreaPctS))
			}
		})
}

func table(w io.Writer, head []string, sessions []*analysis.Session, fill func(*analysis.Session, func(...string))) error {
	out := csv.NewWriter(w)
	err := out.Write(head)
	for _, s := range sessions {
		fill(s, func(fields ...string) {
			if err == nil {
				err = out.Write(fields)
			}
		})
	}
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	return err
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func optional(f *float64) string {
	if f == nil {
		return ""
	}
	return number(*f)
}
