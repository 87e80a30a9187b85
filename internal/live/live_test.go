package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pleth"
	client "pleth/client/live"
	"pleth/internal/live"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// ward is a road in memory.
type ward struct {
	mu     sync.Mutex
	latest map[string]road.Latest
	alarms map[string]string
}

func newWard() *ward { return &ward{latest: map[string]road.Latest{}, alarms: map[string]string{}} }

func (w *ward) Latest(devices ...string) []road.Latest {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []road.Latest
	for name, l := range w.latest {
		if len(devices) == 0 || slices.Contains(devices, name) {
			l.Values = slices.Clone(l.Values)
			out = append(out, l)
		}
	}
	return out
}

// say makes l the newest of its device.
func (w *ward) say(h *live.Hub, l road.Latest) {
	w.mu.Lock()
	w.latest[l.Device] = l
	w.mu.Unlock()
	h.Touch(l.Device)
}

func (w *ward) alarm(h *live.Hub, id, text string) {
	w.mu.Lock()
	if text == "" {
		delete(w.alarms, id)
	} else {
		w.alarms[id] = text
	}
	w.mu.Unlock()
	h.Alarm(live.Alarm{ID: id, Open: text != "", Text: func() []byte { return []byte(text) }})
}

// seen is what a client should hold.
func (w *ward) seen() (devices []client.Device, alarms []client.Alarm) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.latest {
		d := client.Device{ID: l.Device, Subject: l.Subject, At: time.Unix(0, l.At).UTC(), Received: time.Unix(0, l.Received).UTC(), Late: l.Late, Values: map[string]client.Value{}}
		for _, v := range l.Values {
			d.Values[reading.FieldOf(v.Metric).Name] = client.Value{At: time.Unix(0, v.At).UTC(), Value: v.Value}
		}
		devices = append(devices, d)
	}
	slices.SortFunc(devices, func(a, b client.Device) int { return strings.Compare(a.ID, b.ID) })
	for id, text := range w.alarms {
		alarms = append(alarms, client.Alarm{ID: id, Alert: []byte(text)})
	}
	slices.SortFunc(alarms, func(a, b client.Alarm) int { return strings.Compare(a.ID, b.ID) })
	return devices, alarms
}

// serving runs a hub on w behind HTTP.
func serving(t interface{ Cleanup(func()) }, w *ward, cfg live.Config) (*live.Hub, *httptest.Server, context.CancelFunc) {
	if cfg.Heartbeat == 0 {
		cfg.Heartbeat = 20 * time.Millisecond
	}
	cfg.Pace = time.Millisecond
	h := live.New(cfg)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Run(ctx, w)
	}()
	srv := httptest.NewServer(h)
	t.Cleanup(func() {
		stop()
		<-done
		srv.Close()
	})
	return h, srv, stop
}

// until waits for ok, with a bound only against hanging for ever.
func until(t interface{ Fatal(...any) }, changed func() <-chan struct{}, ok func() bool) {
	end := time.After(60 * time.Second)
	for {
		c := changed()
		if ok() {
			return
		}
		select {
		case <-c:
		case <-time.After(20 * time.Millisecond):
		case <-end:
			t.Fatal("it does not come")
		}
	}
}

// cutter is a network that can cut all connections, and does so on its own
// after some bytes.
type cutter struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
	after atomic.Int64 // bytes until the next cut; negative: never
}

type cutConn struct {
	net.Conn
	c *cutter
}

func (c cutConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if left := c.c.after.Add(-int64(n)); left <= 0 && left+int64(n) > 0 {
		_ = c.Close()
		return 0, errors.New("cut")
	}
	return n, err
}

func (c *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.conns[conn] = true
	c.mu.Unlock()
	return cutConn{conn, c}, nil
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		_ = conn.Close()
	}
	clear(c.conns)
}

// Whatever happens and wherever the connection is cut, after one connection
// that holds the client has what the server has.
func TestClientEqualsServer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := newWard()
		h, srv, _ := serving(t, w, live.Config{Events: 4})
		net := &cutter{conns: map[net.Conn]bool{}}
		net.after.Store(-1)
		c, err := client.Open(client.Config{URL: srv.URL, BackoffMin: time.Millisecond, BackoffMax: 2 * time.Millisecond, HTTP: &http.Client{Transport: &http.Transport{DialContext: net.dial}}})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		metrics := pleth.Metrics()
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0:
				net.cut()
			case 1:
				net.after.Store(rapid.Int64Range(1, 3000).Draw(t, "bytes"))
			case 2:
				text := ""
				if rapid.Bool().Draw(t, "open") {
					text = fmt.Sprintf(`{"step":%d}`, i)
				}
				w.alarm(h, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "alarm"), text)
			case 3:
				time.Sleep(time.Millisecond)
			default:
				l := road.Latest{Device: rapid.SampledFrom([]string{"d1", "d2", "d3", "d4"}).Draw(t, "device"), Subject: rapid.SampledFrom([]string{"", "p1", "p2"}).Draw(t, "subject"),
					At: rapid.Int64Range(-1e18, 4e18).Draw(t, "at"), Received: int64(i), Late: rapid.Bool().Draw(t, "late")}
				w.mu.Lock()
				old := w.latest[l.Device].Values
				w.mu.Unlock()
				for k, m := range metrics { // a metric once said is never unsaid
					had := slices.ContainsFunc(old, func(v road.LatestValue) bool { return v.Metric == m })
					if had || rapid.Bool().Draw(t, "has") {
						v := pleth.Missing()
						if rapid.Bool().Draw(t, "number") {
							v = pleth.Num(rapid.Int64().Draw(t, "mantissa"), rapid.Uint8Range(0, pleth.MaxScale).Draw(t, "scale"))
						}
						l.Values = append(l.Values, road.LatestValue{Metric: m, At: l.At + int64(k), Value: v})
					}
				}
				w.say(h, l)
			}
		}
		net.after.Store(-1)
		wantDevices, wantAlarms := w.seen()
		until(t, c.Changed, func() bool {
			s := c.State()
			return s.Connected && cmp.Equal(s.Devices, wantDevices, cmp.AllowUnexported(pleth.Value{})) && cmp.Equal(s.Alarms, wantAlarms, cmp.Comparer(func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }))
		})
	})
}

