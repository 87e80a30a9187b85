// Package ndjson is the door for many readings at once: one JSON object a
// line, in a body of any length. Readings become durable group by group while
// the body comes in, so that a body of gigabytes takes no more memory than one
// of a page. docs/formats/ndjson.md has the contract.
package ndjson

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// Road takes batches. Road.Submit returns when they are durable; where it
// returns an error, the outcomes of those that were taken are not nil.
type Road interface {
	Submit(ctx context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error)
}

// Aside keeps what was refused.
type Aside interface {
	// Put keeps the parts of body that the refusals point to, durable on return.
	Put(ctx context.Context, door string, received int64, body []byte, refused []readings.Refusal) error
}

// Caller is somebody who may send.
type Caller interface {
	// Take takes n readings from the caller's quota, and returns 0, or how long
	// to wait before the same may be asked again.
	Take(now time.Time, n int) time.Duration
}

// Config is what a Door is made of. All of it is required, unless it says
// otherwise.
type Config struct {
	Road   Road
	People readings.People
	Aside  Aside
	// Admit says how long batches must wait for the quotas of their devices, 0
	// if not at all; nil: devices have none.
	Admit func(now time.Time, batches []*reading.Batch) time.Duration
	// Busy says whether an error of Road goes away by itself soon.
	Busy   func(error) (time.Duration, bool)
	Known  func(device string) bool // as in readings.Options; nil: all
	Future time.Duration            // as in readings.Options
	Idle   time.Duration            // between two bytes of the body; 0: 30 s
	Clock  func() time.Time
}

// Bounds of a request.
const (
	maxLine    = 1 << 20 // bytes of a line
	groupLines = 4000    // lines that become durable together, at most
	groupBytes = 1 << 20 // bytes of them, at least one line
	maxListed  = 1000    // refused lines that a summary lists
)

// doorName is what readings and dead letters of this door say they came by.
const doorName = "ndjson"

// Door takes bodies of NDJSON. Use New. It is safe for concurrent use.
type Door struct{ cfg Config }

// New returns a Door.
func New(cfg Config) *Door {
	if cfg.Idle <= 0 {
		cfg.Idle = 30 * time.Second
	}
	return &Door{cfg}
}

// Handle answers a POST. Where the client accepts NDJSON, it hears of every
// group as soon as that is durable; else of all at the end.
func (d *Door) Handle(w http.ResponseWriter, r *http.Request, who Caller) {
	control := http.NewResponseController(w)
	body := &patient{Reader: r.Body, control: control, idle: d.cfg.Idle}
	src := io.Reader(body)
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(src)
		if err != nil {
			problem(w, http.StatusBadRequest, "malformed", "Not gzip", "the body is not gzip, as its Content-Encoding says", 0, nil)
			return
		}
		src = z
	default:
		problem(w, http.StatusUnsupportedMediaType, "encoding", "Unknown encoding", "send the body as it is or with Content-Encoding: gzip", 0, nil)
		return
	}
	// The context of a request ends with its first failed read; the lines that
	// came before are settled all the same.
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	run := &run{d: d, ctx: ctx, who: who}
	if strings.Contains(r.Header.Get("Accept"), "ndjson") {
		// The answer begins while the body still comes in.
		if err := control.EnableFullDuplex(); err == nil || r.ProtoMajor > 1 {
			run.tell = &teller{w: w, control: control, idle: d.cfg.Idle}
			w.Header().Set("Content-Type", "application/x-ndjson")
			w.Header().Set("Cache-Control", "no-store")
		}
	}
	groups := make(chan *group, 1)
	read := make(chan error, 1)
	go func() {
		defer close(groups)
		read <- split(ctx, src, groups)
	}()
	var err error
	for g := range groups {
		if err = run.group(g); err != nil {
			cancel()
			break
		}
	}
	if err != nil {
		// The answer comes while the sender still sends. Closing at once could
		// take it away from under the sender's eyes, so what comes is read on for
		// a moment.
		_ = control.EnableFullDuplex()
		run.end(w, err)
		_ = control.Flush()
		stop := time.AfterFunc(linger, body.stop)
		defer stop.Stop()
		for range groups { // the reader ends
		}
		<-read
		_, _ = io.Copy(io.Discard, body)
		return
	}
	run.end(w, <-read)
}

