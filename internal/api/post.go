package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"pleth/internal/deadletter"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// Intake says how this door takes readings.
type Intake struct {
	Future time.Duration            // how far ahead of the clock a stamp may be; 0: readings.DefaultFuture
	Known  func(device string) bool // nil: every device is taken
}

// maxListed is the number of errors that one answer lists; the dead letters
// hold them all.
const maxListed = 10_000

// postReadings takes one reading or a list of them.
func (a *API) postReadings(w http.ResponseWriter, r *http.Request, who *Caller) error {
	device := r.PathValue("device_id")
	if device != "" && !readings.ValidDevice(device) {
		return unprocessable([]FieldError{{Path: "device_id", Code: string(readings.BadDevice), Detail: "this cannot name a device",
			Value: device[:min(len(device), 64)], Allowed: "1 to 128 letters, digits and . _ - : @ ~"}})
	}
	if err := takesJSON(r); err != nil {
		return err
	}
	body, release, err := a.body(w, r)
	if err != nil {
		return err
	}
	defer release()
	now := a.cfg.Clock()
	in, err := readings.Decode(r.Context(), body, readings.Options{Door: "rest", Device: device, Received: now.UnixNano(),
		Future: a.cfg.Intake.Future, Limit: a.cfg.Limits.Readings, Known: a.cfg.Intake.Known}, a.cfg.People)
	if err != nil {
		return a.undecodable(r, device, body, now, err)
	}
	giveBack, ok := a.Room(int64(len(in.Refused)) * readings.RefusalBytes)
	if !ok {
		return busy(time.Second)
	}
	defer giveBack()
	if err := a.quota(who, in, now); err != nil {
		return err
	}
	var outcomes [][]reading.Outcome
	if len(in.Batches) > 0 {
		if outcomes, err = a.cfg.Road.Submit(r.Context(), in.Batches...); err != nil {
			return err
		}
	}
	if len(in.Refused) > 0 {
		if err := a.cfg.Aside.Put(r.Context(), "rest", now.UnixNano(), body, in.Refused); err != nil {
			return a.notKept(err)
		}
	}
	err = writeTaken(w, r, in, outcomes, isList(body))
	in.Release() // all of it was answered: the road has nothing of it
	return err
}

// undecodable is the answer to a body of which nothing could be read.
func (a *API) undecodable(r *http.Request, device string, body []byte, now time.Time, err error) error {
	var syntax *readings.SyntaxError
	var many *readings.TooManyError
	switch {
	case errors.As(err, &syntax):
		p := malformed(syntax.Error())
		whole := []readings.Refusal{{Device: device, To: len(body), Problems: []readings.Problem{{Code: readings.Malformed, Detail: syntax.Error()}}}}
		if err := a.cfg.Aside.Put(r.Context(), "rest", now.UnixNano(), body, whole); err != nil {
			return a.notKept(err)
		}
		return p
	case errors.As(err, &many):
		return problem(http.StatusRequestEntityTooLarge, "too-many", "Too many readings", many.Error())
	}
	return err
}

// notKept is the answer where what was refused could not be kept aside. The
// sender keeps it and comes again; what was taken is a duplicate then.
func (a *API) notKept(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	a.cfg.Log.Error("dead letters not kept", "error", err)
	p := problem(http.StatusServiceUnavailable, "dead-letters", "The dead letters take nothing", "some of this was refused, and that cannot be kept aside now; what was taken is stored; send all of it again after the time of Retry-After")
	p.RetryAfter = keepRetry
	if errors.Is(err, deadletter.ErrFull) {
		p.Detail = "some of this was refused, and the dead letters are full: resubmit or drop some; what was taken is stored; send all of it again after the time of Retry-After"
	}
	return p
}

// keepRetry is how long a sender waits where the dead letters take nothing.
const keepRetry = 30 * time.Second

// isList reports whether a body is a JSON list.
func isList(body []byte) bool {
	for _, c := range body {
		switch c {
		case ' ', '\t', '\r', '\n', 0xef, 0xbb, 0xbf:
			continue
		}
		return c == '['
	}
	return false
}

// limiters are the quotas of devices, made as they come.
type limiters struct {
	limit rate.Limit // 0: no bound
	mu    sync.Mutex
	by    map[string]*rate.Limiter
}

// keepLimiters is the number of devices whose quota is remembered; beyond, all
// start anew.
const keepLimiters = 100_000

func (l *limiters) take(device string, now time.Time, n int) time.Duration {
	if l.limit <= 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	one := l.by[device]
	if one == nil {
		if l.by == nil || len(l.by) >= keepLimiters {
			l.by = map[string]*rate.Limiter{}
		}
		one = limiter(float64(l.limit))
		l.by[device] = one
	}
	return take(one, now, n)
}

// Admit takes the readings of batches from the quotas of their devices, and
// returns 0, or how long to wait before the same may be asked again.
func (a *API) Admit(now time.Time, batches []*reading.Batch) time.Duration {
	for _, b := range batches {
		if wait := a.devices.take(b.Device, now, b.Rows.Len()); wait > 0 {
			return wait
		}
	}
	return 0
}

