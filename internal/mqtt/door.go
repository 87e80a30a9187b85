package mqtt

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// Road takes batches. Road.SubmitAsync queues a batch and calls done when it
// is durable or could not be made so; done must not block. It returns an error
// at once where nothing was queued.
type Road interface {
	SubmitAsync(b *reading.Batch, done func([]reading.Outcome, error)) error
}

// Aside keeps what was refused.
type Aside interface {
	// Put keeps the parts of body that the refusals point to, durable on return.
	Put(ctx context.Context, door string, received int64, body []byte, refused []readings.Refusal) error
}

// Caller is somebody who may publish.
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
	// Authenticate returns who has the token; nil: nobody.
	Authenticate func(token string) Caller
	// Admit says how long a batch must wait for the quota of its device, 0 if
	// not at all; nil: devices have none.
	Admit func(now time.Time, batches []*reading.Batch) time.Duration
	// Busy says whether an error of Road goes away by itself, so that the
	// message waits, and for how long at first.
	Busy    func(error) (time.Duration, bool)
	Known   func(device string) bool // as in readings.Options; nil: all
	Future  time.Duration            // as in readings.Options
	Message int                      // bytes of a message; 0: 1 MiB
	// InFlight is how many messages of one client may wait to be on disk,
	// which clients of version 5 are told as Receive Maximum; 0: 1024.
	InFlight int
	Clients  int // connections at a time; 0: 10,000
	// Connect is how long a client may take for its CONNECT, TLS included; 0: 10 s.
	Connect time.Duration
	Clock   func() time.Time
	Log     *slog.Logger
}

// Counts says what became of messages since the start.
type Counts struct{ Taken, Refused, Failed int64 }

// Door is the broker. Use New, Serve and Close. It is safe for concurrent use.
type Door struct {
	cfg    Config
	server *broker.Server
	ends   context.Context // ends when the door closes
	end    context.CancelFunc
	sess   sync.Map // *broker.Client to *session
	wait   sync.WaitGroup
	counts struct{ taken, refused, failed atomic.Int64 }
	mu     sync.Mutex // orders Serve and Close
}

// doorName is what readings and dead letters of this door say they came by.
const doorName = "mqtt"

// New returns a Door that listens nowhere yet.
func New(cfg Config) (*Door, error) {
	if cfg.Message <= 0 {
		cfg.Message = 1 << 20
	}
	if cfg.InFlight <= 0 {
		cfg.InFlight = 1024
	}
	if cfg.Clients <= 0 {
		cfg.Clients = 10_000
	}
	if cfg.Connect <= 0 {
		cfg.Connect = 10 * time.Second
	}
	d := &Door{cfg: cfg}
	d.ends, d.end = context.WithCancel(context.Background())
	can := broker.NewDefaultServerCapabilities()
	can.MaximumClients = int64(cfg.Clients)
	can.MaximumPacketSize = uint32(cfg.Message) + 1024 // the payload, its topic and properties
	can.ReceiveMaximum = uint16(min(cfg.InFlight, 65535))
	can.MaximumSessionExpiryInterval = 3600
	can.MaximumClientWritesPending = 16
	can.TopicAliasMaximum = 16
	can.SharedSubAvailable, can.WildcardSubAvailable, can.SubIDAvailable = 0, 0, 0
	d.server = broker.New(&broker.Options{
		Capabilities:            can,
		ClientNetReadBufferSize: 4 << 10,
		SysTopicResendInterval:  3600,
		// Its lines hold client ids and payloads. What an operator should know
		// is told by this package.
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err := d.server.AddHook(&hook{d: d}, nil); err != nil {
		return nil, err
	}
	if err := d.server.Serve(); err != nil {
		return nil, err
	}
	return d, nil
}

// Serve accepts clients of ln, which may speak TLS, until the door closes or
// ln fails. It returns nil where the door was closed.
func (d *Door) Serve(ln net.Listener) error {
	d.mu.Lock()
	if d.ends.Err() != nil {
		d.mu.Unlock()
		return ln.Close()
	}
	d.wait.Add(1)
	d.mu.Unlock()
	defer d.wait.Done()
	defer context.AfterFunc(d.ends, func() { _ = ln.Close() })()
	free := make(chan struct{}, d.cfg.Clients)
	for {
		select {
		case free <- struct{}{}:
		case <-d.ends.Done():
			return nil
		}
		one, err := ln.Accept()
		if err != nil {
			<-free
			if d.ends.Err() != nil {
				return nil
			}
			if transient(err) {
				time.Sleep(5 * time.Millisecond)
				continue
			}
			return err
		}
		d.wait.Add(1)
		go func() {
			defer d.wait.Done()
			defer func() { <-free }()
			g := &guard{Conn: one}
			_ = one.SetReadDeadline(time.Now().Add(d.cfg.Connect)) // the socket's clock; the broker sets another behind CONNECT
			defer context.AfterFunc(d.ends, func() { _ = g.Close() })()
			defer g.Close()
			_ = d.server.EstablishConnection("mqtt", g) // what went wrong, the client did
		}()
	}
}

// transient reports whether accepting may work again soon: the process has no
// file left for a connection, or the client went away.
func transient(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ECONNABORTED)
}

// Counts returns what became of messages since the start.
func (d *Door) Counts() Counts {
	return Counts{d.counts.taken.Load(), d.counts.refused.Load(), d.counts.failed.Load()}
}

// Close stops listening, tells the clients to go and waits until what the road
// had taken is settled, or ctx ends. What was not acknowledged, clients send
// again.
func (d *Door) Close(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		for _, cl := range d.server.Clients.GetAll() {
			if s := d.session(cl); s != nil {
				s.stop(packets.ErrServerShuttingDown)
			}
		}
		d.mu.Lock()
		d.end()
		d.mu.Unlock()
		d.wait.Wait()
		done <- d.server.Close()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
