package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/net/netutil"

	"pleth/internal/analysis"
	"pleth/internal/api"
	"pleth/internal/road"
)

// Server is one running pleth: its stores, its engines, its doors. Make it
// with NewServer, then Start, then Stop, each once.
type Server struct {
	settings Settings
	program  analysis.Program
	log      *slog.Logger
	clock    func() time.Time
	token    string // of the administrator; empty: nobody is asked
	cert     *certificate

	left     bool     // a part could not be stopped
	debug    net.Addr // of the listener for operators; nil: there is none
	http     *http.Server
	listener net.Listener
	handler  atomic.Pointer[http.Handler] // nil until everything is recovered
	unwell   func() error                 // why nothing can be written; set before handler
	draining chan struct{}                // closed when nothing new is taken
	failed   chan error                   // what ended a listener

	stops []stop
}

// stop ends one part; they run backwards.
type stop struct {
	name string
	f    func(context.Context) error
}

// onStop registers how a part that was just made is ended.
func (s *Server) onStop(name string, f func(context.Context) error) {
	s.stops = append(s.stops, stop{name, f})
}

// NewServer checks the settings and takes hold of the data directory and the
// port. What cannot be is a UsageError. On an error it holds nothing.
func NewServer(settings Settings, program analysis.Program, stderr io.Writer) (*Server, error) {
	if err := settings.check(); err != nil {
		return nil, &UsageError{err}
	}
	s := &Server{settings: settings, program: program, clock: time.Now, draining: make(chan struct{}), failed: make(chan error, 4)}
	s.log = newLog(settings.Log, stderr)
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, s.runStops(context.Background()))
	}
	return s, nil
}

// prepare takes hold of what another process must not have.
func (s *Server) prepare() (err error) {
	settings := &s.settings
	if err := s.hold(settings.Data); err != nil {
		return err
	}
	if err := clearStaging(settings.Data); err != nil {
		return err
	}
	if !settings.InsecureLocal {
		token, loose, err := adminToken(settings.Data)
		if err != nil {
			return fmt.Errorf("the token of the administrator: %w", err)
		}
		if loose {
			s.log.Warn("admin-token could be read by others; its mode is now 0600. Delete it and start again for a new one")
		}
		s.token = token
	}
	if settings.TLS.Cert != "" {
		if s.cert, err = loadCertificate(settings.TLS.Cert, settings.TLS.Key, s.clock, s.log); err != nil {
			return err
		}
	}
	return s.listen()
}

// UsageError is a setting that cannot be.
type UsageError struct{ Err error }

// Error returns what is wrong with the settings.
func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UsageError) Unwrap() error { return e.Err }