func dial(t *testing.T, url string, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	conn, res, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPHeader: header})
	if err == nil {
		conn.SetReadLimit(1 << 24)
		t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, res, err
}

// await reads until a message of a type, and returns it.
func await(t *testing.T, conn *websocket.Conn, kind string) map[string]any {
	t.Helper()
	for {
		k, b, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if k != websocket.MessageText {
			continue
		}
		var m map[string]any
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		if m["type"] == kind {
			return m
		}
	}
}

// A client that says anything is ended with 1008, and nobody else notices.
func TestGarbage(t *testing.T) {
	t.Parallel()
	w := newWard()
	_, srv, _ := serving(t, w, live.Config{})
	good, _, err := dial(t, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []websocket.MessageType{websocket.MessageText, websocket.MessageBinary} {
		bad, _, err := dial(t, srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		await(t, bad, "ready")
		if err := bad.Write(t.Context(), kind, []byte("\x00{]")); err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, _, err = bad.Read(t.Context())
		}
		if got := websocket.CloseStatus(err); got != websocket.StatusPolicyViolation {
			t.Errorf("ended with %v: %v", got, err)
		}
	}
	// Bytes that are no frame at all.
	raw, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	fmt.Fprintf(raw, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n%s", strings.Repeat("\xff", 4096))
	for b := make([]byte, 4096); err == nil; {
		_, err = raw.Read(b)
	}
	await(t, good, "ready")
	await(t, good, "time")
}

// A page of another site is refused; one of this host is not.
func TestOrigin(t *testing.T) {
	t.Parallel()
	_, srv, _ := serving(t, newWard(), live.Config{})
	if _, res, err := dial(t, srv.URL, http.Header{"Origin": {"https://elsewhere.example"}}); err == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("another site: %v", err)
	}
	if _, _, err := dial(t, srv.URL, http.Header{"Origin": {srv.URL}}); err != nil {
		t.Errorf("this host: %v", err)
	}
}

// 1,000 clients are told the same; one more is answered 503 and asked to come
// again; they all hear that the server stops.
func TestThousandClients(t *testing.T) {
	t.Parallel()
	w := newWard()
	h, srv, stop := serving(t, w, live.Config{Heartbeat: time.Second, Patience: time.Minute})
	conns := make([]*websocket.Conn, live.DefaultClients)
	for i := range conns {
		var err error
		if conns[i], _, err = dial(t, srv.URL, nil); err != nil {
			t.Fatal(i, err)
		}
		await(t, conns[i], "ready")
	}
	_, res, err := dial(t, srv.URL, nil)
	if err == nil || res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
		t.Errorf("one more: %v, %v", res, err)
	}
	w.say(h, road.Latest{Device: "d", At: 1, Received: 2, Values: []road.LatestValue{{Metric: pleth.SpO2, At: 1, Value: pleth.Num(97, 0)}}})
	for _, conn := range conns {
		await(t, conn, "devices")
	}
	stop()
	for _, conn := range conns {
		var err error
		for err == nil {
			_, _, err = conn.Read(t.Context())
		}
		if got := websocket.CloseStatus(err); got != websocket.StatusGoingAway && got != -1 {
			t.Fatalf("ended with %v", err)
		}
	}
}

// A client that takes nothing is ended; until then it holds up nobody, and what
// it takes in the end is what is true, not all that was.
func TestSlowClient(t *testing.T) {
	t.Parallel()
	w := newWard()
	// Long enough for the other client on a busy machine.
	h, srv, _ := serving(t, w, live.Config{Patience: 5 * time.Second, Heartbeat: 2 * time.Second})
	slow, _, err := dial(t, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = slow // reads nothing
	c, err := client.Open(client.Config{URL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	text := `{"x":"` + strings.Repeat("x", 256<<10) + `"}`
	for i := 0; h.State().Clients != 1 || i < 50; i++ {
		if i > 60000 {
			t.Fatal("the slow client is still there")
		}
		w.alarm(h, fmt.Sprint("a", i%8), text)
		w.say(h, road.Latest{Device: "d", At: int64(i), Received: int64(i), Values: []road.LatestValue{{Metric: pleth.SpO2, At: int64(i), Value: pleth.Num(97, 0)}}})
		time.Sleep(time.Millisecond)
	}
	wantDevices, wantAlarms := w.seen()
	until(t, c.Changed, func() bool {
		s := c.State()
		return cmp.Equal(s.Devices, wantDevices, cmp.AllowUnexported(pleth.Value{})) && cmp.Equal(s.Alarms, wantAlarms, cmp.Comparer(func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }))
	})
}
