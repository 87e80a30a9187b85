// Package live pushes what is newest of every device, and the alarms, to the
// clients of one WebSocket. docs/formats/live.md is what goes over the wire.
//
// The state is kept once, for all clients: devices in the order in which they
// last changed, and the last changes of alarms. A client is no more than a
// place in that order. What it has not had yet is collected when it can take
// more, so that a slow client gets fewer and larger messages, always ending
// with what is true now, and costs the others nothing.
package live

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pleth/internal/road"
)

// Road is the live engine as the hub needs it; package road is it.
type Road interface {
	Latest(devices ...string) []road.Latest
}

// The defaults of Config.
const (
	DefaultClients   = 1000
	DefaultEvents    = 4096
	DefaultPace      = 10 * time.Millisecond
	idlePaces        = 25 // Pace is so many times longer while there is no client
	DefaultHeartbeat = time.Second
	DefaultPatience  = 10 * time.Second
)

// Config is what a hub is made of. Everything may be left out.
type Config struct {
	Clock     func() int64  // nanoseconds UTC; nil: the clock of the machine
	Program   string        // version told to clients
	Clients   int           // at a time; 0: DefaultClients
	Events    int           // changes of alarms kept for slow clients; 0: DefaultEvents
	Pace      time.Duration // changes are gathered for so long; 0: DefaultPace
	Heartbeat time.Duration // between two messages with the clock; 0: DefaultHeartbeat
	Patience  time.Duration // for one message to be taken, and for the answer to a ping; 0: DefaultPatience
	Pushed    func(d time.Duration)
	Log       *slog.Logger // nil: nothing is logged
}

// Alarm is a change of an alarm.
type Alarm struct {
	ID   string
	Open bool // it still stands; false: forget it
	// Text returns the alarm as JSON. It is called once, later and by another
	// goroutine; nil where it cannot be told.
	Text func() []byte
}

// Hub keeps the state that clients are told. Use New, then Run. It is safe for
// concurrent use.
type Hub struct {
	cfg Config

	todo struct {
		sync.Mutex
		devices map[string]struct{}
		alarms  []Alarm
		all     bool // every device is to be looked at
	}
	told map[string]struct{} // empty, for the next devices to do; of refresh alone
	some chan struct{}       // holds one where there is something to do
	came chan struct{}       // holds one where a client has come

	mu      sync.RWMutex
	seq     uint64 // of the last change
	devices map[string]*device
	oldest  *device // the list by seq
	newest  *device
	named   uint32             // numbers given to devices
	open    map[string][]byte  // alarms that stand, JSON by id
	events  []event            // the last changes of alarms, by seq
	floor   uint64             // changes of alarms up to here are no longer in events
	changed chan struct{}      // closed at the next change
	waited  atomic.Bool        // somebody waits for changed
	clients map[*client]func() // how each is ended
	ready   bool               // the state is complete
	ended   bool               // no client is taken any more
	over    chan struct{}      // closed when the hub ends
	left    sync.WaitGroup     // clients
}

// device is the newest state of one device.
type device struct {
	number  uint32
	id      string
	subject string
	info    uint64 // seq of the last change of subject, or of the first mention
	seq     uint64 // of the last change of anything

	at       int64 // event time of its newest reading
	received int64
	late     bool
	values   []value

	before, after *device
}

// value is the newest value of one metric.
type value struct {
	road.LatestValue
	seq uint64
}

// event is one change of an alarm.
type event struct {
	seq  uint64
	id   string
	open bool
	text []byte
}

// New returns a hub that knows nothing yet.
func New(cfg Config) *Hub {
	if cfg.Clock == nil {
		cfg.Clock = func() int64 { return time.Now().UnixNano() }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Pushed == nil {
		cfg.Pushed = func(time.Duration) {}
	}
	if cfg.Clients == 0 {
		cfg.Clients = DefaultClients
	}
	if cfg.Events == 0 {
		cfg.Events = DefaultEvents
	}
	for _, d := range []struct {
		to  *time.Duration
		def time.Duration
	}{{&cfg.Pace, DefaultPace}, {&cfg.Heartbeat, DefaultHeartbeat}, {&cfg.Patience, DefaultPatience}} {
		if *d.to == 0 {
			*d.to = d.def
		}
	}
	h := &Hub{cfg: cfg, some: make(chan struct{}, 1), came: make(chan struct{}, 1), devices: map[string]*device{}, open: map[string][]byte{}, changed: make(chan struct{}), over: make(chan struct{}), clients: map[*client]func(){}}
	h.todo.devices, h.told = map[string]struct{}{}, map[string]struct{}{}
	h.todo.all = true
	h.signal()
	return h
}

func (h *Hub) signal() {
	select {
	case h.some <- struct{}{}:
	default:
	}
}

// Touch says that the newest state of a device may have changed. It never blocks.
func (h *Hub) Touch(name string) {
	h.todo.Lock()
	if !h.todo.all {
		h.todo.devices[name] = struct{}{}
	}
	h.todo.Unlock()
	h.signal()
}

// Alarm tells of a change of an alarm; those of one alarm come in order. It
// never blocks.
func (h *Hub) Alarm(a Alarm) {
	h.todo.Lock()
	h.todo.alarms = append(h.todo.alarms, a)
	h.todo.Unlock()
	h.signal()
}

// Run keeps the state by what r says until ctx ends, then ends all clients.
// It must run for clients to be told anything.
func (h *Hub) Run(ctx context.Context, r Road) {
	defer h.end()
	pace := time.NewTimer(0)
	defer pace.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.some:
		}
		h.refresh(r)
		wait, came := h.cfg.Pace, chan struct{}(nil)
		if h.State().Clients == 0 {
			wait, came = idlePaces*wait, h.came
		}
		pace.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		case <-came:
		}
	}
}

