// Package live follows the newest values and the alarms of a pleth server over
// its WebSocket. docs/formats/live.md of the project describes the format.
//
// A Client keeps a copy of the server's state. When the connection breaks it
// connects again, is told the whole state anew, and swaps it in at once.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"pleth"
)

// Config says whom to follow.
type Config struct {
	// URL of the server, "https://pleth.example:8080". Must be given.
	URL string
	// Token is the bearer token; empty: none is sent.
	Token string
	// BackoffMin and BackoffMax bound the wait before connecting again, which
	// doubles from one to the other; 0: 200 ms and 10 s.
	BackoffMin, BackoffMax time.Duration
	// HTTP makes the connection; nil: http.DefaultClient. It must have no
	// time-out of its own.
	HTTP *http.Client
}

// Value is the newest value of one metric of one device.
type Value struct {
	At    time.Time   // event time
	Value pleth.Value // a number, or missing
}

// Device is the newest state of one device.
type Device struct {
	ID       string
	Subject  string           // pseudonym; empty: nobody known
	At       time.Time        // event time of its newest reading
	Received time.Time        // when that came
	Late     bool             // it came late
	Values   map[string]Value // by the names of the API: "spo2"
}

// Alarm is an alarm that stands.
type Alarm struct {
	ID    string
	Alert json.RawMessage // as GET /api/v1/alerts shows it
}

// State is what the server said last. It belongs to the caller.
type State struct {
	Connected bool      // false: what follows is as old as the last connection
	Err       error     // why there is no connection; nil while there is one
	Now       time.Time // the clock of the server; zero before the first connection
	Seq       uint64    // number of the server's last change that is in here
	Program   string    // version of the server
	Devices   []Device  // by id
	Alarms    []Alarm   // by id
}

// Errors that connecting again does not mend. Client keeps trying all the same.
var (
	// ErrUnauthorized says that the server does not know the token.
	ErrUnauthorized = errors.New("the server does not know the token")
	// ErrVersion says that the server speaks a newer format.
	ErrVersion = errors.New("the server speaks another version of the live format; take a newer client")
)

// silence is how many heartbeats may be missing until a connection is dead.
const silence = 5

// A Client follows one server. Its methods may be called by several goroutines
// at a time.
type Client struct {
	cfg  Config
	stop context.CancelFunc
	done chan struct{}

	mu      sync.Mutex
	copied  *state // of the last complete state, kept up to date
	joined  bool
	err     error
	clock   time.Time // of the server
	read    time.Time // when that was read, by our clock
	changed chan struct{}
}

// Open begins to follow and returns; the first state comes later. The error is
// about the URL alone. Close ends it.
func Open(cfg Config) (*Client, error) {
	if !strings.HasPrefix(cfg.URL, "http://") && !strings.HasPrefix(cfg.URL, "https://") {
		return nil, fmt.Errorf("%q is no address of a server: write http://host:port", cfg.URL)
	}
	if cfg.BackoffMin <= 0 {
		cfg.BackoffMin = 200 * time.Millisecond
	}
	if cfg.BackoffMax <= 0 {
		cfg.BackoffMax = 10 * time.Second
	}
	if cfg.HTTP == nil {
		cfg.HTTP = http.DefaultClient
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{cfg: cfg, stop: stop, done: make(chan struct{}), changed: make(chan struct{})}
	go c.follow(ctx)
	return c, nil
}

// Close ends the connection. It returns when nothing of c runs any more.
func (c *Client) Close() error {
	c.stop()
	<-c.done
	return nil
}

// Changed returns a channel that is closed when State would say something new.
// Ask for it before State, and wait for it after.
func (c *Client) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// State returns a copy of what the server said last.
func (c *Client) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := State{Connected: c.joined, Err: c.err}
	if !c.clock.IsZero() {
		s.Now = c.clock.Add(time.Since(c.read))
	}
	if c.copied == nil {
		return s
	}
	s.Seq, s.Program = c.copied.seq, c.copied.program
	for _, d := range c.copied.devices {
		one := *d
		one.Values = maps.Clone(d.Values)
		s.Devices = append(s.Devices, one)
	}
	slices.SortFunc(s.Devices, func(a, b Device) int { return strings.Compare(a.ID, b.ID) })
	for _, id := range slices.Sorted(maps.Keys(c.copied.alarms)) {
		s.Alarms = append(s.Alarms, Alarm{id, c.copied.alarms[id]})
	}
	return s
}

// tell wakes who waits. The caller holds mu.
func (c *Client) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// follow connects again and again.
func (c *Client) follow(ctx context.Context) {
	defer close(c.done)
	wait := c.cfg.BackoffMin
	for ctx.Err() == nil {
		good, err := c.session(ctx)
		c.mu.Lock()
		c.joined, c.err = false, err
		c.tell()
		c.mu.Unlock()
		if good {
			wait = c.cfg.BackoffMin
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, c.cfg.BackoffMax)
	}
}

// session is one connection until it ends; good: it got as far as a state.
func (c *Client) session(ctx context.Context) (good bool, err error) {
	dial, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	opts := &websocket.DialOptions{HTTPClient: c.cfg.HTTP}
	if c.cfg.Token != "" {
		opts.HTTPHeader = http.Header{"Authorization": {"Bearer " + c.cfg.Token}}
	}
	conn, res, err := websocket.Dial(dial, strings.TrimRight(c.cfg.URL, "/")+"/api/v1/live", opts)
	if err != nil {
		if res != nil && res.StatusCode == http.StatusUnauthorized {
			return false, ErrUnauthorized
		}
		return false, err
	}
	defer func() { _ = conn.CloseNow() }()
	conn.SetReadLimit(64 << 20) // the whole state of many devices
	next := newState()
	patience := 10 * time.Second
	for {
		read, cancel := context.WithTimeout(ctx, patience)
		kind, b, err := conn.Read(read)
		cancel()
		if err != nil {
			return good, err
		}
		// Once the state is complete it is the one that others see.
		c.mu.Lock()
		what, err := next.take(kind == websocket.MessageBinary, b)
		if err == nil {
			c.note(next, what)
		}
		c.mu.Unlock()
		if err != nil {
			return good, err
		}
		good = good || what == "ready"
		if next.heartbeat > 0 {
			patience = silence * next.heartbeat
		}
	}
}

// note makes what one message said visible. The caller holds mu.
func (c *Client) note(next *state, what string) {
	if !next.now.IsZero() {
		c.clock, c.read = next.now, time.Now()
		next.now = time.Time{}
	}
	if what == "ready" {
		c.copied, c.joined, c.err = next, true, nil
	}
	if c.copied == next {
		c.tell()
	}
}
