package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// run sends what waits, window by window: the oldest readings, by device. A
// window is let go of when the server has answered all of it.
func (c *Client) run(ctx context.Context) {
	for c.await(ctx) {
		c.mu.Lock()
		from := c.queue.first()
		payloads, err := c.queue.read(from, c.config.BatchSize*c.config.Parallel)
		c.mu.Unlock()
		if err == nil && !c.sendWindow(ctx, payloads) {
			return
		}
		c.mu.Lock()
		if err == nil {
			err = c.queue.acknowledge(from + uint64(len(payloads)))
		}
		if err != nil {
			c.fail(err)
			c.mu.Unlock()
			return
		}
		c.oldest = time.Now()
		close(c.settled)
		c.settled = make(chan struct{})
		c.mu.Unlock()
	}
}

// await waits until a batch is full, has waited long enough, or somebody
// flushes. It returns false when ctx has ended.
func (c *Client) await(ctx context.Context) bool {
	for {
		c.mu.Lock()
		n := c.queue.next() - c.queue.first()
		wait := c.config.BatchWait - time.Since(c.oldest)
		ready := n >= uint64(c.config.BatchSize) || n > 0 && (c.urgent > 0 || wait <= 0)
		c.mu.Unlock()
		switch {
		case ctx.Err() != nil:
			return false
		case ready:
			return true
		case n == 0:
			wait = time.Hour
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-c.arrived:
		case <-t.C:
		}
		t.Stop()
	}
}

// sendWindow sends all payloads and returns whether the server has answered
// for each; false when ctx has ended.
func (c *Client) sendWindow(ctx context.Context, payloads [][]byte) bool {
	var devices []string
	batches := map[string][][]byte{}
	for _, p := range payloads {
		r, err := parseRecord(p)
		if err != nil {
			c.count(func(s *Stats) { s.Damaged++ })
			continue
		}
		if batches[r.device] == nil {
			devices = append(devices, r.device)
		}
		batches[r.device] = append(batches[r.device], r.object)
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, c.config.Parallel)
	for _, d := range devices {
		for objects := batches[d]; len(objects) > 0; {
			n := min(c.config.BatchSize, len(objects))
			slots <- struct{}{}
			wg.Add(1)
			go func(objects [][]byte) {
				defer func() { <-slots; wg.Done() }()
				c.sendBatch(ctx, d, objects)
			}(objects[:n])
			objects = objects[n:]
		}
	}
	wg.Wait()
	return ctx.Err() == nil
}

// sendBatch posts readings of one device until the server has answered for
// each, or ctx ends.
func (c *Client) sendBatch(ctx context.Context, device string, objects [][]byte) {
	for try := 0; ; try++ {
		a, err := c.post(ctx, device, objects)
		c.count(func(s *Stats) {
			s.LastError = err
			if try > 0 {
				s.Retries++
			}
		})
		switch {
		case err == nil:
			c.settle(device, objects, a)
			return
		case ctx.Err() != nil:
			return
		case a.tooMuch && len(objects) > 1: // one of them is the matter: find it
			half := len(objects) / 2
			c.sendBatch(ctx, device, objects[:half])
			c.sendBatch(ctx, device, objects[half:])
			return
		case a.tooMuch:
			c.refuse(device, objects[0], err.Error())
			return
		}
		t := time.NewTimer(c.backoff(try, a.retryAfter))
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
	}
}

// backoff is how long to wait after the try: at random between nothing and a
// bound that doubles, and never less than the server asked for.
func (c *Client) backoff(try int, retryAfter time.Duration) time.Duration {
	bound := c.config.BackoffMin << min(try, 20)
	if bound <= 0 || bound > c.config.BackoffMax {
		bound = c.config.BackoffMax
	}
	jitter := rand.N(bound)
	if retryAfter > 0 {
		return retryAfter + jitter/4
	}
	return bound/4 + jitter*3/4
}

// answer is what a response means for the batch.
type answer struct {
	results    []result // one per reading; nil: the status says it for all
	duplicates int64    // where there are no results
	allRefused string   // why none of them was taken
	retryAfter time.Duration
	tooMuch    bool // of this body: it never works as a whole
}

// result is what became of one reading. Any status but "refused" is kept.
type result struct {
	Index  int             `json:"index"`
	Status string          `json:"status"`
	Errors json.RawMessage `json:"errors"`
}

const maxAnswer = 64 << 20

func (c *Client) post(ctx context.Context, device string, objects [][]byte) (answer, error) {
	body := append([]byte{'['}, bytes.Join(objects, []byte{','})...)
	body = append(body, ']')
	where := c.base + "/api/v1/devices/" + url.PathEscape(device) + "/readings"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, where, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Prefer", "return=minimal") // results only where something was refused
	if c.config.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.config.Token)
	}
	resp, err := c.config.HTTP.Do(req)
	if err != nil {
		return answer{}, fmt.Errorf("pleth client: %w", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("pleth client: answer of %s: %w", c.base, err)
	}
	a := answer{retryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	said := fmt.Errorf("pleth client: %s answers %s: %s", c.base, resp.Status, bytes.TrimSpace(text[:min(len(text), 500)]))
	var taken struct {
		Duplicate int64    `json:"duplicate"`
		Results   []result `json:"results"`
	}
	if json.Unmarshal(text, &taken) == nil {
		a.duplicates = min(taken.Duplicate, int64(len(objects)))
		if len(taken.Results) == len(objects) {
			a.results = taken.Results
		}
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
		return a, nil
	case http.StatusUnprocessableEntity: // none of them
		if a.results == nil {
			a.allRefused = string(text)
		}
		return a, nil
	case http.StatusMultiStatus:
		if a.results != nil {
			return a, nil
		}
		a.tooMuch = true // one by one it will be clear which
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		a.tooMuch = true
	}
	return a, said
}

// retryAfter reads the header: seconds or a date. 0: none.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseFloat(s, 64); err == nil && n > 0 && n < 1e6 {
		return time.Duration(n * float64(time.Second))
	}
	if t, err := http.ParseTime(s); err == nil && t.After(now) {
		return t.Sub(now)
	}
	return 0
}

// settle counts what became of the readings of a batch.
func (c *Client) settle(device string, objects [][]byte, a answer) {
	switch {
	case a.results == nil && a.allRefused != "":
		for _, o := range objects {
			c.refuse(device, o, a.allRefused)
		}
	case a.results == nil:
		c.count(func(s *Stats) { s.Acknowledged += int64(len(objects)); s.Duplicates += a.duplicates })
	}
	for i, r := range a.results {
		if r.Index < 0 || r.Index >= len(objects) {
			r.Index = i
		}
		switch r.Status {
		case "refused":
			c.refuse(device, objects[r.Index], string(r.Errors))
		case "duplicate":
			c.count(func(s *Stats) { s.Acknowledged++; s.Duplicates++ })
		default:
			c.count(func(s *Stats) { s.Acknowledged++ })
		}
	}
}

func (c *Client) refuse(device string, object []byte, detail string) {
	c.count(func(s *Stats) { s.Refused++ })
	if c.config.Refused != nil {
		c.config.Refused(Refusal{device, object, detail})
	}
}

func (c *Client) count(f func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.stats)
}
