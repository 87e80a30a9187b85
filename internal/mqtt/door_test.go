package mqtt_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"

	"pleth/internal/intake/readings"
	"pleth/internal/mqtt"
	"pleth/internal/reading"
)

// now is what the clock of the doors in these tests says.
var now = time.Date(2025, 11, 28, 20, 15, 0, 0, time.UTC)

var errBusy = errors.New("busy")

// road keeps what it takes. While held, it takes and answers nothing.
type road struct {
	mu   sync.Mutex
	rows []string
	held []func([]reading.Outcome, error)
	hold bool
	busy int   // so many submissions are turned away
	err  error // what is said of every batch
}

func (r *road) SubmitAsync(b *reading.Batch, done func([]reading.Outcome, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy > 0 {
		r.busy--
		return errBusy
	}
	for i := range b.Rows.Len() {
		line := b.Device + " " + time.Unix(0, b.Rows.Time(i)).UTC().Format(time.RFC3339Nano)
		if b.SeqOf(i) != reading.NoSeq {
			line += fmt.Sprintf(" #%d", b.SeqOf(i))
		}
		for _, f := range reading.Fields() {
			if v := b.Rows.Value(f.Metric, i); !v.IsAbsent() {
				line += " " + f.Name + "=" + v.String()
			}
		}
		if b.Subject+b.Firmware != "" {
			line += " " + b.Subject + " " + b.Firmware
		}
		r.rows = append(r.rows, line)
	}
	if r.hold {
		r.held = append(r.held, done)
		return nil
	}
	err := r.err
	go done(nil, err)
	return nil
}

// release answers what was held, the last first.
func (r *road) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, done := range slices.Backward(r.held) {
		done(nil, nil)
	}
	r.held, r.hold = nil, false
}

func (r *road) set(busy int, hold bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy, r.hold, r.err = busy, hold, err
}

func (r *road) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.rows)
}

func (r *road) dump() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.rows, "\n")
}

type people struct{}

func (people) Pseudonyms(_ context.Context, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		out = append(out, "p("+id+")")
	}
	return out, nil
}

func (people) Seal(plain []byte) []byte { return plain }

type caller struct{}

func (caller) Take(time.Time, int) time.Duration { return 0 }

// door is a broker on a port of its own.
type door struct {
	*mqtt.Door
	road    *road
	address string
	mu      sync.Mutex
	aside   []string
}

func (d *door) Put(_ context.Context, _ string, _ int64, body []byte, refused []readings.Refusal) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range refused {
		d.aside = append(d.aside, r.Device+" "+string(body[r.From:r.To]))
	}
	return nil
}

func (d *door) asides() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.aside, "\n")
}

func start(tb testing.TB, change ...func(*mqtt.Config)) *door {
	tb.Helper()
	d := &door{road: &road{}}
	cfg := mqtt.Config{
		Road: d.road, People: people{}, Aside: d, Clock: func() time.Time { return now }, InFlight: 50, Log: slog.New(slog.DiscardHandler),
		Busy: func(err error) (time.Duration, bool) { return time.Millisecond, errors.Is(err, errBusy) },
		Authenticate: func(token string) mqtt.Caller {
			if token != "secret" {
				return nil
			}
			return caller{}
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	made, err := mqtt.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	d.Door, d.address = made, ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- made.Serve(ln) }()
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := made.Close(ctx); err != nil {
			tb.Errorf("close: %v", err)
		}
		if err := <-served; err != nil {
			tb.Errorf("serve: %v", err)
		}
	})
	return d
}

// v5 connects a client of version 5.
func (d *door) v5(tb testing.TB, id, token string) (*paho.Client, *paho.Connack, error) {
	tb.Helper()
	conn, err := net.Dial("tcp", d.address)
	if err != nil {
		tb.Fatal(err)
	}
	c := paho.NewClient(paho.ClientConfig{Conn: conn, PacketTimeout: time.Minute})
	ack, err := c.Connect(tb.Context(), &paho.Connect{ClientID: id, KeepAlive: 30, CleanStart: true,
		UsernameFlag: true, Username: "device", PasswordFlag: true, Password: []byte(token)})
	if err == nil {
		tb.Cleanup(func() { _ = c.Disconnect(&paho.Disconnect{}) })
	}
	return c, ack, err
}

// v3 connects a client of version 3.1.1.
func (d *door) v3(tb testing.TB, id, token string) (paho3.Client, error) {
	tb.Helper()
	c := paho3.NewClient(paho3.NewClientOptions().AddBroker("tcp://" + d.address).SetClientID(id).SetProtocolVersion(4).
		SetUsername("device").SetPassword(token).SetConnectRetry(false).SetAutoReconnect(false).SetConnectTimeout(time.Minute))
	t := c.Connect()
	t.Wait()
	if t.Error() == nil {
		tb.Cleanup(func() { c.Disconnect(100) })
	}
	return c, t.Error()
}

const topic = "pleth/v1/device-42/readings"

const example = `{"patient_id":"P-123","heart_rate":130,"spo2":97.1,"timestamp":"2025-11-28T20:14:00Z"}`

