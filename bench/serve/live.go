//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"

	"pleth"
	"pleth/internal/ward"
)

// look is a reading that one of the listeners looks for, by its event time.
type look struct {
	mu   sync.Mutex
	at   []byte // as a frame has it; nil: nothing is looked for
	seen chan time.Time
}

// await looks for a reading of an event time from now on.
func (l *look) await(at time.Time) <-chan time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at, l.seen = binary.BigEndian.AppendUint64(nil, uint64(at.UnixNano())), make(chan time.Time, 1)
	return l.seen
}

// frame looks into a frame of samples.
func (l *look) frame(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at != nil && bytes.Contains(b, l.at) {
		l.seen <- time.Now()
		l.at = nil
	}
}

// listen follows the live WebSocket of p until ctx ends; found may be nil.
func listen(ctx context.Context, p *process, found *look) error {
	c, _, err := websocket.Dial(ctx, p.url+"/api/v1/live", nil)
	if err != nil {
		return err
	}
	defer c.CloseNow()
	c.SetReadLimit(64 << 20)
	for {
		kind, b, err := c.Read(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("live: %w", err)
		}
		if found != nil && kind == websocket.MessageBinary {
			found.frame(b)
		}
	}
}

// pushes has so many listeners follow p, posts a reading every 50 ms and returns the
// times from its send to its arrival at one of them.
func pushes(ctx context.Context, p *process, listeners int) (times []time.Duration, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var found look
	var all sync.WaitGroup
	errs := make([]error, listeners)
	for i := range listeners {
		var mine *look
		if i == 0 {
			mine = &found
		}
		all.Go(func() { errs[i] = listen(ctx, p, mine) })
	}
	defer func() {
		cancel()
		all.Wait()
		err = errors.Join(append(errs, err)...)
	}()
	c, err := dial(p.url)
	if err != nil {
		return nil, err
	}
	defer c.close()
	for k := 0; ; k++ {
		select {
		case <-ctx.Done():
			return times, nil
		case <-time.After(50 * time.Millisecond):
		}
		began := time.Now()
		r := ward.Reading{At: began.UnixNano(), Seq: int64(k + 1)}
		r.Values[0], r.Values[1] = pleth.Num(int64(90+k%10), 0), pleth.Num(70, 0)
		seen := found.await(began)
		status, text, err := c.do("POST", fmt.Sprintf("/api/v1/devices/push-%02d/readings", k%20), "application/json", r.AppendJSON(nil))
		if err == nil && status != 201 {
			err = fmt.Errorf("%s answers %d: %.200s", p.name, status, text)
		}
		if err != nil {
			return times, err
		}
		select {
		case at := <-seen:
			times = append(times, at.Sub(began))
		case <-ctx.Done():
			return times, nil
		case <-time.After(5 * time.Second):
			if k > 0 { // the listeners may still be connecting
				return times, fmt.Errorf("a reading was not pushed within 5 s")
			}
		}
	}
}