// linger is how long a body is read on after a failure has been told.
const linger = 2 * time.Second

// patient reads a body, and gives up on a sender who says nothing for long.
type patient struct {
	io.Reader
	control *http.ResponseController
	idle    time.Duration
	mu      sync.Mutex
	stopped bool
}

func (p *patient) Read(b []byte) (int, error) {
	p.mu.Lock()
	if p.stopped {
		p.mu.Unlock()
		return 0, errBody
	}
	_ = p.control.SetReadDeadline(time.Now().Add(p.idle))
	p.mu.Unlock()
	return p.Reader.Read(b)
}

// stop ends a Read that waits, and lets none begin.
func (p *patient) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	_ = p.control.SetReadDeadline(time.Now())
}

// run is one request.
type run struct {
	d     *Door
	ctx   context.Context
	who   Caller
	tell  *teller // nil: the answer comes at the end
	build readings.Builder
	sum   Summary
}

// Summary says what became of the lines of a body.
type Summary struct {
	Lines     int64  `json:"lines"` // without blank ones, settled
	Accepted  int64  `json:"accepted"`
	Duplicate int64  `json:"duplicate"`
	Refused   int64  `json:"refused"`
	Late      int64  `json:"late"`
	Conflict  int64  `json:"conflict"`
	Through   int64  `json:"durable_through"` // number of the last line that is settled, from 1
	Listed    []Line `json:"refused_lines,omitempty"`
	More      int64  `json:"refused_not_listed,omitempty"`
}

// Line is a refused line.
type Line struct {
	Line   int64              `json:"line"` // from 1, blank lines counted
	Code   readings.Code      `json:"code"` // of the first problem
	Errors []readings.Problem `json:"errors"`
}

// group makes the readings of one group durable.
func (r *run) group(g *group) error {
	d := r.d
	now := d.cfg.Clock()
	b := &r.build
	b.Reset(readings.Options{Door: doorName, Received: now.UnixNano(), Future: d.cfg.Future, Known: d.cfg.Known, Limit: groupLines})
	first := make([]int, 0, len(g.lines)) // number of the first reading of each line
	for _, l := range g.lines {
		first = append(first, b.Len())
		var err error
		if text := g.data[l.from:l.to]; l.long {
			b.Refuse("", 0, len(text), readings.Problem{Code: readings.TooLong, Allowed: "lines up to 1 MiB", Detail: "send one reading a line"})
		} else if err = b.JSON(text); err != nil {
			b.Refuse("", 0, len(text), readings.Problem{Code: readings.Malformed, Detail: err.Error()})
		}
	}
	n := b.Len()
	got, err := b.Result(r.ctx, d.cfg.People)
	if err != nil {
		return err
	}
	for {
		wait := r.who.Take(now, n)
		if wait == 0 && d.cfg.Admit != nil {
			wait = d.cfg.Admit(now, got.Batches)
		}
		if wait == 0 {
			break
		}
		if err := r.pause(wait); err != nil {
			return err
		}
		now = d.cfg.Clock()
	}
	outcomes, err := r.submit(got.Batches)
	if err != nil {
		return err
	}
	listed := place(g, first, got.Refused)
	if len(got.Refused) > 0 {
		if err := d.cfg.Aside.Put(r.ctx, doorName, now.UnixNano(), g.data, got.Refused); err != nil {
			return err
		}
	}
	r.sum.count(outcomes)
	r.sum.Lines += int64(len(g.lines))
	r.sum.Refused += int64(len(got.Refused))
	r.sum.Through = g.lines[len(g.lines)-1].number
	if r.tell != nil {
		return r.tell.group(&r.sum, listed)
	}
	room := min(maxListed-len(r.sum.Listed), len(listed))
	r.sum.Listed = append(r.sum.Listed, listed[:room]...)
	r.sum.More += int64(len(listed) - room)
	return nil
}