// refresh takes what is to do and tells it.
func (h *Hub) refresh(r Road) {
	h.todo.Lock()
	names, alarms, all := h.todo.devices, h.todo.alarms, h.todo.all
	h.todo.devices, h.todo.alarms, h.todo.all = h.told, nil, false
	h.todo.Unlock()
	defer func() { clear(names); h.told = names }()
	// The road and the texts take locks of their own: none of ours is held.
	var latest []road.Latest
	switch {
	case all:
		latest = r.Latest()
	case len(names) > 0:
		latest = r.Latest(slices.Collect(maps.Keys(names))...)
	}
	texts := make([][]byte, len(alarms))
	for i := range alarms {
		if alarms[i].Text != nil {
			texts[i] = alarms[i].Text()
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.seq
	for i := range latest {
		h.update(&latest[i])
	}
	for i := range alarms {
		h.happened(&alarms[i], texts[i])
	}
	if h.seq == before && h.ready {
		return
	}
	h.ready = true
	if h.waited.Swap(false) {
		close(h.changed)
		h.changed = make(chan struct{})
	}
}

// update takes the newest state of a device. The caller holds mu.
func (h *Hub) update(l *road.Latest) {
	d := h.devices[l.Device]
	next := h.seq + 1
	changed := false
	if d == nil {
		d = &device{id: l.Device, number: h.named, info: next}
		h.named++
		h.devices[l.Device] = d
		changed = true
	}
	if d.subject != l.Subject {
		// Values of another person are not told again under this one.
		d.subject, d.info, d.values, changed = l.Subject, next, d.values[:0], true
	}
	if d.at != l.At || d.received != l.Received || d.late != l.Late {
		d.at, d.received, d.late, changed = l.At, l.Received, l.Late, true
	}
	for _, v := range l.Values {
		k := slices.IndexFunc(d.values, func(x value) bool { return x.Metric == v.Metric })
		switch {
		case k < 0:
			d.values = append(d.values, value{v, next})
		case d.values[k].LatestValue != v:
			d.values[k] = value{v, next}
		default:
			continue
		}
		changed = true
	}
	if !changed {
		return
	}
	h.seq, d.seq = next, next
	h.last(d)
}

// last makes d the newest of the list. The caller holds mu.
func (h *Hub) last(d *device) {
	if h.newest == d {
		return
	}
	if d.before != nil {
		d.before.after = d.after
	}
	if d.after != nil {
		d.after.before = d.before
	}
	if h.oldest == d {
		h.oldest = d.after
	}
	d.before, d.after = h.newest, nil
	if h.newest != nil {
		h.newest.after = d
	}
	h.newest = d
	if h.oldest == nil {
		h.oldest = d
	}
}

// happened takes a change of an alarm. The caller holds mu.
func (h *Hub) happened(a *Alarm, text []byte) {
	if !a.Open {
		delete(h.open, a.ID)
	} else if text != nil {
		h.open[a.ID] = text
	} else {
		return
	}
	h.seq++
	h.events = append(h.events, event{h.seq, a.ID, a.Open, text})
	if over := len(h.events) - h.cfg.Events; over > 0 {
		h.floor = h.events[over-1].seq
		h.events = slices.Delete(h.events, 0, over)
	}
}

// State is the number of clients, devices and open alarms, and the number of
// the last change.
type State struct {
	Clients, Devices, Alarms int
	Seq                      uint64
}

// State returns how things stand.
func (h *Hub) State() State {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return State{len(h.clients), len(h.devices), len(h.open), h.seq}
}

// goodbye is how long clients have to take the word that they are to leave.
const goodbye = 2 * time.Second

// end takes no more clients and returns when those there are have left.
func (h *Hub) end() {
	h.mu.Lock()
	h.ended = true
	stops := slices.Collect(maps.Values(h.clients))
	h.mu.Unlock()
	close(h.over)
	late := time.AfterFunc(goodbye, func() {
		for _, stop := range stops {
			stop()
		}
	})
	defer late.Stop()
	h.left.Wait()
}
