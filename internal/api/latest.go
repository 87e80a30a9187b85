package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"pleth/internal/reading"
	"pleth/internal/road"
)

// getLatest answers with the newest values of devices. A wall of monitors asks
// for all of them every second, so they are written without a detour.
func (a *API) getLatest(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	ids := q.devices("device_id")
	limit := q.limit(maxLimit)
	var after string
	q.cursor(&after)
	if err := q.done(); err != nil {
		return err
	}
	slices.Sort(ids)
	all := a.cfg.Road.Latest(slices.Compact(ids)...)
	slices.SortFunc(all, func(x, y road.Latest) int { return strings.Compare(x.Device, y.Device) })
	if after != "" {
		all = all[sortedAfter(all, after):]
	}
	next := ""
	if len(all) > limit {
		all = all[:limit]
		next = cursorOf(all[limit-1].Device)
	}
	b := append(make([]byte, 0, 64+420*len(all)), `{"latest":[`...)
	var s stamps
	for i := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLatest(b, &all[i], &s)
	}
	b = append(appendJSON(append(b, `],"next_cursor":`...), next), '}', '\n')
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(b)
	return nil
}

// sortedAfter returns how many of the devices come up to after.
func sortedAfter(all []road.Latest, after string) int {
	n, found := slices.BinarySearchFunc(all, after, func(l road.Latest, id string) int { return strings.Compare(l.Device, id) })
	if found {
		n++
	}
	return n
}

// appendLatest appends l as a Latest.
func appendLatest(b []byte, l *road.Latest, s *stamps) []byte {
	b = append(append(append(b, `{"device_id":"`...), l.Device...), `","subject_id":`...) // device ids need no escapes
	if l.Subject == "" {
		b = append(b, "null"...)
	} else {
		b = appendJSON(b, l.Subject)
	}
	b = append(s.append(append(b, `,"timestamp":"`...), l.At), `","received":"`...)
	b = append(s.append(b, l.Received), `","late":`...)
	if l.Late {
		b = append(b, `true,"values":{`...)
	} else {
		b = append(b, `false,"values":{`...)
	}
	for i, v := range l.Values {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), reading.FieldOf(v.Metric).Name...), `":{"timestamp":"`...)
		b = append(s.append(b, v.At), `","value":`...)
		if v.Value.Ok() {
			b = v.Value.Append(b)
		} else {
			b = append(b, "null"...)
		}
		b = append(b, '}')
	}
	return append(b, '}', '}')
}

// stamps writes instants as RFC 3339 in UTC. Most of an answer are of one day,
// whose date it keeps, and many are the one before again. The zero stamps is
// ready to use.
type stamps struct {
	day  int64 // from 1970, of date
	date []byte
	last int64 // of text
	text []byte
}

// append appends t, nanoseconds UTC, with the decimals it needs.
func (s *stamps) append(b []byte, t int64) []byte {
	if s.text == nil || s.last != t {
		s.text, s.last = s.write(s.text[:0], t), t
	}
	return append(b, s.text...)
}

func (s *stamps) write(b []byte, t int64) []byte {
	const daily = int64(24 * time.Hour)
	day, rest := t/daily, t%daily
	if rest < 0 {
		day, rest = day-1, rest+daily
	}
	if s.date == nil || day != s.day {
		s.day, s.date = day, time.Unix(day*86400, 0).UTC().AppendFormat(s.date[:0], "2006-01-02T")
	}
	b = append(b, s.date...)
	seconds, ns := rest/int64(time.Second), rest%int64(time.Second)
	for i, x := range [3]int64{seconds / 3600, seconds / 60 % 60, seconds % 60} {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, byte('0'+x/10), byte('0'+x%10))
	}
	if ns > 0 {
		b = append(b, '.')
		for unit := int64(1e8); ns > 0; unit /= 10 {
			b = append(b, byte('0'+ns/unit))
			ns %= unit
		}
	}
	return append(b, 'Z')
}
