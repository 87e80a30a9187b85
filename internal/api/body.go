package api

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// buffers are bodies in memory. Large ones go back to the collector.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const keepBuffer = 1 << 20

// body reads the whole body of r, unpacked, and returns it with what gives its
// memory back. All bodies in memory together are bounded.
func (a *API) body(w http.ResponseWriter, r *http.Request) ([]byte, func(), error) {
	limit := a.cfg.Limits.Body
	if r.ContentLength > limit {
		return nil, nil, a.tooLarge(limit)
	}
	// What the client says it will send is taken at its word up to the limit;
	// where it does not say, or packs it, the limit itself.
	claim := r.ContentLength
	packed := r.Header.Get("Content-Encoding")
	plain := packed == "" || packed == "identity"
	if claim < 0 || !plain {
		claim = limit
	}
	giveBack, ok := a.Room(claim)
	if !ok {
		return nil, nil, busy(1e9)
	}
	buf := buffers.Get().(*bytes.Buffer)
	release := func() {
		giveBack()
		if buf.Cap() <= keepBuffer {
			buf.Reset()
			buffers.Put(buf)
		}
	}
	var err error
	if n := r.ContentLength; n > 0 && plain {
		err = fillExactly(buf, r.Body, int(n)) // net/http gives no more than that
	} else {
		err = fill(buf, http.MaxBytesReader(w, r.Body, limit), packed, n, limit)
	}
	if err != nil {
		release()
		return nil, nil, err
	}
	return buf.Bytes(), release, nil
}

// Room takes n bytes of the memory for bodies and what comes of them, or says
// that there are none left. release gives them back.
func (a *API) Room(n int64) (release func(), ok bool) {
	if a.bodies.Add(n) > a.cfg.Limits.Bodies {
		a.bodies.Add(-n)
		return nil, false
	}
	return func() { a.bodies.Add(-n) }, true
}

// fillExactly reads the n bytes of body into buf.
func fillExactly(buf *bytes.Buffer, body io.Reader, n int) error {
	buf.Grow(n)
	room := buf.AvailableBuffer()[:n]
	if _, err := io.ReadFull(body, room); err != nil {
		return brokenBody()
	}
	buf.Write(room)
	return nil
}

// fill reads body into buf.
func fill(buf *bytes.Buffer, body io.Reader, packed string, length, limit int64) error {
	src := body
	switch strings.ToLower(packed) {
	case "", "identity":
		if length > 0 {
			buf.Grow(int(length) + bytes.MinRead)
		}
	case "gzip", "x-gzip": // one and the same by RFC 9110
		z, err := gzip.NewReader(body)
		if err != nil {
			return malformed("the body is said to be gzip and is not")
		}
		defer z.Close()
		src = z
	case "zstd":
		z, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(limit)), zstd.WithDecoderMaxWindow(8<<20))
		if err != nil {
			return malformed("the body is said to be zstd and is not")
		}
		defer z.Close()
		src = z
	default:
		return problem(http.StatusUnsupportedMediaType, "encoding", "Unknown Content-Encoding", "send the body plain, or packed with gzip or zstd")
	}
	_, err := buf.ReadFrom(io.LimitReader(src, limit+1))
	switch {
	case int64(buf.Len()) > limit:
		return &http.MaxBytesError{Limit: limit}
	case err == nil:
		return nil
	}
	if tooLarge, ok := err.(*http.MaxBytesError); ok {
		return tooLarge
	}
	return brokenBody()
}

// brokenBody is the answer to a body that ended before its end.
func brokenBody() *Problem {
	return problem(http.StatusBadRequest, "broken-body", "The body did not come whole", "it broke off, came too slowly, or is not packed as it says; nothing of it was taken")
}

// malformed is the answer to a body that is not what it says it is.
func malformed(detail string) *Problem {
	return problem(http.StatusBadRequest, "malformed", "Malformed", detail)
}

// tooLarge is the answer to a body above the limit.
func (a *API) tooLarge(limit int64) *Problem {
	return problem(http.StatusRequestEntityTooLarge, "too-large", "Too large", fmt.Sprintf("a body may have %d bytes, unpacked: send it in parts", limit))
}

// takesJSON checks that the body is said to be JSON, or nothing.
func takesJSON(r *http.Request) error {
	ct := r.Header.Get("Content-Type")
	if ct == "" || ct == "application/json" {
		return nil
	}
	media, _, err := mime.ParseMediaType(ct)
	if err == nil && (media == "application/json" || strings.HasSuffix(media, "+json") || media == "text/json" || media == "text/plain" || media == "application/x-www-form-urlencoded") {
		return nil // curl -d says form where nobody says otherwise
	}
	return problem(http.StatusUnsupportedMediaType, "media-type", "Unknown Content-Type", "send application/json; a reading a line (NDJSON) goes to POST /api/v1/readings:bulk")
}
