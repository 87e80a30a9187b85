package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config says where readings go and how they wait.
type Config struct {
	// URL of the server, "https://pleth.example:8080". Must be given.
	URL string
	// Token is the bearer token; empty: none is sent.
	Token string
	// Spool is the folder in which readings wait, made when it is not there.
	// One Client at a time uses it. Empty: readings wait in memory.
	Spool string
	// SpoolBytes bounds the spool, or the memory; 0: 1 GiB, or 64 MiB of memory.
	SpoolBytes int64
	// Sync is how often the spool is synced to the disk; 0: every second.
	// Negative: before Send returns.
	Sync time.Duration
	// BatchSize is how many readings of a device go in one request; 0: 500.
	BatchSize int
	// BatchWait is how long a reading waits for others; 0: 200 ms.
	BatchWait time.Duration
	// Parallel is how many requests are under way at a time; 0: 4.
	Parallel int
	// BackoffMin and BackoffMax bound the wait after a failure, which doubles
	// from one to the other and is spread at random so that clients do not come
	// back together; 0: 100 ms and 30 s. Retry-After of the server is kept to.
	BackoffMin, BackoffMax time.Duration
	// HTTP makes the requests; nil: a client of its own with a time-out of 30 s.
	HTTP *http.Client
	// Refused is told of every reading the server did not take; nil: only
	// Stats counts them. It is called from the Client's goroutines, several at
	// a time, and must not call Flush or Close.
	Refused func(Refusal)
}

// Refusal is a reading the server did not take. It is among the server's dead
// letters.
type Refusal struct {
	Device string
	Object []byte // the reading as it was sent, JSON
	Detail string // what the server said of it
}

// Stats says how things stand with a Client.
type Stats struct {
	Taken        int64 // by Send since Open
	Acknowledged int64 // by the server since Open: accepted or already there
	Duplicates   int64 // of these, already there
	Refused      int64 // by the server
	Pending      int64 // waiting
	PendingBytes int64 // of the spool or the memory
	Damaged      int64 // could not be read back from the spool and are not sent
	Retries      int64 // requests that were made again
	LastError    error // of the last request; nil when it went well
}

// ErrClosed says that the Client is closed.
var ErrClosed = errors.New("pleth client: closed")

// A Client sends readings to one server. Its methods may be called by several
// goroutines at a time.
type Client struct {
	config Config
	base   string
	stop   context.CancelFunc // ends the goroutines and their requests
	done   sync.WaitGroup

	mu      sync.Mutex
	queue   queue
	stats   Stats
	oldest  time.Time // when the first reading of the window came
	urgent  int       // Flush and Close that wait: batches do not
	closed  bool
	failed  error         // the spool is broken; Send says so
	arrived chan struct{} // capacity 1: there is something to do
	settled chan struct{} // closed and replaced when the queue moves
}

// Open starts a Client. What an earlier one has left in the spool is sent.
func Open(c Config) (*Client, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("pleth client: URL %q: write http://host:port or https://host:port", c.URL)
	}
	c.defaults()
	cl := &Client{config: c, base: strings.TrimRight(c.URL, "/"), arrived: make(chan struct{}, 1), settled: make(chan struct{})}
	if c.Spool == "" {
		cl.queue = &memory{cursor: 1, limit: c.SpoolBytes}
	} else if cl.queue, err = openSpool(c.Spool, c.SpoolBytes); err != nil {
		return nil, fmt.Errorf("pleth client: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cl.stop = stop
	cl.done.Add(1)
	go func() { defer cl.done.Done(); cl.run(ctx) }()
	if c.Spool != "" && c.Sync > 0 {
		cl.done.Add(1)
		go func() { defer cl.done.Done(); cl.syncEvery(ctx, c.Sync) }()
	}
	return cl, nil
}

func (c *Config) defaults() {
	set := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	if c.SpoolBytes == 0 {
		c.SpoolBytes = 64 << 20
		if c.Spool != "" {
			c.SpoolBytes = 1 << 30
		}
	}
	set(&c.Sync, time.Second)
	set(&c.BatchWait, 200*time.Millisecond)
	set(&c.BackoffMin, 100*time.Millisecond)
	set(&c.BackoffMax, 30*time.Second)
	if c.BatchSize < 1 {
		c.BatchSize = 500
	}
	if c.Parallel < 1 {
		c.Parallel = 4
	}
	if c.HTTP == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConnsPerHost = c.Parallel
		c.HTTP = &http.Client{Transport: t, Timeout: 30 * time.Second}
	}
}

