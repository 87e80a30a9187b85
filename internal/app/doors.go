package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/api"
	"pleth/internal/bedside"
	"pleth/internal/deadletter"
	"pleth/internal/dispatch"
	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/identity"
	people "pleth/internal/identity/sqlite"
	"pleth/internal/lineprotocol"
	"pleth/internal/live"
	"pleth/internal/mqtt"
	"pleth/internal/ndjson"
	"pleth/internal/notify"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/reconcile/desk"
	"pleth/internal/road"
	onpebble "pleth/internal/road/pebble"
	"pleth/internal/sealed"
	chunks "pleth/internal/series/pebble"
	"pleth/internal/telemetry"
	"pleth/internal/watch"
	alerts "pleth/internal/watch/pebble"
	"pleth/web"
)

// parts are what a server is made of, in the order they are opened.
type parts struct {
	db       *pebbledb.DB
	people   *identity.Store
	aside    *deadletter.Store
	key      sealed.Key // of the identity store, for what is sealed besides
	watch    *watch.Watch
	alerts   *alerts.Store
	series   *chunks.Store  // one for all: it orders its writes
	outbox   *notify.Outbox // nil: nobody is told of alarms
	armed    chan struct{}  // closed when the alarms run
	dispatch *dispatch.Dispatcher
	log      *logs.Log
	road     *road.Road
	desk     *desk.Desk
	live     *live.Hub
	counts   *telemetry.Telemetry
	api      *api.API

	counted countedRoad  // the road, with its acknowledgements measured
	refused countedAside // the dead letters, counted
	streams []*bedside.Door
	runs    bool // the road could not be stopped and goes on using the storage
}

// newParts returns parts of which none is made.
func newParts() parts { return parts{armed: make(chan struct{})} }

// open makes every part, stores before engines before doors, and registers how
// each is stopped. It returns what answers HTTP.
func (s *Server) open(ctx context.Context) (http.Handler, error) {
	p := newParts()
	s.collect(time.Second)
	if err := s.openStores(ctx, &p); err != nil {
		return nil, err
	}
	if err := s.openNotify(ctx, &p); err != nil {
		return nil, err
	}
	if err := s.openRoad(&p); err != nil {
		return nil, err
	}
	if err := s.openDesk(ctx, &p); err != nil {
		return nil, err
	}
	s.openUpkeep(&p)
	if err := s.openAPI(&p); err != nil {
		return nil, err
	}
	s.runDesk(&p)
	s.openLive(&p)
	if err := s.openDebug(&p); err != nil {
		return nil, err
	}
	if s.settings.MQTT.Listen != "" {
		if err := s.openMQTT(&p); err != nil {
			return nil, err
		}
	}
	if err := s.openBedside(&p); err != nil {
		return nil, err
	}
	if s.settings.Demo {
		s.openDemo(&p)
	}
	return p.api, nil
}

// now is the clock in nanoseconds UTC.
func (s *Server) now() int64 { return s.clock().UnixNano() }

// blockCache is the cache of stored blocks. Pebble takes the tables in memory
// from it, the one that is written and the one before it, 16 MiB each: a server
// that has taken readings for a while would have none left of 32 MiB, and
// unpack what it reads for every question.
const blockCache = 64 << 20

// openStores opens what lies in the data directory.
func (s *Server) openStores(ctx context.Context, p *parts) (err error) {
	var key sealed.Key
	opts := pebbledb.Options{Log: s.log, Cache: blockCache, Wait: true, Prepare: true}
	if s.settings.KeyFile != "" {
		if key, err = sealed.Load(s.settings.KeyFile); err != nil {
			return fmt.Errorf("--key-file: %w", err)
		}
		opts.Key = key.Derive("storage").Bytes()
		key = key.Derive("identity store")
	}
	if p.db, err = pebbledb.Open(filepath.Join(s.settings.Data, "store"), opts); err != nil {
		if pebbledb.Damaged(err) || errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w: the storage is damaged: run pleth fsck %s, which says what is wrong, and with --repair builds it anew from what can be read", err, s.settings.Data)
		}
		return err
	}
	s.onStop("storage", func(context.Context) error {
		if p.runs || s.left {
			return nil // what was acknowledged is on disk
		}
		return p.db.Close()
	})
	p.people, key, err = people.OpenStore(ctx, filepath.Join(s.settings.Data, "identity"), key, s.now)
	if err != nil {
		return err
	}
	p.key = key
	s.onStop("identity store", func(context.Context) error { return p.people.Close() })
	p.aside, err = deadletter.Open(ctx, filepath.Join(s.settings.Data, "deadletters.db"), key, 0, s.now)
	if err != nil {
		return err
	}
	s.onStop("dead letters", func(context.Context) error { return p.aside.Close() })
	return nil
}

