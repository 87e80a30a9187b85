package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pleth/internal/api"
	"pleth/internal/deadletter"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/telemetry"
)

// countedRoad is the road with its acknowledgements measured.
type countedRoad struct {
	*road.Road
	counts *telemetry.Telemetry
}

// note counts what became of a batch.
func (c countedRoad) note(b *reading.Batch, err error) {
	switch {
	case err == nil:
		c.counts.Acknowledged(b)
	case errors.Is(err, road.ErrBusy):
		c.counts.Busy(b.Rows.Len())
	case errors.Is(err, road.ErrStore):
		c.counts.Unwritten(b.Rows.Len())
	}
}

// SubmitAsync is that of the road.
func (c countedRoad) SubmitAsync(b *reading.Batch, done func([]reading.Outcome, error)) error {
	err := c.Road.SubmitAsync(b, func(o []reading.Outcome, err error) {
		c.note(b, err)
		done(o, err)
	})
	if err != nil {
		c.note(b, err)
	}
	return err
}

// Submit is that of the road.
func (c countedRoad) Submit(ctx context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error) {
	out, err := c.Road.Submit(ctx, batches...)
	for i, b := range batches {
		if out[i] != nil {
			c.note(b, nil)
		} else {
			c.note(b, err)
		}
	}
	return out, err
}

// countedAside is the dead letters, with what comes to lie in them counted.
type countedAside struct {
	*deadletter.Store
	counts *telemetry.Telemetry
}

// Put is that of the dead letters.
func (c countedAside) Put(ctx context.Context, door string, received int64, body []byte, refused []readings.Refusal) error {
	c.counts.Refused(refused)
	return c.Store.Put(ctx, door, received, body, refused)
}

// sources are what the metrics ask when they are read.
func (p *parts) sources() telemetry.Sources {
	return telemetry.Sources{Totals: p.road.Totals, Devices: p.road.Devices, Waiting: p.road.Waiting,
		Letters: func() (int64, int64, int64) {
			s := p.aside.State()
			return s.Letters, s.Readings, s.Bytes
		},
		Messages: p.backlog,
		Integrations: func() ([]telemetry.Integration, error) {
			list, err := p.desk.Standings(context.Background())
			out := make([]telemetry.Integration, 0, len(list))
			for _, s := range list {
				out = append(out, telemetry.Integration{Name: s.Name, Group: s.Group, Colour: string(s.Colour), Checked: s.Checked, Good: s.Good, Incidents: s.Incidents, Findings: s.Findings})
			}
			return out, err
		},
		Clients: func() (int, int) {
			s := p.live.State()
			return s.Clients, s.Alarms
		},
		Sync: func() prometheus.Metric { return p.db.Metrics().LogWriter.FsyncLatency },
		Disk: func() (uint64, int64) {
			m := p.db.Metrics()
			return m.DiskSpaceUsage(), int64(m.Compact.EstimatedDebt)
		},
		Written: func() (log, first, again uint64) {
			m := p.db.Metrics()
			for _, level := range m.Levels {
				first += level.TableBytesFlushed
				again += level.TableBytesCompacted
			}
			return m.WAL.BytesWritten, first, again
		}}
}

// metricsMount is the address of the metrics.
func (p *parts) metricsMount() api.Mount {
	return api.Mount{Method: "GET", Path: "/metrics", ID: "getMetrics", Tag: "server", Summary: "How the server does, as Prometheus reads it",
		About: "No device, person or value is in it. docs/operations.md says what each alert on it means.", Answers: map[int]string{200: "The metrics."},
		Handle: func(w http.ResponseWriter, r *http.Request, _ *api.Caller) { p.counts.Handler().ServeHTTP(w, r) }}
}

// openDebug starts the listener for operators.
func (s *Server) openDebug(p *parts) error {
	if s.settings.Debug.Listen == "" {
		return nil
	}
	l, err := net.Listen("tcp", s.settings.Debug.Listen)
	if err != nil {
		return fmt.Errorf("debug.listen %s: %w", s.settings.Debug.Listen, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", p.counts.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	// A page elsewhere that points its name at this machine gets nothing.
	here := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if inside, err := loopback(r.Host); err != nil || !inside {
			http.Error(w, "this is for the machine itself: ask by a loopback address with its port", http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
	srv := &http.Server{Handler: here, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	s.debug = l.Addr()
	s.log.Info("debug", "address", l.Addr().String())
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("debug: %w", err)
		}
	}()
	s.onStop("debug", func(context.Context) error { return srv.Close() })
	return nil
}
