package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Bucket is one metric of one device over one stretch of time, as it is answered.
type Bucket struct {
	Device    string  `json:"device_id"`
	Recording string  `json:"recording,omitempty" doc:"Of an import; not there for the live stream."`
	Metric    string  `json:"metric" doc:"The name of the field."`
	Start     string  `json:"start" doc:"Beginning of the stretch; a multiple of the resolution."`
	Count     int64   `json:"count" doc:"Numbers in it. Missing values and conflicts count nowhere."`
	Min       decimal `json:"min"`
	Mean      float64 `json:"mean"`
	Max       decimal `json:"max"`
	P5        float64 `json:"p5"`
	P50       float64 `json:"p50"`
	P95       float64 `json:"p95"`
}

// decimal is a pleth.Value as a JSON number, null where there is none.
type decimal struct{ pleth.Value }

// MarshalJSON writes the digits as they were sent.
func (d decimal) MarshalJSON() ([]byte, error) {
	if !d.Ok() {
		return []byte("null"), nil
	}
	return d.Append(nil), nil
}

// bucketPlace is the cursor of a page of buckets: the last one of the page.
type bucketPlace struct {
	Device    string       `json:"d"`
	Recording string       `json:"r,omitempty"`
	Start     int64        `json:"t"`
	Metric    pleth.Metric `json:"m"`
}

// getBuckets answers with buckets of rows.
func (a *API) getBuckets(w http.ResponseWriter, r *http.Request, media string, q *asked, query rowQuery, resolution int64, limit int) error {
	var place bucketPlace
	resumed := q.cursor(&place)
	if err := q.done(); err != nil {
		return err
	}
	if media == mediaArrow || media == mediaParquet {
		return problem(http.StatusNotAcceptable, "not-acceptable", "No such form", "buckets come as "+mediaJSON+", "+mediaNDJSON+" or "+mediaCSV)
	}
	var list []Bucket
	next := ""
	var last bucketPlace
	err := error(nil)
	if resumed {
		query.After = &road.Cursor{Device: place.Device, Recording: place.Recording, Time: place.Start}
	}
	if !query.nobody {
		err = a.cfg.Road.Buckets(r.Context(), query.Query, resolution, func(b road.Bucket) (bool, error) {
			at := bucketPlace{b.Device, b.Recording, b.Start, b.Metric}
			if resumed && at.Device == place.Device && at.Recording == place.Recording && at.Start == place.Start && at.Metric <= place.Metric {
				return true, nil
			}
			if len(list) == limit {
				next = cursorOf(last)
				return false, nil
			}
			last = at
			list = append(list, Bucket{b.Device, b.Recording, reading.FieldOf(b.Metric).Name, string(appendClock(nil, a.clockOf(b.Partition), b.Start)),
				b.Count, decimal{b.Min}, b.Mean, decimal{b.Max}, b.P5, b.P50, b.P95})
			return true, nil
		})
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	switch media {
	case mediaNDJSON:
		enc := json.NewEncoder(w)
		for i := range list {
			if err := enc.Encode(&list[i]); err != nil {
				return nil // the client has gone
			}
		}
	case mediaCSV:
		_, _ = w.Write(bucketsCSV(list))
	default:
		return writeList(w, "readings", list, next)
	}
	return nil
}

func bucketsCSV(list []Bucket) []byte {
	var b bytes.Buffer
	b.WriteString("device_id,recording,metric,start,count,min,mean,max,p5,p50,p95\n")
	float := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	for _, one := range list {
		b.WriteString(strings.Join([]string{one.Device, one.Recording, one.Metric, one.Start, strconv.FormatInt(one.Count, 10),
			string(one.Min.Append(nil)), float(one.Mean), string(one.Max.Append(nil)), float(one.P5), float(one.P50), float(one.P95)}, ","))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// writeList answers with one page of a list.
func writeList[T any](w http.ResponseWriter, name string, list []T, next string) error {
	if list == nil {
		list = []T{}
	}
	b := append(appendJSON(append(appendJSON([]byte{'{'}, name), ':'), list), `,"next_cursor":`...)
	b = append(appendJSON(b, next), '}', '\n')
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(b)
	return nil
}

// writeJSON answers with one thing.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	b := append(appendJSON(nil, v), '\n')
	w.Header()["Content-Type"] = jsonType
	w.WriteHeader(status)
	_, _ = w.Write(b)
	return nil
}