// openRoad starts the engine and brings it to where the log ends.
func (s *Server) openRoad(p *parts) (err error) {
	settings := analysis.Settings{Config: analysis.Config{ODI: "abosa"}}
	if err := settings.Resolve(); err != nil {
		return err
	}
	p.counts = telemetry.New(s.now, s.program)
	p.live = live.New(live.Config{Clock: s.now, Program: s.program.Version, Log: s.log, Pushed: p.counts.Pushed})
	p.alerts, p.series = alerts.Open(p.db), chunks.Open(p.db)
	p.watch = watch.New(watch.Config{Store: p.alerts, Clock: s.now, Lateness: int64(s.settings.Time.Lateness), Logger: s.log, Default: s.settings.Alarms.Profile, Changed: p.changed})
	p.log = logs.Open(p.db)
	p.road, err = road.Open(road.Config{Log: onpebble.Log{Log: p.log}, Series: onpebble.Series{Store: p.series}, Clock: s.now,
		Lateness: int64(s.settings.Time.Lateness), Logger: s.log, Program: s.program, Settings: settings, Follow: p.live.Follow(p.counts.Follow(p.watch.Follow)), Full: p.db.Filled})
	if err != nil {
		return err
	}
	p.counted, p.refused = countedRoad{p.road, p.counts}, countedAside{p.aside, p.counts}
	p.counts.Watch(p.sources())
	p.counts.Arm()
	s.unwell = p.road.Failed
	s.onStop("road", func(ctx context.Context) error {
		err := p.road.Close(ctx)
		p.runs = err != nil
		return err
	})
	s.sample(p.counts)
	if err := p.tellStanding(); err != nil {
		return err
	}
	s.runAlarms(p)
	return nil
}

// openAPI makes the doors that share the port: REST, line protocol, NDJSON.
func (s *Server) openAPI(p *parts) (err error) {
	keys, err := s.keys()
	if err != nil {
		return err
	}
	lim := s.settings.Limits
	line := lineprotocol.New(lineprotocol.Config{Road: p.counted, People: p.people, Aside: p.refused, Busy: api.Busy, Known: s.known(p), Future: time.Duration(s.settings.Time.Future),
		Authenticate: func(token string) lineprotocol.Caller {
			if c := p.api.Authenticate(token); c != nil {
				return c
			}
			return nil
		}, Admit: s.admit(p), Room: func(n int64) (func(), bool) { return p.api.Room(n) }, Clock: s.clock})
	bulk := ndjson.New(ndjson.Config{Road: p.counted, People: p.people, Aside: p.refused, Busy: api.Busy, Known: s.known(p), Future: time.Duration(s.settings.Time.Future),
		Admit: s.admit(p), Idle: lim.Idle.Or(30 * time.Second), Clock: s.clock})
	mounts := []api.Mount{{Method: "POST", Path: "/api/v1/readings:bulk", ID: "postReadingsBulk", Tag: "readings", Summary: "Takes NDJSON of any length",
		About: "One reading a line, each with its device. What is durable is told group by group to clients that accept NDJSON.", Media: []string{"application/x-ndjson"},
		Answers: map[int]string{201: "All taken.", 207: "Some refused.", 400: "The body ended early.", 408: "Nothing came for long.", 422: "Nothing taken."},
		Handle:  func(w http.ResponseWriter, r *http.Request, who *api.Caller) { bulk.Handle(w, r, who) }}}
	imports, err := s.openImports(p)
	if err != nil {
		return err
	}
	nights := &nightDoor{road: p.road, log: s.log}
	mounts = append(append(append(mounts, imports...), nights.mounts()...), p.streamsMount(), p.liveMount(), p.metricsMount(), s.statusMount(p), s.backupMount(p))
	for _, rt := range line.Routes() {
		m := api.Mount{Method: rt.Method, Path: rt.Path, ID: rt.ID, Tag: "influx", Summary: rt.Summary, Public: true, Answers: map[int]string{http.StatusOK: "As InfluxDB answers."},
			Handle: func(w http.ResponseWriter, r *http.Request, _ *api.Caller) { rt.Handle(w, r) }}
		if rt.Takes {
			m.Media = []string{"text/plain"}
			m.Answers = map[int]string{204: "All taken, on disk.", 400: "Lines that are wrong; the others were taken.", 401: "No token, or one that is not known.", 413: "Too large.", 429: "A quota is used up."}
		}
		mounts = append(mounts, m)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		mounts = append(mounts, api.Mount{Method: "GET", Path: path, ID: "get" + path[1:], Tag: "server", Public: true,
			Summary: map[string]string{"/healthz": "200 while the process runs", "/readyz": "200 once all that was acknowledged before can be asked for"}[path],
			Answers: map[int]string{200: "It is."}, Handle: func(w http.ResponseWriter, r *http.Request, _ *api.Caller) { s.serve(w, r) }})
	}
	p.api, err = api.New(api.Config{Road: p.counted, Aside: p.refused, Letters: p.aside, People: finder{p.people}, Alarms: p.watch, Deliveries: p.deliveries, Desk: p.desk, Report: s.alarmReport(p), Program: s.program, Keys: keys, Open: s.settings.InsecureLocal,
		Intake:                  api.Intake{Future: time.Duration(s.settings.Time.Future), Known: s.known(p)},
		DeviceReadingsPerSecond: s.settings.Quota.DeviceReadingsPerSecond,
		Limits:                  api.Limits{Body: lim.BodyBytes, Readings: lim.Readings, Idle: lim.Idle.Or(30 * time.Second)},
		Clock:                   s.clock, Log: s.log, Mounts: mounts, Pages: web.Handler()})
	return err
}