// newLog returns a logger by its settings, which are checked.
func newLog(set LogSettings, w io.Writer) *slog.Logger {
	level := new(slog.LevelVar)
	_ = level.UnmarshalText([]byte(set.Level))
	opts := &slog.HandlerOptions{Level: level}
	if set.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// hold makes the data directory and keeps other processes out of it.
func (s *Server) hold(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	lock, err := vfs.Default.Lock(filepath.Join(dir, "lock"))
	if cannot := (*fs.PathError)(nil); errors.As(err, &cannot) {
		return fmt.Errorf("--data %s: this directory cannot be written: make it writable for the user that pleth runs as, or give another one (%w)", dir, err)
	}
	if err != nil {
		return fmt.Errorf("--data %s: another pleth is running on this directory; stop it first, or give this one another directory (%w)", dir, err)
	}
	s.onStop("data directory", func(context.Context) error { return lock.Close() })
	return nil
}

// listen binds the port.
func (s *Server) listen() error {
	l, err := (&net.ListenConfig{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}).
		Listen(context.Background(), "tcp", s.settings.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w", s.settings.Listen, err)
	}
	s.onStop("listener", func(context.Context) error {
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	most := s.settings.Limits.Connections
	if most == 0 {
		most = 10_000
	}
	s.listener = netutil.LimitListener(l, most)
	lim := s.settings.Limits
	s.http = &http.Server{
		Handler:           heardOut{http.HandlerFunc(s.serve), 10 * time.Second, 3 * time.Second},
		ReadHeaderTimeout: lim.Header.Or(10 * time.Second),
		ReadTimeout:       lim.Request.Or(time.Minute),
		WriteTimeout:      lim.Request.Or(time.Minute),
		IdleTimeout:       lim.Idle.Or(2 * time.Minute),
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	if s.cert != nil {
		s.http.TLSConfig = s.cert.config("h2", "http/1.1")
	}
	return nil
}

// Addr returns the address that HTTP listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// URL returns the address of the first page, with the token that opens it.
func (s *Server) URL() string {
	scheme := "http"
	if s.cert != nil {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(s.Addr().String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	u := scheme + "://" + net.JoinHostPort(host, port) + "/"
	if s.token != "" {
		u += "?token=" + s.token
	}
	return u
}

// Start serves and opens everything: it answers /healthz at once, and returns
// when all that was acknowledged before is there again and /readyz says so.
// After an error the caller still calls Stop.
func (s *Server) Start(ctx context.Context) error {
	go func() {
		err := error(nil)
		if s.cert != nil {
			err = s.http.ServeTLS(s.listener, "", "")
		} else {
			err = s.http.Serve(s.listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("http: %w", err)
		}
	}()
	began := s.clock()
	h, err := s.open(ctx)
	// Whatever was opened: requests end before the parts that they need.
	s.onStop("http", s.stopHTTP)
	if err != nil {
		return err
	}
	s.handler.Store(&h)
	s.log.Info("ready", "address", s.Addr().String(), "data", s.settings.Data, "tls", s.cert != nil, "after", s.clock().Sub(began).Round(time.Millisecond).String())
	return nil
}

// Failed reports what ended a listener that nobody stopped.
func (s *Server) Failed() <-chan error { return s.failed }

// Stop refuses what is new, finishes what is under way, writes what is open
// and closes everything, last part first. It returns when all of it is down.
func (s *Server) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.settings.Limits.Drain.Or(20*time.Second))
	defer cancel()
	close(s.draining)
	s.log.Info("stopping")
	err := s.runStops(ctx)
	if err == nil {
		s.log.Info("stopped")
	}
	return err
}

func (s *Server) runStops(ctx context.Context) error {
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		if err := s.stopOne(ctx, s.stops[i].f); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", s.stops[i].name, err))
		}
	}
	s.stops = nil
	return errors.Join(errs...)
}

// stopGrace is how long a part may take to stop when the drain time is over.
const stopGrace = 2 * time.Second

// stopOne stops a part. One that does not stop, as where it waits for a full
// disk, is left behind: what it uses must stay open.
func (s *Server) stopOne(ctx context.Context, f func(context.Context) error) error {
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(stopGrace):
		s.left = true
		return errors.New("it takes too long and is left behind")
	}
}

// stopHTTP lets the requests under way finish; what takes longer than ctx is cut.
func (s *Server) stopHTTP(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	return err
}

// serve answers for the health of the process, and hands on the rest once it
// is ready.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	h := s.handler.Load()
	stopping := false
	select {
	case <-s.draining:
		stopping = true
		w.Header().Set("Connection", "close")
	default:
	}
	switch {
	case r.URL.Path == "/healthz":
		health(w, "alive")
	case stopping:
		unready(w, "stopping", "the server is stopping", 5*time.Second)
	case h == nil:
		unready(w, "recovering", "what was acknowledged before is not all there yet", time.Second)
	case r.URL.Path == "/readyz":
		if err := s.unwell(); errors.Is(err, road.ErrFull) {
			unready(w, "full", "the disk is full; what is stored can be asked for, and readings are taken again by itself when there is room", 30*time.Second)
			return
		} else if err != nil {
			unready(w, "read-only", "writing to disk failed, as the log of the server says; what is stored can be asked for", 30*time.Second)
			return
		}
		health(w, "ready")
	default:
		(*h).ServeHTTP(w, r)
	}
}

// health says that all is well.
func health(w http.ResponseWriter, state string) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, "{\"status\":%q}\n", state)
}

// unready says why requests are not taken now.
func unready(w http.ResponseWriter, kind, why string, again time.Duration) {
	p := api.NewProblem(http.StatusServiceUnavailable, kind, "The server is "+kind, why)
	p.RetryAfter = again
	p.Write(w)
}
