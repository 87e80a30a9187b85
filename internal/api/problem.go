package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"pleth/internal/deadletter"
	"pleth/internal/identity"
	"pleth/internal/road"
)

// Problem is the answer to a request that could not be done, as RFC 9457 has
// it. It is an error: handlers return it.
type Problem struct {
	Type   string       `json:"type" doc:"Names the kind of problem; stable."`
	Title  string       `json:"title" doc:"The kind of problem in words."`
	Status int          `json:"status" doc:"The HTTP status."`
	Detail string       `json:"detail,omitempty" doc:"What was wrong and what to do."`
	Errors []FieldError `json:"errors,omitempty" doc:"Everything that is wrong, not only the first of it."`

	// RetryAfter is when it makes sense to try again; 0: not by itself.
	RetryAfter time.Duration `json:"-"`
	// Allow are the methods of the path where the method was wrong.
	Allow string `json:"-"`
}

// FieldError is one thing that is wrong with a request.
type FieldError struct {
	Path    string `json:"path" doc:"Where: a JSON pointer into the body, or the name of a parameter."`
	Code    string `json:"code" doc:"What kind of error; stable."`
	Detail  string `json:"detail" doc:"What is wrong."`
	Value   any    `json:"value,omitempty" doc:"What was sent, shortened."`
	Allowed string `json:"allowed,omitempty" doc:"What may be sent."`
}

// Error returns the title and the detail. It holds no data of patients.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

// problemType is the prefix of the types of our problems.
const problemType = "urn:pleth:problem:"

// problem returns a problem of that status and kind.
func problem(status int, kind, title, detail string) *Problem {
	return &Problem{Type: problemType + kind, Title: title, Status: status, Detail: detail}
}

// NewProblem returns a problem of that status and kind, for doors that share
// the port.
func NewProblem(status int, kind, title, detail string, errs ...FieldError) *Problem {
	p := problem(status, kind, title, detail)
	p.Errors = errs
	return p
}

// unprocessable is the answer to parameters or a body that are well formed and wrong.
func unprocessable(errs []FieldError) *Problem {
	p := problem(http.StatusUnprocessableEntity, "invalid", "The request is not valid", "see errors; nothing was changed")
	p.Errors = errs
	return p
}

// notFound says that there is no such thing.
func notFound(what string) *Problem {
	return problem(http.StatusNotFound, "not-found", "Not found", what)
}

// busy says that the sender must slow down.
func busy(after time.Duration) *Problem {
	p := problem(http.StatusServiceUnavailable, "busy", "Busy", "the queues are full; nothing of this request was taken; send it again after the time of Retry-After")
	p.RetryAfter = after
	return p
}

// Busy says how long a sender should wait after an error of the road, of the
// identity store or of the dead letters, and whether it should at all.
func Busy(err error) (time.Duration, bool) {
	switch {
	case errors.Is(err, road.ErrBusy):
		return time.Second, true
	case errors.Is(err, road.ErrStore), errors.Is(err, road.ErrClosed), errors.Is(err, identity.ErrStore), errors.Is(err, identity.ErrClosed):
		return 5 * time.Second, true
	case errors.Is(err, deadletter.ErrFull), errors.Is(err, deadletter.ErrStore), errors.Is(err, deadletter.ErrClosed):
		return keepRetry, true
	}
	return 0, false
}

// waits reports whether err goes away by itself, or when somebody mends a disk.
func waits(err error) bool {
	_, ok := Busy(err)
	return ok
}

// fail answers with err: as it is if it is a Problem, else as 500 whose cause
// goes to the log only.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *Problem
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &tooLarge):
		p = a.tooLarge(tooLarge.Limit)
	case r.Context().Err() != nil:
		return // the client has gone
	case errors.Is(err, road.ErrBusy):
		p = busy(time.Second)
	case waits(err):
		a.cfg.Log.Error("request not stored", "method", r.Method, "route", r.Pattern, "error", err)
		p = problem(http.StatusServiceUnavailable, "unavailable", "Not now", "nothing can be written at the moment; what this request sent may or may not have been kept: send it again after the time of Retry-After, a reading that was kept is a duplicate then")
		if errors.Is(err, road.ErrFull) {
			p.Detail = "the disk of the server is full; what this request sent may or may not have been kept: send it again after the time of Retry-After, a reading that was kept is a duplicate then. The server goes on by itself when there is room"
		}
		p.RetryAfter, _ = Busy(err)
	case errors.Is(err, road.ErrNotFound):
		p = notFound("there is no such thing, or not yet")
	default:
		a.cfg.Log.Error("request failed", "method", r.Method, "route", r.Pattern, "error", err)
		p = problem(http.StatusInternalServerError, "internal", "Something failed inside", "the log of the server says what; nothing acknowledged is lost")
	}
	p.Write(w)
}

// Write answers with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if p.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int((p.RetryAfter+time.Second-1)/time.Second))))
	}
	if p.Allow != "" {
		h.Set("Allow", p.Allow)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="pleth"`)
	}
	body, err := json.Marshal(p)
	if err != nil {
		body = []byte(`{"type":"about:blank","status":500}`)
	}
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}