// keys returns who may call.
func (s *Server) keys() ([]api.Key, error) {
	if s.settings.InsecureLocal {
		return nil, nil
	}
	keys := []api.Key{{Name: "admin", Token: s.token}}
	for _, k := range s.settings.Keys {
		token, err := readToken(k.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", k.Name, err)
		}
		for _, other := range keys {
			if other.Token == token {
				return nil, fmt.Errorf("key %s: its token is that of key %s: one token is one key", k.Name, other.Name)
			}
		}
		keys = append(keys, api.Key{Name: k.Name, Token: token, ReadingsPerSecond: k.ReadingsPerSecond, Scope: api.Scope(k.Scope), Owner: k.Owner})
	}
	return keys, nil
}

// admit asks the quotas of devices. The API that holds them is made last.
func (s *Server) admit(p *parts) func(time.Time, []*reading.Batch) time.Duration {
	return func(now time.Time, batches []*reading.Batch) time.Duration { return p.api.Admit(now, batches) }
}

// known says which devices are taken; nil: all.
func (s *Server) known(p *parts) func(string) bool {
	if s.settings.Devices.Unknown != "refuse" {
		return nil
	}
	listed := map[string]bool{}
	for _, d := range s.settings.Devices.Known {
		listed[d] = true
	}
	return func(device string) bool { return listed[device] || len(p.road.Assignments(device)) > 0 }
}

// openMQTT starts the broker.
func (s *Server) openMQTT(p *parts) error {
	door, err := mqtt.New(mqtt.Config{Road: p.counted, People: p.people, Aside: p.refused, Busy: api.Busy, Known: s.known(p), Future: time.Duration(s.settings.Time.Future),
		Authenticate: func(token string) mqtt.Caller {
			if c := p.api.Authenticate(token); c != nil {
				return c
			}
			return nil
		}, Admit: s.admit(p), Connect: s.settings.Limits.Header.Or(10 * time.Second), Clock: s.clock, Log: s.log})
	if err != nil {
		return err
	}
	s.onStop("mqtt", door.Close)
	l, err := net.Listen("tcp", s.settings.MQTT.Listen)
	if err != nil {
		return fmt.Errorf("--mqtt %s: %w", s.settings.MQTT.Listen, err)
	}
	if s.cert != nil {
		l = tls.NewListener(l, s.cert.config("mqtt"))
	}
	s.log.Info("mqtt", "address", l.Addr().String())
	go func() {
		if err := door.Serve(l); err != nil {
			s.failed <- fmt.Errorf("mqtt: %w", err)
		}
	}()
	return nil
}

// finder is the identity store as the API needs it.
type finder struct{ *identity.Store }

// Find implements api.People.
func (f finder) Find(ctx context.Context, id, actor string) (string, bool, error) {
	name, err := f.Store.Find(ctx, id, identity.Who{Actor: actor, Reason: "asked for by identifier"})
	if errors.Is(err, identity.ErrUnknown) {
		return "", false, nil
	}
	return name, err == nil, err
}
