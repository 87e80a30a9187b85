package live

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// pingEvery is how often a client is asked whether it is there.
const pingEvery = 15 * time.Second

// client is one connection: a place in the changes.
type client struct {
	hub  *Hub
	conn *websocket.Conn
	pos  uint64 // up to here it has been told
}

// ServeHTTP upgrades a request whose sender is known and allowed, and returns
// when the connection has ended. A page of another site is answered 403, one
// client too many 503.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cancel()
	c := &client{hub: h}
	if !h.join(c, cancel) {
		w.Header().Set("Retry-After", "5")
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintf(w, "{\"type\":\"urn:pleth:problem:clients\",\"title\":\"Too many live clients\",\"status\":503,\"detail\":\"%d are connected or the server is stopping; come again after the time of Retry-After\"}\n", h.cfg.Clients)
		return
	}
	defer h.leave(c)
	// The origin of a page must be the host that was asked: cookies travel with
	// whatever page opens the socket.
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // answered
	}
	c.conn = conn
	var beside sync.WaitGroup
	defer beside.Wait()
	defer func() { _ = conn.CloseNow() }()
	gone, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	beside.Go(func() { stop(c.listen(gone)) })
	beside.Go(func() { c.ping(gone, stop) })
	err = c.run(gone)
	switch {
	case err == nil:
		_ = conn.Close(websocket.StatusGoingAway, "the server is stopping; connect again")
	case errors.Is(err, errSpoke):
		_ = conn.Close(websocket.StatusPolicyViolation, "nothing is taken here")
	default:
		h.cfg.Log.Debug("live client ended", "error", err)
	}
}

// errSpoke says that a client sent a message.
var errSpoke = errors.New("the client sent a message, and nothing is taken")

// listen answers pings and the end of the connection, and returns why nothing
// more can come.
func (c *client) listen(ctx context.Context) error {
	if _, _, err := c.conn.Reader(ctx); err != nil {
		return err
	}
	return errSpoke
}

// join counts a client in; false: there is no room.
func (h *Hub) join(c *client, stop func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended || len(h.clients) >= h.cfg.Clients {
		return false
	}
	h.clients[c] = stop
	h.left.Add(1)
	select {
	case h.came <- struct{}{}:
	default:
	}
	return true
}

func (h *Hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.clients, c)
	h.left.Done()
}

// ping ends a client that does not answer.
func (c *client) ping(ctx context.Context, stop func(error)) {
	every := time.NewTicker(pingEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		waiting, cancel := context.WithTimeout(ctx, c.hub.cfg.Patience)
		err := c.conn.Ping(waiting)
		cancel()
		if err != nil {
			stop(fmt.Errorf("no answer to a ping: %w", err))
			return
		}
	}
}

// run tells the client what it has not had until it is gone; nil: the hub has
// ended, and the client is still there.
func (c *client) run(ctx context.Context) error {
	h := c.hub
	first := &hello{"hello", Version, h.cfg.Program, stamp(h.cfg.Clock()), h.cfg.Heartbeat.Milliseconds(), metricNames()}
	if err := c.sendJSON(ctx, first); err != nil {
		return err
	}
	beat := time.NewTicker(h.cfg.Heartbeat)
	defer beat.Stop()
	whole := true
	for {
		news, wait := c.collect(whole)
		if news != nil {
			if err := c.send(ctx, news); err != nil {
				return err
			}
			if whole {
				if err := c.clock(ctx, "ready"); err != nil {
					return err
				}
				whole = false
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-h.over:
			return nil
		case <-wait:
		case <-beat.C:
			if err := c.clock(ctx, "time"); err != nil {
				return err
			}
		}
	}
}

// news is what one client is told at once.
type news struct {
	devices  []deviceJSON
	frame    []byte // of samples; nil: none
	received []int64
	alarms   *alarmsJSON // nil: none
}

// collect returns what changed behind the place of c and moves it to the end;
// nil: nothing did. wait is closed at the next change.
func (c *client) collect(whole bool) (*news, <-chan struct{}) {
	h := c.hub
	h.mu.RLock()
	defer h.mu.RUnlock()
	h.waited.Store(true)
	if !h.ready || !whole && h.seq == c.pos {
		return nil, h.changed
	}
	n := &news{}
	from := h.oldest
	if !whole {
		from = nil
		for d := h.newest; d != nil && d.seq > c.pos; d = d.before {
			from = d
		}
	}
	for d := from; d != nil; d = d.after {
		if whole || d.info > c.pos {
			one := deviceJSON{Number: d.number, Device: d.id}
			if subject := d.subject; subject != "" {
				one.Subject = &subject
			}
			n.devices = append(n.devices, one)
		}
		if n.frame == nil {
			n.frame = append(make([]byte, 0, 512), Version, kindSamples)
		}
		n.frame = appendRecord(n.frame, d, c.pos)
		n.received = append(n.received, d.received)
	}
	switch {
	case whole || c.pos < h.floor:
		n.alarms = &alarmsJSON{Type: "alarms", Reset: true, Alarms: []alarmJSON{}}
		for id, text := range h.open {
			n.alarms.Alarms = append(n.alarms.Alarms, alarmJSON{id, true, text})
		}
		slices.SortFunc(n.alarms.Alarms, func(a, b alarmJSON) int { return cmp.Compare(a.ID, b.ID) })
	case len(h.events) > 0 && h.events[len(h.events)-1].seq > c.pos:
		n.alarms = &alarmsJSON{Type: "alarms"}
		k, _ := slices.BinarySearchFunc(h.events, c.pos+1, func(e event, seq uint64) int { return cmp.Compare(e.seq, seq) })
		for _, e := range h.events[k:] {
			n.alarms.Alarms = append(n.alarms.Alarms, alarmJSON{e.id, e.open, e.text})
		}
	}
	if whole {
		n.received = nil // they are no news
	}
	c.pos = h.seq
	return n, h.changed
}

// send writes news.
func (c *client) send(ctx context.Context, n *news) error {
	if len(n.devices) > 0 {
		if err := c.sendJSON(ctx, &devicesJSON{"devices", n.devices}); err != nil {
			return err
		}
	}
	if n.frame != nil {
		if err := c.write(ctx, websocket.MessageBinary, n.frame); err != nil {
			return err
		}
		now := c.hub.cfg.Clock()
		for _, at := range n.received {
			c.hub.cfg.Pushed(time.Duration(now - at))
		}
	}
	if n.alarms != nil {
		return c.sendJSON(ctx, n.alarms)
	}
	return nil
}

// clock writes the time and the place of the client.
func (c *client) clock(ctx context.Context, kind string) error {
	return c.sendJSON(ctx, &clockJSON{kind, stamp(c.hub.cfg.Clock()), c.pos})
}

func (c *client) sendJSON(ctx context.Context, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.write(ctx, websocket.MessageText, b)
}

// errSlow says that a client took nothing for too long.
var errSlow = errors.New("the client takes nothing")

func (c *client) write(ctx context.Context, kind websocket.MessageType, b []byte) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.hub.cfg.Patience, errSlow)
	defer cancel()
	if err := c.conn.Write(ctx, kind, b); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		return err
	}
	return nil
}
