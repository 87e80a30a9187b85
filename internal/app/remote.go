package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Remote is a server that commands talk to. The zero Client is the default one.
type Remote struct {
	URL    string // "http://127.0.0.1:8080"
	Token  string // empty: the server asks nobody
	Client *http.Client
	// Waiting is told why a request is made again; nil: nobody is.
	Waiting func(error)
}

// ErrRefused says that a server will not take a file, or do what was asked,
// whenever it is asked again.
type ErrRefused struct {
	Status int
	Text   string
}

// Error returns what the server said.
func (e *ErrRefused) Error() string { return e.Text }

// partBytes is the size of the parts in which large files are sent.
const partBytes = 8 << 20

// keepTrying is how long a command tries to reach a server that does not answer.
const keepTrying = 2 * time.Minute

// Imported is what became of a file.
type Imported struct {
	ID        string `json:"id"`
	State     string `json:"state"`
	Received  int64  `json:"received_bytes"`
	Device    string `json:"device_id"`
	Rows      int64  `json:"rows"`
	Accepted  int64  `json:"accepted"`
	Conflict  int64  `json:"conflict"`
	Duplicate int64  `json:"duplicate"`
	Problem   string `json:"problem"`
	Sessions  []struct {
		Key   string  `json:"key"`
		ID    string  `json:"id"`
		Start *string `json:"start"`
		Rows  int64   `json:"rows"`
	} `json:"sessions"`
}

// Import sends the file at path and waits until its sessions are complete.
// params are those of POST /api/v1/import; the name of the file is added.
// progress is called with the bytes sent; nil: it is not.
func (r *Remote) Import(ctx context.Context, path string, params url.Values, progress func(sent, of int64)) (*Imported, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	q := url.Values{"filename": {filepath.Base(path)}}
	for k, v := range params {
		q[k] = v
	}
	size := info.Size()
	var got Imported
	header, err := r.insist(ctx, "POST", "/api/v1/import?"+q.Encode(), http.Header{"Upload-Length": {strconv.FormatInt(size, 10)}}, nil, &got)
	if err != nil {
		return nil, err
	}
	at := header.Get("Location")
	for got.State == importReceiving {
		if progress != nil {
			progress(got.Received, size)
		}
		part := make([]byte, min(partBytes, size-got.Received))
		if n, err := f.ReadAt(part, got.Received); err != nil && !(errors.Is(err, io.EOF) && n == len(part)) {
			return nil, fmt.Errorf("%s changed while it was read: %w", filepath.Base(path), err)
		}
		_, err := r.insist(ctx, "PATCH", at, http.Header{"Upload-Offset": {strconv.FormatInt(got.Received, 10)}}, part, &got)
		var no *ErrRefused
		if errors.As(err, &no) && no.Status == http.StatusConflict {
			// An answer was lost: the part, or some of it, is there.
			_, err = r.insist(ctx, "GET", at, nil, nil, &got)
		}
		if err != nil {
			return nil, err
		}
	}
	for got.State != importDone && got.State != importFailed {
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if _, err := r.insist(ctx, "GET", at, nil, nil, &got); err != nil {
			return nil, err
		}
	}
	if got.State == importFailed {
		return nil, &ErrRefused{http.StatusUnprocessableEntity, got.Problem}
	}
	return &got, nil
}

// Export writes the readings that params of GET /api/v1/readings select, in
// the form of a media type.
func (r *Remote) Export(ctx context.Context, params url.Values, media string, out io.Writer) error {
	return r.copy(ctx, "/api/v1/readings?"+params.Encode(), http.Header{"Accept": {media}}, out)
}

// copy writes what the server answers at a path, whatever its length.
func (r *Remote) copy(ctx context.Context, path string, header http.Header, out io.Writer) error {
	res, err := r.send(ctx, "GET", path, header, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return refusedOf(res)
	}
	if _, err := io.Copy(out, res.Body); err != nil {
		return fmt.Errorf("the answer of the server broke off: %w", err)
	}
	return nil
}

// insist sends a request until the server answers it, and reads the answer.
// A request it will not do is an *ErrRefused.
func (r *Remote) insist(ctx context.Context, method, path string, header http.Header, body []byte, into any) (http.Header, error) {
	end := time.Now().Add(keepTrying)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		res, err := r.send(ctx, method, path, header, body)
		again := err
		if err == nil {
			switch {
			case res.StatusCode < 300:
				err = json.NewDecoder(res.Body).Decode(into)
				_ = res.Body.Close()
				if err == nil {
					return res.Header, nil
				}
				again = err
			case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
				if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 && n < 60 {
					wait = time.Duration(n) * time.Second
				}
				again = refusedOf(res)
			default:
				return nil, refusedOf(res)
			}
		}
		again = fmt.Errorf("%s does not answer: %w", r.URL, again)
		if ctx.Err() != nil || time.Now().After(end) {
			return nil, again
		}
		if r.Waiting != nil {
			r.Waiting(again)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, again
		}
	}
}

func (r *Remote) send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(r.URL, "/")+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if r.Token != "" {
		req.Header.Set("Authorization", "Bearer "+r.Token)
	}
	client := r.Client
	if client == nil {
		client = http.DefaultClient
	}
	return client.Do(req)
}

// refusedOf reads what a server said against a request.
func refusedOf(res *http.Response) error {
	defer res.Body.Close()
	var p struct {
		Title, Detail string
		Errors        []struct{ Path, Detail string }
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	e := &ErrRefused{Status: res.StatusCode, Text: res.Status}
	if res.StatusCode == http.StatusUnauthorized {
		e.Text = "the server does not know the token, which is in admin-token of its data directory (--token-file)"
		return e
	}
	if json.Unmarshal(text, &p) == nil && p.Title != "" {
		e.Text = p.Title
		if p.Detail != "" {
			e.Text += ": " + p.Detail
		}
		for _, one := range p.Errors {
			e.Text += "; " + one.Path + ": " + one.Detail
		}
	}
	return e
}
