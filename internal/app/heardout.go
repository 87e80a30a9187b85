package app

import (
	"io"
	"net/http"
	"time"
)

// What of a body that nobody wants is read; net/http reads smallUnread by itself.
const (
	smallUnread = 256 << 10
	mostUnread  = 32 << 20
)

// heardOut reads what its handler left of a body. Many clients send all of it
// before they look for an answer: they would be told of a connection that was
// reset in place of what is wrong, or of when to come again. It takes unreadFor
// at most, and endlessFor where no length is said: that may be a stream without
// an end, that waits for its answer meanwhile.
type heardOut struct {
	http.Handler
	unreadFor, endlessFor time.Duration
}

// ServeHTTP implements http.Handler.
func (h heardOut) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := r.Body // handlers may put another in its place
	h.Handler.ServeHTTP(w, r)
	if r.ContentLength >= 0 && r.ContentLength <= smallUnread || r.ProtoMajor != 1 || r.Header.Get("Expect") != "" {
		return
	}
	patience := h.unreadFor
	if r.ContentLength < 0 {
		patience = h.endlessFor
	}
	if r.ContentLength > mostUnread {
		_ = http.NewResponseController(w).Flush() // not all of it is heard out, and it may never come
	}
	if http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience)) == nil {
		_, _ = io.CopyN(io.Discard, body, mostUnread)
	}
}
