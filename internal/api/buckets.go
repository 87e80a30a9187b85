package api

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"

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
	var list []road.Bucket // of forms that need all of them
	var text *bucketText   // of the others
	switch media {
	case mediaArrow, mediaParquet:
	default:
		text = a.bucketText(media, takeRoom())
		defer func() { keepRoom(text.b) }()
	}
	next, n := "", 0
	var last bucketPlace
	if resumed {
		query.After = &road.Cursor{Device: place.Device, Recording: place.Recording, Time: place.Start}
	}
	if !query.nobody {
		err := a.cfg.Road.Buckets(r.Context(), query.Query, resolution, func(b road.Bucket) (bool, error) {
			if resumed && b.Device == place.Device && b.Recording == place.Recording && b.Start == place.Start && b.Metric <= place.Metric {
				return true, nil
			}
			if n == limit {
				next = cursorOf(last)
				return false, nil
			}
			n++
			last = bucketPlace{b.Device, b.Recording, b.Start, b.Metric}
			if text != nil {
				text.append(&b)
			} else {
				list = append(list, b)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	var body []byte
	err := error(nil)
	switch {
	case text != nil:
		text.end(next)
		body = text.b
	case media == mediaArrow:
		body, err = a.bucketsArrow(list)
	default:
		body, err = a.bucketsParquet(list)
	}
	if err != nil {
		return err
	}
	w.Header()["Content-Type"] = []string{media}
	linkNext(w, r, next)
	writeWhole(w, body)
	return nil
}

// bucketText writes buckets as a JSON document, as lines of JSON or as CSV: an
// answer has thousands, and they are written as they come, without a detour.
type bucketText struct {
	a     *API
	media string
	b     []byte
	any   bool
	of    reading.Partition // of the last one
	clock pleth.Clock       // of its recording
	head  []byte            // what the buckets of it begin with
	day   stamps
}

// bucketText returns what writes buckets behind b.
func (a *API) bucketText(media string, b []byte) *bucketText {
	switch media {
	case mediaNDJSON:
	case mediaCSV:
		b = append(b, "device_id,recording,metric,start,count,min,mean,max,p5,p50,p95\n"...)
	default:
		b = append(b, `{"readings":[`...)
	}
	return &bucketText{a: a, media: media, b: b}
}

func (t *bucketText) append(one *road.Bucket) {
	if !t.any || one.Partition != t.of {
		t.of, t.clock = one.Partition, t.a.clockOf(one.Partition)
		if t.media == mediaCSV {
			t.head = append(appendField(append(appendField(t.head[:0], one.Device), ','), one.Recording), ',')
		} else {
			t.head = appendJSON(append(t.head[:0], `{"device_id":`...), one.Device)
			if one.Recording != "" {
				t.head = appendJSON(append(t.head, `,"recording":`...), one.Recording)
			}
			t.head = append(t.head, `,"metric":"`...)
		}
	}
	switch t.media {
	case mediaCSV:
		t.line(one)
	case mediaNDJSON:
		t.object(one)
		t.b = append(t.b, '\n')
	default:
		if t.any {
			t.b = append(t.b, ',')
		}
		t.object(one)
	}
	t.any = true
}

// end closes the form.
func (t *bucketText) end(next string) {
	if t.media == mediaJSON {
		t.b = append(appendJSON(append(t.b, `],"next_cursor":`...), next), '}', '\n')
	}
}

// object appends one as a Bucket.
func (t *bucketText) object(one *road.Bucket) {
	b := append(append(append(t.b, t.head...), reading.FieldOf(one.Metric).Name...), `","start":"`...)
	b = append(t.start(b, one.Start), '"')
	b = strconv.AppendInt(append(b, `,"count":`...), one.Count, 10)
	b = appendDecimal(append(b, `,"min":`...), one.Min)
	b = appendFloat(append(b, `,"mean":`...), one.Mean)
	b = appendDecimal(append(b, `,"max":`...), one.Max)
	b = appendFloat(append(b, `,"p5":`...), one.P5)
	b = appendFloat(append(b, `,"p50":`...), one.P50)
	b = appendFloat(append(b, `,"p95":`...), one.P95)
	t.b = append(b, '}')
}

// line appends one as a line of CSV.
func (t *bucketText) line(one *road.Bucket) {
	b := append(append(append(t.b, t.head...), reading.FieldOf(one.Metric).Name...), ',')
	float := func(f float64) { b = strconv.AppendFloat(append(b, ','), f, 'f', -1, 64) }
	b = append(t.start(b, one.Start), ',')
	b = append(strconv.AppendInt(b, one.Count, 10), ',')
	b = one.Min.Append(b)
	float(one.Mean)
	b = one.Max.Append(append(b, ','))
	float(one.P5)
	float(one.P50)
	float(one.P95)
	t.b = append(b, '\n')
}

// start appends the beginning of a bucket.
func (t *bucketText) start(b []byte, at int64) []byte {
	if t.clock == pleth.UTCClock {
		return t.day.append(b, at)
	}
	return appendClock(b, t.clock, at)
}

// appendDecimal appends v as a JSON number, null where there is none.
func appendDecimal(b []byte, v pleth.Value) []byte {
	if !v.Ok() {
		return append(b, "null"...)
	}
	return v.Append(b)
}

// appendFloat appends f as encoding/json does; null where it is none.
func appendFloat(b []byte, f float64) []byte {
	// Most numbers have few decimals. Of the decimals with so few digits only one
	// is nearest to f, so that it is the shortest too.
	if thousandths := int64(math.Round(f * 1000)); thousandths != 0 && math.Abs(f) < 1e9 && float64(thousandths)/1000 == f {
		return appendThousandths(b, thousandths)
	}
	if size := math.Abs(f); size != 0 && size < 1e-6 || size >= 1e21 || math.IsNaN(f) {
		if text, err := json.Marshal(f); err == nil {
			return append(b, text...)
		}
		return append(b, "null"...)
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}

// appendThousandths appends n/1000 without trailing zeros.
func appendThousandths(b []byte, n int64) []byte {
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/1000, 10)
	if n %= 1000; n == 0 {
		return b
	}
	b = append(b, '.', byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	return b
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