func TestVersion5(t *testing.T) {
	t.Parallel()
	d := start(t)
	c, ack, err := d.v5(t, "a", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if ack.Properties.ReceiveMaximum == nil || *ack.Properties.ReceiveMaximum != 50 {
		t.Errorf("got %+v", ack.Properties)
	}
	for _, c2 := range []struct {
		name, topic, kind, payload string
		code                       byte
		reason, aside              string
	}{
		{"one reading", topic, "", example, 0, "", ""},
		{"a list", topic, "application/json; charset=utf-8", `[{"spo2":90,"timestamp":"2025-11-28T20:14:01Z","seq":7},{"spo2":null,"timestamp":"2025-11-28T20:14:02Z"}]`, 0, "", ""},
		{"one of two", topic, "", `[{"spo2":140,"timestamp":"2025-11-28T20:14:03Z"},{"spo2":91,"timestamp":"2025-11-28T20:14:03Z"}]`, 0x83,
			"1 of 2 refused: spo2 out_of_range (allowed 0..100 %)", `device-42 {"spo2":140,"timestamp":"2025-11-28T20:14:03Z"}`},
		{"no JSON", topic, "", `{"spo2":`, 0x99, "malformed JSON", `device-42 {"spo2":`},
		{"no Protobuf", topic, "", "\xff\xff", 0x99, "no message", "device-42 \xff\xff"},
		{"another type", topic, "text/plain", example, 0x99, "content type", "device-42 " + example},
		{"another topic", "pleth/v1/readings", "", example, 0x90, "pleth/v1/{device}/readings", " " + example},
		{"no device", "pleth/v1/a b/readings", "", example, 0x90, "a device is", " " + example},
		{"another device", topic, "", `{"device_id":"other","spo2":97,"timestamp":"2025-11-28T20:14:00Z"}`, 0x83, "device_id device_mismatch",
			` {"device_id":"other","spo2":97,"timestamp":"2025-11-28T20:14:00Z"}`},
	} {
		for qos := byte(1); qos <= 2; qos++ {
			d.mu.Lock()
			d.aside = nil
			d.mu.Unlock()
			res, err := c.Publish(t.Context(), &paho.Publish{Topic: c2.topic, QoS: qos, Payload: []byte(c2.payload), Properties: &paho.PublishProperties{ContentType: c2.kind}})
			if res == nil {
				t.Fatalf("%s: %v", c2.name, err)
			}
			reason := ""
			if res.Properties != nil {
				reason = res.Properties.ReasonString
			}
			if res.ReasonCode != c2.code || !strings.Contains(reason, c2.reason) || d.asides() != c2.aside {
				t.Errorf("%s, QoS %d: got %#x %q, aside %q", c2.name, qos, res.ReasonCode, reason, d.asides())
			}
		}
	}
	want := []string{
		"device-42 2025-11-28T20:14:00Z spo2=97.1 heart_rate=130 p(P-123) ",
		"device-42 2025-11-28T20:14:01Z #7 spo2=90", "device-42 2025-11-28T20:14:02Z spo2=missing", "device-42 2025-11-28T20:14:03Z spo2=91",
	}
	want = []string{want[0], want[0], want[1], want[2], want[1], want[2], want[3], want[3]} // by QoS 1 and 2
	if got := d.road.dump(); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s", got)
	}
	if got := d.Counts(); got != (mqtt.Counts{Taken: 4, Refused: 14}) {
		t.Errorf("got %+v", got)
	}
}

func TestVersion311(t *testing.T) {
	t.Parallel()
	d := start(t)
	c, err := d.v3(t, "a", "secret")
	if err != nil {
		t.Fatal(err)
	}
	for qos := byte(0); qos <= 2; qos++ {
		for _, payload := range []string{example, `{"spo2":140}`} {
			if token := c.Publish(topic, qos, false, payload); !token.WaitTimeout(time.Minute) || token.Error() != nil {
				t.Errorf("QoS %d: %v", qos, token.Error())
			}
		}
	}
	// Acknowledged means on disk or in the dead letters; QoS 0 came before.
	if got, want := d.road.count(), 3; got != want {
		t.Errorf("got %d readings, want %d", got, want)
	}
	if got := strings.Count(d.asides(), "140"); got != 3 {
		t.Errorf("got %d dead letters, want 3", got)
	}
}

