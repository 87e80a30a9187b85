package api

import (
	"net/http"
	"slices"
	"strings"
	"sync"
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
	room := latestRooms.Get().(*[]road.Latest)
	all := a.cfg.Road.AppendLatest((*room)[:0], slices.Compact(ids)...)
	*room = all
	defer latestRooms.Put(room)
	if after != "" {
		all = all[sortedAfter(all, after):]
	}
	next := ""
	if len(all) > limit {
		all = all[:limit]
		next = cursorOf(all[limit-1].Device)
	}
	b := append(takeRoom(), `{"latest":[`...)
	var s stamps
	for i := range all {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendLatest(b, &all[i], &s)
	}
	b = append(appendJSON(append(b, `],"next_cursor":`...), next), '}', '\n')
	w.Header()["Content-Type"] = jsonType
	writeWhole(w, b)
	keepRoom(b)
	return nil
}

// latestRooms is memory for the newest values of all devices.
var latestRooms = sync.Pool{New: func() any { return new([]road.Latest) }}

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

// stamps writes instants as RFC 3339 in UTC. Most of an answer are of one day
// or two, when something happened and when it came, whose dates it keeps, and
// many are the one before again. The zero stamps is ready to use.
type stamps struct{ days [2]dayStamp }

// dayStamp is the last instant of one day. text nil: there is none yet.
type dayStamp struct {
	day  int64 // from 1970
	date int   // length of the date in text
	t    int64
	text []byte
}

// append appends t, nanoseconds UTC, with the decimals it needs.
func (s *stamps) append(b []byte, t int64) []byte {
	const daily = int64(24 * time.Hour)
	day, rest := t/daily, t%daily
	if rest < 0 {
		day, rest = day-1, rest+daily
	}
	d := &s.days[0]
	if d.text != nil && d.day != day {
		d = &s.days[1]
	}
	switch {
	case d.text == nil || d.day != day:
		d.text = time.Unix(day*86400, 0).UTC().AppendFormat(d.text[:0], "2006-01-02T")
		d.day, d.date = day, len(d.text)
	case d.t == t:
		return append(b, d.text...)
	}
	d.t, d.text = t, appendClockTime(d.text[:d.date], rest)
	return append(b, d.text...)
}

// appendClockTime appends the time of day at rest nanoseconds after midnight.
func appendClockTime(b []byte, rest int64) []byte {
	seconds, ns := int(rest/int64(time.Second)), rest%int64(time.Second)
	h, m, sec := seconds/3600, seconds/60%60, seconds%60
	b = append(b, byte('0'+h/10), byte('0'+h%10), ':', byte('0'+m/10), byte('0'+m%10), ':', byte('0'+sec/10), byte('0'+sec%10))
	if ns > 0 {
		b = append(b, '.')
		for unit := int64(1e8); ns > 0; unit /= 10 {
			b = append(b, byte('0'+ns/unit))
			ns %= unit
		}
	}
	return append(b, 'Z')
}