// quota takes what came from the quotas of the key and of the devices. On an
// error nothing of the request is taken.
func (a *API) quota(who *Caller, in *readings.Result, now time.Time) error {
	what := "of this key"
	wait := who.Take(now, len(in.Places))
	if wait == 0 {
		what = "of a device"
		wait = a.Admit(now, in.Batches)
	}
	if wait == 0 {
		return nil
	}
	p := problem(http.StatusTooManyRequests, "quota", "Too many readings a second", "the quota "+what+" is used up; nothing of this request was taken; send it again after the time of Retry-After")
	p.RetryAfter = wait
	return p
}

// Taken is the answer to readings.
type Taken struct {
	Accepted  int         `json:"accepted" doc:"Readings stored by this request, late and conflicting ones included."`
	Duplicate int         `json:"duplicate" doc:"Readings that were there already."`
	Refused   int         `json:"refused" doc:"Readings that were not taken; they lie in the dead letters."`
	Late      int         `json:"late" doc:"Accepted ones further behind the newest reading than the lateness bound."`
	Conflict  int         `json:"conflict" doc:"Accepted ones that differ from what the device said before of the same instant and sequence number."`
	Results   []OneResult `json:"results,omitempty" doc:"What became of each, in the order sent. Left out with the header Prefer: return=minimal where nothing was refused."`
}

// OneResult says what became of one reading.
type OneResult struct {
	Index  int          `json:"index" doc:"Of the reading in the list, from 0."`
	Status string       `json:"status" enum:"accepted,duplicate,refused"`
	Flags  []string     `json:"flags,omitempty" doc:"late, conflict"`
	Code   string       `json:"code,omitempty" doc:"Of the first error of a refused one."`
	Errors []FieldError `json:"errors,omitempty" doc:"Everything wrong with a refused one."`
}

// writeTaken answers: 201 where all was taken, 422 where nothing, 207 between.
func writeTaken(w http.ResponseWriter, r *http.Request, in *readings.Result, outcomes [][]reading.Outcome, list bool) error {
	if len(in.Places) == len(in.Refused) {
		return refusedAll(in, list)
	}
	var t Taken
	t.Refused = len(in.Refused)
	for _, batch := range outcomes {
		for _, o := range batch {
			switch o {
			case reading.Duplicate:
				t.Duplicate++
				continue
			case reading.Late:
				t.Late++
			case reading.Conflict:
				t.Conflict++
			}
			t.Accepted++
		}
	}
	room := takens.Get().(*[]byte)
	buf := appendCounts((*room)[:0], &t)
	defer func() {
		if cap(buf) <= keepBuffer {
			*room = buf
			takens.Put(room)
		}
	}()
	if t.Refused > 0 || !strings.Contains(r.Header.Get("Prefer"), "return=minimal") {
		buf = appendResults(buf, in, outcomes, list)
	}
	buf = append(buf, '}', '\n')
	status := http.StatusCreated
	if t.Refused > 0 {
		status = http.StatusMultiStatus
	}
	h := w.Header()
	h["Content-Type"] = jsonType
	if len(buf) > setsLength {
		h["Content-Length"] = []string{strconv.Itoa(len(buf))}
	}
	w.WriteHeader(status)
	_, _ = w.Write(buf)
	return nil
}

// Headers that are the same in every answer. net/http does not change them.
var (
	jsonType = []string{"application/json"}
	noSniff  = []string{"nosniff"}
)

// takens is memory for answers to readings.
var takens = sync.Pool{New: func() any { return new([]byte) }}

// setsLength is the length of an answer up to which net/http says it by itself.
const setsLength = 1024

func appendCounts(dst []byte, t *Taken) []byte {
	for _, c := range []struct {
		name string
		n    int
	}{{`{"accepted":`, t.Accepted}, {`,"duplicate":`, t.Duplicate}, {`,"refused":`, t.Refused}, {`,"late":`, t.Late}, {`,"conflict":`, t.Conflict}} {
		dst = strconv.AppendInt(append(dst, c.name...), int64(c.n), 10)
	}
	return dst
}

func appendResults(dst []byte, in *readings.Result, outcomes [][]reading.Outcome, list bool) []byte {
	dst = append(dst, `,"results":[`...)
	listed := 0
	for i, p := range in.Places {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, `{"index":`...), int64(i), 10)
		if p.Batch < 0 {
			dst = appendRefused(dst, &in.Refused[p.Row], list, &listed)
			continue
		}
		switch outcomes[p.Batch][p.Row] {
		case reading.Duplicate:
			dst = append(dst, `,"status":"duplicate"}`...)
		case reading.Late:
			dst = append(dst, `,"status":"accepted","flags":["late"]}`...)
		case reading.Conflict:
			dst = append(dst, `,"status":"accepted","flags":["conflict"]}`...)
		default:
			dst = append(dst, `,"status":"accepted"}`...)
		}
	}
	return append(dst, ']')
}