// Send takes readings. When it returns nil they are in the spool (see
// Config.Sync) or in memory and will be sent. It takes them from the first to
// the last: on an error those before the one it names were taken. The error is
// ErrFull, ErrClosed, what is wrong with a reading, or what became of the disk.
func (c *Client) Send(ctx context.Context, readings ...Reading) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range readings {
		if err := c.take(&readings[i]); err != nil {
			return fmt.Errorf("pleth client: reading %d: %w", i, err)
		}
	}
	if c.config.Sync < 0 {
		return c.queue.sync()
	}
	return nil
}

func (c *Client) take(r *Reading) error {
	switch {
	case c.closed:
		return ErrClosed
	case c.failed != nil:
		return c.failed
	}
	if err := r.check(); err != nil {
		return err
	}
	seq := r.Seq
	if seq == 0 {
		seq = int64(c.queue.next())
	}
	object, err := r.appendJSON(nil, seq)
	if err != nil {
		return err
	}
	if err := c.queue.append(appendRecord(nil, record{r.Device, object})); err != nil {
		return err
	}
	c.stats.Taken++
	switch n := c.queue.next() - c.queue.first(); {
	case n == 1:
		c.oldest = time.Now()
		c.wake()
	case n == uint64(c.config.BatchSize):
		c.wake()
	}
	return nil
}

func (c *Client) wake() {
	select {
	case c.arrived <- struct{}{}:
	default:
	}
}

// Flush waits until everything taken so far is acknowledged or refused. It
// ends early with the error of ctx, or of the spool.
func (c *Client) Flush(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flush(ctx, c.queue.next())
}

// flush waits until the queue has come to number to. c.mu is held.
func (c *Client) flush(ctx context.Context, to uint64) error {
	c.urgent++
	defer func() { c.urgent-- }()
	c.wake()
	for c.queue.first() < to {
		if c.failed != nil {
			return c.failed
		}
		settled := c.settled
		c.mu.Unlock()
		select {
		case <-settled:
		case <-ctx.Done():
		}
		c.mu.Lock()
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("pleth client: %d readings are waiting: %w", c.queue.next()-c.queue.first(), errors.Join(err, c.stats.LastError))
		}
	}
	return nil
}

// Close refuses further readings, flushes, and stops the Client. When ctx ends
// first, what is left stays in the spool for the next Open (in memory it is
// lost) and the error says how much.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	c.closed = true
	err := c.flush(ctx, c.queue.next())
	c.mu.Unlock()
	c.stop()
	c.done.Wait()
	return errors.Join(err, c.queue.close())
}

// Stats returns how things stand.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Pending = int64(c.queue.next() - c.queue.first())
	s.PendingBytes = c.queue.bytes()
	s.Damaged += c.queue.damaged()
	return s
}

func (c *Client) syncEvery(ctx context.Context, d time.Duration) {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		c.mu.Lock()
		if err := c.queue.sync(); err != nil {
			c.fail(err)
		}
		c.mu.Unlock()
	}
}

// fail notes that the spool is broken. c.mu is held.
func (c *Client) fail(err error) {
	if c.failed == nil {
		c.failed = fmt.Errorf("pleth client: %w", err)
	}
	close(c.settled)
	c.settled = make(chan struct{})
}
