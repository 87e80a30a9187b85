package api

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"pleth"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// rowWriter writes stored readings in one form.
type rowWriter interface {
	// row writes row i of t. clock says what its time counts from.
	row(t *reading.Table, clock pleth.Clock, i int) error
	// end closes the form. next is the cursor of the next page, empty on the
	// last; only JSON has a place for it.
	end(next string) error
}

// rowWriters make them, by media type.
func (a *API) rowWriter(media string, out io.Writer, metrics []pleth.Metric) rowWriter {
	switch media {
	case mediaCSV:
		return newCSV(out, columnsOf(metrics))
	case mediaArrow:
		return newArrow(out, columnsOf(metrics))
	case mediaParquet:
		return newParquet(out, columnsOf(metrics))
	}
	return &jsonRows{out: out, encode: a.encoder(), lines: media == mediaNDJSON}
}

// getReadings answers with raw rows, or with buckets where a resolution is asked for.
func (a *API) getReadings(w http.ResponseWriter, r *http.Request, who *Caller) error {
	media, err := negotiate(r)
	if err != nil {
		return err
	}
	q := ask(r)
	query, err := a.rowQuery(r.Context(), who, q)
	switch v := q.text("worn"); {
	case v != "" && v != "now":
		q.bad("worn", "out_of_range", "this is no time to ask about", v, "now")
	case v != "" && q.text("subject_id") != "":
		q.bad("worn", "duplicate_parameter", "ask for who wears a device, or for one person", v, "worn or subject_id")
	}
	query.Worn = q.text("worn") != ""
	if err != nil {
		return err
	}
	resolution := q.resolution()
	def := 0 // what is no page comes whole
	if media == mediaJSON || resolution > 0 {
		def = maxLimit
	}
	limit := q.limit(def)
	if resolution > 0 {
		return a.getBuckets(w, r, media, q, query, resolution, limit)
	}
	var after road.Cursor
	if q.cursor(&after) {
		query.After = &after
	}
	if err := q.done(); err != nil {
		return err
	}
	if limit == 0 {
		return a.streamRows(w, r, media, query)
	}
	body := bytes.NewBuffer(takeRoom())
	defer func() { keepRoom(body.Bytes()) }()
	form := a.rowWriter(media, body, query.Metrics)
	next, err := a.page(r.Context(), query, limit, form)
	if err == nil {
		err = form.end(next)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", media)
	linkNext(w, r, next)
	writeWhole(w, body.Bytes())
	return nil
}

// linkNext names the next page, if there is one, in the head of the answer: not
// every form has a place for it.
func linkNext(w http.ResponseWriter, r *http.Request, next string) {
	if next == "" {
		return
	}
	u := *r.URL
	v := u.Query()
	v.Set("cursor", next)
	u.RawQuery = v.Encode()
	w.Header().Set("Link", fmt.Sprintf("<%s>; rel=\"next\"", u.RequestURI()))
}

// rowQuery is a road.Query with what it lacks.
type rowQuery struct {
	road.Query
	nobody bool // the subject asked for is not known: nothing matches
}

// rowQuery reads the parameters that select rows.
func (a *API) rowQuery(ctx context.Context, who *Caller, q *asked) (rowQuery, error) {
	var query rowQuery
	query.Devices = q.devices("device_id")
	query.Metrics = q.metrics("metric")
	query.Lent = true // rows are written as they come
	query.From, query.To = q.span()
	if v, ok := q.values["recording"]; ok && len(v) == 1 {
		query.Recording = &v[0]
	}
	q.text("recording")
	var err error
	query.Subject, query.nobody, err = a.subject(ctx, who, q.text("subject_id"))
	return query, err
}

// subject returns the pseudonym of who is asked for: a pseudonym, or an
// identifier of the sender's. nobody: the identifier is not known.
func (a *API) subject(ctx context.Context, who *Caller, id string) (pseudonym string, nobody bool, err error) {
	if id == "" || readings.IsPseudonym(id) {
		return id, false, nil
	}
	pseudonym, found, err := a.cfg.People.Find(ctx, id, who.name)
	return pseudonym, !found, err
}

// page writes up to limit rows and returns the cursor of the next page.
func (a *API) page(ctx context.Context, q rowQuery, limit int, form rowWriter) (next string, err error) {
	if q.nobody {
		return "", nil
	}
	place := tracker{last: road.Cursor{Seq: reading.NoSeq, Time: -1 << 63}}
	if q.After != nil {
		place.last, place.began = *q.After, true
	}
	n := 0
	err = a.cfg.Road.Rows(ctx, q.Query, func(t *reading.Table) (bool, error) {
		clock := a.clockOf(t.Partition)
		for i := range t.Rows.Len() {
			if n == limit {
				next = cursorOf(place.last)
				return false, nil
			}
			if err := form.row(t, clock, i); err != nil {
				return false, err
			}
			place.step(t, i)
			n++
		}
		return true, nil
	})
	return next, err
}

// tracker knows the place behind the last row written.
type tracker struct {
	last  road.Cursor
	began bool
}

// step moves behind row i of t.
func (p *tracker) step(t *reading.Table, i int) {
	c := road.Cursor{Device: t.Device, Recording: t.Recording, Time: t.Rows.Time(i), Seq: t.SeqOf(i), Skip: 1}
	if l := p.last; p.began && l.Device == c.Device && l.Recording == c.Recording && l.Time == c.Time && l.Seq == c.Seq {
		c.Skip = l.Skip + 1
	}
	p.last, p.began = c, true
}

// streamRows writes every row as it comes.
func (a *API) streamRows(w http.ResponseWriter, r *http.Request, media string, q rowQuery) error {
	w.Header().Set("Content-Type", media)
	out := bufio.NewWriterSize(a.patient(w), 64<<10)
	form := a.rowWriter(media, out, q.Metrics)
	err := error(nil)
	if !q.nobody {
		err = a.cfg.Road.Rows(r.Context(), q.Query, func(t *reading.Table) (bool, error) {
			clock := a.clockOf(t.Partition)
			for i := range t.Rows.Len() {
				if err := form.row(t, clock, i); err != nil {
					return false, err
				}
			}
			return true, nil
		})
	}
	if err == nil {
		err = form.end("")
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		// The head is out: a cut answer must not look like a whole one.
		if r.Context().Err() == nil {
			a.cfg.Log.Error("answer cut", "route", r.Pattern, "error", err)
		}
		panic(http.ErrAbortHandler)
	}
	return nil
}

// patient returns w as a writer for long answers: the client has the idle
// time-out for every part of it.
func (a *API) patient(w http.ResponseWriter) io.Writer {
	return &patientWriter{w: w, control: http.NewResponseController(w), idle: a.cfg.Limits.Idle}
}

type patientWriter struct {
	w       io.Writer
	control *http.ResponseController
	idle    time.Duration
}

func (p *patientWriter) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(p.idle)) // the socket's clock, not ours
	return p.w.Write(b)
}
