package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pleth"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// maxLimit is the most that one page holds.
const maxLimit = 10_000

// asked are the parameters of a request. Whatever is wrong with them is
// collected, to be answered together.
type asked struct {
	values url.Values
	used   map[string]bool
	errs   []FieldError
}

// ask reads the parameters of the address of r.
func ask(r *http.Request) *asked {
	q := &asked{used: map[string]bool{}}
	var err error
	if q.values, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		q.bad("", "malformed", "the part of the address behind ? is not well formed", "", "")
	}
	return q
}

// bad notes that a parameter is wrong.
func (q *asked) bad(name, code, detail, value, allowed string) {
	e := FieldError{Path: name, Code: code, Detail: detail, Allowed: allowed}
	if value != "" {
		e.Value = value[:min(len(value), 64)]
	}
	q.errs = append(q.errs, e)
}

// done returns the problem of all that is wrong; parameters that nothing asked
// for are wrong too: a misspelt one must not be passed over.
func (q *asked) done() error {
	for name := range q.values {
		if !q.used[name] {
			q.bad(name, "unknown_parameter", "there is no such parameter here", "", "")
		}
	}
	if len(q.errs) == 0 {
		return nil
	}
	p := problem(http.StatusBadRequest, "parameters", "The parameters are not valid", "see errors")
	p.Errors = q.errs
	return p
}

// text returns a parameter, "" if it is not there.
func (q *asked) text(name string) string {
	q.used[name] = true
	all := q.values[name]
	if len(all) > 1 {
		q.bad(name, "duplicate_parameter", "say it once", "", "")
	}
	return q.values.Get(name)
}

// must returns a parameter that has to be there.
func (q *asked) must(name string) string {
	v := q.text(name)
	if v == "" {
		q.bad(name, "missing_parameter", "this parameter is needed", "", "")
	}
	return v
}

// list returns a parameter that may stand several times or hold commas.
func (q *asked) list(name string) []string {
	q.used[name] = true
	var out []string
	for _, v := range q.values[name] {
		for one := range strings.SplitSeq(v, ",") {
			if one != "" {
				out = append(out, one)
			}
		}
	}
	return out
}

// devices returns the device ids of a parameter.
func (q *asked) devices(name string) []string {
	ids := q.list(name)
	for _, id := range ids {
		if !readings.ValidDevice(id) {
			q.bad(name, string(readings.BadDevice), "this cannot name a device", id, "1 to 128 letters, digits and . _ - : @ ~")
		}
	}
	return ids
}

// metrics returns the metrics of a parameter, by the names of the fields.
func (q *asked) metrics(name string) []pleth.Metric {
	var out []pleth.Metric
	for _, n := range q.list(name) {
		if m, ok := metricNamed(n); ok {
			out = append(out, m)
			continue
		}
		q.bad(name, "unknown_metric", "there is no such metric", n, metricNames())
	}
	return out
}

// metricNamed returns the metric that a field carries; the name that analysis
// documents use is taken too.
func metricNamed(n string) (pleth.Metric, bool) {
	if f, ok := reading.FieldNamed(n); ok {
		return f.Metric, true
	}
	return pleth.ParseMetric(n)
}

func metricNames() string {
	var names []string
	for _, f := range reading.Fields() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// instant returns a time in nanoseconds UTC, and whether it is there: RFC 3339
// with a zone, or a date for its midnight in UTC.
func (q *asked) instant(name string) (int64, bool) {
	v := q.text(name)
	if v == "" {
		return 0, false
	}
	// A "+" of an offset that was not escaped arrives as a blank.
	t, err := time.Parse(time.RFC3339Nano, strings.Replace(v, " ", "+", 1))
	if err != nil {
		t, err = time.Parse(time.DateOnly, v)
	}
	if err != nil || t.Year() < 1700 || t.Year() > 2261 {
		q.bad(name, "bad_timestamp", "this is no time", v, "RFC 3339 with a zone, such as 2025-11-28T20:15:00Z, or a date")
		return 0, false
	}
	return t.UnixNano(), true
}

// span returns the parameters from and to; to 0 is no end.
func (q *asked) span() (from, to int64) {
	from, _ = q.instant("from")
	to, has := q.instant("to")
	if has && to <= from {
		q.bad("to", "out_of_range", "to is not after from", q.values.Get("to"), "a time after from; from is included, to is not")
	}
	return from, to
}

// limit returns the number of things on a page, def where it is not said.
func (q *asked) limit(def int) int {
	v := q.text("limit")
	if v == "" {
		return def
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > maxLimit {
		q.bad("limit", "out_of_range", "this is no page size", v, fmt.Sprintf("1..%d", maxLimit))
	}
	return n
}

// resolution returns the width of buckets in nanoseconds, 0 for raw rows.
func (q *asked) resolution() int64 {
	v := q.text("resolution")
	if v == "" || v == "raw" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		if s, bad := strconv.ParseFloat(v, 64); bad == nil && s < 1e7 {
			d, err = time.Duration(s*1e9), nil
		}
	}
	if days, ok := strings.CutSuffix(v, "d"); err != nil && ok {
		if n, bad := strconv.Atoi(days); bad == nil && n < 4000 {
			d, err = time.Duration(n)*24*time.Hour, nil
		}
	}
	if err != nil || d < time.Second || d%time.Second != 0 {
		q.bad("resolution", "out_of_range", "this is no width of a bucket", v, "raw, or whole seconds from 1s on: 10s, 1m, 1h, 1d")
		return 0
	}
	return int64(d)
}

// cursor reads the place that a page before ended at into to, and reports
// whether there was one.
func (q *asked) cursor(to any) bool {
	v := q.text("cursor")
	if v == "" {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(v)
	if err == nil {
		err = json.Unmarshal(b, to)
	}
	if err != nil {
		q.bad("cursor", "bad_cursor", "this is no cursor of an answer", v, "next_cursor of the page before, as it stands")
		return false
	}
	return true
}

// cursorOf returns a place as a cursor.
func cursorOf(place any) string {
	b, err := json.Marshal(place)
	if err != nil {
		panic(err) // our own types
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// stamp returns t as RFC 3339 in UTC with the decimals it needs.
func stamp(t int64) string { return time.Unix(0, t).UTC().Format(time.RFC3339Nano) }

// stampOr returns t as a stamp, nil for 0.
func stampOr(t int64) *string {
	if t == 0 {
		return nil
	}
	s := stamp(t)
	return &s
}