// place gives the refusals their place in the group instead of in their line,
// and returns them by line.
func place(g *group, first []int, refused []readings.Refusal) []Line {
	var out []Line
	at := 0
	for i := range refused {
		one := &refused[i]
		for at+1 < len(first) && first[at+1] <= one.Index {
			at++
		}
		l := g.lines[at]
		one.From, one.To = one.From+l.from, one.To+l.from
		out = append(out, Line{Line: l.number, Code: one.Problems[0].Code, Errors: one.Problems})
	}
	return out
}

// submit makes batches durable. While the road is busy it waits, and with it
// the sender; where that is to last, as on a full disk, for Config.Idle at most.
func (r *run) submit(batches []*reading.Batch) ([][]reading.Outcome, error) {
	var all [][]reading.Outcome
	wait, waited := time.Millisecond, time.Duration(0)
	for len(batches) > 0 {
		got, err := r.d.cfg.Road.Submit(r.ctx, batches...)
		if err == nil {
			return append(all, got...), nil
		}
		after, again := r.d.cfg.Busy(err)
		if !again || r.ctx.Err() != nil || after > time.Second && waited >= r.d.cfg.Idle {
			return nil, err
		}
		var left []*reading.Batch
		for i, b := range batches {
			if i < len(got) && got[i] != nil {
				all = append(all, got[i])
			} else {
				left = append(left, b)
			}
		}
		batches = left
		if err := r.pause(wait); err != nil {
			return nil, err
		}
		waited += wait
		wait = min(2*wait, time.Second)
	}
	return all, nil
}

func (r *run) pause(wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

func (s *Summary) count(outcomes [][]reading.Outcome) {
	for _, batch := range outcomes {
		for _, o := range batch {
			switch o {
			case reading.Duplicate:
				s.Duplicate++
				continue
			case reading.Late:
				s.Late++
			case reading.Conflict:
				s.Conflict++
			}
			s.Accepted++
		}
	}
}

// end answers, or ends the answer.
func (r *run) end(w http.ResponseWriter, err error) {
	status, kind, title, detail, after := explain(r.d, err)
	switch {
	case r.tell != nil:
		r.tell.end(&r.sum, status, title, detail)
	case err != nil:
		problem(w, status, kind, title, detail, after, &r.sum)
	case r.sum.Lines == 0:
		problem(w, http.StatusUnprocessableEntity, "nothing-accepted", "Nothing was accepted", "the body holds no lines", 0, &r.sum)
	case r.sum.Refused == 0:
		answer(w, http.StatusCreated, "application/json", &r.sum)
	case r.sum.Accepted+r.sum.Duplicate == 0:
		problem(w, http.StatusUnprocessableEntity, "nothing-accepted", "Nothing was accepted", "what was sent lies in the dead letters", 0, &r.sum)
	default:
		answer(w, http.StatusMultiStatus, "application/json", &r.sum)
	}
}

// explain says what an error means for the sender.
func explain(d *Door, err error) (status int, kind, title, detail string, after time.Duration) {
	const rest = "the lines up to durable_through are settled; send the others again"
	if err == nil {
		return 0, "", "", "", 0
	}
	if after, ok := d.cfg.Busy(err); ok {
		return http.StatusServiceUnavailable, "busy", "Busy", rest, after
	}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		return http.StatusRequestTimeout, "idle", "Nothing came", "no byte came for " + strconv.Itoa(int(d.cfg.Idle.Seconds())) + " s; " + rest, 0
	case errors.Is(err, errBody):
		return http.StatusBadRequest, "malformed", "The body ended early", "it is cut, or not gzip, as its Content-Encoding says; " + rest, 0
	}
	return http.StatusInternalServerError, "internal", "Something failed inside", "the log of the server says what; " + rest, 0
}