func TestWhoIsCalling(t *testing.T) {
	t.Parallel()
	d := start(t)
	if _, _, err := d.v5(t, "a", "other"); err == nil {
		t.Error("version 5: connected with another token")
	}
	if _, err := d.v3(t, "a", "other"); err == nil {
		t.Error("version 3.1.1: connected with another token")
	}
	conn, err := net.Dial("tcp", d.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := paho.NewClient(paho.ClientConfig{Conn: conn, PacketTimeout: time.Minute})
	if _, err := c.Connect(t.Context(), &paho.Connect{ClientID: "a", CleanStart: true}); err == nil {
		t.Error("connected without a token")
	}
}

// A message is acknowledged when it is on disk and not before, and in the
// order of the messages whatever the order in which they get there.
func TestAcknowledgedWhenDurable(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.road.set(3, true, nil)
	c, _, err := d.v5(t, "a", "secret")
	if err != nil {
		t.Fatal(err)
	}
	const n = 20
	var wait sync.WaitGroup
	var mu sync.Mutex
	acknowledged := 0
	for i := range n {
		wait.Add(1)
		go func() {
			defer wait.Done()
			payload := fmt.Sprintf(`{"spo2":97,"seq":%d,"timestamp":"2025-11-28T20:14:00Z"}`, i)
			if _, err := c.Publish(t.Context(), &paho.Publish{Topic: topic, QoS: 1, Payload: []byte(payload)}); err != nil {
				t.Error(err)
			}
			mu.Lock()
			acknowledged++
			mu.Unlock()
		}()
	}
	for d.road.count() < n {
		time.Sleep(time.Millisecond)
	}
	mu.Lock()
	if acknowledged > 0 {
		t.Errorf("%d of %d acknowledged before they were on disk", acknowledged, n)
	}
	mu.Unlock()
	d.road.release()
	wait.Wait()
}

// What could not be made durable is not acknowledged: the connection ends, and
// the client sends it again.
func TestFailure(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.road.set(0, false, errors.New("disk"))
	c, _, err := d.v5(t, "a", "secret")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		<-c.Done()
		cancel()
	}()
	if res, err := c.Publish(ctx, &paho.Publish{Topic: topic, QoS: 1, Payload: []byte(example)}); err == nil || res != nil {
		t.Errorf("got %+v, %v", res, err)
	}
	<-c.Done() // the connection ends
	d.road.set(0, false, nil)
	old, err := d.v3(t, "b", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if token := old.Publish(topic, 1, false, example); !token.WaitTimeout(time.Minute) || token.Error() != nil {
		t.Errorf("got %v", token.Error())
	}
}

// Nobody hears what others publish.
func TestNothingIsForwarded(t *testing.T) {
	t.Parallel()
	d := start(t)
	heard := make(chan string, 10)
	old, err := d.v3(t, "listener", "secret")
	if err != nil {
		t.Fatal(err)
	}
	token := old.Subscribe("#", 1, func(_ paho3.Client, m paho3.Message) { heard <- m.Topic() })
	if token.WaitTimeout(time.Minute) && token.Error() == nil {
		if got := token.(*paho3.SubscribeToken).Result()["#"]; got != 0x80 {
			t.Errorf("version 3.1.1: subscribing is answered with %#x", got)
		}
	}
	c, _, err := d.v5(t, "a", "secret")
	if err != nil {
		t.Fatal(err)
	}
	for _, filter := range []string{"#", "pleth/v1/+/readings", "$SYS/#", topic} {
		if ack, err := c.Subscribe(t.Context(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: filter}}}); err == nil || ack.Reasons[0] < 0x80 {
			t.Errorf("%s: got %+v %v", filter, ack, err)
		}
	}
	if _, err := c.Publish(t.Context(), &paho.Publish{Topic: topic, QoS: 1, Payload: []byte(example)}); err != nil {
		t.Error(err)
	}
	select {
	case got := <-heard:
		t.Errorf("heard %s", got)
	default:
	}
}

// A first packet that is no small CONNECT ends the connection at once.
func TestFirstPacket(t *testing.T) {
	t.Parallel()
	d := start(t)
	for name, bytes := range map[string]string{
		"HTTP":            "GET / HTTP/1.1\r\n\r\n",
		"a huge CONNECT":  "\x10\xff\xff\x7f\x00\x04MQTT",
		"an endless size": "\x10\xff\xff\xff\xff\xff",
		"PUBLISH":         "\x30\x10",
	} {
		conn, err := net.Dial("tcp", d.address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		_, _ = conn.Write([]byte(bytes))
		_, err = conn.Read(make([]byte, 100))
		var timeout net.Error
		if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%s: got %v", name, err)
		}
		_ = conn.Close()
	}
}

// Who holds a connection and says nothing, or not all of CONNECT, is shown the
// door; who has connected may be silent for as long as it said.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	d := start(t, func(c *mqtt.Config) { c.Connect = 300 * time.Millisecond })
	for name, said := range map[string]string{"nothing": "", "half a CONNECT": "\x10\x20\x00\x04MQ", "half a header": "\x10"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := net.Dial("tcp", d.address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, _ = c.Write([]byte(said))
			_ = c.SetReadDeadline(time.Now().Add(time.Minute))
			if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("connected", func(t *testing.T) {
		t.Parallel()
		// On a busy machine CONNECT itself may be late: then once more.
		for try := 0; ; try++ {
			conn, err := net.Dial("tcp", d.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			// 3.1.1, clean session, keepalive 0, client "a", user "x", password "secret".
			_, _ = conn.Write([]byte("\x10\x18\x00\x04MQTT\x04\xc2\x00\x00\x00\x01a\x00\x01x\x00\x06secret"))
			answer := make([]byte, 4)
			if _, err := io.ReadFull(conn, answer); err != nil && try < 50 {
				continue
			} else if err != nil || answer[3] != 0 {
				t.Fatalf("%x %v", answer, err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(time.Second))
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("closed though it is connected: %v", err)
			}
			return
		}
	})
}
