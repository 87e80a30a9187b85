// Package api is the HTTP door: readings in and out as JSON and in the forms
// that tools for data take, and what pleth knows of devices, sessions and what
// was refused. One table of routes makes both the handlers and the OpenAPI
// document, so that neither knows more than the other.
//
// The nouns: a route is one method on one path with its documentation; a
// caller is a key with its quota; a problem is an answer to what cannot be
// done.
package api

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"pleth/internal/analysis"
	"pleth/internal/notify"
	"pleth/internal/reconcile/desk"
	"pleth/internal/watch"
)

// Config is what an API is made of. All of it is required, unless it says
// otherwise.
type Config struct {
	Road    Road
	Intake  Intake
	Aside   Aside
	Letters Letters
	People  People
	Alarms  Alarms // nil: there are no alarms here
	// Report counts alarms of the log, and what other settings would have made.
	Report func(ctx context.Context, whatIf []string, from, to int64) (*watch.Report, error)
	Desk   *desk.Desk // of integrations; nil: none are watched
	// Deliveries returns what was sent to people about an alarm; nil: nothing is.
	Deliveries func(ctx context.Context, alarm string) ([]notify.Delivery, error)
	Program    analysis.Program
	Keys       []Key // who may call
	Open       bool  // nobody has to say who they are; only for a server on loopback
	// DeviceReadingsPerSecond bounds what one device may send; 0: no bound.
	DeviceReadingsPerSecond float64
	Limits                  Limits
	Clock                   func() time.Time
	Log                     *slog.Logger
	// Mounts are the handlers of other doors that share the port.
	Mounts []Mount
	// Pages serves the pages for people; nil: there are none.
	Pages http.Handler
}

// Limits bound what one request may ask of the server. Zero values mean the
// defaults.
type Limits struct {
	Body     int64         // bytes of a request body, unpacked; 10 MiB
	Bodies   int64         // bytes of all bodies together in memory; 256 MiB
	Readings int           // in one request; 100,000
	Idle     time.Duration // between two bytes of a long body or answer; 30 s
}

func (l Limits) orDefaults() Limits {
	if l.Body <= 0 {
		l.Body = 10 << 20
	}
	if l.Bodies <= 0 {
		l.Bodies = 256 << 20
	}
	if l.Readings <= 0 {
		l.Readings = 100_000
	}
	if l.Idle <= 0 {
		l.Idle = 30 * time.Second
	}
	return l
}

// API serves HTTP. It is safe for concurrent use.
type API struct {
	cfg     Config
	mux     *http.ServeMux
	cross   *http.CrossOriginProtection
	callers []*Caller
	cookies []string // by caller
	doc     []byte   // the OpenAPI document
	bodies  atomic.Int64
	devices limiters
	answers *answers
}

// New returns the API.
func New(cfg Config) (*API, error) {
	cfg.Limits = cfg.Limits.orDefaults()
	a := &API{cfg: cfg, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), answers: newAnswers()}
	a.devices.limit = rate.Limit(cfg.DeviceReadingsPerSecond)
	for _, k := range cfg.Keys {
		a.callers = append(a.callers, &Caller{name: k.Name, sum: sha256.Sum256([]byte(k.Token)), limit: limiter(k.ReadingsPerSecond), scope: k.Scope, owner: k.Owner})
		a.cookies = append(a.cookies, cookieOf(k.Token))
	}
	list := routes()
	for i := range list {
		a.mount(&list[i])
	}
	for i := range cfg.Mounts {
		m := &cfg.Mounts[i]
		list = append(list, m.route())
		a.mount(&list[len(list)-1])
	}
	if cfg.Pages != nil {
		for _, path := range []string{"/assets/", "/icon.svg"} {
			a.mux.Handle("GET "+path, cfg.Pages)
		}
		for _, name := range screens {
			a.mux.Handle("GET /"+name, cfg.Pages)
			a.mux.Handle("GET /"+name+"/{rest...}", cfg.Pages)
		}
	}
	a.mux.HandleFunc("/", a.unknown)
	doc, err := document(list, cfg.Program)
	if err != nil {
		return nil, err
	}
	a.doc = doc
	return a, nil
}

// screens are the first parts of the addresses of pages, as web/src/screens.tsx
// lists them.
var screens = []string{"nights", "compare", "ward", "patient", "alarms", "devices", "dead-letters", "integrations", "status", "settings"}

// mount puts a route on the mux.
func (a *API) mount(rt *route) {
	one := *rt
	a.mux.HandleFunc(one.method+" "+one.path, func(w http.ResponseWriter, r *http.Request) {
		a.serve(&one, w, r)
	})
}

// ServeHTTP answers one request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mux.ServeHTTP(w, r)
}

// serve runs a route: who is it, may they, then the handler.
func (a *API) serve(rt *route, w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			a.cfg.Log.Error("request crashed", "method", r.Method, "route", rt.path, "panic", p, "stack", string(debug.Stack()))
			problem(http.StatusInternalServerError, "internal", "Something failed inside", "the log of the server says what; nothing acknowledged is lost").Write(w)
		}
	}()
	w.Header()["X-Content-Type-Options"] = noSniff
	if a.cfg.Open && !local(r) {
		a.fail(w, r, problem(http.StatusMisdirectedRequest, "not-here", "Not served under this name", "a server without tokens answers to localhost and loopback addresses only"))
		return
	}
	if err := a.cross.Check(r); err != nil {
		a.fail(w, r, problem(http.StatusForbidden, "cross-origin", "Refused", "this came from a page of another site"))
		return
	}
	who := open
	if !rt.public {
		if who = a.caller(r); who == nil {
			a.fail(w, r, unauthorized())
			return
		}
		if err := who.may(rt); err != nil {
			a.fail(w, r, err)
			return
		}
	}
	do := func(w http.ResponseWriter, r *http.Request) {
		if err := rt.handle(a, w, r, who); err != nil {
			a.fail(w, r, err)
		}
	}
	if rt.once && r.Header.Get("Idempotency-Key") != "" {
		if err := a.once(w, r, who, do); err != nil {
			a.fail(w, r, err)
		}
		return
	}
	do(w, r)
}

// nowhere answers with 404 what a handler would have answered with 200.
type nowhere struct {
	http.ResponseWriter
	begun bool
}

func (n *nowhere) WriteHeader(int) {
	if !n.begun {
		n.begun = true
		n.ResponseWriter.WriteHeader(http.StatusNotFound)
	}
}

func (n *nowhere) Write(b []byte) (int, error) {
	n.WriteHeader(http.StatusNotFound)
	return n.ResponseWriter.Write(b)
}

// unknown answers for paths and methods without a route.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	allow := ""
	probe := *r
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		probe.Method = m
		if _, pattern := a.mux.Handler(&probe); pattern != "/" && pattern != "" {
			if allow != "" {
				allow += ", "
			}
			allow += m
		}
	}
	if allow == "" && a.cfg.Pages != nil && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") && !strings.HasPrefix(r.URL.Path, "/api/") {
		a.cfg.Pages.ServeHTTP(&nowhere{ResponseWriter: w}, r) // a page that says so, with the way to the others
		return
	}
	if allow == "" {
		notFound("there is nothing at this address; /docs shows what there is").Write(w)
		return
	}
	p := problem(http.StatusMethodNotAllowed, "method", "Method not allowed", "this address takes "+allow)
	p.Allow = allow
	p.Write(w)
}
